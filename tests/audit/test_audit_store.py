"""The store beneath the log: projections in the writer's transaction, and the ladder of schemas."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.audit import Action, AuditLog, Entry, Event, FileAnchor
from core.audit.entry import body_bytes
from core.audit.store.lookup import PLACE
from core.audit.store.schema import FACTS
from core.errors import AuditError, ChainError
from core.model import FixedClock

Make = Callable[..., Event]


def open_log(place: str, folder: Path, **options: Any) -> AuditLog:
    """On either backend."""
    facts = {"clock": FixedClock(), "signing_key": folder / "key", "anchor": FileAnchor(folder / "head")} | options
    return AuditLog.open(place, **facts)


def counting(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """A projection: how many entries each batch had."""
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS seen (last INTEGER, n INTEGER)")
    connection.exec_driver_sql("INSERT INTO seen VALUES (?, ?)", (entries[-1].sequence, len(entries)))


def failing(_connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """A projection that can't cope with one action."""
    if any(entry.event.action is Action.SIGN_OUT for entry in entries):
        raise RuntimeError("no figures for that")


def test_projections_are_kept_in_the_writers_transaction(database: Path, event: Make) -> None:
    """Each batch reaches each projection before it is committed; when one fails nothing of the batch is recorded."""
    log = AuditLog.open(database, clock=FixedClock(), projections=(counting, failing))
    log.append(event(1))
    log.append(event(2))
    with pytest.raises(AuditError, match="could not be written"):
        log.append(event(3, action=Action.SIGN_OUT))
    assert log.append(event(4)).sequence == 3
    log.close()
    stored = sqlite3.connect(database)
    assert stored.execute("SELECT last, n FROM seen").fetchall() == [(1, 1), (2, 1), (3, 1)]
    stored.close()


def version_1(database: Path, event: Make, count: int) -> str:
    """A store as version 1 wrote it; the value is its head's hash."""
    database.parent.mkdir(mode=0o700)
    store = sqlite3.connect(database)
    store.executescript(
        "CREATE TABLE entry (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL, prev_hash TEXT NOT NULL, entry_hash TEXT NOT NULL, "
        "time TEXT GENERATED ALWAYS AS (json_extract(body, '$.time')) VIRTUAL);"
        "CREATE INDEX entry_time ON entry (time);"
        "CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;"
        f"PRAGMA application_id = {0x43474154}; PRAGMA user_version = 1;"
    )
    prev = "0" * 64
    for number in range(1, count + 1):
        body = body_bytes(number, FixedClock().now(), event(number))
        own = hashlib.sha256(b"casegate/audit/entry/1\n" + bytes.fromhex(prev) + body).hexdigest()
        store.execute("INSERT INTO entry (sequence, body, prev_hash, entry_hash) VALUES (?, ?, ?, ?)", (number, body.decode(), prev, own))
        prev = own
    store.commit()
    store.close()
    return prev


def test_a_store_of_version_1_is_migrated(database: Path, event: Make) -> None:
    """Every entry is kept, the old head is recorded in an entry, and the new tree verifies."""
    old_head = version_1(database, event, 7)
    log = AuditLog.open(database, clock=FixedClock())
    entries = log.entries()
    assert [entry.event for entry in entries[1:]] == [event(number) for number in range(7, 0, -1)]
    assert (entries[0].event.action, entries[0].event.count, entries[0].event.payload_sha256) == (Action.STORE_MIGRATED, 7, old_head)
    assert log.append(event(9)).sequence == 9
    assert log.verify().entries == 9
    log.close()


def test_an_altered_store_of_version_1_is_not_migrated(database: Path, event: Make) -> None:
    """Migration would hide an edit: the store is refused and left as it is."""
    version_1(database, event, 7)
    store = sqlite3.connect(database)
    store.execute("UPDATE entry SET body = replace(body, 'u-7f3a', 'u-evil') WHERE sequence = 4")
    store.commit()
    with pytest.raises(ChainError, match="entry 4 is the first bad one") as refusal:
        AuditLog.open(database, clock=FixedClock())
    assert refusal.value.sequence == 4
    assert store.execute("PRAGMA user_version").fetchone() == (1,)
    assert store.execute("SELECT count(*) FROM entry").fetchone() == (7,)
    store.close()


