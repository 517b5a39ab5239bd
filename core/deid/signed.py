"""Who wrote it: initials of typists and signers.

Initials are two to four letters that no list of clinical words or abbreviations holds, at a place where one signs: behind a label such
as `Transcribed`, as `ABC:de` under a letter, behind a dash at the end of a line, before a date at its beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.cues import CLINICIAN, PERSON
from core.deid.found import Found
from core.deid.kept import is_abbreviation
from core.deid.lexicon import look_up, words
from core.deid.normalise import fold
from core.deid.note import Note, tried
from core.model import Category

DETECTOR = "signed"
_DATE = r"\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?"
_HOUR = r"(?:[ ,]{1,2}(?:@ ?)?\d{1,2}:?\d\d(?: ?[AaPp][Mm])?)?"
_UNDER = re.compile(
    rf"^[ \t]*([A-Z]{{2,4}}) ?[:/] ?([a-z]{{2,4}}|[A-Z]{{2,4}})(?=[ \t]*(?:$|(?P<dated>[DT][DT]?:|[Jj]ob|{_DATE}|cc\b|\d{{5,}})))", re.M
)
_ENCLOSED = re.compile(r"\(([A-Za-z]{2,4})[/:]([A-Za-z]{2,4})\)")
_OF_MC = re.compile(r"(?<![\w'’-])[A-Z]{1,3}(?:Mc|Mac|O['’])[A-Z](?![\w'’-])")
_LABELLED = re.compile(
    r"\b(?:transcribed|transcription|transcriptionist|typed|typist|dictated|scribed?|entered|keyed|initials?|tech|technician|rph|verified"
    r"|released|collected|phleb|poured|given|drawn)(?: by)?(?P<link>:|/|=| -)? {0,3}"
    r"(?P<who>[A-Z][A-Za-z]{0,2}[A-Z]|[a-z]{2,3})\b(?![\w/.'’-]\w)",
    re.I,
)
_SIGNED = re.compile(
    r"(?:(?<=[.!?)\s])|^)(?:[-–—~]{1,2}|\*|//) ?(?P<who>[a-z]{2,3}|[A-Z]{2,3}|[A-Z]\.[A-Z]\.|[A-Z][a-z][A-Z])"
    r"(?:(?:[,/] ?| )(?P<rank>[A-Z][A-Za-z-]{1,7}))?\.?[ \t]*$",
    re.M,
)
_USER_CELL = re.compile(r"(?:^|(?<=[\t|]))(?P<who>[A-Za-z][a-z]{4,13})(?=[\t|]|$| e-?signed)", re.M)
_STAMPED = re.compile(rf"^[ \t]*(?P<who>[A-Z]{{2,3}}|[a-z]{{2,3}}),? {_DATE}{_HOUR}[ \t.]*$", re.M)
_STAMP_BEHIND = re.compile(
    rf"(?<![\w/.-]){_DATE}[ ,]{{1,2}}(?:@ ?)?\d{{1,2}}:?\d\d(?: ?hrs?| ?h)? (?P<who>[A-Z]{{2,3}}|[a-z]{{2,3}})[ \t.]*$", re.M
)
_SPOKEN_TO = re.compile(
    r"\b(?i:d/w|dw|s/w|staffed (?:with|w/)|discussed (?:with|w/)|signed out to|sign-?out to|handed (?:off|over) to|notified"
    r"|appt[^.\n]{0,20} w/|f/u w/|cosigned by|co-signed by|signed by|seen by|read by|rev'd by|reviewed by|called (?:to|by)|by)"
    r" ?(?P<who>[A-Z]{2,3}|[a-z]{3})\b(?![\w/'’-])"
)
_DOCTOR = re.compile(r"\b(?:[Dd][Rr]|[Nn]urse|[Mm][Rr]s?|[Mm]s)\.? (?P<who>[b-hj-z])\b(?![\w.'’-]\w)")
_BRACKETED = re.compile(r"\((?P<who>[a-z]{2,4})\)[ \t]*$", re.M)
_RECEIVED = re.compile(r"\brec(?:'?d|eived|'d)\b[^\n.]{0,16}? (?P<who>[a-z]{2,3})[ \t.]*$", re.M | re.I)
_RANKED = re.compile(r"(?:(?<=[.!?)] )|^)(?P<who>[a-z]{2,3}), (?P<rank>[A-Z][A-Za-z-]{1,6})[ \t.]*$", re.M)
_BY_TYPIST = re.compile(r"(?<=/ )(?P<who>[a-z]{2,3}:[a-z]{2,3})[ \t]*$", re.M)
_TURNED_TO = re.compile(r"(?:^|, )(?P<who>[a-z]{2,3}) (?:→|->)", re.M)
# Each with what a text must hold for it to be looked for at all.
_ENDS = {_BRACKETED: (")",), _RECEIVED: ("rec", "Rec", "REC"), _RANKED: (", ",), _BY_TYPIST: ("/ ",), _TURNED_TO: (" →", " ->")}
_STROKES = frozenset("-–—~*/")
_LAST_CELL = re.compile(r"\t(?P<who>[a-z]{2,3})[ \t]*$", re.M)
_LATE = re.compile(
    rf"(?:^|(?<=[.] ))(?:[Aa]ddend(?:um|a)|ADDENDUM|[Ll]ate (?:entry|note)|[Uu]pdate)[ :]{{1,2}}{_DATE}{_HOUR},? "
    r"(?P<who>[A-Z]{2,3}|[a-z]{2,3})(?=[ ]?[:–-])",
    re.M,
)
_LATE_WORDS = frozenset(("addendum", "addenda", "late", "update"))
# A letter alone that ends a message, before what it answers; a name behind the word of thanks or parting that ends one.
_LETTER = re.compile(r"(?:(?<=\n)|(?<=[.!?)] ))(?P<who>[A-Z])\.?[ \t]*(?=\n+(?:>|--|On [^\n]{4,60} wrote:|From:)|(?<=\n\n[A-Z])\s*\Z)")
_PARTING = re.compile(
    r"(?:^|(?<=[.!?,] ))(?:[Tt]a|[Tt]hanks?|[Tt]hx|[Tt]nx|[Tt]ks|[Tt]y|[Cc]heers|[Bb]est(?: wishes)?|[Rr]egards|[Rr]gds)[,!.]?"
    r"(?: |\n)(?P<who>[A-Z][a-z]{1,12}(?: [A-Z]\.?)?)[ \t]*$",
    re.M,
)
_PARTING_WORDS = frozenset(("ta", "thank", "thanks", "thx", "tnx", "tks", "ty", "cheers", "best", "wishes", "regards", "rgds"))
_SURE_LINKS = frozenset((":", "/", "=", " -"))
_LABELS = words("signed.labels")
_TALK, _TITLES = words("signed.talk"), frozenset(("dr", "nurse", "mr", "mrs", "ms"))
_NO_INITIALS = words("signed.never")


def signatures(note: Note) -> Iterator[Found]:
    """Initials of whoever typed, signed or was spoken to."""
    text = note.text
    yield from _typists(note)
    if "Mc" in text or "Mac" in text or "O'" in text or "O’" in text:
        yield from (_found(match, 0)._replace(detector="user") for match in _OF_MC.finditer(text))
    for start, end in note.around(_LABELS, 0, 28):
        for match in _LABELLED.finditer(text, start, end):
            sure = match["link"] in _SURE_LINKS or " by" in match[0].lower() or _typed_last(match)
            if _initials(match["who"], sure=sure):
                yield _found(match, "who")
    for match in tried(_SIGNED, text, note.starts_at(_STROKES)):
        if _initials(match["who"], sure=True) and (not match["rank"] or is_abbreviation(match["rank"].lower()) or match["rank"].isupper()):
            yield _found(match, "who")
    if note.numbers:
        for pattern, starts in ((_STAMPED, note.heads_of_lines), (_STAMP_BEHIND, note.figures(2, 2, "/.-"))):
            yield from (_found(m, "who") for m in tried(pattern, text, starts) if _initials(m["who"], sure=m["who"].isupper()))
    for pattern, held in _ENDS.items():
        for match in pattern.finditer(text) if any(part in text for part in held) else ():
            ranked = pattern is not _RANKED or is_abbreviation(match["rank"].lower())
            if ranked and all(_initials(part, sure=True) for part in match["who"].split(":")):
                yield _found(match, "who")
    for match in (m for start, end in note.around(_LATE_WORDS, 0, 48) for m in _LATE.finditer(text, start, end)):
        if _initials(match["who"], sure=True):
            yield _found(match, "who")
    yield from _last_line(note)
    yield from _spoken_to(note)
    yield from _last_cells(text)
    yield from _users(text)
    yield from _parting(note)


def _last_line(note: Note) -> Iterator[Found]:
    """Two or three letters alone on the last line of several."""
    last = note.tokens[-1] if len(note.tokens) > 1 else None
    if last and last.shape == "l" and len(last.text) in (2, 3) and "\n" in last.gap and _initials(last.text, sure=True):
        yield Found(last.start, last.end, Category.NAME, 0.85, DETECTOR, PERSON)


def _typed_last(match: re.Match[str]) -> bool:
    """`transcribed rbl` at the end of a line."""
    ends = match.string[match.end() : match.end() + 1] in ("", "\n")
    return ends and match[0].lower().startswith(("transcri", "typ", "dictat", "scribe", "keyed"))


def _parting(note: Note) -> Iterator[Found]:
    """`W` above the message it answers; `Ta, Clo`, `Cheers Bex`, but not `Thanks, Pharmacy`."""
    yield from (_found(m, "who", PERSON)._replace(detector="user") for m in tried(_LETTER, note.text, note.starts_of("I")))
    for start, end in note.around(_PARTING_WORDS, 16, 32):
        for match in _PARTING.finditer(note.text, start, end):
            word = look_up(fold(match["who"].split()[0]).lower())
            if not word.medical and (word.first or word.last or word.unknown):
                yield _found(match, "who", PERSON)


def _found(match: re.Match[str], group: str | int, role: str = CLINICIAN) -> Found:
    return Found(match.start(group), match.end(group), Category.NAME, 0.85, DETECTOR, role)


def _initials(value: str, *, sure: bool) -> bool:
    """Whether letters are nobody's word: no abbreviation of a list, in lower case no word at all; unsure, they must be in capitals."""
    low = value.replace(".", "").lower()
    word = look_up(low)
    if word.clinical or is_abbreviation(low) or low in _NO_INITIALS:
        return False
    if value.isupper() or (value[0].isupper() and value[-1].isupper()):
        return not word.common or sure
    return sure and not word.common and value.islower()


