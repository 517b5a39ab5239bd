"""The plainest store that could be called one: a chain of hashed events behind a group-commit writer, for SQLite and for PostgreSQL.

What an afternoon's prototype does: a thread takes whatever eight others have put into a queue, hashes each event of 511 bytes onto
the one before, inserts them with `executemany` in one transaction, and wakes those who wait. SQLite is set as ours is (WAL,
synchronous FULL); on PostgreSQL a batch locks the row of the chain's end first, so that processes could share the chain, in one
pipeline. There is no Merkle tree, no canonical form, no check of an event, no index, no guard, no usage figure and no recovery. The
targets for durable appends were drawn from a prototype of this kind on another machine, where threads wake two to three times as
fast; beside it, in the same round, a store can be compared whatever the machine.
"""

from __future__ import annotations

import hashlib
import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Row = tuple[int, str, bytes]
_COLUMNS = "(sequence BIGINT PRIMARY KEY, body TEXT NOT NULL, hash {} NOT NULL)"


class Prototype:
    """`append` returns when the event is durable. `write` records rows in one transaction; it is called by one thread."""

    def __init__(self, connect: Callable[[], Callable[[list[Row]], None]]) -> None:
        self._waiting: queue.SimpleQueue[tuple[dict[str, Any], threading.Event] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(connect,), daemon=True)
        self._thread.start()

    def append(self, event: dict[str, Any]) -> None:
        """Wait until it is written."""
        done = threading.Event()
        self._waiting.put((event, done))
        done.wait()

    def close(self) -> None:
        """End the writer."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self, connect: Callable[[], Callable[[list[Row]], None]]) -> None:
        write, sequence, last = connect(), 0, bytes(32)
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            rows: list[Row] = []
            for one in batch:
                if one is not None:
                    body, sequence = _body(one[0]), sequence + 1
                    last = hashlib.sha256(last + body.encode()).digest()
                    rows.append((sequence, body, last))
            if rows:
                write(rows)
            for one in batch:
                if one is None:
                    return
                one[1].set()


def filled(path: Path, events: Iterable[dict[str, Any]]) -> None:
    """A new SQLite file with these events in it."""
    write, last, rows = on_sqlite(path)(), bytes(32), []
    for sequence, event in enumerate(events, 1):
        body = _body(event)
        last = hashlib.sha256(last + body.encode()).digest()
        rows.append((sequence, body, last))
    write(rows)


def verified(path: Path) -> int:
    """How many events are chained as their bodies say, from the first on."""
    last, count = bytes(32), 0
    connection = sqlite3.connect(path)
    try:
        for sequence, body, own in connection.execute("SELECT sequence, body, hash FROM event ORDER BY sequence"):
            last = hashlib.sha256(last + body.encode()).digest()
            if last != own or sequence != count + 1:
                break
            count += 1
    finally:
        connection.close()
    return count


def _body(event: dict[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"), sort_keys=True)


def on_sqlite(path: Path) -> Callable[[], Callable[[list[Row]], None]]:
    """A writer for a new file."""

    def connect() -> Callable[[list[Row]], None]:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE event " + _COLUMNS.format("BLOB"))

        def write(rows: list[Row]) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO event VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")

        return write

    return connect


def on_postgres(url: str) -> Callable[[], Callable[[list[Row]], None]]:
    """A writer for an empty database."""
    import psycopg

    def connect() -> Callable[[list[Row]], None]:
        connection = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)
        connection.execute("CREATE TABLE event " + _COLUMNS.format("BYTEA"))
        connection.execute("CREATE TABLE head (hash BYTEA NOT NULL)")
        connection.execute("INSERT INTO head VALUES (%s)", (bytes(32),))

        def write(rows: list[Row]) -> None:
            with connection.pipeline(), connection.transaction():
                connection.execute("SELECT hash FROM head FOR UPDATE")
                with connection.cursor() as cursor:
                    cursor.executemany("INSERT INTO event VALUES (%s, %s, %s)", rows)
                connection.execute("UPDATE head SET hash = %s", (rows[-1][2],))

        return write

    return connect
