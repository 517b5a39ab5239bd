"""A batch of entries in one statement that is its own transaction: one call, one round trip, one durable write.

The database's guard refuses a statement that does not begin where the log ends, so the end need not be asked for first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any, cast

import sqlalchemy as sa

from core.audit.entry import Row

_COLUMNS = ("sequence", "body", "leaf_hash", "node_hash", "prev_hash", "entry_hash")
_PLACES = {"sqlite": "(?, ?, ?, ?, ?, ?)", "postgresql": "(%b, %s, %b, %b, %b, %b)"}
_INSERT = f"INSERT INTO entry ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608 – names of our own columns
_FORMATS = (0, 0, 1, 1, 1, 1)  # libpq's: text and binary
_COMMAND_OK = 1  # libpq's PGRES_COMMAND_OK
_MOST_PREPARED = 64  # rows; larger batches are rare


@cache
def insert_sql(backend: str, count: int) -> str:
    """The statement for so many rows."""
    return _INSERT + ", ".join([_PLACES[backend]] * count)


@cache
def _libpq_sql(count: int) -> bytes:
    """The same where the chain's end still is ($1, $2). Its lock comes before the rows: another process that has it adds rows too."""
    kinds, width = ("bigint", "text", "bytea", "bytea", "bytea", "bytea"), len(_COLUMNS)
    rows = (", ".join(f"${row * width + place + 3}::{kind}" for place, kind in enumerate(kinds)) for row in range(count))
    values = ", ".join(f"({row})" for row in rows)
    return (
        "WITH at AS MATERIALIZED (SELECT 1 FROM chain_end WHERE sequence = $1 AND entry_hash = $2 FOR UPDATE) "  # noqa: S608
        f"INSERT INTO entry ({', '.join(_COLUMNS)}) SELECT fresh.* FROM at, (VALUES {values}) AS fresh"
    ).encode()


def parameters(rows: Sequence[Row]) -> list[Any]:
    """What goes into its places. Hashes as `bytearray`, which sqlite3 binds as they are; for each `bytes` it looks for an adapter first."""
    flat: list[Any] = []
    for sequence, body, leaf, node, prev, own, _ in rows:
        flat += (sequence, (body or b"").decode("ascii"), bytearray(leaf), bytearray(node), bytearray(prev), bytearray(own))
    return flat


class SqliteStatement:
    """On the writer's connection, while it is in no transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._cursor = cast(sqlite3.Connection, connection.connection.driver_connection).cursor()

    def run(self, rows: Sequence[Row]) -> bool:
        """Whether the rows are recorded; False when the log's end is another. Raises sqlite3.Error."""
        try:
            # One row of parameters: `execute` would ask for the last row's id, and give up its turn of the interpreter lock for that.
            self._cursor.executemany(insert_sql("sqlite", len(rows)), (parameters(rows),))
        except sqlite3.IntegrityError:
            return False
        return True

    def close(self) -> None:
        """The connection is the writer's."""


class PostgresStatement:
    """On a connection of its own, which commits each statement. By libpq's call that sends and waits, without the driver's own layers:
    they give up their turn of the interpreter lock again and again.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._pooled = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        driver: Any = self._pooled.connection.driver_connection
        self._libpq = driver.pgconn
        self._prepared: set[int] = set()

    def run(self, rows: Sequence[Row]) -> bool:
        """Whether the rows are recorded; False when that is not known: the log's end is another, or the server went away."""
        count, values = len(rows), list[bytes | None]((b"%d" % (rows[0].sequence - 1), rows[0].prev_hash))
        for row in rows:
            values += (b"%d" % row.sequence, row.body, row.leaf_hash, row.node_hash, row.prev_hash, row.entry_hash)
        formats = (0, 1, *_FORMATS * count)
        if count > _MOST_PREPARED:
            return self._added(self._libpq.exec_params(_libpq_sql(count), values, None, formats), count)
        name = b"add%d" % count
        if count not in self._prepared:
            if self._libpq.prepare(name, _libpq_sql(count)).status != _COMMAND_OK:
                return False
            self._prepared.add(count)
        return self._added(self._libpq.exec_prepared(name, values, formats), count)

    @staticmethod
    def _added(result: Any, count: int) -> bool:
        return bool(result.status == _COMMAND_OK and result.command_tuples == count)

    def close(self) -> None:
        """Let go of the server."""
        with suppress(sa.exc.DBAPIError):
            self._pooled.invalidate()
        self._pooled.close()
