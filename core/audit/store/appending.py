"""Adding batches of entries to a store, each in one durable transaction, alone among all processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

import sqlalchemy as sa

from core.audit.entry import Chain, Entry, Row
from core.audit.store.faults import explain, is_lost
from core.audit.store.heads import chain_at
from core.audit.store.place import stretch_log
from core.audit.store.schema import ENTRY
from core.audit.store.statement import PostgresStatement, SqliteStatement, insert_sql, parameters
from core.errors import AuditError

Projection = Callable[[sa.Connection, Sequence[Entry]], None]
Batch = Sequence[tuple[Entry, Row]]
Build = Callable[[Chain, sa.Connection], Batch]

SHARED_BATCHES = 64  # that lock the chain's end before they are made, once another process was found to write too
_FAULTS = (sa.exc.DBAPIError, sqlite3.Error)
STRETCH_AFTER = 32  # batches; a store that is hardly written to need not pay for it
MOST_ROWS = 200  # in a statement
_RECONNECT_EVERY_S = 0.1
_LAST = {
    "sqlite": "SELECT sequence, entry_hash FROM entry ORDER BY sequence DESC LIMIT 1",
    "postgresql": "SELECT sequence, entry_hash FROM chain_end FOR UPDATE",
}
_HASH = sa.select(ENTRY.c.entry_hash).where(ENTRY.c.sequence == sa.bindparam("sequence"))


class Keeper(Protocol):
    """A projection that most batches need not call."""

    def due(self, through: int) -> bool:
        """Whether a batch that ends with this entry needs the call."""
        ...

    def __call__(self, connection: sa.Connection, entries: Sequence[Entry]) -> None:
        """As any projection; the entries are not committed yet."""
        ...

    def recorded(self, entries: Sequence[Entry]) -> None:
        """Told of every batch once it is committed."""
        ...

    def idle(self) -> bool:
        """Whether it would use a moment without work."""
        ...

    def put_off(self) -> None:
        """Ask for none for a while."""
        ...

    def settle(self, connection: sa.Connection) -> None:
        """Use it, within a transaction."""
        ...


class _Attempt:
    """How far an append has come: the chain's end with it, and its last row once that may have been committed."""

    def __init__(self, last: Row | None) -> None:
        self.chain = Chain()
        self.last = last


