"""Appending, browsing and the usage rows."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from core.audit import Action, AuditLog, Entry, Event, Outcome
from core.errors import AuditError
from core.model import FixedClock, Role, Tier

Make = Callable[..., Event]
OTHERS = "body, leaf_hash, node_hash, prev_hash, entry_hash"
COLUMNS = f"sequence, {OTHERS}"
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_an_entry_is_readable_by_another_connection_when_append_returns(log: AuditLog, event: Make, database: Path) -> None:
    """append returns an entry that is committed, numbered from 1 and linked to the one before."""
    first, second = log.append(event(1)), log.append(event(2))
    with sqlite3.connect(database) as other:
        stored = other.execute("SELECT sequence, lower(hex(prev_hash)), lower(hex(entry_hash)) FROM entry ORDER BY sequence").fetchall()
    other.close()
    assert stored == [(1, "0" * 64, first.entry_hash), (2, first.entry_hash, second.entry_hash)]
    assert (first.time, first.event) == (START, event(1))


def test_files_are_private(log: AuditLog, event: Make, database: Path) -> None:
    """The folder is made with mode 0700 and every file of the store with 0600."""
    log.append(event())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.parent.iterdir()}
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700
    assert {"audit.sqlite3", "audit.sqlite3-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_the_store_survives_reopening(log: AuditLog, event: Make, database: Path) -> None:
    """A log opened again goes on where it ended."""
    last = log.append(event(1))
    log.close()
    again = AuditLog.open(f"sqlite:///{database}", clock=FixedClock())
    assert again.append(event(2)).prev_hash == last.entry_hash
    assert again.verify().ok
    again.close()


def test_the_store_refuses_changes(log: AuditLog, event: Make, database: Path) -> None:
    """Update, delete, replace and an insert out of turn are refused by the database itself."""
    log.append(event(1))
    log.append(event(2))
    other = sqlite3.connect(database)
    for statement in (
        "UPDATE entry SET body = '{}'",
        "DELETE FROM entry WHERE sequence = 2",
        f"INSERT OR REPLACE INTO entry ({COLUMNS}) SELECT 1, {OTHERS} FROM entry WHERE sequence = 2",
        f"INSERT INTO entry ({COLUMNS}) SELECT 9, {OTHERS} FROM entry WHERE sequence = 2",
        "UPDATE entry SET body = NULL, purge = 2 WHERE sequence = 1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="audit entries are"):
            other.execute(statement)
    other.close()
    assert log.verify().entries == 2


def test_threads_share_one_chain(log: AuditLog, event: Make) -> None:
    """Eight threads at once leave one contiguous, valid chain, and each gets its own entries back."""
    got: list[tuple[str | None, Entry]] = []

    def work(number: int) -> None:
        for i in range(20):
            made = event(request_id=f"req-{number}-{i}")
            got.append((made.request_id, log.append(made)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.sequence for _, entry in got) == list(range(1, 161))
    assert all(entry.event.request_id == request for request, entry in got)
    assert (log.verify().ok, log.verify().entries) == (True, 160)


def test_entries_come_newest_first_in_pages(log: AuditLog, event: Make) -> None:
    """Keyset pages are disjoint, complete and in falling order."""
    for number in range(1, 11):
        log.append(event(number))
    pages, before = [], None
    while page := log.entries(before_sequence=before, limit=4):
        pages.append([entry.sequence for entry in page])
        before = page[-1].sequence
    assert pages == [[10, 9, 8, 7], [6, 5, 4, 3], [2, 1]]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"actor": "u-other"}, [3]),
        ({"action": Action.SIGN_IN}, [3]),
        ({"case_ref": "case-1x"}, [4, 1]),
        ({"model": "gpt-4.1"}, [2]),
        ({"outcome": Outcome.FAILED}, [2]),
        ({"since": START + timedelta(minutes=2)}, [4, 3]),
        ({"until": START + timedelta(minutes=2)}, [2, 1]),
        ({"since": (START + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=-5))), "until": START + timedelta(minutes=2)}, [2]),
        ({"case_ref": "case-1x", "before_sequence": 4}, [1]),
        ({"model": "gpt-4.1", "actor": "u-other"}, []),
    ],
    ids=str,
)
def test_filters(database: Path, event: Make, filters: dict[str, object], expected: list[int]) -> None:
    """Each filter narrows, and all given filters must be met."""
    clock = FixedClock()
    log = AuditLog.open(database, clock=clock)
    changes: list[dict[str, object]] = [
        {},
        {"model": "gpt-4.1", "action": Action.DIAGNOSIS_REQUEST_FAILED, "outcome": Outcome.FAILED, "error_class": "ProviderTimeoutError"},
        {"actor_id": "u-other", "action": Action.SIGN_IN, "model": None, "case_ref": None},
        {},
    ]
    for number, change in enumerate(changes, 1):
        log.append(event(number, **change))
        clock.advance(60)
    assert [entry.sequence for entry in log.entries(**filters)] == expected  # type: ignore[arg-type]
    log.close()


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_page_size_is_bounded(log: AuditLog, limit: int) -> None:
    """A page holds 1 to 1,000 entries."""
    with pytest.raises(ValueError, match="limit"):
        log.entries(limit=limit)


def test_calls_are_the_endings_in_order(database: Path, event: Make) -> None:
    """One row per call that ended, oldest first, with exact cost; other acts and the start of a call give none."""
    clock = FixedClock()
    log = AuditLog.open(database, clock=clock)
    log.append(event(1, action=Action.DIAGNOSIS_REQUEST_INITIATED))
    log.append(event(1))
    clock.advance(3600)
    log.append(event(2, action=Action.DIAGNOSIS_REQUEST_FAILED, error_class="RateLimitError", http_status=429, cost_nano_usd=None))
    log.append(event(3, action=Action.REQUEST_CANCELLED))
    log.append(event(4, action=Action.PREVIEW_REVIEWED))
    rows = log.calls()
    assert [(row.request_id, row.outcome) for row in rows] == [("req-1", "ok"), ("req-2", "failed"), ("req-3", "cancelled")]
    assert (rows[0].cost_usd, rows[1].cost_usd, rows[1].http_status) == (Decimal("0.000378"), None, 429)
    assert (rows[0].tier, rows[0].role, rows[0].simulated, rows[0].ttft_ms) == (Tier.ROUTINE, Role.CLINICIAN, True, 310)
    assert [row.request_id for row in log.calls(START + timedelta(hours=1))] == ["req-2", "req-3"]
    assert [row.request_id for row in log.calls(until=START + timedelta(hours=1))] == ["req-1"]
    log.close()


def test_a_clock_set_back_breaks_nothing(database: Path, event: Make) -> None:
    """Order is the sequence; a time earlier than the one before is recorded as it was told."""
    clock = FixedClock()
    log = AuditLog.open(database, clock=clock)
    log.append(event(1))
    clock.advance(-86_400)
    assert log.append(event(2)).time == START - timedelta(days=1)
    assert log.verify().ok
    log.close()


def test_an_altered_body_is_not_shown(log: AuditLog, event: Make, tamper: Callable[..., None]) -> None:
    """Browsing a store whose entry makes no sense says so, and asks for a verification."""
    log.append(event(1))
    tamper(("UPDATE entry SET body = ?", ('{"v":1,"sequence":1,"note":"x"}',)))
    with pytest.raises(AuditError, match="Run the verification"):
        log.entries()


@pytest.mark.parametrize("facts", ['"model":"x"', '"outcome":"fine"', '"time":"yesterday"', '"time":5'])
def test_an_altered_call_is_not_counted(log: AuditLog, event: Make, tamper: Callable[..., None], facts: str) -> None:
    """Usage figures are not made from an entry that makes no sense."""
    log.append(event(1))
    tamper(("UPDATE entry SET body = ?", ('{"v":1,"action":"diagnosis_response_received",' + facts + "}",)))
    with pytest.raises(AuditError, match="Run the verification"):
        log.calls()
