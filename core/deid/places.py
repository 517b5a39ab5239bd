"""Places smaller than a state: streets, post boxes, ZIP codes, cities and counties."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.cues import EPONYM_NOUNS
from core.deid.found import Found
from core.deid.lexicon import long_cities, look_up, words
from core.deid.note import Note, Token, tried
from core.deid.postcodes import STATE_CODES, STATES, postal_codes
from core.model import Category

_SUFFIX = (
    r"(?:street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|circle|cir|place|pl|terrace|ter|way"
    r"|parkway|pkwy|highway|hwy|trail|trl|square|sq|loop|row|alley|plaza|crescent|close|gardens?|grove|mews|walk|run"
    r"|pike|turnpike"
    r"|crossing|ridge|point|cove|path|heights|hollow|landing|bend|vista|commons?|crest|glen|greens?|hills?|island|isle"
    r"|junction|keys?|knolls?|lakes?|manor|meadows?|mill|oval|park|pass|shoals?|shores?|springs?|station|summit|trace"
    r"|track|valley|view|villages?|wells?|bridge|branch|bluffs?|creek|estates?|falls?|fields?|forest|fork|gateway"
    r"|harbor|haven|inlet|mountain|orchard|pines|ranch)"
)
_UNIT = (
    r"(?:,?\s{1,2}(?:(?:apt|apartment|unit|suite|ste|bldg|building|floor|fl|rm|room|lot|trlr)(?![a-z])\.? ?#? ?[\w-]{1,6}|#\s?\w{1,6}))?"
)
_STREET = re.compile(
    rf"(?<![\w/.-])\d{{1,6}}[A-Za-z]?(?:-\d{{1,4}})?(?: (?:[NSEW]|[NS][EW]|North|South|East"
    rf"|West)\.?)?(?: (?:\d{{1,3}}(?:st|nd|rd|th)|[A-Z][\w'.-]{{0,24}}|de|la|el|del|los|las|san"
    rf"|st)){{1,4}} (?i:{_SUFFIX})\b\.?"
    rf"(?:,? (?:[NSEW]|[NS][EW])\b\.?)?(?i:{_UNIT})"
    rf"|(?<![\w/.-])\d{{1,6}} (?:[nsew] )?(?:(?:[a-z][a-z'-]{{1,20}}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,3}}(?:street|avenue"
    rf"|ave|road|rd|lane|ln|blvd|boulevard|pkwy|hwy|drive)\b(?! (?:years?|ago))\.?(?:,? (?:apt|unit|ste|suite"
    rf"|#) ?#?\w{{1,5}})?"
)
_NAMED_STREET = re.compile(
    r"\b(?:[A-Z][a-z']{2,20}|\d{1,3}(?:st|nd|rd|th)) (?:[A-Z][a-z']{2,20} )?(?:Street|St\.?(?=[ ,]|$)(?! [A-Z])|Avenue"
    r"|Ave|Road|Rd|Lane|Boulevard|Blvd|Parkway|Pkwy|Highway|Hwy)\b(?! (?:[Tt]est|[Ss]coring))"
)
_CROSSING = re.compile(
    r"(?<![\w/.-])(?:(?:[A-Z][a-z']{2,20}|\d{1,3}(?:st|nd|rd|th)|[NSEW]\.?) ){0,2}(?:[A-Z][a-z']{2,20}|\d{1,3}(?:st|nd|rd"
    r"|th)) ?(?:&|and|at|/|@|x) ?(?:\d{1,3}(?:st|nd|rd|th)\b"
    r"|(?:[A-Z][a-z']{2,20} ){1,2}(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Lane|Ln|Dr|Drive|Hwy|Pike|Pkwy"
    r"|Way)\b)(?! (?:percentile|day|week|rib|grade|metatarsal|digit|finger|toe|floor))"
    r"|(?<![\w/.-])\d{1,3}(?:st|nd|rd|th) ?(?:&|and|/|@) ?[A-Z][a-z']{2,20}\b"
    r"|(?:\b(?:on|at|near|corner of|by) )(?P<low>[a-z']{3,20} (?:and|&) \d{1,3}(?:st|nd|rd|th)\b)"
)
_SUFFIXES = frozenset(form for word in _SUFFIX[3:-1].split("|") for form in ((word[:-2], word[:-1]) if word.endswith("?") else (word,)))
_LONGEST_STREET = 140
# What joins the two streets of a crossing, whichever way it is written.
_CROSSING_HINT = re.compile(r"(?:and|at|[&/@x]) ?(?:\d{1,3}(?:st|nd|rd|th)|[A-Z][a-z'])")
_ROUTE = re.compile(
    r"\b(?:[NSEW]/?B )?(?:I|US|SR|CR|FM|Hwy|HWY|Highway|Route|Rte|RR|State Route|County Road|County Rd|Interstate|Range Road"
    r"|Forest Road|Loop)[ -]?\d{1,4}[A-Z]?\b"
    r"(?:,? (?:[NSEW]/?B|[Nn]orth|[Ss]outh|[Ee]ast|[Ww]est|Spur|Business|Bypass|Alt|Loop)(?:bound)?)?(?: ?(?:@|at|near"
    r"|,)? ?(?:MM|mm|mile marker|mile|MP|exit|Exit|milepost) ?#?\d{1,4}(?:\.\d{1,2})?)"
    r"|\bExit \d{1,3}[A-Z]?\b|\b(?:US|U\.S\.) (?:Route|Rte|Hwy|Highway) \d{1,3}\b"
    r"|\b(?:[NSEW]/?B )?(?:I-(?!1(?:23|24|25|31)\b)\d{1,3}|US-?\d{1,3}|SR-?\d{2,3}|CR-?\d{2,4}|FM ?\d{3,4}|(?:Hwy|HWY"
    r"|Highway|Rte|Route|State Route|County Road|County Rd|Range Road|Rural Route) \d{1,4}[A-Z]?)\b(?: (?:[NSEW]/?B|Spur"
    r"|Bypass|Business|Loop|[NSEW]))?"
    r"(?! ?(?:mg|mcg|ml))|\b(?:RTE|RT|Rte|Rt|HC|CR|FM|SR) \d{1,4},? (?:BX|Bx|BOX|Box) \d{1,5}[A-Z]?\b"
    r"|(?<![\w/.-])\d{1,5} (?:FARM|Farm|COUNTY|County|RANCH|Ranch|STATE|State|CO|Co)\.? (?:RD|Rd|ROAD|Road|HWY|Hwy) \d{1,4}[A-Z]?\b"
    r"|\b(?:MM|mile marker|milepost) ?\d{1,4}(?:\.\d)?\b"
)
_RURAL = re.compile(
    r"\b(?:R\.?R\.?|R\.?D\.?|H\.?C\.?|Rural Route|Star Route|Route) ?#?\d{1,3},? Box \d{1,5}[A-Z]?\b|\b(?:PMB|PSC"
    r"|CMR) ?#? ?\d{2,6}\b(?! ?(?:of|tissues))",
    re.I,
)
_ON_STREET = re.compile(
    r"\b(?:on|at|off|of|along|near|down|from|past|under|to|street \() ?((?:[NSEW]\.? )?(?:(?:[A-Z][\w'-]{2,20}|\d{1,3}(?:st"
    r"|nd|rd|th)) ){1,3}"
    r"(?:Court|Ct|Drive|Dr|Terrace|Ter|Place|Pl|Way|Circle|Cir|Trail|Trl|Loop|Square|Sq|Crescent|Close|Row|Parkway|Alley"
    r"|Path|Pass|Bend|Hill|Rise|Mews|Walk|Gardens|Grove|Cottages|Turnpike|Pike|Street|Avenue|Road|Lane)\b)"
    r"(?! (?:[Ss]core|[Tt]est|[Cc]riteria|Clinic|Hospital|Medical|Office))"
)
_LOWER_STREET = re.compile(
    r"\b(?:on|at|off|to|of|lives?(?: at| on| by)?|near|by) ((?:[nsew]\.? )?[a-z][a-z']{2,15}(?: [a-z]{3,15})? (?:rd|road|st"
    r"|street|ave|avenue|blvd|ln|lane|hwy|pkwy))\b"
)
_STREET_WORDS = words("places.street_words")
_NOT_STREET = frozenset(
    ("the", "this", "that", "his", "her", "their", "our", "my", "off", "across", "down", "wrong", "same", "next", "busy", "main", "any")
)
_NUMBERED_STREET = re.compile(
    r"(?<![\w/.-])\d{2,5} [NSEWnsew]\.? \d{1,3}(?:st|nd|rd|th)\b(?:, (?:up|down|rear|front|apt|unit)\b(?: \w{1,5})?)?"
)
_UNIT_FIRST = re.compile(
    r"\b(?:Suite|Ste|Apt|Apartment|Unit|Flat|Bldg|Building|PMB|Lot|Trailer|Piso|Wohnung) ?#?[\w-]{1,6},(?: "
    r"| ?\n)(?=\d{1,6}[A-Za-z]? [A-Z]|[A-Z][a-z])"
)
_FOREIGN_STREET = re.compile(
    r"\b(?:rue|via|calle|avenida|rua|ulica|piazza|paseo|carrera|strada|chemin|viale) (?:d(?:e|el|u|a|o|i"
    r"|es) )?(?:la )?[^\W\d_]{2,24}(?: [^\W\d_]{2,24})?,? \d{1,4}\b|\b[A-Z][^\W\d_]{2,24}(?:strasse|strase|str\.|weg|gasse"
    r"|platz|laan|straat|gatan|vej|katu|utca) \d{1,4}\b",
    re.I,
)
_LIVES = re.compile(
    r"\b(?:lives? at|resid(?:es?|ing) at|address(?: is)?:?|staying at|moved to"
    r"|home:) (\d{1,6} [A-Za-z][\w'-]{1,20}(?: [A-Z][\w'-]{0,20}\.?){0,3}(?: \d{1,5}[A-Z]?\b)?)"
)
# What stands right before its number.
_LIVES_HINT = re.compile(r" \d(?:(?<=at .|to .|ss .|is .)|(?<=: .))")
_BOX = re.compile(
    r"\bP\.? ?O\.? ?Box \d{1,7}|\bP\.? ?M\.? ?B\.? \d{1,6}|\b(?:private|locked) bag (?:no\.? )?[A-Z]{0,2}\d{1,7}"
    r"|(?<=, )(?:apt|apartment|unit|suite|ste)\.? ?#? ?(?:\d{1,5}[A-Za-z]?|[A-Z]\d{0,3})\b",
    re.I,
)
_NO_STREET = re.compile(r"\d{1,6} (?:Day|Week|Month|Year|Hour|Units?|Mg|Point|Part|Step|View)\b", re.I)
_IN = words("places.in")
_SURE_IN = words("places.sure_in")
_TOWN_BEFORE = _SURE_IN | {",", "in", "from", "of", "to", "near"}
_COUNTIES = ("county", "township", "parish")
_TOWN_BEHIND = frozenset((*_COUNTIES, ","))
_MOVES = words("places.moves")


_PLACE_ENDS = words("places.place_ends")
_FACILITY_ENDS = frozenset(("hospital", "clinic", "children's"))
_TOWN_HEADS = words("places.town_heads")
_TOWN_ENDS = (
    "ville",
    "burg",
    "burgh",
    "borough",
    "port",
    "furt",
    "shire",
    "chester",
    "mouth",
    "berg",
    "stad",
    "haven",
    "bury",
    "town",
    "fort",
    "fjord",
    "side",
    "view",
    "land",
    "ton",
    "field",
    "ford",
    "dale",
    "wood",
    "hampton",
)


def _with_state(note: Note, end: int) -> int:
    """Index behind the state that follows a city, so that both become one tag."""
    return end + (note.low(end) == ",") + 1 if _state_follows(note, end) else end


_BESIDE, _LIVING = frozenset(("at", "above", "below", "by", "around")), words("places.living")


def _town(note: Note, index: int) -> int:
    """Index behind a town that no list holds: told by its ending, its first word or the verb (`moved here from …`)."""
    token, before = note.tokens[index], note.low(index - 1)
    head = token.low in _TOWN_HEADS
    if token.shape != "C" or token.opens or (not head and (token.word.clinical or token.word.capital)):
        return index
    if before not in _TOWN_BEFORE and not (before in _BESIDE and not _LIVING.isdisjoint(note.low(i) for i in range(index - 7, index))):
        return index
    at = index + head
    if (
        at >= len(note.tokens)
        or note.tokens[at].shape != "C"
        or note.tokens[at].gap != " "
        or note.tokens[at].low in STATES
        or note.tokens[at].word.clinical
    ):
        return index
    name, told = note.tokens[at], bool(_MOVES & {note.low(i) for i in range(index - 6, index)})
    if _state_follows(note, at + 1) and before in (",", "in", "from", "of", "to", "near"):
        return at + 1
    if before not in _SURE_IN and before not in _BESIDE and not (before == "to" and told):
        return index
    ends = name.low.endswith(_TOWN_ENDS) and len(name.low) > 6 and name.word.unknown
    listed = name.word.unknown or name.word.first or name.word.last
    return (
        at + 1
        if ends or (told and listed and name.word.common <= 1) or (at > index and listed and name.word.common <= 1 and not name.word.eponym)
        else index
    )


def places(note: Note) -> Iterator[Found]:
    """Streets, boxes, ZIP codes, cities and counties. States alone may stay."""
    text = note.text
    numbers = bool(note.numbers)
    for match in tried(_STREET, text, note.ahead_of(_SUFFIXES, _LONGEST_STREET)) if numbers else ():
        if not _NO_STREET.match(match[0]) and not _titled(match):
            yield Found(match.start(), match.end(), Category.STREET, 0.95, "street")
    for pattern, group, score, gate, also, reach in _OTHER_STREETS:
        held = not gate.isdisjoint(note.words) and (pattern is not _LIVES or _LIVES_HINT.search(text))
        for match in _near(pattern, note, gate | also, *reach) if held else ():
            part = "low" if pattern is _CROSSING and match["low"] else group
            if not _titled(match):
                yield Found(match.start(part), match.end(part), Category.STREET, score, "street")
    for match in _near(_LOWER_STREET, note, _LOWER_WORDS, 64, 16):
        if _NOT_STREET.isdisjoint(match[1].split()) and not look_up(match[1].split()[-2]).clinical:
            yield Found(match.start(1), match.end(1), Category.STREET, 0.75, "street")
    for match in _near(_FOREIGN_STREET, note, _foreign(note), 0, 88) if numbers else ():
        if not _by_way_of(match):
            yield Found(match.start(), match.end(), Category.STREET, 0.8, "street")
    for match in postal_codes(note) if numbers else ():
        yield Found(match.start(1), match.end(1), Category.ZIP, 0.95, "zip")
    yield from _cities(note)


_SCAN = re.compile(r" C[Tt]$")
_TITLE = re.compile(r"(?<= )Dr\.?$")
_A_NAME = re.compile(r"(?:(?<=\.)|\.) ?[A-Z][a-z]")


def _titled(match: re.Match[str]) -> bool:
    """`2 L O2. Call Dr. Prentice`: a title, not a drive, with a name behind it; `52F MVC R PTX CT`: a scan, not a court."""
    if _SCAN.search(match[0]):
        return any(look_up(word.lower()).clinical for word in match[0].split()[1:-1])
    return bool(_TITLE.search(match[0]) and _A_NAME.match(match.string, match.end()))


def _by_way_of(match: re.Match[str]) -> bool:
    """`via NGT 100`, `via SW Pru`: the preposition, not an Italian street."""
    words_ = match[0].split()
    return words_[0] == "via" and (not words_[1].istitle() or look_up(words_[1].lower()).clinical)


def _near(pattern: re.Pattern[str], note: Note, words_: frozenset[str], before: int, behind: int) -> Iterator[re.Match[str]]:
    """What `finditer` gives of a pattern whose every match holds one of the words and reaches no farther than told."""
    indexes = [i for i in note.at(words_) if note.lows[i] != "dr" or note.lows[i - 1] not in _BEFORE_TITLES]
    for start, end in note.stretches(indexes, before, behind):
        if pattern is _CROSSING and not _CROSSING_HINT.search(note.text, start, end):
            continue
        yield from pattern.finditer(note.text, start, end)


_NAMED_WORDS = words("places.named_words")
_LOWER_WORDS = _NAMED_WORDS - {"boulevard", "highway", "parkway"} | {"ln"}
# `seen by Dr`: a title, not a drive.
_BEFORE_TITLES = words("places.before_titles") | {""}
# Each with the words of which a note must hold one, further words that a match may hold in their stead, and its reach around them.
_OTHER_STREETS: tuple[tuple[re.Pattern[str], int, float, frozenset[str], frozenset[str], tuple[int, int]], ...] = (
    (
        _CROSSING,
        0,
        0.8,
        (_STREET_WORDS | {"nd", "th"})
        - {"dr", "place", "way", "close", "hill", "bend", "rise", "walk", "path", "pass", "court", "ct", "drive"},
        frozenset(("dr", "drive", "way")),
        (128, 128),
    ),
    (_ROUTE, 0, 0.8, words("places.route_words"), frozenset(("loop",)), (64, 80)),
    (_RURAL, 0, 0.85, frozenset(("r", "rr", "rd", "h", "hc", "route", "pmb", "psc", "cmr", "box")), frozenset(), (24, 48)),
    (_ON_STREET, 1, 0.8, _STREET_WORDS, frozenset(), (96, 32)),
    (_UNIT_FIRST, 0, 0.85, words("places.unit_words"), frozenset(), (16, 48)),
    (_NAMED_STREET, 0, 0.8, _NAMED_WORDS, frozenset(), (64, 32)),
    (_LIVES, 1, 0.8, frozenset(("at", "address", "to", "home")), frozenset(), (16, 128)),
    (_BOX, 0, 0.9, words("places.unit_words") | {"b", "bag"}, frozenset(("pobox", "obox")), (24, 24)),
    (_NUMBERED_STREET, 0, 0.85, frozenset(("st", "nd", "rd", "th")), frozenset(), (32, 32)),
)
_STREET_HEADS = words("places.street_heads")
_STREET_TAILS = ("strasse", "strase", "str", "weg", "gasse", "platz", "laan", "straat", "gatan", "vej", "katu", "utca")
_LAST_LETTERS = frozenset(tail[-3:] for tail in _STREET_TAILS)


def _foreign(note: Note) -> frozenset[str]:
    """Words before which or with which a street of another country may begin."""
    return _STREET_HEADS & note.words | {w for w in note.words if w[-3:] in _LAST_LETTERS and w.endswith(_STREET_TAILS)}


def _cities(note: Note) -> Iterator[Found]:
    tokens, behind = note.tokens, 0
    for index in _city_starts(note):
        end = _place_from(note, index) if index >= behind else index
        if end > index:
            behind = _with_state(note, end)
            yield Found(tokens[index].start, tokens[behind - 1].end, Category.PLACE, 0.8, "city")


def _city_starts(note: Note) -> list[int]:
    """Where a place can begin: at a listed name, beside what makes an unknown one a place, in lower case behind a preposition."""
    lows, heads, tokens = note.lows, long_cities(), note.tokens
    lower = [i + 1 for i in note.at(_SURE_IN) if note.shapes[i + 1 : i + 2] == "l"]
    listed = (i for i in note.capitals if lows[i] in heads or tokens[i].word.city)
    beside = (i for i in note.capitals if lows[i - 1] in _TOWN_BEFORE or lows[i + 1] in _TOWN_BEHIND)
    return sorted({*listed, *beside, *lower})


def _place_from(note: Note, index: int) -> int:
    """Index behind the place that begins at a token; the index itself when none does."""
    token = note.tokens[index]
    tails = long_cities().get(token.low)
    if token.shape == "l":
        end, level = _long_city(note, index, tails) if tails and note.low(index - 1) in _SURE_IN else (index, 0)
        if level == 3 or _lower_city(note, index):
            return end if level == 3 else index + 1
        return index
    end, level = _long_city(note, index, tails) if tails else (index, 0)
    if not level and token.word.city:
        end, level = index + 1, token.word.city
    if level and _is_place(note, index, end, level):
        return end
    if token.shape != "C":
        return index
    if note.low(index + 1) in _COUNTIES and token.word.common <= 2 and note.tokens[index + 1].shape == "C":
        return index + 2
    return _town(note, index) if not _before_state(note, index) else index + 1


def _lower_city(note: Note, index: int) -> bool:
    """`lives in tulsa`: a large city in lower case right behind a preposition of place, and no other word."""
    word = note.tokens[index].word
    return word.city == 3 and not word.common and not word.clinical and word.first < 2 and note.low(index - 1) in _SURE_IN


def _long_city(note: Note, index: int, tails: tuple[tuple[tuple[str, ...], int], ...]) -> tuple[int, int]:
    second = note.low(index + 1 + (note.low(index + 1) in (".", "-")))
    for rest, level in tails:
        end = _matches(note, index + 1, rest) if rest[0] == second else 0
        if end:
            capitals = all(t.shape in "CUp" for t in note.tokens[index:end] if len(t.low) > 2)
            if capitals or (level == 3 and note.low(index - 1) in _SURE_IN):
                return end, level
    return index, 0


def _matches(note: Note, at: int, rest: tuple[str, ...]) -> int:
    """Index behind the further words of a city, dots and hyphens between them skipped; 0 when they are not there."""
    for word in rest:
        at += note.low(at) in (".", "-")
        if note.low(at) != word:
            return 0
        at += 1
    return at


def is_long_city(note: Note, index: int) -> bool:
    """Whether a city of several words begins at a token."""
    return _long_city(note, index, long_cities().get(note.low(index), ()))[1] > 0


def _is_place(note: Note, start: int, end: int, level: int) -> bool:
    token, word = note.tokens[start], note.tokens[start].word
    before, single = note.low(start - 1), end == start + 1
    if single and word.city and token.low in STATES:
        return False
    if token.shape == "U" and not token.shouted and single:
        return False
    state = _state_follows(note, end)
    if state:
        return word.common <= 3 or not single
    if not single:
        return level >= 2 or before in _SURE_IN
    if word.common >= 2 or word.clinical or word.capital or (token.shape == "U" and level < 3):
        behind = before in _SURE_IN or (before == "," and note.low(start - 2) in _FACILITY_ENDS and token.shape == "C")
        return behind and word.common <= 2 and level >= 2 and not token.opens and not word.clinical
    if before in _SURE_IN or (before in _IN and note.low(start - 2) in _MOVES):
        return not (word.eponym and level < 3) and not (word.first >= 2 and level < 3 and before in ("from",))
    named = {note.low(end), note.low(end + 1)} & EPONYM_NOUNS or (
        note.low(end).isdigit() and len(note.low(end)) < 3 and before not in _SURE_IN
    )
    if before in _FACILITY_ENDS and level >= 2 and token.shape == "C" and not named:
        return True
    if before == "," and (note.low(start - 2) in _PLACE_ENDS or note.low(start - 2).isdigit()) and not token.opens:
        return level >= 2 and not named
    return level == 3 and not named and word.first < 3 and not word.common and not _beside_capital(note, start)


def _beside_capital(note: Note, index: int) -> bool:
    beside: list[Token] = note.tokens[max(0, index - 1) : index] + note.tokens[index + 1 : index + 2]
    return any(t.shape in "CI" and not t.opens for t in beside) or note.low(index + 1) in ("'s", "-")


def _state_follows(note: Note, end: int) -> bool:
    at = end + (note.low(end) == ",")
    if at >= len(note.tokens):
        return False
    token = note.tokens[at]
    return (token.low in STATES and token.shape in "CU" and token.gap in ("", " ")) or (
        token.text in STATE_CODES and note.low(end) == "," and token.text not in ("OR", "IN", "ME", "OK", "HI") and token.gap == " "
    )


def _before_state(note: Note, index: int) -> bool:
    """`Somewhere, TX`: an unknown capitalised word before a comma and a state."""
    token = note.tokens[index]
    if token.shape != "C" or note.low(index + 1) != "," or index + 2 >= len(note.tokens):
        return False
    code = note.tokens[index + 2]
    return (
        token.word.unknown
        and code.gap == " "
        and (
            (code.text in STATE_CODES and code.text not in ("MD", "PA", "OR", "IN", "DO", "MS", "MA", "NP"))
            or (code.low in STATES and code.shape == "C")
        )
    )
