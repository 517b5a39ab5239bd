"""Initials and user names of people whom the note names: `TS` beside `T. SANDOVAL`, `pn` and `pnakagawa` under a letter signed by Percival
Nakagawa.

Two to four letters in capitals, or in lower case where the tagger half believes so. An abbreviation of medicine needs the
tagger's word too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.deid import cues
from core.deid.found import Found
from core.deid.kept import is_abbreviation
from core.deid.note import Note, Token
from core.model import Category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DETECTOR = "initialed"
_LEAST, _HALF = 0.08, 0.3
_MOST_PARTS = 5


def initialed(note: Note, found: Iterable[Found], scores: NDArray[np.float32]) -> Iterator[Found]:
    """Tokens that are the initials of a masked full name, or an initial and the surname written as one word."""
    keys = {key for item in found if item.category is Category.NAME and item.state == "masked" for key in _keys(note, item)}
    if not keys:
        return
    for index, token in enumerate(note.tokens):
        if token.shape in "Ul" and token.low in keys and _signs(note, index, token, float(scores[index])):
            yield Found(token.start, token.end, Category.NAME, 0.8, DETECTOR, cues.PERSON)


def _keys(note: Note, item: Found) -> Iterator[str]:
    """First and last initial, and all of them, of a name of two to five parts; of `Last, First` the turned ones too."""
    tokens = note.tokens[note.index_at(item.start) : note.index_at(item.end)]
    parts = [t for t in tokens if t.text[0].isalpha() and t.low not in cues.PARTICLES and t.low not in cues.TITLES]
    if not 2 <= len(parts) <= _MOST_PARTS or not any(len(t.text) > 2 for t in parts):
        return
    letters = "".join(t.low[0] for t in parts)
    turned = any(t.text == "," for t in tokens)
    first, last = (parts[1], parts[0]) if turned else (parts[0], parts[-1])
    if len(last.low) > 3:  # a user name
        yield first.low[0] + last.low
        yield last.low + first.low[0]
    yield letters[0] + letters[-1]
    yield letters
    if turned:
        yield letters[1] + letters[0]
        yield letters[1:] + letters[0]


def _signs(note: Note, index: int, token: Token, score: float) -> bool:
    word = token.word
    if "-" in (note.low(index - 1), note.low(index + 1)) and not token.gap:
        return False
    if len(token.text) > _MOST_PARTS:
        return word.unknown
    known = word.clinical or word.common or word.capital or is_abbreviation(token.low)
    return score >= (_HALF if known or token.shape == "l" else _LEAST)