class Appender:
    """The one writer of a process. For one thread at a time."""

    def __init__(
        self, engine: sa.Engine, projections: Sequence[Projection], keeper: Keeper | None, patience_s: float, path: Path | None = None
    ) -> None:
        self._engine = engine
        self._backend = engine.dialect.name
        self._projections = tuple(projections)
        self._keeper = keeper
        self._patience_s = patience_s
        self._chain = Chain()
        self._own: sa.Connection | None = None
        self._statement: SqliteStatement | PostgresStatement | None = None
        self._shared = 0
        self._path = path
        self._batches = 0

    def append(self, build: Build, then: Projection | None, sealed: Batch) -> Chain | None:
        """As `Store.append`."""
        until, last = monotonic() + self._patience_s, None
        if sealed and self._shared:
            self._shared -= 1
        elif sealed:
            if self._add(sealed):
                return None
            last, self._shared = sealed[-1][1], SHARED_BATCHES
        tried = _Attempt(last)
        while True:
            try:
                self._try(build, then, tried)
                break
            except AuditError as error:
                if not is_lost(error.__cause__) or monotonic() > until:
                    raise
                sleep(_RECONNECT_EVERY_S)
        self._chain = tried.chain
        return tried.chain.copy() if tried.chain.sequence else None

    @property
    def unsettled(self) -> bool:
        """Whether a moment without work could be used."""
        return self._keeper is not None and self._keeper.idle()

    def settle(self) -> None:
        """Use it. Raises AuditError."""
        if self._keeper is not None:
            self._keeper.put_off()  # also when it fails: the writer has better to do than to try on and on
            with self._transaction() as connection:
                self._last(connection)  # on PostgreSQL this takes the lock
                self._keeper.settle(connection)

    def close(self) -> None:
        """Let go of the database."""
        statement, self._statement = self._statement, None
        if statement is not None:
            statement.close()
        own, self._own = self._own, None
        if own is not None:
            own.close()

    def _add(self, batch: Batch) -> bool:
        """Record entries as they are; False when that did not succeed, or it is not known whether it did."""
        through = batch[-1][1].sequence
        try:
            if self._projections or (self._keeper is not None and self._keeper.due(through)):
                added = self._add_and_project(batch)
            else:
                added = self._run(batch)
        except AuditError as error:
            if is_lost(error.__cause__):
                return False
            raise
        if added:
            self._tell(batch)
            self._batches += 1
            if self._batches == STRETCH_AFTER and self._path is not None:
                with suppress(AuditError), self._transaction():  # the batch is recorded all the same
                    stretch_log(self._path)
        return added

    def _run(self, batch: Batch) -> bool:
        """By one statement, with nothing else to do."""
        try:
            if self._statement is None:
                own = self._connection() if self._backend == "sqlite" else None
                self._statement = PostgresStatement(self._engine) if own is None else SqliteStatement(own)
            if self._statement.run([row for _, row in batch]):
                return True
        except BaseException as error:
            self.close()
            if isinstance(error, _FAULTS):
                raise explain(error) from error
            raise
        self.close()
        return False

    def _add_and_project(self, batch: Batch) -> bool:
        first = batch[0][1]
        with self._transaction() as connection:
            if self._last(connection) != (first.sequence - 1, first.prev_hash):
                return False
            self._insert(connection, batch, None)
        return True

    def _try(self, build: Build, then: Projection | None, tried: _Attempt) -> None:
        with self._transaction() as connection:
            tried.chain = self._end(connection)
            if tried.last is not None and self._holds(connection, tried.last):
                return
            batch = build(tried.chain, connection)
            self._insert(connection, batch, then)
            tried.last = batch[-1][1]
        self._tell(batch)

    def _insert(self, connection: sa.Connection, batch: Batch, then: Projection | None) -> None:
        rows = [row for _, row in batch]
        for start in range(0, len(rows), MOST_ROWS):
            part = rows[start : start + MOST_ROWS]
            connection.exec_driver_sql(insert_sql(self._backend, len(part)), tuple(parameters(part)))
        entries = [entry for entry, _ in batch]
        for projection in (then, self._keeper, *self._projections):
            if projection is not None:
                projection(connection, entries)

    def _tell(self, batch: Batch) -> None:
        if self._keeper is not None:
            self._keeper.recorded([entry for entry, _ in batch])

    @staticmethod
    def _holds(connection: sa.Connection, row: Row) -> bool:
        """Whether a batch is recorded whose commit nobody confirmed. Asked under the lock: until then the server may still be at it."""
        found = connection.scalar(_HASH, {"sequence": row.sequence})
        return found is not None and bytes(found) == row.entry_hash

    def _end(self, connection: sa.Connection) -> Chain:
        """The chain's present end, ready to be moved on. The frontier is read again only when another process has written."""
        sequence, entry_hash = self._last(connection)
        if (self._chain.sequence, self._chain.entry_hash) == (sequence, entry_hash):
            return self._chain.copy()
        return chain_at(connection, sequence, entry_hash)

    def _last(self, connection: sa.Connection) -> tuple[int, bytes]:
        sequence, entry_hash = connection.exec_driver_sql(_LAST[self._backend]).first() or (0, bytes(32))
        return int(sequence), bytes(entry_hash)

    def _connection(self) -> sa.Connection:
        if self._own is None:
            self._own = self._engine.connect().execution_options(immediate=True)
        return self._own

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """On the writer's own connection, which is kept between batches and given up after a fault."""
        try:
            with self._connection().begin():
                yield self._connection()
        except BaseException as error:
            self.close()
            if isinstance(error, _FAULTS):
                raise explain(error) from error
            raise
