"""The plain store beside ours: it chains, it waits until events are durable, and its verification notices a change."""

import json
import sqlite3
from pathlib import Path

from benchmarks.audit import appends, plain_event
from benchmarks.audit_prototype import Prototype, filled, on_sqlite, verified


def test_what_eight_threads_append_is_chained(tmp_path: Path) -> None:
    """Every event of every thread is there, in one chain."""
    store = Prototype(on_sqlite(tmp_path / "plain.sqlite3"))
    speed, took = appends(store.append, [plain_event(n) for n in range(64)])
    store.close()
    assert speed > 0
    assert len(took) == 64
    assert verified(tmp_path / "plain.sqlite3") == 64


def test_a_changed_event_is_noticed(tmp_path: Path) -> None:
    """Verification ends before it."""
    path = tmp_path / "plain.sqlite3"
    filled(path, map(plain_event, range(10)))
    assert verified(path) == 10
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE event SET body = replace(body, 'rest', 'test') WHERE sequence = 6")
    connection.close()
    assert verified(path) == 5


def test_events_have_the_size_that_the_design_names() -> None:
    """511 bytes as they are written."""
    assert {len(json.dumps(plain_event(n), separators=(",", ":"), sort_keys=True)) for n in (0, 7, 5_000)} == {511}
