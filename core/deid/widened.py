"""What stands right beside a masked find and belongs to it: letters before a number, a slash and a figure behind it, an initial
behind a surname, the department behind a hospital, the landmark behind a street, the weekday before a date.

A find only grows, but for a role before a name. The words are closed classes or short capitals that the tagger counts to the number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.neighbours import counted
from core.deid.note import Note
from core.deid.numbers import kind_like, measured
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
_LIKELY, _BARELY, _PART_OF_NAME = 0.35, 0.3, 0.95
_LONG, _BARELY_LETTERS = 7, 0.08  # before a number so long letters are rather its own than a word
_HEAD = re.compile(r"(?<![\w.-])([A-Z]{2,4}) $")
_TAIL = re.compile(r"(?: \d)? ?/ ?\d{1,2}(?=[\n,;)]|$)")
_LETTERS = re.compile(r" ([A-Z]{2,3}(?: \d{1,4})?)(?=[\n,;).]|$)")
_WEEKDAY = re.compile(
    r"(?<![\w-])(?:(?:mon|tues?|wed(?:s|nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo|(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)"
    r"\b\.?,? {1,2}(?:the |el |le |den )?$",
    re.I,
)
_ABOUT = re.compile(r"(?<![\w-])(?:early|mid|late)[- ]$", re.IGNORECASE)
_LAST = re.compile(r"\b(?:last|past) $", re.IGNORECASE)
_TURNED = re.compile(r", [A-Z]\.?(?![\w'./])(?=[ \n)]|$)")
_FROM_DAY = re.compile(r"(?<![\w/.:-])(3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th|\.)? ?(?:-|–|&|to|bis|au|al|tot) ?$")
_FIRST_FIGURES = re.compile(r"\d{1,2}")
_DAY_AT_END = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?$")
_TO_DAY = re.compile(r" ?[-–&] ?(3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?(?![\w/:%-]|\.\d)")
_STORE = re.compile(r"(?:'s)? #\d{1,5}(?=[,;.)\n])")
_FIRM = re.compile(
    r",? (?:PSC|PC|P\.C\.|PLLC|LLC|L\.L\.C\.|LLP|P\.A\.|Co-?op(?:erative)?"
    r"|Inc\.?|INC|Ltd\.?|LTD|Corp\.?|Pty|plc)(?!\w)|(?:'s)? (?:#|No\. ?)\d{1,5}(?!\w)"
)
_SEX_COLUMN = re.compile(r"(?<=\w)(?: {2,7}|\t) ?[MFmf]$")  # `search` takes the find's end for the text's
_BABY = re.compile(r"\b(?:BABY(?: BOY| GIRL)?|Baby (?:Boy|Girl)|BB|BG|BOY|GIRL)(?: [AB])? $")
_STATES = frozenset(code.upper() for code in words("numbers.states")) - {"MD", "PA", "MA", "DO", "MS", "OR", "IN", "ME", "PR"}
_STATE = re.compile(r", ([A-Z]{2})(?=[,.;)\n]|$)")
_COUNTY = re.compile(r"(?<![\w-])(?:Co\.?|[Cc]ounty|COUNTY|CO\.|Comté|Kreis|Landkreis) $")
_NURSING = re.compile(r" (?:(?P<home>NH)|CC|CI|GH|DH|DGH|MC|RMC|HC|SNF|ALF|PHC|CHC|RH)(?=[,;.)\n]|$)")
_KINDS_OF_CARE = (
    r"(?:\w{2,20}(?:logy|trics|iatry|dontics|icine)|[Ss]urgery|[Rr]ehabilitation|[Cc]are|[Hh]ealth|[Ww]om[ae]n|[Cc]hild(?:ren)?|[Cc]ancer"
    r"|[Ll]iving|[Aa]ged|[Bb]lind|[Dd]eaf|[Dd]iseases?|[Dd]isorders|[Rr]ecovery|[Ee]ducation|[Gg]irls|[Bb]oys|[Rr]esearch|[Ss]ciences?|[Mm]en)"
)
_FOR = re.compile(
    rf" for (?:the )?(?:(?:Sick|Special|Young|Mental|Oral|Family|Plastic|Sports|Respiratory|Kidney|Heart|Inherited|Rare) )?"
    rf"(?=[A-Z]){_KINDS_OF_CARE}(?:'s)?(?: (?:and|&) (?=[A-Z]){_KINDS_OF_CARE})?(?![\w-])"
)
_OWNED = re.compile(
    r"['’]s? (?:[A-Z][a-z]{2,12} ){0,3}(?:[Pp]ractice|[Pp]harmacy|[Cc]hemist|[Cc]hemists|[Rr]ooms"
    r"|[Nn]ursing [Hh]ome|[Cc]are [Hh]ome|[Rr]est [Hh]ome"
    r"|(?P<surgery>[Ss]urgery|[Cc]linic))(?!\w)"
)
_WHERE = re.compile(r"\b(?:at|from|to|near|via|visited|in) (?:the )?(?:Drs?\.? )?$", re.IGNORECASE)
_RIVER = re.compile(
    r" (?:i\. ?[A-Z][a-z]{1,2}\.|a\. ?[A-Z]\.|am [A-Z][a-z]{2,8}|an der [A-Z][a-z]{2,8}|ob der [A-Z][a-z]{2,8}|/[A-Z][a-z]{2,8})"
    r"|,? (?:Co\.|CO\.|County|Parish|Twp\.?)(?=[ ,;\n)]|$)"
)
_HEADED = re.compile(
    r"(?: (?:of|for|and|&|the|at|de|del))?(?: (?:[A-Z][\w'’.-]{0,20}))?[ -]([A-Z][A-Za-z]{1,14})\b(?:(?:,? ?#| No\.? ?| )\d{1,5}\b)?"
)
_HEAD_NOUN = re.compile(r" ([A-Z][a-z]{1,14})\b(?= [A-Z])")
_INITIAL = re.compile(r"/[A-Z](?![\w/'])")
_ROLES = words("widened.roles") | words("cues.kin") | words("company.roles") | words("company.clinical_roles")
_WINGS = words("widened.wings")
_WING = re.compile(r"\.?(?: |, )([A-Za-z]{2,10})\b(?![/-])")
_HOUSE = re.compile(r"\.?,? (?:[Nn]o[.:]{0,2} ?)?\d{1,4}(?:/\d{1,3})?(?:/?[A-Z])?(?=[\n,;).]|$)")
_POSTCODE = re.compile(r",? (?:\d{4}|\d{6})(?=[\n,;).]| -|$)")
_UNIT_HEAD = re.compile(
    r"(?<![\w/-])(?:(?:Bay|Plot|Blk|Block|Flat|Unit|Site|Lot|Door|House|Villa|Camp|Tower) \w{1,4}|(?:\d{1,2}|G|B|LG|UG)/F)(?:, | )$"
)
_STOP = re.compile(r" (?:rest (?:area|stop)|truck stop|service area|(?:bus|tram) stop|bus station|interchange|toll plaza)(?!\w)", re.I)
_REAR = re.compile(
    r"(?<![\w-])(?:(?:[Rr]ear|REAR|[Bb]ack|BACK|[Uu]pper|UPPER|[Ll]ower|LOWER)(?: of| OF)?|[Cc]nr|CNR"
    r"|\d{1,5} (?:CR|FM|SR|RR|CTH|CO RD|County Road|County Rd))\.? $"
)
_FLAT = re.compile(
    r"(?:,? (?:apt|apartment|unit|space|slip|ste|suite|fl|floor|flr|rm|room|ph|bldg|lot|spc|trlr)\.? ?#?[A-Z]?\d{1,4}[A-Z]?|,? #\w{1,5}"
    r"| (?:on-?ramp|off-?ramp|underpass|overpass|bypass))(?!\w)",
    re.I,
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
        if item.state != "masked" or item.detector in ("identity", "decision", "site-list"):
            yield item
        elif item.category in _CODES or (item.category in _READ_AS and _SHORT.fullmatch(note.text, item.start, item.end)):
            yield _code(item, note, scores)
        elif item.category is Category.NAME:
            yield _name(item, note, scores)
        elif item.category is Category.DATE:
            yield _date(item, note)
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
    if head and _own(head[1]) and _score(note, scores, head.start(1)) >= (_LIKELY if end - start < _LONG else _BARELY_LETTERS):
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


def _date(item: Found, note: Note) -> Found:
    """`Tues 2/6` from its figures: a weekday right before a day belongs to it, `last` to a month that must go."""
    head = _WEEKDAY.search(note.text, max(0, item.start - 16), item.start) if note.text[item.start].isalnum() else None
    head = head or (_LAST.search(note.text, max(0, item.start - 6), item.start) if note.text[item.start : item.end].isalpha() else None)
    head = head or (_ABOUT.search(note.text, max(0, item.start - 7), item.start) if note.text[item.start].isalpha() else None)
    item = item._replace(start=head.start()) if head else item
    return _over_days(item, note.text)


def _over_days(item: Found, text: str) -> Found:
    """`6-7 Sept 2023`, `Sept 6-7`: the other end of a stretch of days whose month is said once."""
    said = text[item.start : item.end]
    day, ended = _FIRST_FIGURES.match(said), _DAY_AT_END.search(said)
    if day and (first := _FROM_DAY.search(text, max(0, item.start - 8), item.start)) and int(first[1]) < int(day[0]):
        return item._replace(start=first.start())
    last = _TO_DAY.match(text, item.end) if ended and said[0].isalpha() else None
    dosed = last is not None and (measured(text, last.end()) or counted(text, last.end()))
    return item._replace(end=last.end()) if last and ended and not dosed and int(ended[1]) < int(last[1]) else item


def _name(item: Found, note: Note, scores: NDArray[np.float32]) -> Found:
    """`KUIPER/B` from its surname, `BABY BOY OKORO` from it; a role at the head stays outside, but not the `Mama` of `Mama Funmi`."""
    if sexed := _SEX_COLUMN.search(note.text, max(item.start + 1, item.end - 8), item.end):
        item = item._replace(end=sexed.start())
    tail = _INITIAL.match(note.text, item.end) if note.text[item.end - 1].isupper() else None
    first, last = note.index_at(item.start), note.index_at(item.end)
    while first < last - 1 and _role_before_name(note, first) and note.tokens[first].text != "Ma" and scores[first] < _PART_OF_NAME:
        first += 1
    start = note.tokens[first].start if first < last else item.start
    turned = _TURNED.match(note.text, item.end) if tail is None and note.text[item.start : item.end].isupper() else None
    tail = tail or turned or _STORE.match(note.text, item.end) or _place_of(item, note.text)
    baby = _BABY.search(note.text, max(0, start - 12), start)
    return _stretched(item, baby.start() if baby else start, tail.end() if tail else item.end)


def _place_of(item: Found, text: str) -> re.Match[str] | None:
    """`Finnegan's Late Night Chemist`; `at Dr Looby's surgery` from the name, where it is a place and no operation."""
    owned = _OWNED.match(text, item.end)
    return owned if owned and (not owned["surgery"] or _WHERE.search(text, max(0, item.start - 16), item.start)) else None


def _headed(item: Found, note: Note, end: int) -> int:
    """Where a name ends whose head noun comes next: `Prairie Moon` with `Casino`, `Colby Roads` with `Pathology`, `VFW` with `Post 12`."""
    for pattern in (_HEADED, _HEAD_NOUN):
        tail = pattern.match(note.text, end)
        head = tail[1].lower() if tail else ""
        if tail and (head in _LANDS or (head in _HOUSES and note.low(note.index_at(tail.end(1))) not in _NO_HOUSE)):
            return tail.end()
    return end


_HOUSES, _LANDS, _NO_HOUSE = words("widened.houses"), words("widened.lands"), words("widened.no_house")


def _role_before_name(note: Note, index: int) -> bool:
    return note.low(index) in _ROLES and note.tokens[index + 1].shape in "CU" and note.tokens[index + 1].gap == " "


def _winged(text: str, end: int) -> int:
    """Where a site ends with the departments behind it: `Gulf Mental Health` with `Service`."""
    while (wing := _WING.match(text, end)) and wing[1].lower() in _WINGS and (text[end] == " " or wing[1].isupper() == (text[end] == ",")):
        end = wing.end()
    return end


def _site(item: Found, note: Note, scores: NDArray[np.float32]) -> Found:
    text, start, end = note.text, item.start, item.end
    if head := _SITE_HEAD.search(text, max(0, start - 60), start):
        start = head.start()
    while unit := _UNIT_HEAD.search(text, max(0, start - 16), start):
        start = unit.start()
    head = _HEAD.search(text, max(0, start - 6), start)
    if item.category is not Category.STREET and head and _own(head[1]) and _score(note, scores, head.start(1)) >= _LIKELY:
        start = head.start(1)
    end = _winged(text, end)
    if item.category is not Category.STREET:
        end = _winged(text, _headed(item, note, end))
    if item.category is not Category.STREET and (home := _NURSING.match(text, end)) and (not home["home"] or text[start:end].isupper()):
        end = home.end()
    if item.category is Category.FACILITY and (what := _FOR.match(text, end)):
        end = what.end()
    if item.category is Category.FACILITY and (firm := _FIRM.match(text, end)):
        end = firm.end()
    if item.category is Category.FACILITY and (state := _STATE.match(text, end)) and state[1] in _STATES:
        end = state.end()
    if item.category is Category.PLACE:
        county, river = _COUNTY.search(text, max(0, start - 10), start), _RIVER.match(text, end)
        start, end = county.start() if county else start, river.end() if river else end
    if item.category is not Category.FACILITY and (stop := _STOP.match(text, end)):
        end = stop.end()
    if item.category is Category.STREET:
        rear = _REAR.search(text, max(0, start - 20), start)
        start = rear.start() if rear else start
        while flat := _FLAT.match(text, end):
            end = flat.end()
    if item.category is Category.STREET and (house := _HOUSE.match(text, end)) and _score(note, scores, house.end() - 1) >= _BARELY:
        end = house.end()
    if item.category is Category.PLACE and (code := _POSTCODE.match(text, end)):
        end = code.end()
    if item.category is not Category.FACILITY and (mark := _LANDMARK.match(text, end)):
        end = mark.end()
    return _stretched(item, start, end)
