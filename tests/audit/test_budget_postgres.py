"""Spending limits on a real PostgreSQL: the same store, the same exactness. Here for the server that these tests share."""

from __future__ import annotations

import threading

from support.ledger_race import AT, race

from core.gateway import open_ledger
from core.gateway.budget import Account
from core.model import FixedClock


def test_the_limit_holds_on_postgresql(postgres_url: str) -> None:
    """Two stores over one database, as two processes have them, twenty-four threads, a limit for ten: exactly ten pass."""
    open_ledger(postgres_url, clock=FixedClock(at=AT)).close()
    passed: list[int] = []
    threads = [threading.Thread(target=lambda name=name: passed.append(race(postgres_url, name))) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 10


def test_settling_and_sweeping_on_postgresql(postgres_url: str) -> None:
    """A hold is settled at what it took; one that nobody settled counts in full once its time is over."""
    clock = FixedClock(at=AT)
    ledger = open_ledger(postgres_url, clock=clock)
    account = Account("user:u-1", "2026-01-05", 10**18)
    ledger.reserve("a", [account], 5 * 10**17)
    ledger.settle("a", 3)
    ledger.reserve("dead", [account], 7)
    clock.advance(601)
    ledger.reserve("b", [account], 1)
    assert ledger.used_nano(account) == 3 + 7 + 1
    ledger.close()
