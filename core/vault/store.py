"""Sealed records in SQLite. Sees ciphertext, wrapped keys, ids and times only; overwrites what it deletes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import URL

from core.errors import VaultError
from core.vault.sealing import Place, Sealed

APPLICATION_ID = 0x43475641  # "CGVA", tells a vault from any other SQLite file
SCHEMA_VERSION = 1
_WRITE = "BEGIN IMMEDIATE"
_SECRETS = ("key_id", "wrapped_key", "nonce", "ciphertext")
_metadata = sa.MetaData()
RECORD = sa.Table(
    "record",
    _metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("updated", sa.Text, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("nonce", sa.LargeBinary, nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
)
sa.Index("record_owner", RECORD.c.owner, RECORD.c.kind, RECORD.c.updated)
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "temp_store=MEMORY")
_HINTS = {
    sqlite3.SQLITE_FULL: "The disk that holds the vault is full. Free some space, then try again.",
    sqlite3.SQLITE_READONLY: "The vault is read-only. Give the account that runs Casegate write access to the file and its folder.",
    sqlite3.SQLITE_BUSY: "The vault is locked by another program. Close whatever else has it open, then try again.",
    sqlite3.SQLITE_LOCKED: "The vault is locked by another program. Close whatever else has it open, then try again.",
    sqlite3.SQLITE_CORRUPT: "The vault is damaged. Keep the file as it is and restore the last backup.",
    sqlite3.SQLITE_NOTADB: "The vault's file is not a vault. Point the vault setting at another file.",
    sqlite3.SQLITE_CANTOPEN: "The vault can't be opened. Check that its folder exists and may be written.",
}


class Store:
    """Rows in, rows out. Every fault of the database comes out as VaultError with what to do about it."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self._engine = engine
        self.path = path

    @classmethod
    def open(cls, path: str | Path, *, busy_timeout_s: float = 5.0) -> Self:
        """Open, or make with folder mode 0700 and file mode 0600."""
        path = Path(path).absolute()
        _make_file(path)
        _require_ours(path)
        engine = sa.create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True, connect_args={"timeout": busy_timeout_s})
        _prepare_connections(engine)
        store = cls(engine, path)
        try:
            store._create()
        except BaseException:
            engine.dispose()
            raise
        return store

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def put(self, place: Place, sealed: Sealed, at: str) -> bool:
        """Add, or replace what the same owner put there. False, and nothing done, when it belongs to another owner."""
        row = place._asdict() | sealed._asdict()
        statement = insert(RECORD).values(**row, created=at, updated=at)
        statement = statement.on_conflict_do_update(
            index_elements=["kind", "record_id"],
            set_={name: statement.excluded[name] for name in (*_SECRETS, "updated")},
            where=RECORD.c.owner == place.owner,
        )
        with self._transaction(_WRITE) as connection:
            return bool(connection.execute(statement).rowcount)

    def get(self, kind: str, record_id: str) -> tuple[Place, Sealed] | None:
        """One record, still sealed."""
        with self._transaction() as connection:
            row = connection.execute(sa.select(RECORD).where(*_at(kind, record_id))).first()
        return None if row is None else _split(row)

    def delete(self, kind: str, record_id: str) -> bool:
        """Overwrite one record and its wrapped key, in the database and in the write-ahead log. False when there was none."""
        with self._transaction(_WRITE) as connection:
            gone = connection.execute(RECORD.delete().where(*_at(kind, record_id))).rowcount
        self._empty_log()
        return bool(gone)

    def list(self, kind: str, owner: str | None) -> list[tuple[str, str, str, str]]:
        """(record id, owner, created, updated), newest first."""
        query = sa.select(RECORD.c.record_id, RECORD.c.owner, RECORD.c.created, RECORD.c.updated).where(RECORD.c.kind == kind)
        if owner is not None:
            query = query.where(RECORD.c.owner == owner)
        with self._transaction() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(RECORD.c.updated.desc(), RECORD.c.record_id))]

    def sealed_by_others(self, key_id: str) -> Iterator[tuple[Place, Sealed]]:
        """Every record whose data key is wrapped by another key than this."""
        with self._transaction() as connection:
            rows = connection.execute(sa.select(RECORD).where(RECORD.c.key_id != key_id)).all()
        return map(_split, rows)

    def replace_wrapping(self, place: Place, old: Sealed, new: Sealed) -> bool:
        """Change one record's wrapped key, unless the record was written anew meanwhile."""
        statement = RECORD.update().where(*_at(place.kind, place.record_id), RECORD.c.wrapped_key == old.wrapped_key)
        with self._transaction(_WRITE) as connection:
            return bool(connection.execute(statement.values(key_id=new.key_id, wrapped_key=new.wrapped_key)).rowcount)

    def key_ids(self) -> dict[str, int]:
        """Key id → records."""
        query = sa.select(RECORD.c.key_id, sa.func.count()).group_by(RECORD.c.key_id).order_by(RECORD.c.key_id)
        with self._transaction() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def backup(self, target: Path) -> int:
        """A consistent copy in a new private file; the records counted in the copy."""
        try:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise VaultError(f"The backup {target} can't be made: {os.strerror(error.errno or 0)}. Name a new file.") from error
        try:
            with (
                closing(sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(target)) as copy,
            ):
                source.backup(copy)
                if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                    raise VaultError("The copy of the vault is not whole. Check the disk, then try again.")
                return int(copy.execute("SELECT count(*) FROM record").fetchone()[0])
        except (sqlite3.Error, VaultError) as error:
            target.unlink(missing_ok=True)
            raise error if isinstance(error, VaultError) else _explain(error) from error

    def _empty_log(self) -> None:
        # Earlier versions of the page, wrapped key and all, would otherwise stay readable in the -wal file.
        with self._transaction("") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()

    def _create(self) -> None:
        with self._transaction(_WRITE) as connection:
            if not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
                _metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _transaction(self, begin: str = "BEGIN") -> Iterator[sa.Connection]:
        try:
            with self._engine.connect().execution_options(begin=begin) as connection, connection.begin():
                yield connection
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            raise _explain(error) from error


def _explain(error: sa.exc.DBAPIError | sqlite3.Error) -> VaultError:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the extended codes keep the primary one in the low byte
    return VaultError(_HINTS.get(code, "The vault's database reports an error. Check the disk, then try again."))


def _at(kind: str, record_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return RECORD.c.kind == kind, RECORD.c.record_id == record_id


def _split(row: Any) -> tuple[Place, Sealed]:
    return Place(row.kind, row.record_id, row.owner), Sealed(row.key_id, row.wrapped_key, row.nonce, row.ciphertext)


def _prepare_connections(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin below, so that a writer can take its lock at once
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        if statement := connection.get_execution_options()["begin"]:
            connection.exec_driver_sql(statement)


def _require_ours(path: Path) -> None:
    """Look before touching: merely asking for a write-ahead log would change a stranger's database."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            queries = ("SELECT count(*) FROM sqlite_master", "PRAGMA application_id", "PRAGMA user_version")
            tables, application, version = (connection.execute(query).fetchone()[0] for query in queries)
    except sqlite3.Error as error:
        raise _explain(error) from error
    if tables and application != APPLICATION_ID:
        raise VaultError(f"{path} is not a vault. Point the vault setting at another file.")
    if version > SCHEMA_VERSION:
        raise VaultError(f"The vault {path} was made by a newer Casegate. Run that version, or restore a backup.")


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unknown reason"
        raise VaultError(f"The vault {path} can't be opened for writing: {reason}. Check the path and its permissions.") from error
