"""What stands right beside a masked find and belongs to it: letters before a number, a slash and a figure behind it, an initial
behind a surname, the department behind a hospital, the landmark behind a street.

A find only grows, but for a role before a name. The words are closed classes or short capitals that the tagger counts to the number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.note import Note
from core.deid.numbers import kind_like
from core.model import Category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CODES = frozenset(
    (
        Category.MRN,
        Category.ACCOUNT,
        Category.HEALTH_PLAN,
        Category.LICENSE,
        Category.VEHICLE,
        Category.DEVICE,
        Category.OTHER_ID,
    )
)
# A short number without a cue may pass for either; a telephone number or a postal code of full length takes no letters.
_READ_AS = frozenset((Category.ZIP, Category.PHONE))
_SHORT = re.compile(r"\d{3,6}")
_SITES = frozenset((Category.FACILITY, Category.PLACE, Category.STREET))
_LIKELY, _BARELY = 0.35, 0.3
_HEAD = re.compile(r"(?<![\w.-])([A-Z]{2,4}) $")
_TAIL = re.compile(r"(?: \d)? ?/ ?\d{1,2}(?=[\n,;)]|$)")
_LETTERS = re.compile(r" ([A-Z]{2,3}(?: \d{1,4})?)(?=[\n,;).]|$)")
_INITIAL = re.compile(r"/[A-Z](?![\w/'])")
_ROLES = words("widened.roles") | words("cues.kin") | words("company.roles") | words("company.clinical_roles")
_WINGS = words("widened.wings")
_WING = re.compile(r"\.?(?: |, )([A-Za-z]{2,10})\b(?![/-])")
_HOUSE = re.compile(r"\.?,? (?:[Nn]o[.:]{0,2} ?)?\d{1,4}(?:/\d{1,3})?(?:/?[A-Z])?(?=[\n,;).]|$)")
_POSTCODE = re.compile(r",? (?:\d{4}|\d{6})(?=[\n,;).]| -|$)")
_UNIT_HEAD = re.compile(
    r"(?<![\w/-])(?:(?:Bay|Plot|Blk|Block|Flat|Unit|Site|Lot|Door|House|Villa|Camp|Tower) \w{1,4}|(?:\d{1,2}|G|B|LG|UG)/F)(?:, | )$"
)
_LANDMARK = re.compile(
    r", (?:near|opp\.?|opposite|behind|beside|next to|across from|by|off) (?:the )?"
    r"[A-Z][\w'-]{1,20}(?:(?: ?[/&] ?| )[A-Z][\w'-]{1,20}){0,3}"
    r"(?: (?:station|market|pub|church|mosque|temple|school|store|bridge|tower|filling station|petrol station))?"
)
_SITE_HEAD = re.compile(
    r"(?<![\w'-])(?:(?:The )?(?:[A-Z][\w'-]{1,20} ){0,2}(?:Instituto|Institut|Hospital|Clinica|Centro|Szpital|Ospedale|Sanatorio"
    r"|Policlinico|Klinik|Klinikum|Clinique|Centre|Home|House|Villa|School|College|University|Sunrise|SUNRISE|VILLA|HOME|HOUSE|HOSPITAL|CENTER)"
    r"(?: [A-Z][\w'-]{2,20}){0,2} (?:of|at|del?|della|di|du|des|OF|AT|DEL?)(?: (?:la|los|las|the|THE))? )$"
)


def widened(found: Iterable[Found], note: Note, scores: NDArray[np.float32]) -> Iterator[Found]:
    """The finds, the masked ones with what belongs to them."""
    for item in found:
        if item.state != "masked" or item.detector == "identity":
            yield item
        elif item.category in _CODES or (item.category in _READ_AS and _SHORT.fullmatch(note.text, item.start, item.end)):
            yield _code(item, note, scores)
        elif item.category is Category.NAME:
            yield _name(item, note)
        elif item.category in _SITES:
            yield _site(item, note, scores)
        else:
            yield item


def _stretched(item: Found, start: int, end: int) -> Found:
    return item if start == item.start and end == item.end else item._replace(start=start, end=end)


def _score(note: Note, scores: NDArray[np.float32], offset: int) -> float:
    index = note.index_at(offset)
    return float(scores[index]) if index < len(scores) else 0.0


def _code(item: Found, note: Note, scores: NDArray[np.float32]) -> Found:
    """`BJW 44182` from its digits, `H23-118842 / 2`, `918 MTZ`."""
    text, start, end = note.text, item.start, item.end
    head = _HEAD.search(text, max(0, start - 6), start)
    if head and _own(head[1]) and _score(note, scores, head.start(1)) >= _LIKELY:
        start = head.start(1)
    letters = _LETTERS.match(text, end)
    if letters and (not _own(letters[1]) or _score(note, scores, letters.start(1)) < _LIKELY):
        letters = None
    tail = _TAIL.match(text, end) or letters
    return _stretched(item, start, tail.end() if tail else end)


def _own(letters: str) -> bool:
    """Whether short capitals may be part of a number: no word of medicine, no label."""
    low = letters.split(" ")[0].lower()
    return not look_up(low).clinical and not kind_like(low)


def _name(item: Found, note: Note) -> Found:
    """`KUIPER/B` from its surname; a role at the head stays outside, as `Interp` before a full name."""
    tail = _INITIAL.match(note.text, item.end) if note.text[item.end - 1].isupper() else None
    first, last = note.index_at(item.start), note.index_at(item.end)
    while first < last - 1 and note.low(first) in _ROLES and note.tokens[first + 1].shape in "CU" and note.tokens[first + 1].gap == " ":
        first += 1
    return _stretched(item, note.tokens[first].start if first < last else item.start, tail.end() if tail else item.end)


def _site(item: Found, note: Note, scores: NDArray[np.float32]) -> Found:
    text, start, end = note.text, item.start, item.end
    if head := _SITE_HEAD.search(text, max(0, start - 60), start):
        start = head.start()
    while unit := _UNIT_HEAD.search(text, max(0, start - 16), start):
        start = unit.start()
    head = _HEAD.search(text, max(0, start - 6), start)
    if item.category is not Category.STREET and head and _own(head[1]) and _score(note, scores, head.start(1)) >= _LIKELY:
        start = head.start(1)
    while (wing := _WING.match(text, end)) and wing[1].lower() in _WINGS and (text[end] == " " or wing[1].isupper() == (text[end] == ",")):
        end = wing.end()
    if item.category is Category.STREET and (house := _HOUSE.match(text, end)) and _score(note, scores, house.end() - 1) >= _BARELY:
        end = house.end()
    if item.category is Category.PLACE and (code := _POSTCODE.match(text, end)):
        end = code.end()
    if item.category is not Category.FACILITY and (mark := _LANDMARK.match(text, end)):
        end = mark.end()
    return _stretched(item, start, end)
