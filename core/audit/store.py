"""The audit store on SQLite: one append-only table, its guards, and what the database's faults mean to a person.

The body is the only truth. The columns that filters use are computed from it by the database, so they can't
disagree with it. Write-ahead log, `synchronous=FULL`: a committed entry survives loss of power.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from core.audit.entry import EMPTY, Head, Row
from core.errors import AuditError, ConfigError

APPLICATION_ID = 0x43474154  # "CGAT", tells an audit store from any other SQLite file
SCHEMA_VERSION = 1
MIN_FREE_BYTES = 8 * 2**20
_CHUNK = 5_000

_metadata = sa.MetaData()


def _fact(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, sa.Computed(f"json_extract(body, '$.{name}')", persisted=False))


ENTRY = sa.Table(
    "entry",
    _metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.Text, nullable=False),
    sa.Column("entry_hash", sa.Text, nullable=False),
    *(_fact(name) for name in ("time", "actor_id", "action", "case_ref", "model", "outcome")),
)
sa.Index("entry_time", ENTRY.c.time)
sa.Index("entry_actor", ENTRY.c.actor_id)
sa.Index("entry_action", ENTRY.c.action, ENTRY.c.time)
sa.Index("entry_case", ENTRY.c.case_ref)

_GUARDS = (
    "CREATE TRIGGER IF NOT EXISTS entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END",
    "CREATE TRIGGER IF NOT EXISTS entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END",
    "CREATE TRIGGER IF NOT EXISTS entry_next_only BEFORE INSERT ON entry WHEN NEW.sequence IS NOT "
    "(SELECT coalesce(max(sequence), 0) + 1 FROM entry) BEGIN SELECT RAISE(ABORT, 'audit entries are only appended'); END",
)
# Read as blobs: a byte flipped into invalid UTF-8 must reach the verifier, not stop the driver.
_RAW = sa.select(ENTRY.c.sequence, *(sa.cast(ENTRY.c[name], sa.LargeBinary).label(name) for name in ("body", "prev_hash", "entry_hash")))
# Built once: SQLAlchemy then finds their compiled form without looking at every clause again.
_LAST = sa.select(ENTRY.c.sequence, ENTRY.c.entry_hash).order_by(ENTRY.c.sequence.desc()).limit(1)
_APPEND = ENTRY.insert()
_HINTS: tuple[tuple[frozenset[int], str], ...] = (
    (
        frozenset({sqlite3.SQLITE_FULL}),
        "The disk that holds the audit store is full. Free some space, then try again; nothing recorded so far is lost.",
    ),
    (
        frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}),
        "The audit store is read-only. Give the account that runs Casegate write access to the file and its folder.",
    ),
    (
        frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}),
        "The audit store is locked by another program. Close whatever else has the database open, then try again.",
    ),
    (
        frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}),
        "The audit store is damaged or not a database. Keep the file as it is, and restore the last backup under another name.",
    ),
    (
        frozenset({sqlite3.SQLITE_CANTOPEN}),
        "The audit store can't be opened. Check that its folder exists and that the account that runs Casegate may write there.",
    ),
    (frozenset({sqlite3.SQLITE_IOERR}), "The disk that holds the audit store reports an error. Check the disk, then start Casegate again."),
)


def locate(database: str | Path) -> URL:
    """The SQLAlchemy URL of a path or URL. Raises ConfigError for anything but a SQLite file; shows no URL, it may hold a password."""
    text = str(database)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).absolute()))
    try:
        url = make_url(text)
    except sa.exc.ArgumentError:
        raise ConfigError("The audit database's URL can't be read. Write it as sqlite:////folder/audit.sqlite3, or give a path.") from None
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise ConfigError("The audit store needs a SQLite file: give a path, or a URL such as sqlite:////folder/audit.sqlite3.")
    return url


class Store:
    """Rows in, rows out. Every fault of the database comes out as AuditError with what to do about it."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self._engine = engine
        self.path = path
        self._identity = _identity(path)
        self.projections: list[Callable[[sa.Connection, int], None]] = []

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One unchanging view."""
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """A transaction alone among writers."""
        with self._transaction(immediate=True) as connection:
            yield connection

    @classmethod
    def open(cls, database: str | Path, *, read_only: bool = False, busy_timeout_s: float = 5.0) -> Self:
        """Open, or make with folder mode 0700 and file mode 0600. `read_only` never makes or changes anything."""
        url = locate(database)
        path = Path(str(url.database).removeprefix("file:"))
        if not read_only:
            _make_file(path)
        elif not path.is_file():
            raise AuditError(f"There is no audit store at {path}. Check the path.")
        _require_ours(path, may_be_empty=not read_only)
        readable = URL.create("sqlite", database=_read_only_uri(path), query={"uri": "true"})
        engine = sa.create_engine(readable if read_only else url, hide_parameters=True, connect_args={"timeout": busy_timeout_s})
        _prepare_connections(engine, read_only)
        store = cls(engine, path)
        try:
            if not read_only:
                store._create()
        except BaseException:
            engine.dispose()
            raise
        return store

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def append(self, make: Callable[[Head], Sequence[Row]]) -> None:
        """Add the rows that `make` builds on the present head, in one durable transaction, alone among all processes."""
        self._require_same_file()
        with self._transaction(immediate=True) as connection:
            rows = make(_head(connection))
            connection.execute(_APPEND, [row._asdict() | {"body": row.body.decode("ascii")} for row in rows])
            for projection in self.projections:
                projection(connection, rows[-1].sequence)

    def head(self) -> Head:
        """The last entry's sequence and hash."""
        with self._transaction() as connection:
            return _head(connection)

    def hash_at(self, sequence: int) -> str | None:
        """The hash stored with one entry."""
        with self._transaction() as connection:
            return connection.scalar(sa.select(ENTRY.c.entry_hash).where(ENTRY.c.sequence == sequence))

    def rows(self) -> Iterator[Row]:
        """Every row in order of sequence, from one unchanging view of the store."""
        with self._transaction() as connection:
            result = connection.execution_options(yield_per=_CHUNK).execute(_RAW.order_by(ENTRY.c.sequence))
            for sequence, body, prev_hash, entry_hash in result:
                yield Row(sequence, bytes(body), bytes(prev_hash).decode("latin-1"), bytes(entry_hash).decode("latin-1"))

    def find(self, conditions: Sequence[sa.ColumnElement[bool]], *, newest_first: bool, limit: int | None) -> list[Row]:
        """Rows that meet all conditions."""
        order = ENTRY.c.sequence.desc() if newest_first else ENTRY.c.sequence
        query = (
            sa.select(ENTRY.c.sequence, ENTRY.c.body, ENTRY.c.prev_hash, ENTRY.c.entry_hash).where(*conditions).order_by(order).limit(limit)
        )
        with self._transaction() as connection:
            return [Row(sequence, body.encode(), prev, own) for sequence, body, prev, own in connection.execute(query)]

    def require_writable(self) -> None:
        """Raise AuditError unless an entry could be written now. Writes nothing."""
        self._require_same_file()
        if shutil.disk_usage(self.path.parent).free < MIN_FREE_BYTES:
            raise AuditError(_HINTS[0][1])
        with self._transaction(immediate=True) as connection:
            connection.execute(ENTRY.delete().where(sa.false()))  # BEGIN IMMEDIATE alone succeeds on a read-only file
            connection.rollback()

    def _require_same_file(self) -> None:
        # SQLite would go on writing to an unlinked file, and every entry would be lost at the end of the process.
        if _identity(self.path) != self._identity:
            raise AuditError(
                f"The audit store {self.path} was moved or deleted while Casegate was running. Put it back and start Casegate again."
            )

    def _create(self) -> None:
        with self._transaction(immediate=True) as connection:
            if not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
                _metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
            for guard in _GUARDS:
                connection.exec_driver_sql(guard)

    @contextmanager
    def _transaction(self, *, immediate: bool = False) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect().execution_options(immediate=immediate) as connection, connection.begin():
                yield connection
        except (sa.exc.DBAPIError, sqlite3.Error) as error:
            raise explain(error) from error


