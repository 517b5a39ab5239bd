"""What purged entries left in the usage rows outlives a rebuild, a backup and a restore."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.audit import Action, AuditLog, Event, FileAnchor, Question, Taken, UsageFilter, UsageTable, hour_of
from core.audit.__main__ import main
from core.audit.retention import hold
from core.audit.store import rollups
from core.model import FixedClock, Principal, Role

Make = Callable[..., Event]
OFFICER = Principal("u-officer", Role.PRIVACY_OFFICER)
CLOCK_AT = FixedClock().now()
DAYS = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, database: Path) -> str:
    """Both kinds of store."""
    return str(database) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def opened(place: str, folder: Path, clock: FixedClock) -> AuditLog:
    """The log there; its key and anchor are in the folder."""
    return AuditLog.open(place, clock=clock, signing_key=folder / "audit.key", anchor=FileAnchor(folder / "audit.head"))


@pytest.fixture
def unfolded(place: str, event: Make, tmp_path: Path) -> AuditLog:
    """Calls every five hours of four days, by cases that come back; on the third day of six years later the first two days are purged.

    One case of the first day is on hold. One of the second day is asked about again on the fourth.
    """
    clock = FixedClock()
    made = opened(place, tmp_path, clock)
    made.append(hold(OFFICER, "LAWSUIT-1", "case-2x"))
    for number in range(DAYS * 24 // 5):
        made.append(event(number, case_ref=f"case-{number % 7}x", latency_ms=900 + 37 * number, actor_id=f"u-{number % 2}"))
        clock.advance(5 * 3600)
    clock.advance((CLOCK_AT + timedelta(days=2_192 + 2, hours=3) - clock.now()).total_seconds())
    return made


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows follow at every third entry."""
    monkeypatch.setattr(rollups, "FOLD_EVERY", 3)


@pytest.fixture
def log(often: None, unfolded: AuditLog) -> AuditLog:
    """The same, with every entry in the rows."""
    unfolded.figures.catch_up()
    return unfolded


def told(log: AuditLog) -> tuple[list[UsageTable], list[dict[tuple[object, ...], Taken]]]:
    """Everything that the rows know, hour by hour, person by person, and times."""
    first = hour_of(CLOCK_AT)
    hours, whole = tuple(range(first, first + 24 * DAYS + 1)), (first - 24, first + 24 * (DAYS + 1))
    sums = [
        Question(hours, ("provider", "model", "outcome", "error_class"), UsageFilter()),
        Question(whole, ("tier", "role", "department", "outcome"), UsageFilter()),
        Question(whole, ("actor",), UsageFilter()),
    ]
    return log.figures.ask(sums, [Question(whole, ("provider", "model"), UsageFilter())])


def test_a_rebuild_after_a_purge_says_the_same(log: AuditLog) -> None:
    """Counts, cases, people and times of purged days, of the day in which the purge ended, and of all that came after."""
    before = told(log)
    assert log.purge(OFFICER).event.count
    log.append(Event(actor_id="u-1", actor_role=Role.CLINICIAN, action=Action.SIGN_IN))
    for _ in range(2):  # what was kept once is kept again
        log.figures.rebuild()
        assert told(log) == before
    assert log.verify().ok
    log.close()


def test_a_purge_of_what_is_in_no_row_yet_says_the_same(unfolded: AuditLog) -> None:
    """The rows take it in before its bodies go."""
    before = told(unfolded)
    assert unfolded.figures.behind() == DAYS * 24 // 5 + 1
    assert unfolded.purge(OFFICER).event.count
    assert told(unfolded) == before
    unfolded.figures.rebuild()
    assert told(unfolded) == before
    unfolded.close()


def test_figures_are_whole_while_a_rebuild_is_under_way(log: AuditLog) -> None:
    """Between the emptying and the last chunk a question adds what is missing, and nothing twice."""
    before = told(log)
    log.purge(OFFICER)
    with log._store.changing() as connection:
        rollups.forget(connection)
    assert told(log) == before
    log.close()


