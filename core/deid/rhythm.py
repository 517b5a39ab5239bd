"""Dates without a year: `7/9`, `29/11`, `3.10.`, `the 14th`, told from scores by the words around them and by the note's own rhythm.

Every pair of figures that could be a day is weighed. Those with a cue of their own stand; once one stands, or the note has a
full date, the others near it in the year need less; pairs that go on in order down the lines of a log carry each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from core.deid.dates import reads_as_score
from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note, tried
from core.model import Category

_PAIR = re.compile(r"(?<![\w/.:+-])(3[01]|[12]\d|0?[1-9])([/-])(3[01]|[12]\d|0?[1-9])(?![\w/%]|[-+]\d|\.\d)")
_DOTTED = re.compile(r"(?<![\w/.:-])(3[01]|[12]\d|0?[1-9])\.(1[0-2]|0?[1-9])\.(?![\d/])")
_FULL = re.compile(r"(?<![\w/.-])(\d{1,2})([-/.])(\d{1,2})\2(?:19|20)?\d\d(?!\d)")
_ISO = re.compile(r"(?<!\d)(?:19|20)\d\d([-/.])(\d\d)\1(\d\d)(?!\d)")
_CLOCK = re.compile(r" ?(?:@ ?|at )?(?:[01]?\d|2[0-3])(?::?[0-5]\d)(?!\d|/| ?(?:mg|mcg|ml|units))")
_RANGE = re.compile(r" ?(?:-|to|thru|through|–) ?$")
_BEFORE = words("dates.before_date")
_VISITS = words("dates.visits")
_EVENTS = words("dates.events")
_WEEKDAYS = frozenset(
    [
        "mon",
        "tue",
        "tues",
        "wed",
        "weds",
        "thu",
        "thur",
        "thurs",
        "fri",
        "sat",
        "sun",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "m",
        "w",
        "f",
        "th",
        "tu",
        "sa",
        "su",
    ]
)
_DOTTED_CUES = frozenset(("vom", "bis", "am", "ab", "seit", "zum", "from", "on", "till", "until", "to", "since", "of"))
_NTH = re.compile(r"\b(?:the )?(3[01]|[12]\d|[1-9])(?:st|nd|rd|th)\b", re.I)
_NTH_NOT = re.compile(
    r" ?(?:day|post|percentile|%|rib|toe|finger|digit|metatarsal|metacarpal|week|wk|time|attempt|grade|floor|street|st\b|ave|admission"
    r"|visit|cranial|intercostal|ray|decile|trimester|year|birthday|hospital|degree|generation|line|dose|nerve|ventricle|edition|month"
    r"|hour|round|cycle|stage|tier|metacarp|metatars|heart|person|of (?!jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))",
    re.I,
)
_FRACTION = re.compile(r"1/[2-8]\b|2/3\b|3/4\b|2/2\b|[1-5]/5\b|\d/10\b")
DOSE_UNITS = frozenset(("mg", "mcg", "g", "ml", "units", "iu", "micrograms"))
"""Behind which a pair of figures is the day of the dose."""
_LASTING = re.compile(r"\d{1,2}/(?:7|52)\b|(?:[1-9]|1\d|2[0-4])/12\b|[1-3]/[2-5]\b")
_ORDINAL_TAILS = frozenset(("st", "nd", "rd", "th"))
_SURE = 4


@dataclass(slots=True)
class _Candidate:
    start: int
    end: int
    first: int
    second: int
    weight: int
    line_start: bool

    def day(self, *, day_first: bool) -> tuple[int, int]:
        """Month and day, as far as the figures allow."""
        month, day = (self.second, self.first) if day_first or self.first > 12 else (self.first, self.second)
        return (month, day) if month <= 12 else (day, month)


def short_dates(note: Note) -> Iterator[Found]:
    """Days that are written without a year."""
    yield from _said(note)
    if note.numbers:
        yield from _pairs(note)
        yield from _dotted(note)
        yield from _nth(note)


def _pairs(note: Note) -> Iterator[Found]:
    text = note.text
    found = [c for m in tried(_PAIR, text, note.figures(2, 2, "/-")) if (c := _weighed(note, m)) is not None]
    if not found:
        return
    full = [(int(m[1]), int(m[3])) for m in tried(_FULL, text, note.figures(4, 3, "-/."))]
    day_first = any(a > 12 >= b for a, b in full) and not any(b > 12 >= a for a, b in full)
    months = {(b if day_first else a) for a, b in full if a <= 12 or day_first} | {
        int(m[2]) for m in tried(_ISO, text, note.figures(8, 3, "-/."))
    }
    _carry(found, months, day_first=day_first)
    for item in found:
        if item.weight >= _SURE:
            yield Found(item.start, item.end, Category.DATE, 0.85, "date-pair")


def _weighed(note: Note, match: re.Match[str]) -> _Candidate | None:
    first, second = int(match[1]), int(match[3])
    if min(first, second) > 12 or reads_as_score(note, match.start(), match.end()):
        return None
    index = note.index_at(match.start())
    before = [note.low(i) for i in range(index - 4, index)]
    line_start = (index < len(note.tokens) and "\n" in note.tokens[index].gap) or index == 0
    weight = _cue_weight(note, index, before, match[2])
    if line_start:
        weight += 2 + (second > 10)
    if _CLOCK.match(note.text, match.end()):
        weight += 2
    if match[2] == "-" and not (before and before[-1] in ("on", "since", "date", "dob", "dated")):
        weight = min(weight, 1)
    return _Candidate(match.start(), match.end(), first, second, weight + (first > 12 or second > 12), line_start)


def _cue_weight(note: Note, index: int, before: list[str], dash: str) -> int:
    """What the words before speak for a day: a preposition or weekday surely, an event or visit likely."""
    last = before[-1] if before else ""
    if last in ".,:(@~" and len(before) > 1:
        last = before[-2] if last != "," or before[-2] in _WEEKDAYS else ""
    if last in _BEFORE or (last in _WEEKDAYS and (len(last) > 2 or note.tokens[index - 1].shape in "IUC")):
        return _SURE
    if last in _EVENTS or last in _VISITS:
        return 3 if _FRACTION.match(note.text, note.tokens[index].start) else _SURE
    if not _EVENTS.isdisjoint(before) or not _VISITS.isdisjoint(before):
        return 2
    if last in DOSE_UNITS and len(before) > 1 and before[-2].isdigit():
        return 0 if _LASTING.match(note.text, note.tokens[index].start) else _SURE - 1
    token = note.tokens[index - 1] if index else None
    known = token is not None and (token.word.clinical or token.shape in "dCU")
    return -1 if known and token is not None and "\n" not in note.tokens[min(index, len(note.tokens) - 1)].gap else 0


def _carry(found: list[_Candidate], months: set[int], *, day_first: bool) -> None:
    """Days that stand lend weight to their neighbours in the year; three or more in order carry each other."""
    anchors = months | {c.day(day_first=day_first)[0] for c in found if c.weight >= _SURE}
    for near in found:
        month = near.day(day_first=day_first)[0]
        if 0 <= near.weight < _SURE and any((month - a) % 12 in (0, 1, 11) for a in anchors):
            near.weight += 2
    run: list[_Candidate] = []
    ending: list[_Candidate | None] = [*found, None]
    for item in ending:
        if item is not None and item.weight >= 0 and (not run or _follows(run[-1], item, day_first=day_first)):
            run.append(item)
            continue
        if len(run) >= 3 and any(c.weight >= 1 or c.second > 10 or c.first > 10 for c in run):
            for member in run:
                member.weight += 3
        run = [item] if item is not None and item.weight >= 0 else []
    for a, b in pairwise(found):
        if 0 < b.start - a.end <= 4 and max(a.weight, b.weight) >= _SURE and min(a.weight, b.weight) >= -1:
            a.weight = b.weight = _SURE


def _follows(earlier: _Candidate, later: _Candidate, *, day_first: bool) -> bool:
    """Whether a day comes after another by at most some six weeks."""
    a, b = earlier.day(day_first=day_first), later.day(day_first=day_first)
    gap = (b[0] - a[0]) % 12 * 30 + b[1] - a[1]
    return 0 <= gap <= 45


def _dotted(note: Note) -> Iterator[Found]:
    """`3.10.`, as on the Continent: behind a preposition, or where the note has full dates with dots."""
    text = note.text
    usual = any(m[2] == "." for m in tried(_FULL, text, note.figures(4, 3, "-/.")))
    for match in tried(_DOTTED, text, note.figures(2, 2, ".")):
        before = note.low(note.index_at(match.start()) - 1)
        if usual or before in _DOTTED_CUES:
            yield Found(match.start(), match.end(), Category.DATE, 0.8, "date-dotted")


_SAID = re.compile(
    r"\b(?:on|since|until|till|by|from|duty|back|due)"
    r" (the (?:twenty|thirty)[- ](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth))\b"
    r"|\b(?:on|since|until|till|til) the (first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
    r"|(?:ten|eleven|twelf|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twentie|thirtie)th)(?=[,;)]|\.(?!\w)| and (?!last\b|only\b|second\b|third\b)| at \w+\b)",
    re.I,
)


def _said(note: Note) -> Iterator[Found]:
    """A day of the month said in words: `back on duty the twenty-sixth`."""
    for match in (m for start, end in note.around(_SAID_DAYS, 24, 16) for m in _SAID.finditer(note.text, start, end)):
        if not _NTH_NOT.match(note.text, match.end()):
            group = match.lastindex or 0
            yield Found(match.start(group), match.end(group), Category.DATE, 0.8, "ordinal")


_SAID_DAYS = words("rhythm.said_days")


def _nth(note: Note) -> Iterator[Found]:
    """`Thurs 6th`, `appt is tuesday the 14th`, `seen the 22nd`: an ordinal that a weekday, a visit or a preposition makes a day."""
    for match in (m for a, b in note.around(_ORDINAL_TAILS, 8, 4) for m in _NTH.finditer(note.text, a, b)):
        if _NTH_NOT.match(note.text, match.end()):
            continue
        index = note.index_at(match.start())
        last = note.low(index - 1) if note.low(index - 1) not in (",", "(") else note.low(index - 2)
        with_the = match[0][:3].lower() == "the"
        near = {note.low(i) for i in range(index - 4, index)}
        if (last in _WEEKDAYS and len(last) > 2) or (
            (with_the or last in ("on", "month", "til", "until", "till", "thru"))
            and (
                last in ("on", "by", "since", "until", "till", "til", "from", "month", "dated") or not (_VISITS | _EVENTS).isdisjoint(near)
            )
        ):
            yield Found(match.start(), match.end(), Category.DATE, 0.8, "ordinal")
