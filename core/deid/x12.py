"""ASC X12 claims and enquiries (837, 835, 270, 278): what each element of a segment holds by its position (HIPAA guides, 005010)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from core.deid.cues import PERSON
from core.deid.found import Found
from core.model import Category

_DETECTOR = "x12"
_SEGMENT = re.compile(r"(?:^|(?<=[~\n]))[ \t]*(NM1|N3|N4|DMG|REF|DTP|DTM|CLM|PER|TRN|SBR)([*|])([^~\n]*)", re.M)
_LEAST_SEGMENTS, _MOST_ELEMENTS = 2, 9
_PERSON, _PAYER = "1", frozenset(("PR", "PI", "40", "41"))
_BY_QUALIFIER = {
    "MI": Category.HEALTH_PLAN,
    "XX": Category.LICENSE,
    "SY": Category.SSN,
    "34": Category.SSN,
    "EA": Category.MRN,
    "1L": Category.HEALTH_PLAN,
    "0B": Category.LICENSE,
    "TE": Category.PHONE,
    "FX": Category.FAX,
    "EX": Category.PHONE,
    "EM": Category.EMAIL,
}
_PLAN = {
    "N3": {1: Category.STREET, 2: Category.STREET},
    "N4": {1: Category.PLACE, 3: Category.ZIP},
    "PER": {2: Category.NAME},
}
_DAYS = {"DMG": 2, "DTM": 2, "DTP": 3}
_NUMBERS = {
    "CLM": (1, Category.ACCOUNT),
    "SBR": (3, Category.HEALTH_PLAN),
    "REF": (2, Category.OTHER_ID),
    "TRN": (2, Category.OTHER_ID),
}
_found = partial(Found, score=0.97, detector=_DETECTOR)
Element = tuple[int, str]  # where it begins, and what it holds


def x12_values(text: str) -> tuple[list[Found], list[tuple[int, int]]]:
    """What goes out of X12 segments, by element, and the stretches that stay: names of segments, qualifiers, codes."""
    segments = [*_SEGMENT.finditer(text)] if "*" in text or "|" in text else []
    values: list[Found] = []
    kept: list[tuple[int, int]] = []
    if len({match[1] for match in segments}) < _LEAST_SEGMENTS:
        return values, kept
    for match in segments:
        at, elements = match.start(3), [(0, "")]
        for value in match[3].split(match[2]):
            elements.append((at, value))
            at += len(value) + 1
        found = sorted(_values(match[1], elements + [(at, "")] * _MOST_ELEMENTS))
        values += found
        kept.append(match.span(1))
        kept += [(a, a + len(v)) for a, v in elements[1:] if v and not any(f.start < a + len(v) and a < f.end for f in found)]
    return values, kept


def _values(segment: str, e: list[Element]) -> Iterator[Found]:
    if segment == "NM1":
        yield from _named(e)
    for at, category in _PLAN.get(segment, {}).items():
        if e[at][1].strip():
            yield _whole(e[at], category, PERSON if category is Category.NAME else "")
    if segment in _DAYS:
        at, value = e[_DAYS[segment]]
        yield from (_found(at + m.start(), at + m.end(), Category.DATE) for m in re.finditer(r"\d{8}", value))
    elif segment == "PER":
        yield from (_whole(e[i + 1], _BY_QUALIFIER[e[i][1]]) for i in (3, 5, 7) if e[i][1] in _BY_QUALIFIER and e[i + 1][1].strip())
    elif segment in _NUMBERS:
        at, category = _NUMBERS[segment]
        if sum(c.isdigit() for c in e[at][1]) > 1:
            yield _whole(e[at], _BY_QUALIFIER.get(e[1][1], category) if segment == "REF" else category)


def _named(e: list[Element]) -> Iterator[Found]:
    """A person's names stand beside each other and become one find; a payer is nobody's."""
    names = [one for one in (*e[3:6], e[7]) if one[1].strip()]
    if e[2][1] == _PERSON and names:
        yield _found(names[0][0], names[-1][0] + len(names[-1][1]), Category.NAME, role=PERSON)
    elif names and e[1][1] not in _PAYER:
        yield _whole(names[0], Category.FACILITY)
    if e[9][1].strip() and e[1][1] not in _PAYER:
        yield _whole(e[9], _BY_QUALIFIER.get(e[8][1], Category.OTHER_ID))


def _whole(element: Element, category: Category, role: str = "") -> Found:
    at, value = element
    lead = len(value) - len(value.lstrip())
    return _found(at + lead, at + len(value.rstrip()), category, role=role)
