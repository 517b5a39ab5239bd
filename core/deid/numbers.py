"""Numbered identifiers: a value that holds digits, and the cue words before it that say what it is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from core.deid import checks
from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.note import Note, tried
from core.model import Category

_VALUE = re.compile(r"(?<![\w.$-])#?(?=[A-Za-z./_-]{0,12}\d)[A-Za-z0-9](?:[A-Za-z0-9]|[-._/](?=[A-Za-z0-9])){1,40}(?:\*{2,6}\d{2,6})?")
_MORE_GROUPS = re.compile(
    r"(?:[ -]\d{2,6}(?![\w/%:.])){1,5}(?: \d(?=[\n,;)]|$))?|(?: \d){1,3}(?=[\n,;)]|$)|(?: / ?\d{1,2}| \d{2})(?=[\n,;)]|$)"
)
# More of the same behind it: bands 88120, 88123/4, 88131.
_FURTHER = re.compile(r"(?:(?:,|;|/|,? and|,? &) ?#?(\d{3,12}(?:/\d{1,3})?)(?![\w.%-])){1,12}")
_PREFIX = re.compile(r"(?<![\w.-])[A-Z]{2,4} $")
# With a cue a value may hold blanks behind a short prefix: HC 40117, KX71 ZZQ, C 29 448 117.
_SPACED = re.compile(
    r"(?<![\w.$-])#?(?:[A-Z]{1,5}|[A-Z]{1,3}\d{1,3}|\d[A-Z]{1,3}) (?=[\dA-Z]{0,4}\d"
    r"|[A-Z]{3}\b)[\dA-Z]{2,10}(?:[ -][\dA-Z]{1,8}(?![a-z])(?<=[\d-][\dA-Z])){0,3}(?![\w%])"
)
# The head of such a value, found by its first character.
_SPACED_HEAD = re.compile(r"[#A-Z0-9](?<![\w.$-].)[A-Z\d]{0,6} (?=[\dA-Z]{0,4}\d|[A-Z]{3}\b)")
_PLATE = re.compile(
    r"\b(?:plates?|rego|tail(?: ?no\.?| ?number)?|car reg|license tag|tag no)(?: (?:no|number|#|is|was|reads?)){0,2}[ .:#]{0,3}"
    r"((?:[A-Z]{2} )?(?=[A-Z0-9 -]{0,8}\d|[A-Z]{1,3}-)[A-Z0-9]{1,4}[ -]?[A-Z0-9]{1,5}(?:[ -][A-Z0-9]{1,4})?)\b",
)
_LOGIN = re.compile(
    r"\b(?:username|user name|user ?id|login|screen ?name|portal (?:id|login|user)|instagram|facebook|twitter)(?: is|:"
    r"| =|-){1,2} {0,3}([A-Za-z0-9][\w.@-]{2,40})",
    re.I,
)
_LOGIN_BARE = re.compile(
    r"\b(?:login|username|user ?id|portal id|logon|handle|wechat|skype|discord|telegram|whatsapp) "
    r"([A-Za-z](?=\w{0,30}[_.\d])[\w.]{3,30})\b",
    re.I,
)
_BIOMETRIC = re.compile(
    r"\b(?:finger|voice|palm|retina|iris|face)[ -]?(?:print|scan|id|template)s?(?: (?:id|no|number|ref|template|hash"
    r"|file|code)){0,3}[ :#.=]{1,3}([A-Za-z0-9][A-Za-z0-9_./-]{3,40})",
    re.I,
)
_PHOTO = re.compile(
    r"\b(?:[\w-]{1,60}\.(?:jpe?g|png|heic|tiff?|gif|bmp|dcm|nef|cr2|dng|raw|webp|mov|mp4|avi|wav|mp3|m4a)|(?:photo"
    r"|photograph|image file|picture)s? (?:id|no|file"
    r"|ref)[ :#.=]{1,3}[\w./-]{3,60})\b",
    re.I,
)

DRUG_CODE = re.compile(r"\d{5}-\d{4}-\d{1,2}|\d{5}-\d{3}-\d\d|\d{4}-\d{4}-\d\d")
"""A National Drug Code (21 CFR 207.33): everybody's, and grouped like no telephone number."""

