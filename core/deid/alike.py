"""What is made like something found: the numbers behind the names of a list without a header, codes of one series, the last digits of a
code's next (`V230512-0418, -0419`), the word by which a masked mail or web address names its house."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from core.deid.found import Found
from core.deid.further import CODES
from core.deid.lexicon import look_up
from core.deid.note import Note
from core.deid.numbers import measured
from core.model import Category

DETECTOR = "alike"
_BEHIND_NAME = re.compile(r"[,;|:]? {1,4}\(?#?([A-Z]{0,3}-?\d{2,8}(?:-\d{1,6})?[A-Z]?)(?![\w/%:+]|[.,-]\d|[ -]?(?:[MFmf]|y/?o|yrs?)\b)")
_HOURS = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d-(?:[01]\d|2[0-3])[0-5]\d")
_LEAST_ROWS, _LEAST_DIGITS = 3, 5
_SERIES = re.compile(r"(?<![\w.$/+-])([A-Z]{1,4}-?)(\d)(\d{3,9})(?![\w%]|[.,]\d)")
_LAST_DIGITS = re.compile(r"[-/.](\d{2,6})$")
_NEXT = re.compile(r"(?:,|;|,? and|,? &| \+| /) ?([-/.])(\d{2,6})(?![\w%]|\.\d)")
_MOST = 8
_HOST = re.compile(r"(?:@|//|www\.|^)((?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,12})", re.IGNORECASE)
_LEAST_WORD = 5


def alike(note: Note, known: Sequence[Found]) -> Iterator[Found]:
    """Finds beside masked ones."""
    masked = [f for f in known if f.state == "masked"]
    if note.numbers:
        yield from _rows(note, [f for f in masked if f.category is Category.NAME])
        codes = [f for f in masked if f.category in CODES]
        yield from _series(note, codes)
        for item in codes:
            yield from _next(note.text, item)
    for item in masked:
        if item.category in (Category.EMAIL, Category.URL):
            yield from _house(note, item)


def _rows(note: Note, names: list[Found]) -> Iterator[Found]:
    """Numbers of one make right behind the names of three lines at least."""
    made: dict[str, dict[int, re.Match[str]]] = defaultdict(dict)
    for item in names:
        match = _BEHIND_NAME.match(note.text, item.end)
        if not match or _HOURS.fullmatch(match[1]) or measured(note.text, match.end(1)):
            continue
        if sum(map(str.isdigit, match[1])) >= _LEAST_DIGITS:
            make = "".join("9" if c.isdigit() else "A" if c.isalpha() else c for c in match[1])
            made[make].setdefault(note.text.rfind("\n", 0, item.start), match)
    for lines in made.values():
        if len(lines) >= _LEAST_ROWS:
            yield from (Found(m.start(1), m.end(1), Category.OTHER_ID, 0.85, DETECTOR) for m in lines.values())


def _series(note: Note, codes: list[Found]) -> Iterator[Found]:
    """`E7713` where `E7711` and `E7714` are masked: the same letters, first digit and length; of long numbers one is enough."""
    made: dict[tuple[str, str, int], dict[str, Found]] = defaultdict(dict)
    for item in codes:
        if match := _SERIES.fullmatch(note.text, item.start, item.end):
            made[match[1], match[2], len(match[3])][match[0]] = item
    for match in _SERIES.finditer(note.text) if made else ():
        items = made.get((match[1], match[2], len(match[3])), {})
        if len(items) + (len(match[3]) >= _LEAST_DIGITS) > 1 and not measured(note.text, match.end()):
            yield Found(match.start(), match.end(), next(iter(items.values())).category, 0.85, DETECTOR)


def _next(text: str, item: Found) -> Iterator[Found]:
    """`-0419` behind `V230512-0418`."""
    last, at = _LAST_DIGITS.search(text, item.start, item.end), item.end
    for _ in range(_MOST if last else 0):
        match = _NEXT.match(text, at)
        if not match or last is None or len(match[2]) != len(last[1]) or match[1] != last[0][0]:
            return
        at = match.end()
        yield Found(match.start(2), at, item.category, 0.85, DETECTOR)


def _house(note: Note, item: Found) -> Iterator[Found]:
    """`Harrowmere is smoke free` beside `www.harrowmere.example.uk`."""
    host = _HOST.search(note.text, item.start, item.end)
    for label in host[1].lower().split(".")[:-1] if host else ():
        facts = look_up(label)
        if len(label) < _LEAST_WORD or label.endswith("mail") or facts.common or facts.medical or facts.capital:
            continue
        for index in note.where.get(label, ()):
            token = note.tokens[index]
            if not item.start <= token.start < item.end:
                yield Found(token.start, token.end, Category.FACILITY, 0.8, DETECTOR)
