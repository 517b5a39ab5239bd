"""Texts that tell of nobody: order lists, score cards, teaching notes. There a name is a maker's or an eponym, and a number a catalogue's.

Such a text holds next to no date, title, label or other firm cue, and the tagger, where it suspects something, is hardly anywhere
sure of it (of three words in a hundred at the most, which are makers and brands). What only a list of names or the shape of a number
speaks for is then flagged for the clinician, or let go, instead of masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.deid.found import Found
from core.deid.note import Note
from core.model import Category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LEAST_TOKENS = 80
"""A shorter text says too little of itself."""
_BELIEVED_SHARE = 0.03
"""Where no title, date, kin or label stands at all, so many tokens may be believed for certain: makers and brands."""
_SHARED = frozenset(("cue", "further", "url", "phone-cue"))
# Numbers and addresses of everybody's, when the tagger makes nothing of them: a crisis line, a society's page, a catalogue's reference.
_PUBLIC, _UNBELIEVED = re.compile(r"\(?1?[ .-]{0,2}\(?8(?:00|88|77|66|55|44|33)\b"), 0.5
_FIRM_SHARE, _SURE_SHARE = 0.01, 0.25
_SUSPECTED, _SURE, _FLAGGED, _STANDS = 0.5, 0.97, 0.9, 0.985
_LOOSE = frozenset(
    [
        *("tagger", "beside", "name-pair", "last-first", "list", "speech", "first-name", "surname", "initials", "handed", "capital-pair"),
        *("city", "number", "facility", "facility-known", "facility-saint", "board", "bare-number", "role", "street"),
    ]
)
_UNASKED = frozenset(("phone", "national", "ip", "coordinates", "propagation", "month"))


def tells_of_nobody(note: Note, found: Iterable[Found], scores: NDArray[np.float32]) -> bool:
    """Whether a text is of that kind; our own tags count as firm cues, so that redacting does not make a text plain."""
    count = len(note.tokens)
    if count < _LEAST_TOKENS:
        return False
    told = [f.detector for f in found if f.state == "masked" and f.detector not in _LOOSE and f.detector not in _UNASKED]
    firm, sure = len(note.tags) + len(told), int((scores > _SURE).sum())
    if not note.tags and _SHARED.issuperset(told) and sure <= _BELIEVED_SHARE * count:
        return True
    return firm < _FIRM_SHARE * count and sure <= _SURE_SHARE * int((scores > _SUSPECTED).sum())


def doubted(note: Note, found: Iterable[Found], scores: NDArray[np.float32]) -> Iterator[Found]:
    """The finds that stand in such a text: what little speaks for is flagged when the tagger is nearly sure of it, else let go."""
    for item in found:
        top = max((float(s) for s in scores[note.index_at(item.start) : note.index_at(item.end)]), default=1.0)
        if item.detector in _SHARED and item.category is not Category.MRN and top < _UNBELIEVED:
            continue
        if item.detector == "phone" and _PUBLIC.match(note.text, item.start):
            continue
        if item.detector not in _LOOSE or (item.detector == "tagger" and item.score >= _STANDS):
            yield item
        elif top >= _FLAGGED:
            yield item._replace(state="flagged")
