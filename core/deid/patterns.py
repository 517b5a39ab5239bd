"""Contact data by pattern: phone, fax, e-mail, web address, network address, social security number.

Every quantifier is bounded, and every pattern begins at a character that few positions have, so the time
grows with the text's length only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note, tried
from core.deid.numbers import DRUG_CODE
from core.model import Category

_EXT = r"(?:[ ,;]{0,2}(?:x|ext\.?|extension|opt(?:ion)?\.?)[ .#]{0,2}\d{1,6})?"
_PHONES = (
    re.compile(rf"(?<![\w.-])(?:\+?1[-. /]{{0,2}})?(?:\(\d{{3}}\)[ -]{{0,2}}|\d{{3}} ?[-. /] ?)\d{{3}} ?[-. ] ?\d{{4}}(?!\d){_EXT}", re.I),
    re.compile(rf"(?<![\w.-])\+\d{{1,3}}[ .-]{{0,2}}\(?\d{{1,5}}\)?(?:[ .-]{{0,2}}\d{{2,5}}){{1,4}}(?!\w){_EXT}", re.I),
    re.compile(r"(?<![\w.$/-])0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}(?!\w)"),
    re.compile(rf"(?<![\w.$/-])[2-9]\d{{2}}[2-9]\d{{6}}(?!\w){_EXT}", re.I),
    re.compile(r"(?<![\w./-])[2-9]\d{2}-\d{4}(?![\w-])"),
    re.compile(r"(?<![\w.-])1-8\d\d-[0-9A-Z-]{7,9}(?![\w-])"),
    re.compile(
        r"(?<![\w.$/-])\(0\d{1,4}\)[ -]?\d{2,4}(?:[ -]\d{2,4}){1,3}(?![\w/])"
        r"|(?<![\w.$/-])0\d{2,4}[ /-]{1,3}\d{2,4}(?:[ -]\d{1,4}){1,4}(?![\w/.])"
    ),
    re.compile(r"(?<![\w.$/-])0\d{4}[ -]\d{6}(?!\w)|(?<![\w.$/-])(?:00|011) ?[1-9]\d{0,2}(?:[ -]\d{2,5}){2,4}(?![\w/])"),
    re.compile(
        r"(?:(?<=[(:#] )|(?<=[(:#])|(?<=[a-z], )|(?<=[a-z]\) ))[2-9]\d{2}[ .][0-9]{4}(?=[);,.\s]|$)(?! ?(?:mg|ml|units?|x|cells|kcal))"
    ),
    re.compile(r"(?<![\w.$/-])(?:[2-9]\d{2}) (?:\d{2} ){2}\d{2}(?![\w/.])"),
)
_BY_CUE = (
    re.compile(
        r"\b(?:pager|beeper|pgr|pg|page|bleep|dect|ascom|vocera|spectralink|ph|tel|telephone|phone|cell|mob|mobile|tfno|handy|call"
        r"|ring|text|dial|cb|#|p)(?: me| us)?[ .:#]{1,3}"
        r"(\d(?:[ .-]?\d){3,12})(?![\w/%]|\.\d|:\d)(?! ?(?:mg|ml|mcg|units?|times|x|days?|weeks?|hours?|hrs?|min|am|pm|yo|years?)\b)",
        re.I,
    ),
    re.compile(r"\b(?:ext|extn|extension)\.? ?#? ?(\d{2,6})(?![\w/])", re.I),
    re.compile(r"(?<=[\w)] )([xX]\d{4,5})(?![\w/%.])(?<![05]000)"),
    re.compile(r"\b[Pp](\d{3}-\d{4})(?![\w-])"),
    re.compile(
        r"\b(?:called?|paged?|pager|ext|xt|kl|klapka|klappe|durchwahl|dw|int|poste|anexo|toestel|desk|phone|line|office"
        r"|dial|reach(?:ed)?(?: at)?)"
        r"\.? ?[:#]? ?(\d-\d{4}|\d\d-\d{3}|(?<=kl\. )\d{3,5}|(?<=klapka )\d{3,5}|(?<=dw )\d{2,4}|(?<=poste )\d{3,5}|(?<=anexo )\d{3,5}"
        r"|(?<=toestel )\d{3,5})(?![\w/%-]|\.\w)",
        re.I,
    ),
    re.compile(r"(?<=[a-z)] )([xX] \d{4,5})(?=[,;.)\n]|$)(?<![05]000)"),
    re.compile(  # whose pager it is stands between; figures that are a time of day may be one
        r"\b(?:bleep|page|pager|beeper|dect|(?:call|ring|phone|dial)(?= (?:dr|mr|mrs|ms|miss|sr|prof|nurse)\b))"
        r" (?:(?:dr|mr|mrs|ms|miss|sr|prof|nurse)\.? )?[a-z][a-z'-]{2,20} (?:on |at )?(?!(?:[01]\d|2[0-3])[0-5]\d\b)(\d{4,5})"
        r"(?![\w/%:-]|\.\d)(?! ?(?:mg|ml|mcg|units?|times|x|hours?|hrs?)\b)",
        re.I,
    ),
)
_PAGED = re.compile(r"^\d{1,2}:\d\d (?:TO|to|To) (\d{4,5})(?![\w/])", re.M)  # a paging log
# How many digits each of the above holds at least, and in how many runs.
_HELD = ((10, 3), (4, 1), (9, 2), (10, 1), (7, 2), (4, 2), (6, 3), (7, 2), (7, 2), (9, 4))
_CUE_WORDS = words("patterns.phone_cues")
_INNER = frozenset(("kl", "klapka", "klappe", "dw", "poste", "anexo", "toestel", "dial"))
# With what a match of the above can begin.
_CUES = _CUE_WORDS | _INNER | frozenset(("#", "xt", "called", "paged", "calls", "pages", "desk", "line", "office", "reach", "reached"))
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%'-]{1,64}(?: ?@ ?| ?[\[(]at[\])] ?)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,3}\.[A-Za-z]{2,20}")
# Dictated: jo dot mai at example dot com.
_SPOKEN_EMAIL = re.compile(
    r"\b[\w-]{1,30}(?: (?:dot|underscore|dash|hyphen) [\w-]{1,30}){0,4}"
    r" at [\w-]{1,30}(?: dot [\w-]{1,20}){0,2} dot (?:com|org|net|edu|gov|io|[a-z]{2})\b",
    re.I,
)
# A square of three metres, in three words.
_THREE_WORDS = re.compile(r"///[^\W\d_]{2,20}\.[^\W\d_]{2,20}\.[^\W\d_]{2,20}")
_HANDLE = re.compile(r"@(?<![\w@.]@)[A-Za-z_][\w.]{2,30}\b")
_URL = re.compile(
    r"(?:\b(?:https?|s?ftp|file|ssh|rtsp)://|\bwww\.)[^\s<>\"')\]]{1,500}"
    r"|(?<![\w.@-])(?:[A-Za-z0-9-]{1,40}\.){1,4}(?:com|org|net|edu|gov|io|health|info|co\.uk|us|ca)\b(?:/[^\s<>\"')\]]{0,300})?"
    r"|(?<![\w.@-])(?:[A-Za-z][A-Za-z0-9-]{1,40}\.){2,4}(?:nz|au|uk|de|fr|es|it|nl|be|ch|at|pl|se|dk|fi|ie|pt|br|mx|jp|kr|in"
    r"|za|eu|dev|app|me|tv)\b(?:/[^\s<>\"')\]]{0,300})?",
    re.I,
)
_URL_HINT = re.compile(
    r"[.:Ww](?:(?<=\.)(?i:com|org|net|edu|gov|io|health|info|co|us|ca|nz|au|uk|de|fr|es|it|nl|be|ch|at|pl|se|dk|fi|ie|pt|br|mx|jp|kr|in"
    r"|za|eu|dev|app|me|tv)(?![A-Za-z])|(?<=:)//|(?<=[Ww])[Ww]{2}\.)"
)
_BLANK = re.compile(r"\s")
_HEX_HINT = re.compile(r":[0-9A-Fa-f]{0,4}:|-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IP = re.compile(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w.]?\d)")
_IP6 = re.compile(
    r"(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}(?:[0-9a-f]{1,4})?(?::[0-9a-f]{1,4}){0,4}(?![\w:])"
    r"|(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])",
    re.I,
)
_GEO = re.compile(r"(?<![\w.])-?\d{1,3}\.\d{4,8}°?[NS]?,? {0,2}-?\d{1,3}\.\d{4,8}(?![\w.])")
_SSN = re.compile(r"(?<![\w-])(?!000|9\d\d-7\d)\d{3}([- .])\d{2}\1\d{4}(?![\w-])")
_SSN_VEILED = re.compile(r"[xX*](?<!\w[xX*])[xX*]{2}[- ]?[xX*]{2}[- ]?\d{4}(?!\w)")
_LAST_WORDS = frozenset(("last", "last4", "ending"))
_LAST4 = re.compile(
    r"\blast ?(?:4|four)(?: (?:of|digits|ssn|social|is|are|#|the|her|his|in)){0,4}[ :#=]{0,3}(\d{4})(?!\d)"
    r"|\bending (?:in |with )?#?(\d{4})(?![\d/])",
    re.I,
)
# Lines that a whole country shares: poison control, the suicide and crisis line.
_HOTLINES = frozenset(("18002221222", "8002221222", "18002738255", "8002738255"))
_FAXED = frozenset(("fax", "faxed", "facsimile", "fx"))


def contacts(note: Note) -> Iterator[Found]:
    """Everything one can be reached by, and social security numbers."""
    text = note.text
    if "@" in text or "[at]" in text or "(at)" in text:
        yield from (Found(m.start(), m.end(), Category.EMAIL, 0.99, "email") for m in _EMAIL.finditer(text))
        yield from (Found(m.start(), m.end(), Category.URL, 0.8, "handle") for m in _HANDLE.finditer(text))
    if "dot" in note.words:
        yield from (Found(m.start(), m.end(), Category.EMAIL, 0.95, "email-words") for m in _SPOKEN_EMAIL.finditer(text))
    if "///" in text:
        yield from (Found(m.start(), m.end(), Category.OTHER_ID, 0.95, "coordinates") for m in _THREE_WORDS.finditer(text))
    yield from (Found(m.start(), m.end(), Category.URL, 0.98, "url") for m in _urls(text))
    if "." in text:
        yield from (Found(m.start(), m.end(), Category.IP, 0.97, "ip") for m in tried(_IP, text, note.figures(4, 4, ".")))
        yield from (Found(m.start(), m.end(), Category.OTHER_ID, 0.9, "coordinates") for m in tried(_GEO, text, note.figures(5, 2, ".")))
    if _HEX_HINT.search(text):
        yield from (Found(m.start(), m.end(), Category.IP, 0.95, "ip") for m in _IP6.finditer(text) if not _is_clock(m[0]))
    yield from _ssns(note)
    yield from _phones(note)


def _urls(text: str) -> Iterator[re.Match[str]]:
    """Web addresses, looked for in those stretches without blanks that hold what each of them holds."""
    at = 0
    while hint := _URL_HINT.search(text, at):
        start = hint.start()
        while start > at and not text[start - 1].isspace():
            start -= 1
        end = _BLANK.search(text, hint.end())
        at = end.start() if end else len(text)
        yield from _URL.finditer(text, start, at)


def _is_clock(value: str) -> bool:
    return value.replace(":", "").isdigit() and len(value) < 13


def _ssns(note: Note) -> Iterator[Found]:
    text = note.text
    for match in tried(_SSN, text, note.figures(9, 3, "- .")):
        yield Found(match.start(), match.end(), Category.SSN, 0.98, "ssn")
    for match in _SSN_VEILED.finditer(text) if "*" in text or "x" in text or "X" in text else ():
        yield Found(match.start(), match.end(), Category.SSN, 0.98, "ssn")
    for start, end in note.around(_LAST_WORDS, 0, 64):
        for match in _LAST4.finditer(text, start, end):
            group = match.lastindex or 0
            yield Found(match.start(group), match.end(group), Category.SSN, 0.9, "ssn-last4")


def _cued_phones(note: Note) -> Iterator[Found]:
    """Short numbers that only a cue makes a telephone number: pagers, extensions."""
    starts = [note.starts[index] for index in note.at(_CUES)]
    for pattern in _BY_CUE:
        for match in tried(pattern, note.text, starts):
            if pattern is not _BY_CUE[0] or sum(c.isdigit() for c in match[1]) >= (4 if match[0][0].lower() in "pbdavs" else 6):
                yield Found(match.start(1), match.end(1), Category.PHONE, 0.85, "phone-cue")


def _phones(note: Note) -> Iterator[Found]:
    if not (_CUE_WORDS | _INNER).isdisjoint(note.words) or "X" in note.text:
        yield from _cued_phones(note)
    if "to" in note.words:
        yield from (Found(*m.span(1), Category.PHONE, 0.85, "phone-cue") for m in _PAGED.finditer(note.text))
    for pattern, held in zip(_PHONES, _HELD, strict=True):
        for match in tried(pattern, note.text, note.figures(*held)):
            if "".join(c for c in match[0] if c.isdigit()) in _HOTLINES or DRUG_CODE.fullmatch(match[0]):
                continue
            before = note.index_at(match.start())
            cues = {note.low(i) for i in range(before - 5, before)}
            fax = bool(cues & _FAXED) and not cues & {"phone", "tel"}
            yield Found(match.start(), match.end(), Category.FAX if fax else Category.PHONE, 0.95, "phone")
