"""How long bodies are kept, what holds stop, and what a purge leaves."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.postgres import Postgres
from test_audit_merkle import ALONE

from core.audit import Action, AuditLog, Entry, Event, FileAnchor, Reason
from core.audit.__main__ import main
from core.audit.retention import RETENTION_DAYS, Hold, decision, hold, lift
from core.audit.store import lookup
from core.audit.store.lookup import PLACE
from core.audit.store.rollups import forget
from core.errors import AuditError
from core.model import FixedClock, Principal, Role

Make = Callable[..., Event]
OFFICER = Principal("u-officer", Role.PRIVACY_OFFICER)
YEAR_S = 366 * 86_400


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, database: Path) -> str:
    """Both kinds of store."""
    return str(database) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def clock() -> FixedClock:
    """Moved by the tests."""
    return FixedClock()


@pytest.fixture
def aged(place: str, clock: FixedClock, event: Make, tmp_path: Path) -> AuditLog:
    """Six entries of seven years ago, of cases 1x, 2x, 0x, 1x …, then three of today."""
    log = AuditLog.open(place, clock=clock, signing_key=tmp_path / "audit.key", anchor=FileAnchor(tmp_path / "audit.head"))
    for number in range(1, 7):
        log.append(event(number, request_id=f"req-canary-{number}"))
    clock.advance(7 * YEAR_S)
    for number in range(7, 10):
        log.append(event(number))
    return log


def test_a_purge_drops_what_is_old_and_the_tree_still_verifies(aged: AuditLog, tmp_path: Path) -> None:
    """Six bodies go, their hashes stay, the purge is an entry under a signed head, and proofs of purged entries hold."""
    before = aged.seal()
    entry = aged.purge(OFFICER)
    assert (entry.sequence, entry.event.action, entry.event.count, entry.event.actor_id) == (10, Action.ENTRIES_PURGED, 6, "u-officer")
    assert [found.sequence for found in aged.entries()] == [10, 9, 8, 7]
    found = aged.verify()
    assert (found.ok, found.entries, found.purged) == (True, 10, 6)
    assert "6 of them hold no body any more" in found.describe()
    assert aged.seal().head.size == 10
    facts = json.loads(aged.bundle([2, 8]))
    shown = list(ALONE["check"](facts, aged.origin))
    assert "2, each part of it (1 without body" in shown[-1]
    assert any(json.loads(json.dumps(item))["note"] == before.note for item in facts["earlier_heads"])
    with pytest.raises(AuditError, match="Nothing is older"):
        aged.purge(OFFICER)
    aged.close()


def test_places_of_purged_entries_go_with_them(aged: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their values are in no run any more; the others' are found as before."""
    monkeypatch.setattr(lookup, "RUN", 4)
    aged.figures.catch_up()
    aged.append(hold(OFFICER, "matter-7", "case-1x"))
    aged.purge(OFFICER)

    def told(fact: str) -> set[tuple[str, int]]:
        with aged._store.reading() as connection:
            rows = connection.execute(sa.select(PLACE).where(PLACE.c.fact == lookup.FACTS.index(fact))).all()
        return {(row.value, row.start + offset) for row in rows for (offset,) in struct.iter_unpack("<H", bytes(row.offsets))}

    assert told("case_ref") == {("case-1x", 1), ("case-1x", 4), ("case-1x", 7), ("case-2x", 8), ("case-0x", 9), ("case-1x", 10)}
    assert {place for _, place in told("model")} == {1, 4, 7, 8, 9}
    assert [entry.sequence for entry in aged.entries(case_ref="case-1x")] == [10, 7, 4, 1]
    assert [entry.sequence for entry in aged.entries(case_ref="case-2x")] == [8]
    aged.close()


