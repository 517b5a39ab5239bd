"""Days without a year that neither rules nor tagger are sure of, told by the sure dates of the same note; columns of days and of scores;
the numbers of people in uniform."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.deid.dates import reads_as_score
from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note, tried
from core.deid.timeline import read_date
from core.model import Category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DETECTOR = "beside"
_PAIR = re.compile(r"(?<![\w/.:+,-])(3[01]|[12]\d|0?[1-9])([/.-])(3[01]|[12]\d|0?[1-9])(?![\w/%+-]|[.,]\d|\.-)")
_BAR = {"/": 0.45, "-": 0.48, ".": 0.55}
"""How likely at least the tagger must hold a pair of figures for a day, by the mark between them."""
_DOSED_BAR = 0.7
"""The same behind a drug or a test, which rather bears a strength or a result."""
_EVENTS = words("dates.events") | words("dates.visits")
_COUNTED = re.compile(
    r" ?(?:drops|hz\b|o'clock|blocks?|times|weeks?|days?|hours?|hrs?|years?|yrs?|reps?|sets?|puffs?|tabs?|cm|mm|kg|l\b"
    r"|mi\b|miles?|trials?|i?adls?|attempts|visits|meals|doses|cartons|strips|sets|steps|questions|items|criteria|slides|min\b|minutes?|secs?\b"
    r"|mo\b|months?|wks?\b|people|pts\b|patients|views|joints|nodes|cores|quadrants|occluder|strength|teaspoons?|cups?|packs?|pills?|bottles?)",
    re.I,
)
_UNSAID = frozenset(("blocks", "block", "levels", "level", "slides", "beds", "rooms", "grades", "grade", "day", "days", "cycles"))


def told_days(note: Note, known: Iterable[Found], scores: NDArray[np.float32]) -> Iterator[Found]:
    """Days without a year that the tagger half believes in, where the note's sure dates fall into the same or the next month."""
    months = {m for f in known if f.category is Category.DATE and f.state == "masked" and (m := _month(note, f))}
    if not months:
        return
    for match in tried(_PAIR, note.text, note.figures(2, 2, "/.-")):
        index = note.index_at(match.start())
        if min(int(match[1]), int(match[3])) > 12 or index + 2 >= len(note.tokens) or note.low(index - 1) in _UNSAID:
            continue
        before = note.tokens[index - 1] if index else None
        dosed = before is not None and before.shape in "CU" and before.word.clinical and before.low not in _EVENTS
        told = max(float(scores[index]), float(scores[index + 2])) >= (_DOSED_BAR if dosed else _BAR[match[2]])
        if told and _near(match, months) and not counted(note.text, match.end()) and not _scored(note, match):
            yield Found(match.start(), match.end(), Category.DATE, 0.8, DETECTOR)


_IN_CELL = re.compile(r"(\d{1,2})[-/](\d{1,2})")
_LEAST_ROWS, _MONTHS_OF_A_YEAR, _COLUMN_BAR, _DAYS_BAR = 3, 12, 0.1, 0.03


def column_days(note: Note, scores: NDArray[np.float32]) -> Iterator[Found]:
    """A column without a header whose pairs of figures are days of one month or of two in a row, as the tagger half believes."""
    for sign in ("|", "\t"):
        if note.text.count(sign) >= 2 * _LEAST_ROWS:
            for column in _columns(note.text, sign):
                tops = [max(float(s) for s in scores[note.index_at(m.start()) : note.index_at(m.end())]) for m in column]
                bar = _bar_of(column)
                if bar is not None and sum(tops) >= bar * len(tops):
                    yield from (Found(m.start(), m.end(), Category.DATE, 0.85, "table") for m in column)


