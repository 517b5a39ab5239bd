"""Copies of a store: whatever it runs on, a backup is one SQLite store, which the same verification reads.

Taken while Casegate runs, from one unchanging view. Written under another name and moved to its place only when whole.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from core.audit.store import Store, explain, schema
from core.audit.store.kept import carry_over
from core.audit.store.place import APPLICATION_ID, make_file
from core.audit.store.schema import ENTRY, SIGNING_KEY, TREE_HEAD
from core.errors import AuditError

_CHUNK = 2_000
_COLUMNS = ("sequence", "body", "leaf_hash", "node_hash", "prev_hash", "entry_hash", "purge")


def require_free(path: Path) -> None:
    """Raise AuditError when something is there: nothing is ever written over."""
    if path.exists():
        raise AuditError(f"There is a file at {path} already. Give another name, or move it away first.")


def copy_out(store: Store, target: Path) -> None:
    """Write all of a store into a new SQLite file (mode 0600). Raises AuditError."""
    require_free(target)
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    make_file(draft)
    try:
        if store.path is not None:
            _copy_pages(store.path, draft)
        else:
            _copy_rows(store, draft)
        _settle(draft)
        draft.rename(target)
    except sqlite3.Error as error:
        raise explain(error) from error
    except OSError as error:
        raise AuditError(f"The copy {target} can't be written: {os.strerror(error.errno or 0)}.") from error
    finally:
        for leftover in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm"), Path(f"{draft}-journal")):
            leftover.unlink(missing_ok=True)


def _copy_pages(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.execute("PRAGMA query_only = ON")
        one.backup(other)
        other.execute("PRAGMA journal_mode = DELETE")


def _copy_rows(store: Store, target: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{target}", hide_parameters=True)
    try:
        with engine.begin() as there, store.reading() as here:
            schema.create(there)
            there.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            there.exec_driver_sql(f"PRAGMA user_version = {schema.SCHEMA_VERSION}")
            _transfer(here, there)
    finally:
        engine.dispose()


def copy_in(source: Path, store: Store) -> None:
    """Write all of a backup into an empty store, on whatever it runs. Raises AuditError when it is not empty."""
    engine = sa.create_engine(f"sqlite:///{source}", hide_parameters=True)
    try:
        with engine.connect() as here, store.changing() as there:
            if there.execute(sa.select(ENTRY.c.sequence).limit(1)).first() is not None:
                raise AuditError(f"The audit store at {store.name} is not empty. Restore into an empty database.")
            _transfer(here, there)
    finally:
        engine.dispose()


def _transfer(here: sa.Connection, there: sa.Connection) -> None:
    """Every row that tells more than the entries do. The guards let no emptied row in, so they stand aside for this transaction."""
    _set_guard(there, on=False)
    rows = here.execute(
        sa.select(*(ENTRY.c[name] for name in _COLUMNS)).order_by(ENTRY.c.sequence), execution_options={"yield_per": _CHUNK}
    )
    last = None
    for chunk in rows.partitions():
        there.execute(ENTRY.insert(), [dict(zip(_COLUMNS, row, strict=True)) for row in chunk])
        last = chunk[-1]
    for table in (TREE_HEAD, SIGNING_KEY):
        found = [dict(row._mapping) for row in here.execute(sa.select(table))]
        if found:
            there.execute(table.insert(), found)
    carry_over(here, there)
    if last is not None and there.dialect.name == "postgresql":
        there.execute(schema.CHAIN_END.update().values(sequence=last.sequence, entry_hash=last.entry_hash))
    _set_guard(there, on=True)


def _set_guard(connection: sa.Connection, *, on: bool) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE entry {'ENABLE' if on else 'DISABLE'} TRIGGER entry_next_only")
    elif on:
        for guard in schema.guards("sqlite"):
            connection.exec_driver_sql(guard)
    else:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS entry_next_only")


def _settle(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
