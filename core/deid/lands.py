"""Waters, parks and woods with a name of their own, behind a preposition: `on Crane Prairie Reservoir`, `at Lake Orrin`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.cues import EPONYM_NOUNS
from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note
from core.model import Category

_HEADS = words("places.lands")
_LAND = re.compile(
    r"\b(?:on|at|in|near|from|to|of|around|above|below|by|off|along|outside|across|into|down|up) (?:the )?"
    rf"((?:(?:[A-Z]\.){{1,2}} ?)?(?:[A-Z][a-z'’]{{2,20}} ){{1,3}}(?:{'|'.join(w.title() for w in sorted(_HEADS))})"
    r"|(?:Lake|Loch|Lough|Cape|Isle of) [A-Z][a-z'’]{2,20}(?: [A-Z][a-z'’]{2,20})?)\b"
)


def lands(note: Note) -> Iterator[Found]:
    """Their names whole; a clinical word, or an eponym's noun behind, speaks against one."""
    for start, end in note.around(_HEADS, 72, 24):
        for match in _LAND.finditer(note.text, start, end):
            last = note.index_at(match.end(1))
            named = [t for t in note.tokens[note.index_at(match.start(1)) : last] if t.shape in "CU" and t.low not in _HEADS]
            if named and not any(t.word.clinical for t in named) and note.low(last) not in EPONYM_NOUNS:
                yield Found(match.start(1), match.end(1), Category.PLACE, 0.85, "land")