def test_a_cut_off_store_of_version_1_is_not_migrated(database: Path, event: Make) -> None:
    """Nor would a tail that the head kept beside it shows to be missing be seen again."""
    version_1(database, event, 7)
    head = {"sequence": 9, "entry_hash": "ab" * 32}
    database.with_name(database.name + ".head").write_text(json.dumps(head))
    with pytest.raises(ChainError, match="entry 8"):
        AuditLog.open(database, clock=FixedClock())


def test_a_store_of_version_1_is_not_read_as_if_it_were_new(database: Path, event: Make) -> None:
    """Reading changes nothing, so an old store is named as what it is."""
    version_1(database, event, 2)
    with pytest.raises(AuditError, match=r"older Casegate \(schema 1\)"):
        AuditLog.open(database, clock=FixedClock(), read_only=True)


@pytest.mark.parametrize("statement", ["DROP TABLE tree_head", "ALTER TABLE entry DROP COLUMN purge"], ids=["a table", "a column"])
def test_a_half_migrated_store_is_named(log: AuditLog, database: Path, statement: str) -> None:
    """A store that lacks what its version has is refused with what is missing."""
    log.close()
    store = sqlite3.connect(database)
    for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        store.execute(f"DROP TRIGGER {name}")
    if "COLUMN" in statement:
        store.execute("ALTER TABLE entry RENAME COLUMN purge TO former")
    else:
        store.execute(statement)
    store.commit()
    store.close()
    for read_only in (True, False):
        with pytest.raises(AuditError, match=r"half migrated: its table .* lacks"):
            AuditLog.open(database, clock=FixedClock(), read_only=read_only)


def as_version_3(log: AuditLog) -> None:
    """Take a store back to what version 3 had: an index on each fact, no runs."""
    with log._store.changing() as connection:
        for name in FACTS:
            connection.exec_driver_sql(f"CREATE INDEX entry_{name} ON entry ({name}) WHERE {name} IS NOT NULL")
        connection.exec_driver_sql("DROP TABLE entry_place")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA user_version = 3")
        else:
            connection.exec_driver_sql("UPDATE schema_step SET version = 3")


def places_of(log: AuditLog) -> list[tuple[object, ...]]:
    """Every run, and what is indexed besides."""
    with log._store.reading() as connection:
        runs = [(*row[:3], bytes(row[3])) for row in connection.execute(sa.select(PLACE).order_by(*PLACE.primary_key.columns))]
        return [*runs, *(index["name"] for index in sa.inspect(connection).get_indexes("entry"))]


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_store_of_version_3_is_migrated(backend: str, request: pytest.FixtureRequest, event: Make, tmp_path: Path) -> None:
    """Its indexes go; the runs are those that the writer would have made, of the entries that the usage rows hold and no others."""
    place = str(tmp_path / "audit.sqlite3") if backend == "sqlite" else request.getfixturevalue("postgres_url")
    log = open_log(place, tmp_path)
    for number in range(1, 6):
        log.append(event(number, actor_id=f"u-{number % 2}"))
    log.figures.catch_up()
    log.append(event(6, actor_id="u-1"))
    before = places_of(log)
    assert len(before) == 2 + 3 + 3
    as_version_3(log)
    log.close()
    with pytest.raises(AuditError, match="older Casegate"):
        open_log(place, tmp_path, read_only=True)
    log = open_log(place, tmp_path)
    assert places_of(log) == before
    assert [entry.sequence for entry in log.entries(actor="u-1")] == [6, 5, 3, 1]
    assert log.append(event(7)).sequence == 7
    assert log.verify().ok
    log.close()


def test_the_log_is_stretched_under_load_and_survives(database: Path, event: Make) -> None:
    """What is written behind the write-ahead log's end is nothing: another connection and a new process read the same entries."""
    log = AuditLog.open(database, clock=FixedClock())
    for number in range(1, 41):
        log.append(event(number))
    ahead = database.with_name(database.name + "-wal")
    assert ahead.stat().st_size == 5 * 2**20
    crashed = database.with_name("crashed.sqlite3")
    for suffix in ("", "-wal"):
        shutil.copy(f"{database}{suffix}", f"{crashed}{suffix}")
    assert log.append(event(41)).sequence == 41
    log.close()
    for path, count in ((database, 41), (crashed, 40)):
        again = AuditLog.open(path, clock=FixedClock(), signing_key=database.with_name(database.name + ".key"))
        assert (again.verify().ok, again.verify().entries) == (True, count)
        again.close()