def _typists(note: Note) -> Iterator[Found]:
    """`ABC:de` on a line of its own or before the dates of dictation, `(abc/DE)`."""
    text = note.text
    if ":" not in text and "/" not in text:
        return
    for match in tried(_UNDER, text, note.heads_of_lines):
        told = [_initials(match[i], sure=True) for i in (1, 2)]
        glued = match.end(1) + 1 == match.start(2) and match[2].islower() and match[2] not in _NO_INITIALS  # `DFO:cmr`
        if (match["dated"] and match[1].lower() not in _NO_INITIALS) or all(told) or (glued and told[0]):
            yield _found(match, 1)
            yield _found(match, 2)
    for match in _ENCLOSED.finditer(text) if "(" in text else ():
        mixed = match[1].islower() != match[2].islower()
        for group in (1, 2) if mixed else ():
            if match[group].islower() and _initials(match[group], sure=True):
                yield _found(match, group)


def _spoken_to(note: Note) -> Iterator[Found]:
    for match in (m for start, end in note.around(_TALK, 0, 44) for m in _SPOKEN_TO.finditer(note.text, start, end)):
        cue = match[0][: match.start("who") - match.start()].strip()
        if match["who"].islower():
            ends = note.text[match.end() : match.end() + 1] in (",", ".", "\n", "")
            told = cue in ("by", "called by") and ends and _initials(match["who"], sure=True)
        else:
            told = cue != "by" and not _shouted(note, match.start("who")) and _initials(match["who"], sure=False)
        if told:
            yield _found(match, "who")
    for start, end in note.around(_TITLES, 0, 8):
        yield from (_found(m, "who") for m in _DOCTOR.finditer(note.text, start, end))


def _shouted(note: Note, start: int) -> bool:
    index = note.index_at(start)
    return index < len(note.tokens) and note.tokens[index].shouted


def _users(text: str) -> Iterator[Found]:
    """An initial and a surname as one word, in a cell or before `e-signed`: `sfoley`."""
    for match in _USER_CELL.finditer(text) if "\t" in text or "|" in text or "signed" in text else ():
        whole, surname = look_up(match["who"].lower()), look_up(match["who"][1:].lower())
        if whole.unknown and not whole.clinical and surname.last > 1 and not surname.medical:
            yield _found(match, "who", PERSON)._replace(detector="user")


def _last_cells(text: str) -> Iterator[Found]:
    """A last column of initials."""
    cells = [*_LAST_CELL.finditer(text)] if "\t" in text else []
    if len(cells) > 2 and any(_initials(m["who"], sure=True) for m in cells):
        yield from (_found(m, "who") for m in cells)