def explain(error: sa.exc.DBAPIError | sqlite3.Error) -> AuditError:
    """What a database fault means and what to do about it."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the extended codes keep the primary one in the low byte
    hint = next((text for codes, text in _HINTS if code in codes), "")
    return AuditError(hint or "The audit store refused the entry. Verify the store before going on.")


def _head(connection: sa.Connection) -> Head:
    row = connection.execute(_LAST).first()
    return EMPTY if row is None else Head(row.sequence, row.entry_hash)


def _prepare_connections(engine: sa.Engine, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin below, so that a writer can take its lock at once
        for pragma in () if read_only else ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _read_only_uri(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=ro"


def _require_ours(path: Path, *, may_be_empty: bool) -> None:
    """Look before touching: merely asking for a write-ahead log would change a stranger's database."""
    try:
        with closing(sqlite3.connect(_read_only_uri(path), uri=True)) as connection:
            queries = ("SELECT count(*) FROM sqlite_master", "PRAGMA application_id", "PRAGMA user_version")
            tables, application, version = (connection.execute(query).fetchone()[0] for query in queries)
    except sqlite3.Error as error:
        raise explain(error) from error
    if application != APPLICATION_ID and (tables or not may_be_empty):
        raise AuditError(f"{path} is not an audit store. Point the audit database setting at another file.")
    if version > SCHEMA_VERSION:
        raise AuditError(f"The audit store {path} was made by a newer Casegate. Run that version, or restore a backup.")


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unknown reason"
        raise AuditError(f"The audit store {path} can't be opened for writing: {reason}. Check the path and its permissions.") from error


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
