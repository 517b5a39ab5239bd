"""All detectors on one text, in shadow offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.alike import alike
from core.deid.bars import FIRST_LOOK, SETTLED, Bars
from core.deid.boards import board_names
from core.deid.columns import Tables, read_tables
from core.deid.company import beside_names, kept_names, speakers
from core.deid.completed import completed
from core.deid.dates import ages, bare_ages, dates
from core.deid.echo import Needle, echoes
from core.deid.facilities import facilities
from core.deid.figures import everybodys, without_figures
from core.deid.fleet import fleet_numbers
from core.deid.forms import form_values
from core.deid.found import Found
from core.deid.further import access_codes, further, veiled
from core.deid.hl7 import hl7_values
from core.deid.identity import known_values
from core.deid.initialed import initialed
from core.deid.joined import DETECTOR, joined, tagged
from core.deid.kept import fixed_phrases, outside_fixed, without_kept
from core.deid.lands import lands
from core.deid.names import cued_names
from core.deid.national import national_numbers
from core.deid.neighbours import badges, column_days, on_a_scale, told_days
from core.deid.note import Note
from core.deid.numbers import numbered, shared_by_all
from core.deid.patterns import contacts
from core.deid.people import capital_pairs, listed_names
from core.deid.places import places
from core.deid.plain import doubted, tells_of_nobody
from core.deid.possible import counts
from core.deid.readings import Reading, readings
from core.deid.remains import remains
from core.deid.resolve import resolve, trimmed
from core.deid.rhythm import short_dates
from core.deid.roads import roads
from core.deid.signed import signatures
from core.deid.spoken import spelled_names, spoken
from core.deid.swept import outweighs, swept
from core.deid.tagger import Opinion, read
from core.deid.vetoes import vetoed_find, without_credentials
from core.deid.wards import wards
from core.deid.weighed import AT_THE_GATE, SURE, weighed
from core.deid.widened import widened
from core.model import Category, Identity


def detectors(note: Note, tables: Tables | None = None) -> Iterator[Found]:
    """Every find of every detector; they overlap. `tables` when they have been read already."""
    yield from _plain(note)
    yield from (tables or read_tables(note.text)).values
    yield from hl7_values(note.text)
    yield from signatures(note)
    yield from board_names(note.text)
    for reading in readings(note.text):
        yield from _reread(note, reading)


def _plain(note: Note) -> Iterator[Found]:
    yield from contacts(note)
    yield from dates(note)
    yield from short_dates(note)
    yield from ages(note)
    yield from bare_ages(note)
    yield from numbered(note)
    yield from national_numbers(note)
    yield from spoken(note)
    yield from veiled(note)
    yield from access_codes(note)
    yield from fleet_numbers(note)
    yield from places(note)
    yield from lands(note)
    yield from roads(note)
    yield from facilities(note)
    yield from wards(note)
    yield from form_values(note)
    named = [*cued_names(note), *kept_names(note), *speakers(note), *listed_names(note)]
    yield from named
    yield from beside_names(note, named)
    yield from capital_pairs(note)


def _reread(note: Note, reading: Reading) -> Iterator[Found]:
    """What another reading shows, where it stands in the note."""
    read = Note(reading.text, note.known)
    for found in (*_plain(read), *spelled_names(read, reading.spelled)):
        start, end = reading.place(found.start, found.end)
        if not note.in_tag(start, end):
            yield found._replace(start=start, end=end)


def find_all(
    note: Note, identity: Identity, needles: tuple[Needle, ...], more: tuple[Needle, ...] = (), *, bars: Bars | None = FIRST_LOOK
) -> list[Found]:
    """Sorted, disjoint finds in a note: rules, identity panel, values known from elsewhere in the case, and with `bars` the tagger.

    Where tags already stand the tagger must be nearly certain, so that redacting the redacted finds nothing new.
    """
    tables = read_tables(note.text)
    scaled = on_a_scale(note)
    found = [f for f in detectors(note, tables) if not _held(f, tables) and f.start not in scaled]
    found += known_values(note, identity, needles)
    found += echoes(note, more, "propagation")
    ruled = resolve(trimmed(found, note.text), len(note.text), note.tags)
    opinion = without_credentials(note, read(note))
    ruled = weighed(ruled, note, opinion.scores, AT_THE_GATE if bars is None else SURE)
    if bars is None:
        # what lies between our tags, as the `^` of `[LICENSE]^[CLINICIAN_1]`, is nothing
        return trimmed([*without_figures(without_kept(ruled, note, opinion.scores), note, opinion.scores)], note.text)
    looked = tagged(note, SETTLED if note.tags else bars, opinion)
    learnt = [
        f
        for f in (*looked, *told_days(note, ruled, opinion.scores), *column_days(note, opinion.scores))
        if not _held(f, tables) and not vetoed_find(note, f) and f.start not in scaled
    ]
    learnt += badges(note, [*ruled, *looked])
    learnt += beside_names(note, looked)
    learnt += further(note, [*ruled, *looked])
    learnt += alike(note, [*ruled, *looked])
    learnt += initialed(note, [*ruled, *looked], opinion.scores)
    whole = [*widened(joined(ruled, learnt, note), note, opinion.scores)]
    if tells_of_nobody(note, whole, opinion.scores):
        whole = [*doubted(note, whole, opinion.scores)]
    whole = resolve(trimmed(whole, note.text), len(note.text), note.tags)
    fixed = fixed_phrases(note)
    whole = trimmed([*without_figures(without_kept(whole, note, opinion.scores, fixed), note, opinion.scores)], note.text)
    doubts = [] if note.tags else [f for f in swept(note, whole, opinion, bars.sweep) if not tables.keep(f.start, f.end)]
    outside = [*outside_fixed(note, doubts, fixed)]
    left = {f.start for f in outside}
    doubts = [*outside, *(f._replace(state="flagged") for f in doubts if f.start not in left and f.score >= _SAYS_A_PERSON)]
    doubts = [f for f in doubts if not everybodys(note, f) and f.start not in scaled]
    if not doubts:
        return _with_remains(whole, note, opinion, tables)
    unlisted = {(f.start, f.end) for f in without_kept(doubts, note, opinion.scores, fixed)}
    plain = {(f.start, f.end) for f in without_figures(doubts, note, opinion.scores)}
    doubts = [_weighed_against(f, (f.start, f.end) not in unlisted, (f.start, f.end) not in plain) for f in doubts]
    doubts = [f for f in doubts if (f.start, f.end) in unlisted or outweighs(note, f)]
    return _with_remains(resolve([*whole, *doubts], len(note.text), note.tags), note, opinion, tables)


def _with_remains(whole: list[Found], note: Note, opinion: Opinion, tables: Tables) -> list[Found]:
    if not note.tags:  # beside which nobody could decide
        left = [f for f in remains(note, whole, opinion) if f.state == "masked" or not tables.keep(f.start, f.end)]
        names = frozenset(f.start for f in (*whole, *left) if f.category is Category.NAME and f.state == "masked")
        whole = resolve([_taken_at_its_word(note, f, names) for f in (*whole, *left)], len(note.text))
    return [*completed(whole, note)]


def _taken_at_its_word(note: Note, found: Found, names: frozenset[int]) -> Found:
    """A doubt of which the tagger is as good as certain, masked where nothing but a shape or a brand spoke against it.

    That is a code, a telephone number or a day, unless it may be a score, and a name right before a masked one, as in `Yasmin Qureshi`.
    A word alone may still be a title, a brand or a criterion, as `Sir`.
    """
    if found.state == "masked" or found.detector != DETECTOR or found.score < _AS_GOOD_AS_CERTAIN:
        return found
    text = note.text[found.start : found.end]
    if found.category is Category.NAME:
        told = found.score >= _BEYOND_DOUBT and found.end + 1 in names and note.text[found.end] == " "
    else:
        tokens = note.tokens[note.index_at(found.start) : note.index_at(found.end)]
        said = any(t.low.endswith(_NTH) for t in tokens) if found.category is Category.DATE else not counts(tokens)
        figures = any(map(str.isdigit, text)) and not _YEAR.fullmatch(text)
        told = figures or (said and found.category in _SAID)
        told = told and found.category in _FIGURES and not _may_be_a_score(found, text)
        told = told and not any(shared_by_all(note, t.start) for t in tokens)
    return found._replace(state="masked") if told else found


def _may_be_a_score(found: Found, text: str) -> bool:
    """Figures around a stroke, but for those that no scale has, as in `1/18`."""
    pair = _PAIR.fullmatch(text)
    odd = pair is not None and 12 < max(int(pair[1]), int(pair[2])) <= 31 and int(pair[2]) not in _SCALES
    return bool(_SCALED.search(text)) and not (odd and found.score >= _BEYOND_DOUBT)


def _weighed_against(found: Found, listed: bool, figures: bool) -> Found:
    """A doubt that a list or the shape of figures speaks against is the clinician's to decide, unless the tagger is as good as certain."""
    stands = _STANDS_WORDED if found.category in _SITES else _STANDS
    least = _BEYOND_DOUBT if figures else stands if listed else 0.0
    return found if found.score >= least else found._replace(state="flagged")