def test_a_rebuild_after_one_that_did_not_end_says_the_same(log: AuditLog) -> None:
    """However far that one came; purged days are counted once."""
    before = told(log)
    log.purge(OFFICER)
    for _ in range(2):
        with log._store.folding() as connection:
            rollups.forget(connection)
        with log._store.folding() as connection:
            assert rollups.fold_chunk(connection, 2) == 2
    assert told(log) == before
    log.figures.rebuild()
    assert told(log) == before
    log.close()


def test_without_a_purge_everything_is_made_anew(log: AuditLog) -> None:
    """A row that is wrong does not outlive a rebuild as long as the entries are there."""
    before = told(log)
    with log._store.changing() as connection:
        connection.execute(rollups.USAGE.update().values(calls=rollups.USAGE.c.calls + 1))
    assert told(log) != before
    log.figures.rebuild()
    assert told(log) == before
    log.close()


def test_a_backup_and_a_restore_carry_them_over(log: AuditLog, tmp_path: Path) -> None:
    """Whatever the store runs on."""
    before = told(log)
    log.purge(OFFICER)
    log.backup(tmp_path / "backup.sqlite3")
    log.close()
    target = ["--database", str(tmp_path / "restored.sqlite3"), "--key-file", str(tmp_path / "audit.key")]
    assert main(["restore", str(tmp_path / "backup.sqlite3"), *target, "--anchor", str(tmp_path / "audit.head")]) == 0
    with closing(AuditLog.open(tmp_path / "restored.sqlite3", clock=FixedClock(), read_only=True)) as restored:
        assert told(restored) == before


def test_a_store_of_the_version_before_learns_to_keep(log: AuditLog, place: str, tmp_path: Path) -> None:
    """Without the columns it is brought up to date, with its figures; cases get the hour in which each was first asked about.

    From then on a rebuild after a purge keeps them, those of purged days and those of later ones.
    """
    before, cases = told(log), asked(log)
    with log._store.changing() as connection:
        for table, name in (("usage_case", "since"), ("usage_mark", "kept_before"), ("usage_mark", "kept_through")):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
        connection.exec_driver_sql("PRAGMA user_version = 4" if log._store.path else "UPDATE schema_step SET version = 4")
    log.close()
    clock = FixedClock(at=CLOCK_AT + timedelta(days=2_192 + 2, hours=3))
    with closing(opened(place, tmp_path, clock)) as migrated:
        assert told(migrated) == before
        assert asked(migrated) == cases
        migrated.purge(OFFICER)
        migrated.figures.rebuild()
        assert told(migrated) == before
        assert asked(migrated) == cases


def test_a_store_of_version_5_gets_its_days_by_tier(log: AuditLog, place: str, tmp_path: Path) -> None:
    """Summed out of the rows there are, purged days among them."""
    days = by_tier(log)
    assert days
    with log._store.changing() as connection:
        connection.execute(rollups.USAGE.delete().where(rollups.USAGE.c.scope == "tier"))
        connection.exec_driver_sql("PRAGMA user_version = 5" if log._store.path else "UPDATE schema_step SET version = 5")
    log.close()
    with closing(opened(place, tmp_path, FixedClock(at=CLOCK_AT))) as migrated:
        assert by_tier(migrated) == days


def by_tier(log: AuditLog) -> list[tuple[object, ...]]:
    """All rows of days by tier."""
    with log._store.reading() as connection:
        rows = connection.execute(sa.select(rollups.USAGE).where(rollups.USAGE.c.scope == "tier"))
        return sorted(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows)


def asked(log: AuditLog) -> list[tuple[object, ...]]:
    """Every case that was counted, and the hour in which it was."""
    with log._store.reading() as connection:
        return sorted(tuple(row) for row in connection.execute(sa.select(rollups.CASE)))
