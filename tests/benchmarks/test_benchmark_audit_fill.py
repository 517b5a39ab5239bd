"""The benchmark's large stores hold what appending the same events would have given."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.audit_fill import fill
from benchmarks.audit_workload import Workload
from core.audit import AuditLog
from core.model import FixedClock

CALLS = 420
TABLES = ("entry", "usage_rollup", "usage_case", "usage_hour", "usage_mark", "entry_place")


def tables(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that the filler writes."""
    with closing(sqlite3.connect(path)) as database:
        return {name: sorted(database.execute(f"SELECT * FROM {name}")) for name in TABLES}


def test_filled_store_is_what_appending_gives(tmp_path: Path) -> None:
    """Entries, hashes, usage rows, cases, hours and the mark: all equal, and the store verifies."""
    work, clock = Workload.drawn(CALLS), FixedClock(at=Workload.drawn(CALLS).at(0))
    appended = AuditLog.open(tmp_path / "appended.sqlite3", clock=clock)
    for place, event in enumerate(work.events(0, CALLS)):
        clock.advance((work.at(place) - clock.now()).total_seconds())
        appended.append(event)
    appended.figures.catch_up()
    appended.close()

    fill(tmp_path / "filled.sqlite3", work, CALLS, CALLS)

    assert tables(tmp_path / "filled.sqlite3") == tables(tmp_path / "appended.sqlite3")
    with closing(AuditLog.open(tmp_path / "filled.sqlite3", clock=clock, read_only=True)) as filled:
        assert filled.verify().ok


def test_rest_is_left_to_the_tail(tmp_path: Path) -> None:
    """Entries beyond the folded calls are there, and their figures are not in the rows yet."""
    fill(tmp_path / "filled.sqlite3", Workload.drawn(30), 30, 20)
    with closing(AuditLog.open(tmp_path / "filled.sqlite3", clock=FixedClock(), read_only=True)) as filled:
        assert (filled.head().sequence, filled.figures.behind()) == (90, 30)
