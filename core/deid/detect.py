"""All detectors on one text, in shadow offsets."""

from __future__ import annotations

from collections.abc import Iterator

from core.deid.dates import ages, dates
from core.deid.echo import Needle, echoes
from core.deid.facilities import facilities
from core.deid.found import Found
from core.deid.identity import known_values
from core.deid.joined import FIRST_LOOK, SETTLED, Bars, joined, tagged
from core.deid.names import cued_names
from core.deid.note import Note
from core.deid.numbers import numbered
from core.deid.patterns import contacts
from core.deid.people import capital_pairs, listed_names
from core.deid.places import places
from core.deid.resolve import resolve, trimmed
from core.deid.tagger import read
from core.deid.weighed import AT_THE_GATE, SURE, weighed
from core.model import Identity


def detectors(note: Note) -> Iterator[Found]:
    """Every find of every detector; they overlap."""
    yield from contacts(note)
    yield from dates(note)
    yield from ages(note.text)
    yield from numbered(note)
    yield from places(note)
    yield from facilities(note)
    yield from cued_names(note)
    yield from listed_names(note)
    yield from capital_pairs(note)


def find_all(
    note: Note, identity: Identity, needles: tuple[Needle, ...], more: tuple[Needle, ...] = (), *, bars: Bars | None = FIRST_LOOK
) -> list[Found]:
    """Sorted, disjoint finds in a note: rules, identity panel, values known from elsewhere in the case, and with `bars` the tagger.

    Where tags already stand the tagger must be nearly certain, so that redacting the redacted finds nothing new.
    """
    found = list(detectors(note))
    found += known_values(note, identity, needles)
    found += echoes(note, more, "propagation")
    ruled = resolve(trimmed(found, note.text), len(note.text), note.tags)
    opinion = read(note)
    ruled = weighed(ruled, note, opinion.scores, AT_THE_GATE if bars is None else SURE)
    if bars is None:
        return ruled
    learnt = tagged(note, SETTLED if note.tags else bars, opinion)
    return resolve(trimmed(joined(ruled, learnt, note), note.text), len(note.text), note.tags)
