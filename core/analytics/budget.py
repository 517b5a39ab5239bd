"""How a month's spending stands against its budget, and where it will end. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

NOT_YET = 3  # full days that a projection needs


@dataclass(frozen=True, slots=True)
class Burn:
    """`spent`: dollars through each day so far. `projected`, with `low` and `high`: at the month's end; None too early in the month."""

    budget: Decimal | None
    days: int
    spent: tuple[Decimal, ...]
    projected: Decimal | None
    low: Decimal | None
    high: Decimal | None

    @property
    def so_far(self) -> Decimal:
        """Spent in this month."""
        return self.spent[-1] if self.spent else Decimal(0)

    @property
    def used(self) -> Decimal | None:
        """Share of the budget that is spent; None without one."""
        return self.so_far / self.budget if self.budget else None

    @property
    def exhausted_on(self) -> int | None:
        """The day of the month on which the budget will be spent at this pace, or was; None when it lasts."""
        if not self.budget:
            return None
        passed = next((day for day, spent in enumerate(self.spent, 1) if spent > self.budget), None)
        if passed or self.projected is None or self.projected <= self.budget:
            return passed
        pace = (self.projected - self.so_far) / max(self.days - len(self.spent), 1)
        return min(self.days, len(self.spent) + math.ceil((self.budget - self.so_far) / pace))


def burn(by_day: Sequence[Decimal], days: int, budget: Decimal | None, *, today_share: Decimal) -> Burn:
    """From dollars spent on each day so far, the last being today, of which `today_share` has passed; `days` in the month.

    The rest of the month is taken to go on as the full days so far, weighted by nothing but chance: low and high are two standard errors
    of the sum of the days left, never below what is already spent.
    """
    spent = tuple(sum(by_day[: n + 1], Decimal(0)) for n in range(len(by_day)))
    full = [float(amount) for amount in by_day[:-1]]
    if len(full) < NOT_YET:
        return Burn(budget, days, spent, None, None, None)
    mean = sum(full) / len(full)
    spread = math.sqrt(sum((amount - mean) ** 2 for amount in full) / (len(full) - 1))
    left = days - len(by_day) + float(1 - today_share)
    expected, margin = mean * left, 2 * spread * math.sqrt(left + left**2 / len(full))
    so_far = spent[-1]
    points = [so_far + max(Decimal(0), _cents(value)) for value in (expected, expected - margin, expected + margin)]
    return Burn(budget, days, spent, *points)


def _cents(value: float) -> Decimal:
    return Decimal(value).quantize(Decimal("0.000001"))
