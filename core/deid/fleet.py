"""The numbers of ambulances, vans and aircraft, where a fleet is spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.neighbours import counted
from core.deid.note import Note
from core.deid.numbers import measured
from core.model import Category

_CREWED = words("neighbours.crewed")
_RIDDEN = re.compile(
    r"(?<![\w/-])(?i:medic|rig|van|ambulance|engine|squad|truck|ladder|rescue|coach|airmed"
    r"|(unit|veh(?:icle)?))(?:[:.]? #?| #|: (?:medic|rig|unit) )"
    r"([A-Z]{1,3}-\d{1,4}|[A-Z]?\d{1,4}[A-Z]?)(?![\w%:/-]|\.\d| ?h\b)"
)


def fleet_numbers(note: Note) -> Iterator[Found]:
    """The number of an ambulance, a van or a helicopter: `Medic 6`, `van 12`, and `unit NT-3` where a fleet is spoken of."""
    for start, end in note.around(_CREWED, 0, 24):
        for match in _RIDDEN.finditer(note.text, start, end):
            index = note.index_at(match.start())
            ours = match[1] is None or not _FLEETS.isdisjoint(note.low(i) for i in range(index - 6, index))
            if ours and not measured(note.text, match.end()) and not counted(note.text, match.end()):
                yield Found(match.start(2), match.end(2), Category.VEHICLE, 0.85, "fleet")
    for start, end in note.around(_CALLED_BY, 4, 28):
        for match in _CALLED.finditer(note.text, start, end):
            if not look_up(match["sign"].split(" ")[0].split("-")[0].lower()).clinical and not measured(note.text, match.end()):
                yield Found(match.start("sign"), match.end("sign"), Category.VEHICLE, 0.85, "fleet")
    if not _FLOWN.isdisjoint(note.words):
        yield from (Found(*m.span(), Category.VEHICLE, 0.85, "fleet") for m in _TAIL_NUMBER.finditer(note.text))


_CALLED_BY = frozenset(("s", "callsign", "sign", "unit", "crew", "heli", "helicopter"))
_CALLED = re.compile(
    r"(?<![\w/-])(?i:c/s|call ?sign|unit|heli(?:copter)?|crew)[: ]{1,2}"
    r"(?P<sign>[A-Z][A-Za-z]{2,10}[ -]\d{1,3}|(?<=[Cc]rew )[A-Z]\d{1,3})(?![\w%/.]\w)\b"
)
"""`C/S ROMEO 14`, `UNIT RESCUE 63`, `crew B7`."""
_FLOWN = words("neighbours.flown")
_TAIL_NUMBER = re.compile(r"(?<![\w-])N(?=\d{1,5}[A-Z]{0,2}(?![\w-]))(?:\d{4,5}|\d{1,4}[A-HJ-NP-Z]|\d{1,3}[A-HJ-NP-Z]{2})(?![\w-])")
"""An aircraft's registration (14 CFR 47.15): unlike the `N95` of a mask it ends with letters or has four figures."""
_FLEETS = words("figures.fleets") | words("neighbours.fleets")
