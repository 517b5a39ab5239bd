"""Numbers as the product writes them: one way for money, time, shares and counts."""

from __future__ import annotations

from decimal import Decimal


def dollars(amount: Decimal | None) -> str:
    """US dollars; four digits after the point below ten cents, because a call costs fractions of one."""
    if amount is None:
        return "price unknown"
    if 0 < amount < Decimal("0.0001"):
        return "< $0.0001"
    return f"${amount:,.4f}" if amount < Decimal("0.1") else f"${amount:,.2f}"


def seconds(duration_s: float | None) -> str:
    """A duration: milliseconds below one second."""
    if duration_s is None:
        return "not measured"
    return f"{duration_s * 1000:,.0f} ms" if duration_s < 1 else f"{duration_s:,.1f} s"


def percent(share: float) -> str:
    """A share of 1 as a whole percentage; never 0 % or 100 % unless it is."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{share * 100:.0f} %"


def percents(low: float, high: float) -> str:
    """A range of shares of 1 in whole percentages."""
    return f"{low * 100:.0f}–{high * 100:.0f} %"


def rate(value: float) -> str:
    """A number of cases in so many: whole from ten on, else two digits."""
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def signed(number: float) -> str:
    """A number with two digits after the point and its sign, a true minus."""
    return f"{number:+.2f}".replace("-", "−")


def counted(n: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 date`, `3 dates`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
