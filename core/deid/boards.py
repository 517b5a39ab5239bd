"""Lists without a header: ward boards, censuses, sign-outs.

A column, or a line's beginning, that holds names in most rows holds them in all.

Lines with the same make under each other are read as rows. What speaks for a name is the name lists, a comma and an initial behind
it, or an age, a sex, a record number beside it; clinical words speak against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from core.deid import cues
from core.deid.cues import PERSON
from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.model import Category

_CELL = re.compile(r"\S+(?: \S+)*")
_NAME_CELL = re.compile(r"[^\W\d_][\w'-]{1,24}(?:(?:, ?| )[^\W\d_][\w'-]{0,24}\.?){0,3}")
_LEAD = re.compile(
    r"(?:(?:(?:bed|rm|room|bay|chair|or|icu|iso|tr|tx|pod|slot|stall|cot|crib|ld"
    r"|rm#)[ .-]?)?#?[A-Z]{0,4}-?\d{0,4}[A-Z]?[.):]?(?: ?[-–:|] ?| {1,4})"
    r"|[-*•>] {0,2})?",
    re.I,
)
_LEADING_NAME = re.compile(
    r"(?P<name>[A-ZÀ-ÞŁŚŻ][\w'-]{1,24}(?:(?:-| | ?/ ?)[A-ZÀ-ÞŁŚŻ][\w'-]{1,24}){0,2}(?:,? (?:JR|SR|II"
    r"|III))?(?:, ?[A-ZÀ-Þ][\w'-]{0,24}\.?(?: [A-Z][\w'-]{0,20}\.?)?| [A-Z]\.?(?![\w'/]))?)"
)
_AGE = r"(?:\d{1,3} ?(?:yo|y/o|yr|y|mo|m|f|w|d)?[ /-]{0,2}(?:male|female|m|f)?|[mf] ?/? ?\d{1,3})(?![\w./%])"
_BESIDE = re.compile(
    rf"[ ,]{{1,3}}\(?(?:{_AGE}|(?:mrn|mr#?|#|dob)[ :#]{{0,2}}\d|\d{{5,10}}(?!\w)|g\d{{1,2}} ?p\d|pod ?#?\d|hd ?#?\d|dol ?\d)", re.I
)
_VALUE = re.compile(rf"{_AGE}|#?[A-Z]{{0,3}}-?\d{{5,10}}[A-Z]?|[MF]|\d{{1,2}}[:.]?\d\d", re.I)
_TURNED = re.compile(r"[A-ZÀ-Þ][\w' -]{1,30}, ?[A-ZÀ-Þ][\w'-]{0,20}\.?(?: [A-Z]\.?)?")
_BED = re.compile(r"(?:bed|rm|room|bay|chair|cot|pod) ?#?\d{1,4}[A-Z]? ?[-:–] {0,2}", re.I)
_EMPTY = words("boards.empty")
_MOST = 400


class _Row(NamedTuple):
    start: int
    cells: list[tuple[int, int]]


def board_names(text: str) -> Iterator[Found]:
    """Names in the rows of boards and lists."""
    if "\n" not in text:
        return
    yield from _leading(text)
    if "  " in text or "\t" in text:
        for block in _blocks(text):
            yield from _inferred(text, block)


def _found(start: int, end: int, score: float) -> Found:
    return Found(start, end, Category.NAME, score, "board", PERSON)


def namelike(value: str, *, sure: bool = False) -> bool:
    """Whether words look like a name: a part is in a name list or in no list, none is clinical; `sure` admits everyday words."""
    parts = [p for p in re.split(r"[^\w']+|(?<=\w)'(?=\w)", value.lower()) if len(p) > 1 and not p.isdigit()]
    if not parts or value.lower() in _EMPTY or not _EMPTY.isdisjoint(parts):
        return False
    known = [look_up(p) for p in parts]
    if any(w.clinical and not (w.first == 3 or w.last == 3) for w in known) or any(
        p in cues.EPONYM_NOUNS and not look_up(p).last for p in parts
    ):
        return False
    if sure:
        return True
    return any((w.first >= 1 or w.last >= 1 or w.unknown) and w.common <= 1 and not w.eponym for w in known)


def _leading(text: str) -> Iterator[Found]:
    """A name that begins a line, perhaps behind a bed's number, with an age, sex or record number behind it."""
    at = 0
    for line in text.split("\n"):
        if len(line) > 6:
            lead = _LEAD.match(text, at, at + len(line))
            match = _LEADING_NAME.match(text, lead.end() if lead else at, at + len(line))
            bed = (
                match
                and match["name"]
                and _BED.match(text, at)
                and namelike(match["name"])
                and text[match.end() : match.end() + 1] in ",-;:. "
            )
            if match and (bed or _BESIDE.match(text, match.end(), at + len(line))):
                comma = "," in match["name"]
                if namelike(match["name"], sure=comma and match["name"].isupper()):
                    yield _found(*match.span("name"), 0.85)
        at += len(line) + 1


def _blocks(text: str) -> Iterator[list[_Row]]:
    """Runs of at least three lines of three and more cells, set apart by wide gaps."""
    block: list[_Row] = []
    at = 0
    for line in text.split("\n"):
        cells = [(at + m.start(), at + m.end()) for m in _CELL.finditer(line)] if "  " in line or "\t" in line else []
        if len(cells) >= 2 and len(block) < _MOST:
            block.append(_Row(at, cells))
        elif line.strip():
            if len(block) >= 3:
                yield block
            block = []
        at += len(line) + 1
    if len(block) >= 3:
        yield block


def _inferred(text: str, block: list[_Row]) -> Iterator[Found]:
    """Columns, told by where cells begin, of which most cells read as names."""
    columns: dict[int, list[tuple[int, int]]] = {}
    for row in block:
        for start, end in row.cells:
            place = start - row.start
            key = next((k for k in (place, place - 1, place + 1, place - 2, place + 2) if k in columns), place)
            columns.setdefault(key, []).append((start, end))
    for row in block:
        for start, end in row.cells:
            value = text[start:end]
            if _TURNED.fullmatch(value) and namelike(value, sure=True):
                yield _found(start, end, 0.85)
    for cells in columns.values():
        values = [text[a:b] for a, b in cells]
        written = [v for v in values if _NAME_CELL.fullmatch(v) and v.lower() not in _EMPTY]
        likely = [v for v in written if namelike(v)]
        known = sum(_listed(v) for v in written)
        if len(cells) < 3 or len(written) * 2 < len(cells) or len(likely) * 5 < len(written) * 3 or known * 2 < len(written):
            continue
        for (start, _), value in zip(cells, values, strict=True):
            match = _NAME_CELL.match(value)
            if match and namelike(match[0], sure=True) and (match.end() == len(value) or value[match.end()] in " (,/"):
                yield _found(start, start + match.end(), 0.8)


def _listed(value: str) -> bool:
    parts = [look_up(p) for p in re.split(r"[^\w']+", value.lower()) if len(p) > 1]
    return any(w.first >= 2 or w.last >= 1 or (w.unknown and w.first) for w in parts) or ("," in value and any(w.unknown for w in parts))
