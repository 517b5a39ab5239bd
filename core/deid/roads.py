"""Junctions by the numbers of their roads: `N4 JCT 5`, `M6 J12`, `RT 20 @ MAIN`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.found import Found
from core.deid.lexicon import look_up
from core.deid.note import Note
from core.model import Category

_SAID = frozenset(("jct", "junction", "j", "rt", "rte", "hwy", "sr", "cr", "us", "fm"))
_JUNCTION = re.compile(r"(?<![\w/-])[AMN]\d{1,3},? (?:[Jj]ct|JCT|[Jj]unction|JUNCTION|J) ?\d{1,2}[A-Z]?(?![\w/])")
_CORNER = re.compile(
    r"(?<![\w/-])(?:RTE|RT|Rte|Rt|HWY|Hwy|SR|CR|FM|US)[ -]?\d{1,4} ?"
    r"(?:@|&|/|\bAT\b|\bat\b|\bAND\b|\band\b) ?(?P<other>[A-Z][A-Za-z]{2,15})\b"
)


def roads(note: Note) -> Iterator[Found]:
    """Both roads of a junction."""
    for start, end in note.around(_SAID, 10, 32):
        for match in _JUNCTION.finditer(note.text, start, end):
            yield Found(*match.span(), Category.STREET, 0.85, "road")
        for match in _CORNER.finditer(note.text, start, end):
            if not look_up(match["other"].lower()).clinical:
                yield Found(*match.span(), Category.STREET, 0.85, "road")