_AS_GOOD_AS_CERTAIN = 0.87
_FIGURES = frozenset((Category.DATE, Category.PHONE, Category.OTHER_ID, Category.VEHICLE, Category.DEVICE, Category.MRN, Category.ZIP))
_SAID = frozenset((Category.DATE, Category.PHONE))  # which dictation has in words
_NTH, _YEAR = ("th", "first", "second", "third"), re.compile(r"(?:19|20)\d\d")
_SCALED, _PAIR = re.compile(r"\d ?[/|] ?\d"), re.compile(r"(\d{1,2})/(\d{1,2})")
_SCALES = frozenset((15, 20, 21, 23, 24, 27, 28, 30))
# From this score on what is also a brand or a fixed phrase, as `Yasmin`, is worth a look.
_SAYS_A_PERSON = 0.9
# From this score on a find stands, on a list or in a clinical column: a telephone number is one wherever it is written.
_STANDS, _STANDS_WORDED, _BEYOND_DOUBT = 0.8, 0.95, 0.98
_SITES = frozenset((Category.PLACE, Category.FACILITY))  # of which criteria and scales are named, as `El Escorial`


def _held(found: Found, tables: Tables) -> bool:
    """Whether a find of little certainty lies in a clinical cell or a column's label."""
    return found.score < _STANDS and tables.keep(found.start, found.end)
