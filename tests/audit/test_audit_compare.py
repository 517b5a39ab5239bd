"""The verification finds what was done to the table that leads every search, and says how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from core.audit import AuditLog, Event, FileAnchor
from core.audit.__main__ import main
from core.audit.retention import hold
from core.audit.store import lookup, rollups
from core.audit.store.compare import places_hold
from core.model import FixedClock, Principal, Role

Make = Callable[..., Event]
OFFICER = Principal("u-officer", Role.PRIVACY_OFFICER)
ENTRIES = 24


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, database: Path) -> str:
    """Both kinds of store."""
    return str(database) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def arguments(place: str, tmp_path: Path) -> list[str]:
    """The same store, for the commands."""
    return ["--database", place, "--key-file", str(tmp_path / "key"), "--anchor", str(tmp_path / "head")]


@pytest.fixture
def log(place: str, event: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AuditLog:
    """Two dozen calls in runs of some, and a tail."""
    monkeypatch.setattr(rollups, "FOLD_EVERY", 10)
    monkeypatch.setattr(lookup, "RUN", 7)
    monkeypatch.setattr("core.audit.store.compare.RUN", 7)
    clock = FixedClock()
    made = AuditLog.open(place, clock=clock, signing_key=tmp_path / "key", anchor=FileAnchor(tmp_path / "head"))
    for number in range(ENTRIES):
        made.append(event(number, model="deepseek-v3.2" if number % 4 else "gpt-4.1"))
        clock.advance(60)
    return made


def test_what_the_writer_made_is_right(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folded from memory, from the bodies, half way through a rebuild, after a purge, and in an empty store."""
    assert log.figures.behind()
    assert log.misled() is None
    log.figures.catch_up()
    assert log.misled() is None
    with log._store.folding() as connection:
        rollups.forget(connection)
        assert places_hold(connection)
        rollups.fold_chunk(connection, 9)
        assert places_hold(connection)
    log.append(hold(OFFICER, "LAWSUIT-1", "case-2x"))
    log._clock.advance(timedelta(days=7 * 366).total_seconds())  # type: ignore[attr-defined]
    log.purge(OFFICER)
    assert log.misled() is None
    log.close()


CHANGES = {
    "a value less": "DELETE FROM entry_place WHERE value = 'case-1x'",
    "a run less": "DELETE FROM entry_place WHERE start = (SELECT max(start) FROM entry_place)",
    "everything": "DELETE FROM entry_place",
    "a place moved": "UPDATE entry_place SET offsets = {} WHERE value = 'case-1x'",
    "a value more": "INSERT INTO entry_place (fact, value, start, offsets) VALUES (1, 'u-none', 1, {})",
    "another value": "UPDATE entry_place SET value = 'case-9x' WHERE value = 'case-1x'",
    "a run to come": "INSERT INTO entry_place (fact, value, start, offsets) VALUES (1, 'u-none', 9000, {})",
    "the mark further on": "UPDATE usage_mark SET through = through + 1",
    "the mark after the end": "UPDATE usage_mark SET through = 9000",
    "the mark back": "UPDATE usage_mark SET through = through - 1",
    "no mark": "DELETE FROM usage_mark",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_was_done_to_it_is_found_and_mended(
    log: AuditLog, arguments: list[str], capsys: pytest.CaptureFixture[str], change: str
) -> None:
    """The entries are intact and said to be; the table is named, with the command that makes it anew."""
    with log._store.changing() as connection:
        connection.exec_driver_sql(change.format("x'0500'" if log._store.path else r"'\x0500'"))
    log.close()
    assert main(["verify", *arguments]) == 1
    told = capsys.readouterr().out
    assert f"All {ENTRIES} entries are intact." in told
    assert "places    The table entry_place disagrees" in told
    assert main(["rebuild-figures", *arguments]) == 0
    assert main(["verify", *arguments]) == 0


def test_a_sound_store_is_no_alarm(log: AuditLog, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of places."""
    with closing(log):
        pass
    assert main(["verify", *arguments]) == 0
    assert "places" not in capsys.readouterr().out
