"""A process that races others for a spending limit; apart from its test, so that it starts quickly."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from core.gateway.budget import Account
from core.gateway.spending import FullAccountError
from core.gateway.store import Ledger
from core.model import FixedClock

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
THREADS = 12


def race(database: str | Path, name: str) -> int:
    """Twelve threads reserve one of the ten that may; how many of them could."""
    ledger = Ledger.open(database, clock=FixedClock(at=AT))
    gate, passed = threading.Barrier(THREADS), []

    def one(number: int) -> None:
        gate.wait()
        try:
            ledger.reserve(f"{name}-{number}", [Account("site:all", "2026-01", 10)], 1)
            passed.append(number)
        except FullAccountError:
            pass

    threads = [threading.Thread(target=one, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.close()
    return len(passed)


if __name__ == "__main__":
    sys.stdout.write(str(race(sys.argv[1], sys.argv[2])))
