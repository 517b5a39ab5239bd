"""Stretches of time as people mean them: the viewer's days, weeks and months. Pure.

Figures are kept by the hour, so in zones that are off the full hour (India, Nepal, Newfoundland) a day is taken to begin with the hour
in which it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class Unit(StrEnum):
    """How long one bar of a chart is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Span(StrEnum):
    """The periods on offer."""

    TODAY = "Today"
    WEEK = "7 days"
    FORTNIGHT = "14 days"
    MONTH = "30 days"
    QUARTER = "90 days"
    YEAR = "12 months"


_DAYS = {Span.WEEK: 7, Span.FORTNIGHT: 14, Span.MONTH: 30}


@dataclass(frozen=True, slots=True)
class Period:
    """Buckets between ascending edges, times with the viewer's zone; the last edge is past the present."""

    unit: Unit
    edges: tuple[datetime, ...]

    @property
    def starts(self) -> tuple[datetime, ...]:
        """When each bucket begins."""
        return self.edges[:-1]

    @property
    def since(self) -> datetime:
        """When the first bucket begins."""
        return self.edges[0]

    @property
    def until(self) -> datetime:
        """When the last bucket ends."""
        return self.edges[-1]

    def label(self, bucket: int) -> str:
        """A bucket as an axis names it."""
        form = {Unit.HOUR: "%H:%M", Unit.DAY: "%a %d %b", Unit.WEEK: "from %d %b", Unit.MONTH: "%b %Y"}[self.unit]
        return self.starts[bucket].strftime(form)


def period(span: Span, now: datetime, zone: tzinfo) -> Period:
    """A span that ends with the viewer's present day. `now` needs a zone."""
    today = now.astimezone(zone).date()
    if span is Span.TODAY:
        return Period(Unit.HOUR, _hours(today, zone))
    if span in _DAYS:
        first = today - timedelta(days=_DAYS[span] - 1)
        return Period(Unit.DAY, _midnights([first + timedelta(days=n) for n in range(_DAYS[span] + 1)], zone))
    if span is Span.QUARTER:
        monday = today - timedelta(days=today.weekday())
        return Period(Unit.WEEK, _midnights([monday + timedelta(weeks=n) for n in range(-12, 2)], zone))
    return Period(Unit.MONTH, _midnights([_month(today, n) for n in range(-11, 2)], zone))


def month_to_date(now: datetime, zone: tzinfo) -> Period:
    """The days of the viewer's present month, through today."""
    today = now.astimezone(zone).date()
    return Period(Unit.DAY, _midnights([today.replace(day=n) for n in range(1, today.day + 1)] + [today + timedelta(days=1)], zone))


def days_in_month(at: date) -> int:
    """28 to 31."""
    return (_month(at, 1) - _month(at, 0)).days


def _month(at: date, further: int) -> date:
    months = at.year * 12 + at.month - 1 + further
    return date(months // 12, months % 12 + 1, 1)


def _midnights(days: list[date], zone: tzinfo) -> tuple[datetime, ...]:
    return tuple(datetime.combine(day, time(), tzinfo=zone) for day in days)


def _hours(day: date, zone: tzinfo) -> tuple[datetime, ...]:
    """A day has 23 to 25 hours where clocks change."""
    first, last = (edge.timestamp() for edge in _midnights([day, day + timedelta(days=1)], zone))
    return tuple(datetime.fromtimestamp(first + 3600 * n, zone) for n in range(round((last - first) / 3600) + 1))
