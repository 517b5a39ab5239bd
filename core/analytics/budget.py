"""How a month's spending stands against its budget, and where it will end. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

NOT_YET = 3  # full days that a projection needs


@dataclass(frozen=True, slots=True)
class Burn:
    """`spent`: dollars through each day so far. `projected`, with `low` and `high`: at the month's end; None too early in the month.

    `exhausted_on`: the day of the month on which the budget was spent, or will be at this pace; None when it lasts or there is none.
    """

    budget: Decimal | None
    days: int
    spent: tuple[Decimal, ...]
    projected: Decimal | None
    low: Decimal | None
    high: Decimal | None
    exhausted_on: int | None

    @property
    def so_far(self) -> Decimal:
        """Spent in this month."""
        return self.spent[-1] if self.spent else Decimal(0)

    @property
    def used(self) -> Decimal | None:
        """Share of the budget that is spent; None without one."""
        return self.so_far / self.budget if self.budget else None


def burn(by_day: Sequence[Decimal], days: int, budget: Decimal | None, *, today_share: Decimal) -> Burn:
    """From dollars spent on each day so far, the last being today, of which `today_share` has passed; `days` in the month.

    The rest of the month is taken to go on as the full days so far: low and high are two standard errors of the sum of the days left,
    never below what is already spent.
    """
    spent = tuple(sum(by_day[: n + 1], Decimal(0)) for n in range(len(by_day)))
    so_far, passed = (spent[-1] if spent else Decimal(0)), len(by_day) - 1 + float(today_share)
    gone = next((day for day, amount in enumerate(spent, 1) if budget is not None and amount > budget), None)
    full = [float(amount) for amount in by_day[:-1]]
    if len(full) < NOT_YET:
        return Burn(budget, days, spent, None, None, None, gone)
    mean, left = sum(full) / len(full), days - passed
    spread = math.sqrt(sum((amount - mean) ** 2 for amount in full) / (len(full) - 1))
    margin = 2 * spread * math.sqrt(left + left**2 / len(full))
    projected, low, high = (so_far + max(Decimal(0), _cents(rest)) for rest in (mean * left, mean * left - margin, mean * left + margin))
    if gone is None and budget is not None and projected > budget:
        gone = min(days, math.ceil(passed + float(budget - so_far) / mean))
    return Burn(budget, days, spent, projected, low, high, gone)


def _cents(value: float) -> Decimal:
    return Decimal(value).quantize(Decimal("0.000001"))
