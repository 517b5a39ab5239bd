"""What the tagger thinks of the rules' weaker finds: a word that it is sure identifies nobody is let go, at the ends of a find too.

Only for names, places, facilities and loose codes: there a list or a neighbour speaks for the find, and the tagger has read the
whole line. Dates, contacts, record and security numbers, what the identity panel holds, what is known from elsewhere in the case
and what the clinician asked for are never let go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.deid.found import Found
from core.deid.note import Note
from core.model import Category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SURE = 0.08
"""Below this the tagger is sure that a token belongs to nothing that identifies."""
AT_THE_GATE = 0.12
"""The same at preflight, where the joined message reads a little differently: what was let go in its field must not block there."""
_WEAK = frozenset((Category.NAME, Category.PLACE, Category.FACILITY, Category.STREET, Category.OTHER_ID, Category.DEVICE, Category.ZIP))
# What is found by these is never let go; those that reach as far as capitals do lose end words that the tagger is sure about.
# a title, a label, a cue, a street's form or a check digit says more than the tagger can know
_FIRM = frozenset(
    [
        *("identity", "decision", "propagation", "email", "title", "label", "cue", "street", "national", "coordinates", "signed", "hl7"),
        *("machine", "road", "form", "ward", "alike", "facility-page", "user", "radio"),
    ]
)
_TRIMMED = frozenset(("title", "label", "signed"))
_ENDS, _NAMED = 0.25, 0.5
_LISTED, _DOSED = frozenset(("first-name", "surname", "city")), 0.2
_AGED = frozenset(("y", "yo", "yr", "yrs", "year", "years", "m", "f", "mo", "/", "-"))
_HEARD_OF = 0.1
"""Below this on each of its words what follows a label, as in `CC: FALL FROM TRACTOR`, or looks signed, is nobody."""


def weighed(ruled: Iterable[Found], note: Note, scores: NDArray[np.float32], sure: float = SURE) -> list[Found]:
    """The finds without those, and without those end words, that the tagger is sure about."""
    return list(_kept(ruled, note, scores, sure))


def _kept(ruled: Iterable[Found], note: Note, scores: NDArray[np.float32], sure: float) -> Iterator[Found]:
    for found in ruled:
        firm = found.detector in _FIRM
        if found.category not in _WEAK or (firm and found.detector not in _TRIMMED):
            yield found
            continue
        first, last = note.index_at(found.start), note.index_at(found.end)
        spoken = [i for i in range(first, last) if note.tokens[i].shape != "p"]
        top = max((float(scores[i]) for i in spoken), default=1.0)
        if firm and top < _NAMED:
            if top >= _HEARD_OF or found.detector == "title":
                yield found
            continue
        if not spoken:
            yield found
        elif top >= sure and not (top < _DOSED and found.detector in _LISTED and _dosed(note, last)):
            yield found if found.detector == "spelled" else _trimmed(found, note, scores, spoken)  # which is one word in pieces


def _dosed(note: Note, index: int) -> bool:
    """Whether a strength follows: `Telma 40`, a brand that is also somebody's name."""
    token = note.tokens[index] if index < len(note.tokens) else None
    return token is not None and token.shape == "d" and token.gap == " " and note.low(index + 1) not in _AGED


def _trimmed(found: Found, note: Note, scores: NDArray[np.float32], spoken: list[int]) -> Found:
    """Without words at its ends that the tagger is sure about; a find of a single word stays as it is."""
    first, last = 0, len(spoken) - 1
    while first < last and scores[spoken[first]] < _ENDS:
        first += 1
    while last > first and scores[spoken[last]] < _ENDS:
        last -= 1
    if first == 0 and last == len(spoken) - 1:
        return found
    start = found.start if first == 0 else note.tokens[spoken[first]].start
    end = found.end if last == len(spoken) - 1 else note.tokens[spoken[last]].end
    return found._replace(start=start, end=end)
