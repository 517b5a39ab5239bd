"""Time, handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Time, so that tests can hold it."""

    def now(self) -> datetime:
        """Wall clock, timezone-aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


@dataclass
class FixedClock:
    """A clock for tests: stands still until `advance`."""

    at: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    seconds: float = 0.0

    def now(self) -> datetime:
        """The time it was set to."""
        return self.at

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Move both times on."""
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds
