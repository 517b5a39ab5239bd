"""Dates as written: what a stretch of text says of year, month and day, and the interval that replaces it."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

_MONTHS = {name: i + 1 for i, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))}
_WORDS = re.compile(r"[A-Za-z]{3,9}")
_NUMBERS = re.compile(r"\d{1,8}")
_EXACT_DAYS = 60
# A stretch of days whose month is said once is dated by its first day: 6-7 Sept 2023, 3rd to 5th March; Sept 6-7.
_DAYS_OF = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)? ?(?:-|–|&|to|bis|au|al|tot) ?(\d{1,2})(?:st|nd|rd|th|\.)?(?= ?(?:of |de )?[A-Za-z]{3}|\.\d)"
)
_OF_DAYS = re.compile(r"(?<=[A-Za-z.] )(\d{1,2})(?:st|nd|rd|th)? ?[-–&] ?(\d{1,2})(?:st|nd|rd|th)?$")


class Written(NamedTuple):
    """A date as far as it is written; None where it says nothing. `swap` when day and month could change places."""

    year: int | None
    month: int | None
    day: int | None


def read_date(text: str, *, day_first: bool = False) -> Written | None:
    """The date a piece of text writes, or None when it makes no valid date."""
    text = _OF_DAYS.sub(_first_day, _DAYS_OF.sub(_first_day, text))
    month = next((_MONTHS[w[:3].lower()] for w in _WORDS.findall(text) if w[:3].lower() in _MONTHS and not _is_weekday(w)), None)
    numbers = _NUMBERS.findall(text.split("T")[0] if re.match(r"\d{4}-\d\d-\d\dT", text) else re.sub(r"\d{1,2}:\d\d.{0,20}", "", text))
    found = _with_month(month, numbers) if month else _all_numbers(numbers, day_first)
    return found if found and _valid(found) else None


def _first_day(days: re.Match[str]) -> str:
    """The first of two days that follow each other; `Jan 24-05` is a day and a year."""
    return days[1] if int(days[1]) < int(days[2]) <= 31 else days[0]


def _is_weekday(word: str) -> bool:
    return word.lower().startswith(("mon", "sat")) or word.lower() in ("sunday", "second")


def _with_month(month: int, numbers: list[str]) -> Written | None:
    year = next((int(n) for n in numbers if len(n) == 4), None)
    small = [int(n) for n in numbers if len(n) <= 2]
    if year is None and len(small) == 2:
        day, short = small
        return Written(_century(short), month, day)
    return Written(year, month, small[0] if small else None)


def _all_numbers(numbers: list[str], day_first: bool) -> Written | None:
    if len(numbers) == 1 and len(numbers[0]) in (6, 8):
        return _compact(numbers[0])
    if len(numbers) == 2 and len(numbers[1]) == 4:
        return Written(int(numbers[1]), int(numbers[0]), None)
    if len(numbers) == 2:
        return _month_day(None, int(numbers[0]), int(numbers[1]), day_first)
    if len(numbers) != 3:
        return None
    first, second, third = numbers
    if len(first) == 4:
        return Written(int(first), int(second), int(third))
    return _month_day(int(third) if len(third) == 4 else _century(int(third)), int(first), int(second), day_first)


def _compact(digits: str) -> Written | None:
    if len(digits) == 8 and digits[:2] in ("19", "20"):
        return Written(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    year = int(digits[4:]) if len(digits) == 8 else _century(int(digits[4:]))
    return _month_day(year, int(digits[:2]), int(digits[2:4]), False)


def _month_day(year: int | None, first: int, second: int, day_first: bool) -> Written:
    if first > 12 or (day_first and second <= 12):
        first, second = second, first
    return Written(year, first, second)


def _century(short: int) -> int:
    return 2000 + short if short <= 49 else 1900 + short


def _valid(found: Written) -> bool:
    if found.month is not None and not 1 <= found.month <= 12:
        return False
    try:
        date(found.year or 2024, found.month or 1, found.day or 1)
    except ValueError:
        return False
    return found.year is None or 1850 <= found.year <= 2150


_TO_A_LEAP_YEAR = 8  # at the most, over 1900 or 2100


def settle(found: Written, encounter: date, *, ahead: bool) -> date | None:
    """The likely day: a missing year is the nearest past one, or the next when `ahead` (an appointment). None without month."""
    if found.month is None:
        return None
    day = found.day or 15
    if found.year is not None:
        return _day(found.year, found.month, day)
    reach = _TO_A_LEAP_YEAR if (found.month, day) == (2, 29) else 1
    choices = [d for y in range(-reach, reach + 1) if (d := _day(encounter.year + y, found.month, day)) is not None]
    if ahead:
        return min((d for d in choices if d >= encounter), default=choices[-1])
    return max((d for d in choices if (d - encounter).days <= 14), default=choices[0])


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def interval(day: date, encounter: date, *, exact: bool) -> str:
    """How far a day is from the encounter, e.g. `day 0`, `3 days before`, `about 5 years 9 months before`.

    Days are exact up to 60; beyond that months, since the clinical course needs no more. Over 89 years says only that.
    """
    days = (day - encounter).days
    side = "after" if days > 0 else "before"
    gap = abs(days)
    if exact and gap == 0:
        return "day 0"
    if exact and gap <= _EXACT_DAYS:
        return f"{gap} day{'s' if gap > 1 else ''} {side}"
    months = max(1, round(gap / 30.4375))
    if months >= 90 * 12 - 1:
        return f"more than 89 years {side}"
    return f"about {_length(months)} {side}"


def _length(months: int) -> str:
    years, rest = divmod(months, 12)
    parts = [f"{years} year{'s' if years > 1 else ''}"] if years else []
    parts += [f"{rest} month{'s' if rest > 1 else ''}"] if rest else []
    return " ".join(parts)
