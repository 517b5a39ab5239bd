"""Days without a year in the company of others: the rhythm that tells them from scores."""

from __future__ import annotations

from random import Random

from training.deid.grammar import Fragments
from training.deid.values import MONTHS


def _days(random: Random, count: int) -> list[tuple[int, int]]:
    """Rising days, a regular or irregular number apart."""
    month, day = random.randint(1, 12), random.randint(1, 28)
    step = random.choice((1, 1, 2, 3, 7, 7, 14, 28, 0))
    found = []
    for _ in range(count):
        found.append((month, day))
        day += step or random.randint(1, 40)
        while day > 30:
            month, day = month % 12 + 1, day - 30
    return found


def _writer(random: Random) -> str:
    return random.choice(
        ("{m}/{d}",) * 8 + ("{m:02d}/{d:02d}", "{m}-{d}", "{d}/{m}", "{d}.{m}.", "{mon} {d}", "{d} {mon}", "{d}{mon}", "{m}/{d}/{yy}")
    )


def _written(form: str, month: int, day: int, year: int) -> str:
    return form.format(m=month, d=day, mon=MONTHS[month - 1][:3], yy=year)


def _value(random: Random) -> str:
    return random.choice(
        (
            f"{random.randint(80, 240)}.{random.randint(0, 9)}", f"{random.randint(0, 14)}.{random.randint(0, 9)}", str(random.randint(4, 420)),
            f"{random.randint(90, 180)}/{random.randint(40, 99)}", f"{random.randint(1, 9)}.{random.randint(0, 9)} L", f"{random.randint(40, 99)} kg",
        )
    )  # fmt: skip


def valued(random: Random) -> Fragments:
    """`2/3 120.4, 2/10 119.8` or `120.4 (2/3), 119.8 (2/10)`"""
    form, year, behind = _writer(random), random.randint(18, 27), random.random() < 0.35
    between, near = random.choice((", ", "; ", " -> ", ", ", " ", "\n")), random.choice((" ", ": ", " - ", " ", "="))
    pieces: Fragments = []
    for i, (month, day) in enumerate(_days(random, random.randint(2, 6))):
        date, value = (_written(form, month, day, year), "DATE"), _value(random)
        pieces += [(between if i else "", "O"), *([(value + " (", "O"), date, (")", "O")] if behind else [date, (near + value, "O")])]
    return [p for p in pieces if p[0]]


def weekdays(random: Random) -> Fragments:
    """`M 2/3, W 2/5, F 2/7`"""
    form, year = _writer(random), random.randint(18, 27)
    names = random.choice(
        (
            ("M", "W", "F"),
            ("T", "Th", "S"),
            ("Mon", "Wed", "Fri"),
            ("Tu", "Th", "Sa"),
            ("tues", "thurs"),
            ("MON", "TUE", "WED", "THU", "FRI"),
        )
    )
    between = random.choice((", ", "; ", " ", "/ ", "\n"))
    pieces: Fragments = []
    for i, (month, day) in enumerate(_days(random, random.randint(2, len(names)))):
        pieces += [((between if i else "") + names[i] + " ", "O"), (_written(form, month, day, year), "DATE")]
    return pieces


def listed(random: Random) -> Fragments:
    """`2/3, 2/10 and 2/17` or `2/3-2/9`"""
    form, year = _writer(random), random.randint(18, 27)
    days = _days(random, random.randint(2, 5))
    if len(days) == 2 and random.random() < 0.5:
        ends = [_written(form, m, d, year) for m, d in days]
        return [(ends[0], "DATE"), (random.choice(("-", " - ", " to ", "->", " thru ", "–")), "O"), (ends[1], "DATE")]
    between, last = random.choice((", ", " ", "; ", ",")), random.choice((" and ", ", ", " & ", ", then "))
    pieces: Fragments = []
    for i, (month, day) in enumerate(days):
        pieces += [("" if not i else last if i == len(days) - 1 else between, "O"), (_written(form, month, day, year), "DATE")]
    return [p for p in pieces if p[0]]


def scores(random: Random) -> Fragments:
    """What only looks so: `3/10, 2/10 then 0/10`, `4/5, 5/5`, `1/2 tab`."""
    full = random.choice((5, 5, 10, 10, 4, 6, 30, 3, 2, 20, 28, 12))
    count = random.randint(1, 4)
    text = random.choice((", ", " then ", " -> ", "; ", " ")).join(f"{random.randint(0, full)}/{full}" for _ in range(count))
    before = random.choice(
        ("pain ", "strength ", "", "MoCA ", "nodes ", "scored ", "motor ", "UE ", "NRS ", "recall ", "grade ", "rated ", "K+ ")
    )
    return [
        (
            before
            + text
            + random.choice(("", " at rest", " bilat", " throughout", " R>L", " tab", " positive", " doses", " SEM", " w movement")),
            "O",
        )
    ]
