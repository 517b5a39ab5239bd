"""A process that races others for a spending limit; apart from its test, so that it starts quickly."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.gateway.budget import Account
from core.gateway.spending import FullAccountError
from core.gateway.store import Ledger
from core.model import FixedClock

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
THREADS = 12


def race(database: str | Path, name: str, passed: Any) -> None:
    """Twelve threads, each reserves one of the ten that may; `passed` is a queue for 1 or 0 from each."""
    ledger = Ledger.open(database, clock=FixedClock(at=AT))
    gate = threading.Barrier(THREADS)

    def one(number: int) -> None:
        gate.wait()
        try:
            ledger.reserve(f"{name}-{number}", [Account("site:all", "2026-01", 10)], 1)
            passed.put(1)
        except FullAccountError:
            passed.put(0)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.close()