def on_a_scale(note: Note) -> frozenset[int]:
    """Where cells begin whose column counts on one scale, as strengths of muscles do: `4/5` under `3/5`, whatever they look like alone."""
    return frozenset(
        match.start()
        for sign in ("|", "\t")
        if note.text.count(sign) >= 2 * _LEAST_ROWS
        for column in _columns(note.text, sign)
        if column[0][2] in _SCALES and all(m[2] == column[0][2] and int(m[1]) <= int(m[2]) and "/" in m[0] for m in column)
        for match in column
    )


_SCALES = frozenset(("4", "5", "6", "10", "15", "30"))


def _columns(text: str, sign: str) -> Iterator[list[re.Match[str]]]:
    """Of each column, by its place in the line, the cells that are a pair of figures and nothing else."""
    cells: dict[int, list[re.Match[str]]] = {}
    at = 0
    for line in text.split("\n"):
        start = at
        for place, cell in enumerate(line.split(sign)) if line.count(sign) > 1 else ():
            lead = len(cell) - len(cell.lstrip())
            match = _IN_CELL.fullmatch(text, start + lead, start + len(cell.rstrip()))
            if match:
                cells.setdefault(place, []).append(match)
            start += len(cell) + 1
        at += len(line) + 1
    yield from (column for column in cells.values() if len(column) >= _LEAST_ROWS)


def _bar_of(column: list[re.Match[str]]) -> float | None:
    """How much the tagger must believe where the months, read either way, are one or two in a row; None where they are not.

    Days that could be points of a scale of five or ten are not enough, those beyond twelve are nearly so.
    """
    pairs = [(int(m[1]), int(m[2])) for m in column]
    scaled = "/" in column[0][0]
    for month, day, beyond in ((0, 1, 5 if scaled else 0), (1, 0, 10)):
        months, days = {p[month] for p in pairs}, {p[day] for p in pairs}
        near = len(months) == 1 or (len(months) == 2 and (max(months) - min(months)) in (1, 11))
        if near and min(months | days) > 0 and max(months) <= 12 and beyond < max(days) <= 31 and len(days) > 1:
            return _COLUMN_BAR if max(days) <= _MONTHS_OF_A_YEAR else _DAYS_BAR
    return None


def counted(text: str, end: int) -> bool:
    """Whether a unit behind a pair of figures that ends here makes it a fraction or a range: `1/4 mile`, `10-20 drops`."""
    return bool(_COUNTED.match(text, end))


def _month(note: Note, found: Found) -> int | None:
    read = read_date(note.text[found.start : found.end])
    return read.month if read else None


def _near(match: re.Match[str], months: set[int]) -> bool:
    written = [n for n in (int(match[1]), int(match[3])) if n <= 12]
    return any((n - m) % 12 in (0, 1, 11) for n in written for m in months)


def _scored(note: Note, match: re.Match[str]) -> bool:
    return reads_as_score(note, match.start(), match.end())


_BADGE = re.compile(r" (?:#(\d{2,6})|(?!(?:19|20)\d\d\b|[01]\d[0-5]\d\b|2[0-3][0-5]\d\b)(\d{4,6}))(?=[.,;)\n]|$)")
_ANY_BADGE = re.compile(r" (?:#(\d{2,6})|(\d{4,6}))(?=[.,;)\n]|$)")  # a number of four that could be an hour, too
_SWORN = words("neighbours.sworn")
_POLICE = frozenset(("pc", "wpc", "pcso", "constable", "trooper", "const", "dc", "ps"))


def badges(note: Note, known: Iterable[Found]) -> Iterator[Found]:
    """The number behind the name of somebody in uniform: `PC Alder 6614`, `TROOPER L. VANCE #52`."""
    for item in known:
        if item.category is not Category.NAME or item.state != "masked":
            continue
        first = note.index_at(item.start)
        police = {note.low(first - 1), note.low(first)} & _POLICE
        match = (_ANY_BADGE if police else _BADGE).match(note.text, item.end)
        if match and not _SWORN.isdisjoint(note.low(i) for i in range(first - 3, first + 1)):
            yield Found(match.start(1) if match[1] else match.start(2), match.end(), Category.OTHER_ID, 0.85, DETECTOR)
