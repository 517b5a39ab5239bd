"""What can go wrong around the store: each has its own message, nothing acknowledged is lost, and it works again afterwards."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.audit_faults import flip_bytes, kill_rounds
from core.audit import AuditLog, Event
from core.audit import store as store_module
from core.audit.anchor import FileAnchor
from core.audit.entry import Row
from core.audit.store import appending
from core.audit.store.faults import POSTGRES_HINTS, SQLITE_HINTS, UNREACHABLE
from core.audit.store.statement import SqliteStatement
from core.errors import AuditError, ConfigError, Error
from core.model import FixedClock

Make = Callable[..., Event]
ROOT = Path(__file__).parents[2]


def test_a_second_process_is_refused(database: Path, event: Make) -> None:
    """While one process writes a SQLite store another one is told so, and what to use instead; then it may."""
    log = AuditLog.open(database, clock=FixedClock())
    log.append(event())
    script = (
        "import sys; from core.audit import AuditLog; from core.model import FixedClock; AuditLog.open(sys.argv[1], clock=FixedClock())"
    )
    command = [sys.executable, "-c", script, str(database)]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert "Another Casegate process already writes" in refused.stderr
    assert "CASEGATE_DATABASE_URL" in refused.stderr
    log.close()
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60).returncode == 0


def test_killing_the_process_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """kill -9 while four threads append and heads are signed: nothing acknowledged is lost, the tree is valid. The benchmark does 200."""
    done = kill_rounds(tmp_path, 2, random.Random(3))
    assert (done["kill_lost"], done["kill_invalid"]) == (0, 0)
    assert done["kill_acknowledged"] >= 2


def test_every_changed_byte_of_the_file_is_found(tmp_path: Path, event: Make) -> None:
    """Single bytes of the database file, half of them within entries. The benchmark changes 10,000."""
    assert flip_bytes(tmp_path, 400, random.Random(5), event, FixedClock()) == {"flips": 400, "flips_unseen": 0}


@pytest.fixture
def small_disk() -> Iterator[list[int]]:
    """Every connection made from now on may use the given number of pages; empty means no limit."""
    pages: list[int] = []

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        if pages:
            connection.execute(f"PRAGMA max_page_count = {pages[0]}")

    sa.event.listen(sa.Engine, "connect", limit)
    yield pages
    sa.event.remove(sa.Engine, "connect", limit)


def test_a_full_disk_is_named_and_survived(database: Path, event: Make, small_disk: list[int]) -> None:
    """On a full disk append says so and records nothing; with space again it goes on, and the chain is whole."""
    AuditLog.open(database, clock=FixedClock()).close()
    small_disk.append(14)
    log = AuditLog.open(database, clock=FixedClock())
    with pytest.raises(AuditError, match="full"):
        deque((log.append(event(number)) for number in range(1, 1_000)), maxlen=0)
    before = log.verify()
    assert before.ok
    assert before.entries >= 1
    log.close()
    small_disk.clear()
    log = AuditLog.open(database, clock=FixedClock())
    assert log.append(event()).sequence == before.entries + 1
    assert log.verify().ok
    log.close()


def test_writable_watches_the_space(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """writable is True on a sound store and False when the disk is all but full; it writes nothing."""
    assert log.writable()
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(100, 99, 1))  # type: ignore[attr-defined]
    assert not log.writable()
    assert log.verify().entries == 0


def test_a_read_only_store_is_named(log: AuditLog, event: Make, database: Path) -> None:
    """A store that may only be read can be verified; append says what to do and writable is False."""
    log.append(event())
    reader = AuditLog.open(database, clock=FixedClock(), read_only=True)
    assert reader.verify().entries == 1
    with pytest.raises(AuditError, match=r"read-only.*write access"):
        reader.append(event())
    assert not reader.writable()
    reader.close()


def test_a_store_on_a_read_only_file_is_named(database: Path, event: Make) -> None:
    """A file that the account may not write is refused at opening with what to do."""
    AuditLog.open(database, clock=FixedClock()).close()
    database.chmod(0o400)
    script = """
import os, sys
from core.audit import AuditLog
from core.errors import AuditError
from core.model import FixedClock
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    AuditLog.open(sys.argv[1], clock=FixedClock())
except AuditError as error:
    sys.stdout.write(error.user_message)