_CUED = (
    Category.MRN,
    Category.ACCOUNT,
    Category.HEALTH_PLAN,
    Category.LICENSE,
    Category.VEHICLE,
    Category.DEVICE,
    Category.SSN,
    Category.FAX,
    Category.PHONE,
    Category.OTHER_ID,
)
_STRONG = frozenset(word for c in _CUED for word in words(f"id.{c.name.lower()}.strong"))
_CUES = {word: c for c in _CUED for level in ("strong", "weak") for word in words(f"id.{c.name.lower()}.{level}")}
_FILL = words("numbers.fill")
_LINKS = words("numbers.links")
_UNITS = re.compile(
    r" ?(?:mg|mcg|ml|mls|cc|cm|mm|kg|lbs?|pounds|ounces|oz|units?|iu|meq|mmol|mmhg|bpm|beats|%|percent|degrees?|years?"
    r"|yrs?|y/?o|months?|weeks?|days?|hours?|hrs?|minutes?|min|seconds?|times|french|fr|gauge|x10|/h|/ul"
    r"|cells|copies|steps|g|l|dl|patients?|participants?|subjects?|cases|people|women|men|children|k/ul)\b|%",
    re.I,
)
# The last word says where a match can begin: at a digit with so many digits and runs of them ahead, at a capital, at a letter, at any
# start of a code so long, or anywhere.
_BARE = (
    (re.compile(r"\d{10,1000}"), 0.8, "anywhere"),
    (re.compile(r"(?<![\w.$/+-])#?\d{7,20}(?![\w%]|\.\d)"), 0.85, (7, 1)),
    (re.compile(r"(?<![\w.$/-])#?[A-Z]{1,6}[-_]?\d{5,12}(?:-\d{1,6})?[A-Z]{0,2}(?!\w)"), 0.85, "capital"),
    (re.compile(r"(?<![\w.-])#?[A-Z]{2,6}-[A-Z]{0,3}\d{3,10}(?:-[A-Z0-9]{1,8}){0,3}(?!\w)"), 0.8, "capital"),
    (re.compile(r"(?<![\w./-])\d{2,5}-\d{2,6}-\d{2,6}(?:-\w{1,6}){0,3}(?![\w])"), 0.85, (6, 3)),
    (re.compile(r"(?<![\w./-])\d{4,10}-\d{2,10}(?:-?[A-Z0-9]{1,4})?(?![\w-])"), 0.7, (6, 2)),
    (re.compile(r"(?<![\w-])[A-HJ-NPR-Z0-9]{17}(?!\w)"), 0.9, "long"),
    (re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"), 0.85, "capital"),
    (re.compile(r"(?<![\w-])(?:\d{4}[ -]){3}\d{1,7}(?!\w)"), 0.9, (13, 4)),
    (
        re.compile(r"(?<![\w-])[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[A-Z]{2}\d{2}(?!\w)"),
        0.9,
        (1, 1, "ACDEFGHJKMNPQRTUVWXY"),
    ),
    (re.compile(r"(?<![\w-])[A-Z]{2}\d{7}(?!\w)"), 0.8, "capital"),
    (re.compile(r"(?<![\w.-])[A-Z]{1,3}\d{2,4}[A-Z]{1,3}\d{3,8}[A-Z]{0,2}(?!\w)"), 0.8, "capital"),
    (re.compile(r"(?<![\w.-])#[A-Z]{0,4}-?\d{4,10}(?!\w)"), 0.8, "sign"),
    (re.compile(r"(?<![\w.-])[a-z]{2,5}\d{6,12}(?!\w)"), 0.8, "letter"),
    (re.compile(r"\(01\)\d{14}(?:\(\d\d\)[A-Za-z0-9-]{1,20}){0,6}|\+[A-Z]\d{3}[A-Z0-9]{6,40}/[A-Z0-9$+]{6,40}"), 0.95, "anywhere"),
)
# Letters and digits in groups: MH-24-3317, TN/MC/58812, 7KD-R41, 2008T-118827.
_GROUPED = re.compile(
    r"(?<![\w.$/+-])#?(?=[A-Z/_-]{0,14}\d)(?=[\d/_-]{0,14}[A-Z])[A-Z0-9]{1,8}(?:[-/_][A-Za-z0-9]{1,10}){1,5}(?![\w]|[-/.]\w)"
)
_PLAIN_GROUP = re.compile(
    r"#?(?:[A-Z]{1,6}-?\d{1,3}|\d{1,2}-?(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-?\d{2,4}"
    r"|\d{1,3}[A-Z]{1,3}/\w{1,5}|[A-Z]{1,3}\d{1,2}(?:[-/][A-Z]?\d{1,2}){1,3}"
    r"|[A-Z0-9]{1,4}/[A-Z0-9]{1,4})",
    re.I,
)
# poison control, the crisis line
_HOTLINE = r"(?:1-?)?800-?(?:222-?1222|273-?8255)"
_NO_ID = re.compile(
    r"#?(?:CA[- ]?(?:125|15|19|27|72)|NCT ?\d{8}|PMID|PMC\d|COVID-?\d|SARS|CPT|ICD|HLA|SNOMED|LOINC"
    r"|ATCC|GRCH|RS\d|(?:19|20)\d\d-(?:19|20)?\d\d$"
    r"|CD\d|IL-?\d|LAC-?Z|[A-Z]\d\d\.\d|(?:CMS|SSA|FDA|HCFA|SF|DD|VA)-?\d{2,5}$|NM_|NP_|KT-?1000|UB-?04"
    r"|[ACGTRNDEQHILKMFPSWYV]\d{2,5}[ACGTRNDEQHILKMFPSWYV*]$|\d{1,3}-\d{1,3}$"
    rf"|{_HOTLINE})",
    re.I,
)


def is_hotline(value: str) -> bool:
    """Whether a telephone number is everybody's."""
    return re.fullmatch(_HOTLINE, value) is not None


def not_an_identifier(value: str) -> bool:
    """Trial, article, code and marker numbers, whose letters tell what they are."""
    return bool(_NO_ID.match(value))


def measured(text: str, end: int) -> bool:
    """Whether a unit stands behind a number that ends here."""
    return bool(_UNITS.match(text, end)) or text[end : end + 2].lstrip().startswith("%")


_SIX = re.compile(r"(?<![\w.$/#+-])(?<!\d,)\d{6}(?![\w%]|\.\d|,\d{3})")
_IMAGE = re.compile(r"\b(?:image|series|slice|frame|im|se)s?(?: ?\d{1,4}(?:,|/| to| and|-)){0,3}[ #]{0,3}$", re.I)
# What these words announce is a code that everyone shares.
_SHARING_WORDS = (
    r"loinc|ndc|cpt|icd(?:-?\d{1,2})?(?:-cm|-pcs)?|hcpcs|lcd|ncd|snomed(?: ct)?|rxnorm|rxcui|form|forms|section|sec"
    r"|figure|fig|table|chapter|version"
    r"|article|doi|pmid|pmcid|isbn|issn|iso|usp|omim|mim|orpha|atc|drg|apc|rev(?:enue)? code|cms|catalog|cat|part|model|nm"
    r"|np|rs|hgvs|chr|grch"
    r"|cvx|clinvar|cosmic|ensembl|uniprot|gtin|protocol|nct|pdb|lancet|nejm|jama|vol|volume|page|pp|hla|cd|il"
)
_SHARED = re.compile(rf"\b(?:{_SHARING_WORDS})(?: (?:no|code|number|id))?[.:]? {{0,2}}#?$", re.I)
_SHARING = frozenset(word.partition("(")[0] for word in _SHARING_WORDS.split("|") if word[0].isalpha()) | {"revenue"}
_YEAR = re.compile(r"(?:19|20)\d\d")
_MEASURE = re.compile(r"\d{1,4}(?:[./]\d{1,4}){0,3}|\d{1,3}(?:-\d{1,3})?|[A-Z]\d{1,2}(?:-?[A-Z]?\d{1,2})?")


def numbered(note: Note) -> Iterator[Found]:
    """Identifiers with digits in them: those with a cue, then those whose shape says enough."""
    yield from _by_phrase(note)
    if not note.numbers:
        return
    for match in tried(_VALUE, note.text, note.all_starts):
        yield from _by_cue(note, match)
    for match in tried(_SPACED, note.text, [m.start() for m in _SPACED_HEAD.finditer(note.text)]):
        yield from _spaced(note, _unlabelled(note.text, match))
    yield from _by_shape(note)


_PHRASES = (
    (frozenset(("plate", "plates", "rego", "tail", "car", "tag")), _PLATE, Category.VEHICLE),
    (words("numbers.login"), _LOGIN, Category.OTHER_ID),
    (words("numbers.login"), _LOGIN_BARE, Category.OTHER_ID),
    (
        words("numbers.biometric"),
        _BIOMETRIC,
        Category.BIOMETRIC,
    ),
)
_PHOTO_WORDS = words("numbers.photo_words")


def _by_phrase(note: Note) -> Iterator[Found]:
    for gate, pattern, category in _PHRASES:
        if gate.isdisjoint(note.words):
            continue
        for match in pattern.finditer(note.text):
            if any(c.isdigit() for c in match[1]) or category is Category.OTHER_ID or "-" in match[1]:
                yield Found(match.start(1), match.end(1), category, 0.9, "cue")
    if not _PHOTO_WORDS.isdisjoint(note.words):
        for match in _PHOTO.finditer(note.text):
            yield Found(match.start(), match.end(), Category.PHOTO, 0.9, "photo")


def _by_shape(note: Note) -> Iterator[Found]:
    text = note.text
    for pattern, score, begin in _BARE:
        for match in _beginning(note, pattern, begin):
            value = match[0].lstrip("#")
            if any(c.isdigit() for c in value) and _unshared(note, match):
                yield Found(match.start(), match.end(), _shape_category(value), score, "number")
    for match in tried(_GROUPED, text, _grouped_starts(note)):
        value = match[0]
        count = sum(c.isdigit() for c in value)
        if count >= _GROUPED_DIGITS and not _PLAIN_GROUP.fullmatch(value) and _unshared(note, match):
            yield Found(match.start(), match.end(), _shape_category(value.lstrip("#")), 0.8, "number")
    for match in tried(_SIX, text, note.figures(6)):
        if not _UNITS.match(text, match.end()):
            yield Found(match.start(), match.end(), Category.OTHER_ID, 0.4, "bare-number", state="flagged")


def _beginning(note: Note, pattern: re.Pattern[str], begin: str | tuple[int, int] | tuple[int, int, str]) -> Iterator[re.Match[str]]:
    """What `finditer` gives, where the word or the figures at its side in `_BARE` say that it can begin."""
    if isinstance(begin, tuple):
        return tried(pattern, note.text, note.figures(*begin))
    if begin == "capital":
        return tried(pattern, note.text, note.capital_starts)
    if begin == "letter":
        return tried(pattern, note.text, note.code_starts)
    if begin == "long":
        return tried(pattern, note.text, note.all_starts if any(b - a >= _VIN for a, b in note.coded) else [])
    if begin == "sign":
        return tried(pattern, note.text, note.all_starts if "#" in note.text else [])
    return pattern.finditer(note.text) if _anywhere(note) else iter(())


def _grouped_starts(note: Note) -> list[int]:
    """Those of `all_starts` that lie in a stretch with a capital, a mark between groups, and enough digits."""
    starts: list[int] = []
    for begin, end in note.coded:
        piece = note.text[begin:end]
        if not _GROUP_MARKS.isdisjoint(piece) and piece != piece.lower() and sum(map(str.isdigit, piece)) >= _GROUPED_DIGITS:
            starts += note.all_starts[bisect_left(note.all_starts, begin) : bisect_left(note.all_starts, end)]
    return starts


_VIN = 17
_GROUPED_DIGITS = 4
_GROUP_MARKS = frozenset("-/_")


def _anywhere(note: Note) -> bool:
    """Whether the note holds what the patterns that may begin anywhere ask for: many digits in a row, `(01)` or a plus."""
    return max(note.numbers) >= 10 or "(01)" in note.text or "+" in note.text


def _unshared(note: Note, match: re.Match[str]) -> bool:
    """Whether no unit, image number or code system claims a number."""
    text, start = note.text, match.start()
    said = _NO_ID.match(match[0]) or _UNITS.match(text, match.end()) or _IMAGE.search(text, max(0, start - 24), start)
    return not (said or shared_by_all(note, start))


def _shares(note: Note, start: int) -> bool:
    """Whether a word of `_SHARED` stands among the few tokens that may lie between it and a number."""
    index = note.index_at(start)
    return not _SHARING.isdisjoint(note.lows[max(0, index - 9) : index])


def shared_by_all(note: Note, start: int) -> bool:
    """Whether the words before a number say that it is everybody's, as a form's, a guideline's or a code system's."""
    return _shares(note, start) and bool(_SHARED.search(note.text, max(0, start - 24), start))


def _shape_category(value: str) -> Category:
    if checks.vin(value):
        return Category.VEHICLE
    if checks.dea(value) or checks.npi(value):
        return Category.LICENSE
    digits = value.replace(" ", "").replace("-", "")
    if digits.isdigit() and len(digits) in (15, 16) and checks.luhn(digits):
        return Category.ACCOUNT
    return Category.OTHER_ID


def _by_cue(note: Note, match: re.Match[str]) -> Iterator[Found]:
    if match.end() - match.start() <= _TOO_SHORT and sum(map(str.isdigit, match[0])) < _TOO_SHORT and match[0][0] != "#":
        return  # no cue makes it worthy
    cue, linked = _cue_before(note, match.start())
    if not cue or not _worthy(note.text, match, cue, linked):
        return
    end = match.end()
    if cue in _STRONG or linked:
        more = _MORE_GROUPS.match(note.text, end)
        end = more.end() if more and not _UNITS.match(note.text, more.end()) else end
    start = _prefixed(note.text, match.start())
    yield Found(start, end, _CUES[cue], 0.95 if cue in _STRONG else 0.85, "cue")
    yield from _further(note.text, match, end, _CUES[cue])


_TOO_SHORT = 3


def _prefixed(text: str, start: int) -> int:
    """Where a value begins with the short prefix in capitals that stands before it, as in `Hosp no GB 60021`."""
    head = _PREFIX.search(text, max(0, start - 6), start)
    word = head[0].strip().lower() if head else ""
    if not head or word in _CUES or word in _FILL or word.upper() in _STATE_CODES or look_up(word).clinical or kind_like(word):
        return start
    return head.start()


def kind_like(word: str) -> bool:
    """Whether a short word is itself a label, such as `SN` or `DOB`."""
    return word in _LABELS or word in _STRONG


def _further(text: str, match: re.Match[str], end: int, category: Category) -> Iterator[Found]:
    more = _FURTHER.match(text, end)
    digits = sum(c.isdigit() for c in match[0])
    if more and match[0].strip("#").isdigit() and all(abs(len(n) - digits) <= 1 for n in re.findall(r"(?<!/)\b\d+", more[0])):
        yield Found(end, more.end(), category, 0.85, "cue")


def _unlabelled(text: str, match: re.Match[str]) -> re.Match[str] | None:
    """The value without the label that was taken for its prefix, as in `MRN WDH 0044718`."""
    found: re.Match[str] | None = match
    while found and (head := found[0].split(" ", 1)[0]).lower() in _CUES:
        found = _SPACED.match(text, found.start() + len(head) + 1)
    return found


def _spaced(note: Note, match: re.Match[str] | None) -> Iterator[Found]:
    """A value with blanks in it, right behind its cue."""
    if match is None or sum(c.isdigit() for c in match[0]) < 2 or _UNITS.match(note.text, match.end()) or _NO_ID.match(match[0]):
        return
    cue, linked = _cue_before(note, match.start())
    near = note.low(note.index_at(match.start()) - 1)
    if note.low(note.index_at(match.start())) in _VITALS:
        return  # `booking BP 112/70`
    if cue and (cue in _STRONG or linked or near in _CUES) and not _UNITS.search(match[0]):
        yield Found(match.start(), match.end(), _CUES[cue], 0.9, "cue")


_PROCEDURES, _PROCEDURE_DIGITS = frozenset(("bill", "bills", "billed", "code", "codes", "coded")), 5
_VITALS = words("vetoes.vitals")
_SERIAL = re.compile(r"\b[sS]/[nN][ .:#]{0,3}$")


def _cue_before(note: Note, start: int) -> tuple[str, bool]:
    """The cue word that governs a value, and whether a link such as `#`, `:` or `no.` joins them."""
    if _SERIAL.search(note.text, max(0, start - 8), start):
        return "s/n", True
    index, linked, steps = note.index_at(start) - 1, False, 0
    best = ""
    while index >= 0 and steps < 7:
        token = note.tokens[index]
        if start - token.end > 60 or "\n\n" in note.text[token.end : start]:
            break
        if token.text == "pH":
            break
        if token.low in _CUES and token.low not in ("id", "ids", "number", "ref", "record", "rec"):
            return token.low, linked
        best = best or (token.low if token.low in _CUES else "")
        if token.low not in _FILL:
            break
        linked = linked or token.low in _LINKS
        index, steps = index - 1, steps + 1
    return best, linked or best in ("id", "ids")


_LABELS = frozenset(w for w in words("labels.other") | words("labels.kept") | words("labels.date")) | {
    "dob",
    "sn",
    "ssn",
    "npi",
    "dea",
    "id",
    "no",
    "nr",
}
_STATE_CODES = words("numbers.states")


def category_of_cue(note: Note, start: int) -> Category | None:
    """What the cue words before an offset say a number there is; None without one."""
    cue, _ = _cue_before(note, start)
    return _CUES.get(cue)


def _worthy(text: str, match: re.Match[str], cue: str, linked: bool) -> bool:
    value = match[0].lstrip("#")
    linked = linked or match[0][0] == "#"
    digits = sum(c.isdigit() for c in value)
    if _UNITS.match(text, match.end()) or _NO_ID.match(value):
        return False
    if cue in _STRONG:
        return (
            digits >= 3
            or (digits >= 2 and linked and len(value) >= 4)
            or (len(value) >= 5 and value.isalnum() and value.isupper() and digits > 0)
        )
    if not linked:
        if cue in _PROCEDURES and len(value) == _PROCEDURE_DIGITS and value.isdigit():
            return False  # `bill 93653`, `code 99490`: a procedure's
        mixed = 2 <= digits < len(value) and value == value.upper() and not _MEASURE.fullmatch(value)
        return (digits >= 5 and not _MEASURE.fullmatch(value)) or (mixed and len(value) >= 5)
    if _YEAR.fullmatch(value) or (digits < 3 and len(value) < 5):
        return False
    return not (_MEASURE.fullmatch(value) and digits < 4)
