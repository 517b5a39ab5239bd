"""The audit store on SQLite or PostgreSQL: rows in, rows out. Every fault of the database comes out as AuditError.

SQLite: write-ahead log, `synchronous=FULL`, one writing process. PostgreSQL: `synchronous_commit`, any number of
processes, which take the chain's end as a lock once per batch. Either way a committed entry survives loss of power.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self, cast

import sqlalchemy as sa
from sqlalchemy.engine import URL

from core.audit.entry import Chain, Head, RawRow, Row
from core.audit.store import ladder, lookup, place
from core.audit.store.appending import Appender, Batch, Build, Keeper, Projection
from core.audit.store.faults import SQLITE_HINTS, explain
from core.audit.store.hold import WriterLock
from core.audit.store.schema import CHAIN_END, ENTRY, POSTGRES_SCHEMA, SCHEMA_VERSION
from core.errors import AuditError

__all__ = ["ENTRY", "Batch", "Connection", "Projection", "Store", "explain", "raw_rows"]

Connection = sa.Connection
_CHUNK = 5_000
RAW_ROWS = "SELECT sequence, body, leaf_hash, node_hash, prev_hash, entry_hash, purge FROM entry ORDER BY sequence"
_FETCHED = 256  # as core.audit.verify.CHUNK
_FIND = sa.select(*(ENTRY.c[name] for name in ("sequence", "body", "leaf_hash", "node_hash", "prev_hash", "entry_hash", "purge")))


class Store:
    """One audit store. Safe to use from several threads; `append` is for one thread at a time."""

    def __init__(self, engine: sa.Engine, name: str, path: Path | None, appender: Appender, hold: WriterLock | None) -> None:
        self._engine = engine
        self.name = name
        self.path = path
        self.backend = engine.dialect.name
        self._appender = appender
        self._hold = hold
        self._identity = None if path is None else place.identity(path)
        self._closing = threading.Lock()

    @classmethod
    def open(
        cls,
        database: str | Path,
        *,
        now: Callable[[], datetime],
        read_only: bool = False,
        busy_timeout_s: float = 5.0,
        projections: Sequence[Projection] = (),
        keeper: Keeper | None = None,
    ) -> Self:
        """Open, or make, or bring up to date. `read_only` never makes or changes anything.

        SQLite: folder mode 0700, file mode 0600, and alone among processes. `projections` are called with each batch of
        entries inside the transaction that records them, `keeper` with those that it says are due. Raises AuditError or ConfigError.
        """
        url = place.locate(database)
        if url.get_backend_name() == "postgresql":
            engine = place.postgres_engine(url, read_only=read_only, busy_timeout_s=busy_timeout_s)
            store = cls(engine, _shown(url), None, Appender(engine, projections, keeper, busy_timeout_s), None)
        else:
            path = _own_file(url, read_only)
            hold = None if read_only else WriterLock.take(path)
            engine = place.sqlite_engine(url, read_only=read_only, busy_timeout_s=busy_timeout_s)
            store = cls(engine, str(path), path, Appender(engine, projections, keeper, 0.0, path), hold)
        try:
            store._prepare(now, read_only)
        except BaseException:
            store.close()
            raise
        return store

    def _prepare(self, now: Callable[[], datetime], read_only: bool) -> None:
        with self._transaction(immediate=not read_only) as connection:
            if not read_only:
                if self.backend == "postgresql":
                    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {POSTGRES_SCHEMA}")
                ladder.climb(connection, now, self.name)
                return
            version = ladder.current(connection)
            if version is None:
                raise AuditError(f"There is no audit store at {self.name}. Check the setting.")
            place.require_known(version, self.name)
            if version < SCHEMA_VERSION:
                raise AuditError(
                    f"The audit store {self.name} is of an older Casegate (schema {version}). Start Casegate once: it migrates the store."
                )
            ladder.require_whole(connection, self.name)

    def close(self) -> None:
        """Let go of the database."""
        with self._closing:
            self._appender.close()
            self._engine.dispose()
            if self._hold is not None:
                self._hold.release()

    def append(self, build: Build, then: Projection | None = None, sealed: Batch = ()) -> Chain | None:
        """Add the entries that `build` puts onto the chain's present end, in one durable transaction, alone among all processes.

        `sealed`: the same entries, on the end that the last call left; while that is the end they are recorded as they are, and the
        value is None. Else it is the new end. `then` is called before the projections. When PostgreSQL goes away this waits for it, up
        to the lock's time, looks whether the batch was recorded, and only else records it again. Call `require_same_file` before.
        """
        return self._appender.append(build, then, sealed)

    @property
    def unsettled(self) -> bool:
        """Whether the writer should call `settle` when it has nothing else to do."""
        return self._appender.unsettled

    def settle(self) -> None:
        """Bring what follows from the entries up to date. For the writer. Raises AuditError."""
        self._appender.settle()

    def head(self) -> Head:
        """The last entry's sequence and hash."""
        with self._transaction() as connection:
            last = connection.execute(sa.select(ENTRY.c.sequence, ENTRY.c.entry_hash).order_by(ENTRY.c.sequence.desc()).limit(1)).first()
        return Chain().head if last is None else Head(last.sequence, bytes(last.entry_hash).hex())

    def hash_at(self, sequence: int) -> str | None:
        """The chain hash stored with one entry, in hex."""
        with self._transaction() as connection:
            found = connection.scalar(sa.select(ENTRY.c.entry_hash).where(ENTRY.c.sequence == sequence))
        return None if found is None else bytes(found).hex()

    def chunks(self) -> Generator[list[RawRow], None, None]:
        """Every row in order of sequence, from one unchanging view of the store; plain tuples in lists, for there are many."""
        with self._transaction() as connection:
            if self.backend == "sqlite":  # the driver's own cursor: SQLAlchemy's rows would take half of a verification's time
                yield from raw_rows(cast(sqlite3.Connection, connection.connection.driver_connection))
                return
            query = _FIND.order_by(ENTRY.c.sequence).execution_options(yield_per=_FETCHED)
            with connection.execute(query) as result:
                for part in result.partitions():
                    yield list(map(_row, part))

    def rows_at(self, connection: sa.Connection, sequences: Sequence[int]) -> list[Row]:
        """The rows of these numbers, in order. Raises AuditError when one is not there."""
        rows: list[Row] = []
        for start in range(0, len(sequences), _CHUNK):
            wanted = ENTRY.c.sequence.in_(sequences[start : start + _CHUNK])
            rows += map(_row, connection.execute(_FIND.where(wanted).order_by(ENTRY.c.sequence)))
        if len(rows) < len(sequences):
            missing = min(set(sequences) - {row.sequence for row in rows})
            raise AuditError(f"There is no entry {missing} in the audit store.")
        return rows

    def find(self, conditions: Sequence[sa.ColumnElement[bool]], *, newest_first: bool, limit: int | None) -> list[Row]:
        """Rows with a body that meet all conditions."""
        every = (ENTRY.c.body.is_not(None), *conditions)
        with self._transaction() as connection:
            return [_row(row) for row in lookup.find(connection, _FIND, every, newest_first, limit)]

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One unchanging view of the store, for queries of other modules of this package."""
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """A transaction beside the writer's, for what is no entry."""
        self.require_same_file()
        with self._transaction(immediate=True) as connection:
            yield connection

    @contextmanager
    def folding(self) -> Iterator[sa.Connection]:
        """The same, alone among all writers: what follows from the entries is brought up to date by one of them at a time."""
        with self.changing() as connection:
            if self.backend == "postgresql":
                connection.execute(sa.select(CHAIN_END.c.sequence).with_for_update())
            yield connection

    def forget_traces(self) -> None:
        """Write over what a purge left in SQLite's write-ahead log; PostgreSQL's vacuum does so in its own time."""
        if self.backend == "sqlite":
            with self._engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def require_writable(self) -> None:
        """Raise AuditError unless an entry could be written now. Writes nothing."""
        self.require_same_file()
        if self.path is not None and shutil.disk_usage(self.path.parent).free < place.MIN_FREE_BYTES:
            raise AuditError(SQLITE_HINTS[0][1])
        with self._transaction(immediate=True) as connection:
            if self.backend == "sqlite":  # BEGIN IMMEDIATE alone succeeds on a read-only file
                connection.execute(ENTRY.delete().where(sa.false()))
            else:
                connection.execute(sa.select(CHAIN_END.c.sequence).with_for_update())
            connection.rollback()

    def require_same_file(self) -> None:
        """Raise AuditError when the file is gone: SQLite would go on writing to it, and every entry would be lost with the process."""
        if self.path is not None and place.identity(self.path) != self._identity:
            raise AuditError(
                f"The audit store {self.path} was moved or deleted while Casegate was running. Put it back and start Casegate again."
            )

    def _view(self, immediate: bool) -> dict[str, str]:
        """PostgreSQL would look anew with each statement; what changes something must, once it has the lock."""
        return {} if immediate or self.backend == "sqlite" else {"isolation_level": "REPEATABLE READ"}

    @contextmanager
    def _transaction(self, *, immediate: bool = False) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect().execution_options(immediate=immediate, **self._view(immediate)) as connection, connection.begin():
                yield connection
        except (sa.exc.DBAPIError, sqlite3.Error, UnicodeDecodeError) as error:
            raise explain(error) from error


def raw_rows(store: sqlite3.Connection) -> Generator[list[RawRow], None, None]:
    """Every row of a SQLite store, the body as it is: bytes flipped into invalid UTF-8 must reach the verifier, not stop the driver."""
    usual, store.text_factory = store.text_factory, bytes
    try:
        cursor = store.execute(RAW_ROWS)
        cursor.arraysize = _FETCHED
        while chunk := cursor.fetchmany():
            yield chunk
    finally:
        store.text_factory = usual


def _row(row: Any) -> Row:
    body = None if row.body is None else row.body.encode()
    leaf, node, prev, own = (bytes(value) for value in row[2:6])
    return Row(row.sequence, body, leaf, node, prev, own, row.purge)


def _own_file(url: URL, read_only: bool) -> Path:
    """The file of a URL, made if need be, and known to be an audit store or empty."""
    path = place.sqlite_path(url)
    if not read_only:
        place.make_file(path)
    elif not path.is_file():
        raise AuditError(f"There is no audit store at {path}. Check the path.")
    place.require_ours(path, may_be_empty=not read_only)
    return path


def _shown(url: URL) -> str:
    """The URL without user and password."""
    return f"postgresql://{url.host or ''}/{url.database}"