def test_a_purge_waits_for_figures_that_are_made_anew(aged: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebuild that another process began after the purge caught up would lose what goes: nothing goes, and it says why."""
    begin, catch_up = aged.figures._folding, aged.figures.catch_up

    def overtaken() -> int:
        reached = catch_up()
        with begin() as connection:
            forget(connection)
        return reached

    monkeypatch.setattr(aged.figures, "catch_up", overtaken)
    with pytest.raises(AuditError, match="made anew"):
        aged.purge(OFFICER)
    assert [e.event.action for e in aged.entries()].count(Action.ENTRIES_PURGED) == 0
    monkeypatch.undo()
    assert aged.purge(OFFICER).event.count == 6


def test_nothing_of_a_purged_body_is_left_in_the_files(database: Path, event: Make, clock: FixedClock) -> None:
    """Neither the database nor its write-ahead log holds a byte of it."""
    log = AuditLog.open(database, clock=clock)
    for number in range(40):
        log.append(event(number, request_id=f"req-canary-{number}"))
    clock.advance(7 * YEAR_S)
    assert any(b"req-canary" in path.read_bytes() for path in database.parent.iterdir())
    log.purge(OFFICER)
    assert not [path for path in database.parent.iterdir() if b"req-canary" in path.read_bytes()]
    log.close()


def test_nothing_goes_before_its_time(aged: AuditLog, clock: FixedClock) -> None:
    """Six years by default: a day less and nothing goes."""
    assert aged.retention().days == RETENTION_DAYS
    clock.advance(-7 * YEAR_S + (RETENTION_DAYS - 1) * 86_400)
    with pytest.raises(AuditError, match="2192 days"):
        aged.purge(OFFICER)
    clock.advance(2 * 86_400)
    assert aged.purge(OFFICER).event.count == 6
    aged.close()


def test_shorter_takes_a_recorded_decision(aged: AuditLog) -> None:
    """Without a reference a shorter time is refused; with one it is an entry, and counts."""
    with pytest.raises(AuditError, match="recorded decision"):
        decision(OFFICER, 365, None)
    with pytest.raises(AuditError, match="at least one day"):
        decision(OFFICER, 0, "BOARD-1")
    aged.append(decision(OFFICER, 365, "BOARD-2026-07"))
    assert (aged.retention().days, aged.retention().decision) == (365, "BOARD-2026-07")
    aged.append(decision(OFFICER, 4_000, None))
    with pytest.raises(AuditError, match="4000 days"):
        aged.purge(OFFICER)
    aged.close()


def test_a_hold_keeps_what_it_covers(aged: AuditLog) -> None:
    """A hold on a case keeps its entries, one on everything stops the purge; lifted, they may go."""
    aged.append(hold(OFFICER, "SUIT-7", "case-1x"))
    assert aged.retention().holds == (Hold("SUIT-7", "case-1x"),)
    assert aged.purge(OFFICER).event.count == 4
    assert [found.sequence for found in aged.entries(case_ref="case-1x")][-2:] == [4, 1]
    aged.append(hold(OFFICER, "SUIT-8"))
    with pytest.raises(AuditError, match=r"SUIT-8 covers everything"):
        aged.purge(OFFICER)
    with pytest.raises(AuditError, match=r"In force: SUIT-7, SUIT-8"):
        lift(OFFICER, "SUIT-9", aged.retention())
    for name in ("SUIT-7", "SUIT-8"):
        aged.append(lift(OFFICER, name, aged.retention()))
    assert aged.purge(OFFICER).event.count == 2
    found = aged.verify()
    assert (found.ok, found.purged) == (True, 6)
    aged.close()


def test_purges_holds_and_decisions_are_never_purged(aged: AuditLog, clock: FixedClock) -> None:
    """What explains the gaps stays readable, however old."""
    aged.append(decision(OFFICER, 30, "BOARD-1"))
    aged.purge(OFFICER)
    clock.advance(YEAR_S)
    aged.purge(OFFICER)
    assert {entry.event.action for entry in aged.entries()} == {Action.ENTRIES_PURGED, Action.RETENTION_DECIDED}
    assert aged.verify().ok
    aged.close()


UNLAWFUL = {
    "no such purge": ("UPDATE entry SET body = NULL, purge = 99 WHERE sequence = 8", 8),
    "not an entry of a purge": ("UPDATE entry SET body = NULL, purge = 9 WHERE sequence = 8", 8),
    "not of this purge": ("UPDATE entry SET body = NULL, purge = 10 WHERE sequence = 8", 1),
    "without a purge": ("UPDATE entry SET body = NULL WHERE sequence = 3", 3),
}


@pytest.mark.parametrize(("statement", "first_bad"), UNLAWFUL.values(), ids=UNLAWFUL.keys())
def test_a_body_dropped_by_hand_is_found(
    database: Path, event: Make, clock: FixedClock, tamper: Callable[..., None], statement: str, first_bad: int
) -> None:
    """A body that no purge accounts for is named, and so is a purge that does not account for what it names."""
    log = AuditLog.open(database, clock=clock)
    for number in range(1, 7):
        log.append(event(number))
    clock.advance(7 * YEAR_S)
    for number in range(7, 10):
        log.append(event(number))
    if "8" in statement:
        log.purge(OFFICER)
    tamper(statement)
    found = log.verify()
    assert (found.ok, found.first_bad, found.reason) == (False, first_bad, Reason.EMPTIED)
    log.close()


def test_the_guards_are_back_after_a_purge(postgres: Postgres, postgres_url: str, clock: FixedClock, event: Make, tmp_path: Path) -> None:
    """On PostgreSQL the right to empty a row lasts for the purge's transaction alone."""
    log = AuditLog.open(postgres_url, clock=clock, signing_key=tmp_path / "audit.key", anchor=FileAnchor(tmp_path / "audit.head"))
    log.append(event())
    clock.advance(7 * YEAR_S)
    log.append(event(2))
    log.purge(OFFICER)
    name = log.name.rpartition("/")[2]
    with pytest.raises(AssertionError, match="permission denied"):
        postgres.sql("SET ROLE casegate; UPDATE casegate_audit.entry SET body = NULL, purge = 3 WHERE sequence = 2", name)
    log.close()


def test_the_commands(database: Path, event: Make, capsys: pytest.CaptureFixture[str]) -> None:
    """Retention, hold, lift and purge from the command line, each an entry of the actor named."""
    clock = FixedClock(FixedClock().now() - timedelta(days=3_000))
    log = AuditLog.open(database, clock=clock)
    log.append(event(1))
    log.close()
    where = ["--database", str(database), "--actor", "u-records"]
    assert main(["hold", "SUIT-7", *where]) == 0
    assert main(["purge", *where]) == 2
    assert main(["retention", *where]) == 0
    assert main(["lift", "SUIT-7", *where]) == 0
    assert main(["hold", "not a name", *where]) == 2
    assert main(["retention", "--days", "100", *where]) == 2
    assert main(["retention", "--days", "100", "--decision", "BOARD-1", *where]) == 0
    assert main(["purge", *where]) == 0
    told = capsys.readouterr()
    assert "hold      SUIT-7 on everything" in told.out
    assert "purged    1 bodies" in told.out
    assert "SUIT-7 covers everything" in told.err
    reader = AuditLog.open(database, clock=FixedClock(), read_only=True)
    entries: list[Entry] = reader.entries()
    reader.close()
    assert {entry.event.actor_id for entry in entries} == {"u-records"}
    assert main(["verify", "--database", str(database)]) == 0