"""
    done = subprocess.run([sys.executable, "-c", script, str(database)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert "Permission denied" in done.stdout
    assert "Check the path" in done.stdout


def test_a_locked_store_is_named_and_survived(database: Path, event: Make) -> None:
    """While another program holds the lock append says so; afterwards it works, and the refused event was not recorded."""
    log = AuditLog.open(database, clock=FixedClock(), busy_timeout_s=0.05)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(AuditError, match="locked by another program"):
        log.append(event(1))
    assert not log.writable()
    other.execute("ROLLBACK")
    other.close()
    assert log.writable()
    assert log.append(event(2)).sequence == 1
    log.close()


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_store_taken_away_is_named(log: AuditLog, event: Make, database: Path, how: str) -> None:
    """SQLite would write on into a deleted file; append refuses instead."""
    log.append(event())
    if how == "deleted":
        database.unlink()
    else:
        database.rename(database.with_suffix(".moved"))
    with pytest.raises(AuditError, match="moved or deleted"):
        log.append(event())
    assert not log.writable()


def test_missing_folders_are_made(tmp_path: Path) -> None:
    """A store can be opened where no folder is yet."""
    log = AuditLog.open(tmp_path / "a" / "b" / "audit.sqlite3", clock=FixedClock())
    assert log.writable()
    log.close()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda p: p.write_bytes(b"not a database at all " * 100), "damaged or not a database"),
        (lambda p: p.mkdir(), "can't be opened"),
        (lambda p: sqlite3.connect(p).executescript("CREATE TABLE other (x)").connection.close(), "not an audit store"),
        (
            lambda p: (
                AuditLog.open(p, clock=FixedClock()).close(),
                sqlite3.connect(p).executescript("PRAGMA user_version=99").connection.close(),
            ),
            "newer",
        ),
    ],
    ids=["garbage", "a folder", "another database", "newer schema"],
)
def test_what_is_not_our_store_is_named(tmp_path: Path, prepare: Callable[[Path], object], message: str) -> None:
    """A wrong file is refused with its own message and left as it is."""
    path = tmp_path / "audit.sqlite3"
    prepare(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(AuditError, match=message):
        AuditLog.open(path, clock=FixedClock())
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize(
    "url", ["mysql://u:hunter2@h/db", "postgresql://u:hunter2@h", "sqlite://", "sqlite:///:memory:", "nonsense://///:hunter2", "://"]
)
def test_wrong_urls_are_refused_without_their_password(url: str) -> None:
    """What names no database that can hold the store is refused, and the message shows no part of the URL."""
    with pytest.raises(ConfigError) as refusal:
        AuditLog.open(url, clock=FixedClock())
    assert "hunter2" not in str(refusal.value)
    assert "sqlite:////" in str(refusal.value)


def test_reading_needs_an_existing_store(tmp_path: Path) -> None:
    """Opening for reading makes nothing."""
    with pytest.raises(AuditError, match="no audit store"):
        AuditLog.open(tmp_path / "none.sqlite3", clock=FixedClock(), read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_batch_fails_for_each_of_its_threads(log: AuditLog, event: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the commit fails for a reason nobody foresaw, append still raises AuditError, and the next one works."""

    def broken(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(store_module.Store, "append", broken)
        with pytest.raises(AuditError, match="could not be written"):
            log.append(event())
    assert log.append(event()).sequence == 1


def test_batches_that_fail_leave_one_chain(log: AuditLog, event: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of eight threads' entries some batches are refused, some find another end than expected: what append returned is there, once."""
    plain, chance = SqliteStatement.run, random.Random(4)

    def troubled(self: SqliteStatement, rows: Sequence[Row]) -> bool:
        match chance.randrange(6):
            case 0:
                raise sqlite3.OperationalError("disk I/O error")
            case 1:
                return False
            case 2:
                plain(self, rows)
                return False  # as when PostgreSQL dies before it can say that it is done
        return plain(self, rows)

    monkeypatch.setattr(SqliteStatement, "run", troubled)
    monkeypatch.setattr(appending, "SHARED_BATCHES", 2)
    told: dict[int, str | None] = {}
    refused: list[str] = []

    def work(number: int) -> None:
        for turn in range(40):
            one = event(turn, request_id=f"req-{number}-{turn}")
            try:
                told[log.append(one).sequence] = one.request_id
            except AuditError:
                refused.append(f"req-{number}-{turn}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = {entry.sequence: entry.event.request_id for entry in log.entries(limit=1_000)}
    assert stored == told
    assert refused
    assert len(told) + len(refused) == 320
    assert log.verify().ok


def test_a_head_that_cannot_be_kept_does_not_fail_the_act(log: AuditLog, event: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry is durable by then; keeping the head beside the store is tried again later."""

    def broken(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(FileAnchor, "write", broken)
    assert [log.append(event(number)).sequence for number in (1, 2)] == [1, 2]
    assert log.seal().head.size == 2
    assert "CASEGATE_AUDIT_ANCHOR" in str(log.anchor_problem)
    monkeypatch.undo()
    log.seal()
    assert log.anchor_problem is None


def test_every_message_says_what_to_do() -> None:
    """Each database fault has a message of its own, of two sentences or more, which goes up as an Error."""
    messages = [*(text for _, text in SQLITE_HINTS), *{text for _, text in POSTGRES_HINTS}, UNREACHABLE]
    assert len(set(messages)) == len(messages)
    assert all(text.count(". ") >= 1 and text.endswith(".") for text in messages)
    assert issubclass(AuditError, Error)
