"""Names without a cue: pairs and single names that the lists carry, initials, and what is only worth a flag."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid import cues
from core.deid.cues import PERSON
from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.note import Note, Token
from core.deid.runs import name_run
from core.model import Category, State

_CAPS = "CU"


_HL7 = re.compile(r"(?<=\|)[A-Za-z][A-Za-z'-]{1,30}\^[A-Za-z][A-Za-z'-]{1,30}(?:\^[A-Za-z]{1,30})?(?=[|^~\n]|$)")


def listed_names(note: Note) -> Iterator[Found]:
    """Names that the name lists alone carry, where the clinical lists do not object."""
    if "^" in note.text:
        yield from (Found(m.start(), m.end(), Category.NAME, 0.8, "hl7", PERSON) for m in _HL7.finditer(note.text))
    yield from _by_machines(note)
    yield from _aliases(note)
    tokens = note.tokens
    for index, token in enumerate(tokens):
        shape, word = token.shape, token.word
        if shape == "l":
            if word.first == 3 and not word.common and not word.medical:
                yield from _lower_pair(note, index)
        elif shape == "d" or shape == "p":
            continue
        elif shape in _CAPS and (word.first or word.last):
            yield from _pair(note, index)
            yield from _last_first(note, index)
            if not _inside_run(note, index):
                yield from _single(note, index)
        elif shape == "I":
            yield from _initials(note, index)


_BY_MACHINE = re.compile(r"(?<![\w,;/.])([A-Z][A-Z'-]{2,20}),([A-Z][A-Z'-]{0,20})(?: [A-Z](?![\w']))?(?![\w,;/])")
_GLUED = re.compile(r",(?<=[A-Z'-],)[A-Z]")


def _by_machines(note: Note) -> Iterator[Found]:
    """`DESTEFANO,R`, `PHAN,UYEN`: capitals joined by a comma alone, as dispensing cabinets and lists print people."""
    for match in _BY_MACHINE.finditer(note.text) if _GLUED.search(note.text) else ():
        last, first = look_up(match[1].lower()), look_up(match[2].lower())
        listed = last.last > 0 or last.first > 0 or first.first > 1 or (last.unknown and first.unknown)
        if listed and not last.clinical and not first.clinical and last.common < 3 and (len(match[2]) == 1 or first.common < 3):
            yield Found(match.start(), match.end(), Category.NAME, 0.85, "machine", PERSON)


_SIGNALS = (
    "ALPHA|ALFA|BRAVO|CHARLIE|DELTA|ECHO|FOXTROT|GOLF|HOTEL|INDIA|JULIET|KILO|LIMA|MIKE|NOVEMBER|OSCAR|PAPA|QUEBEC|ROMEO|SIERRA|TANGO"
    "|UNIFORM|VICTOR|WHISKEY|X-?RAY|YANKEE|ZULU"
)
_COUNTS = r"ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN|\d{1,2}"
_ALIAS = re.compile(rf"(?<![\w-])(?:TEMP,? ?)?(?:TRAUMA|UNKNOWN|DOE),? ?\"?(?:{_SIGNALS})\"?(?:[- ](?:{_SIGNALS}|{_COUNTS}))?(?!\w)")


def _aliases(note: Note) -> Iterator[Found]:
    """`TRAUMA, XRAY-FOUR`: under which a hospital keeps somebody whose name it does not know."""
    if not _UNKNOWN.isdisjoint(note.words):
        yield from (Found(*m.span(), Category.NAME, 0.85, "machine", PERSON) for m in _ALIAS.finditer(note.text))


_UNKNOWN = frozenset(("trauma", "unknown", "doe"))


def _next(note: Note, index: int, gaps: tuple[str, ...] = (" ",)) -> Token | None:
    token = note.tokens[index + 1] if index + 1 < len(note.tokens) else None
    return token if token is not None and token.gap in gaps else None


def _eponym_follows(note: Note, end: int) -> bool:
    at = end + (note.low(end) in ("'s", "'", "s"))
    at += note.low(at) in ("-",)
    return bool({note.low(at), note.low(at + 1)} & cues.EPONYM_NOUNS) and (note.low(at) not in (".", ",", ";", ")"))


def _name(note: Note, start: int, end: int, score: float, detector: str, state: State = "masked") -> Found:
    return Found(note.tokens[start].start, note.tokens[end - 1].end, Category.NAME, score, detector, PERSON, state)


def _caps_ok(token: Token) -> bool:
    return token.shape == "C" or (token.shape == "U" and (token.shouted or len(token.text) > 2))


def _good_first(token: Token) -> bool:
    word = token.word
    return (
        _caps_ok(token)
        and not word.clinical
        and not (token.shape == "U" and word.common >= 2)
        and (word.first == 3 or (word.first == 2 and word.common <= 1 and not word.capital))
    )


_SURNAMES = words("people.surnames")


def _good_last(token: Token, first: Token) -> bool:
    word = token.word
    if word.clinical and word.last == 3 and first.word.common == 0 and first.word.first == 3 and token.shape == "C":
        return True
    if not _caps_ok(token) or word.clinical or word.capital or (token.low in cues.EPONYM_NOUNS and word.last < 3):
        return False
    sure = first.word.common <= 1 or token.low in _SURNAMES
    if word.common >= 3:
        return sure and word.last == 3
    if word.common or word.eponym:
        return (sure and word.last >= 1) or word.last >= 3
    return word.last >= 1 or word.first >= 1 or (sure and token.shape == "C")


def _pair(note: Note, index: int) -> Iterator[Found]:
    """`Jane Mai`, `Robert B.`, `Mary Ann O. Stark-Young`."""
    token = note.tokens[index]
    if not _good_first(token) and not _foreign_pair(note, index):
        return
    end = name_run(note, index)
    parts = [i for i in range(index + 1, end) if note.tokens[i].shape in "CUIl" and note.tokens[i].low not in cues.PARTICLES]
    if not parts or _eponym_follows(note, end):
        return
    kept = index + 1
    for i in parts:
        other = note.tokens[i]
        if other.shape == "I":
            kept = i + 1 + (note.low(i + 1) == "." and i + 1 < end)
        elif _good_last(other, token) or _good_first(other):
            kept = i + 1
        else:
            break
    if kept == index + 1 or (kept == index + 2 and note.tokens[index + 1].shape == "I" and not _initial_ends(note, index + 1)):
        return
    yield _name(note, index, kept, 0.85, "name-pair")


def _foreign_pair(note: Note, index: int) -> bool:
    """A first name of another country with a surname that is in the lists, neither of them a word."""
    token, other = note.tokens[index], _next(note, index, (" ", "-"))
    return (
        other is not None
        and token.word.first == 1
        and token.shape == other.shape == "C"
        and token.word.unknown
        and other.word.unknown
        and other.word.last >= 1
    )


def _initial_ends(note: Note, at: int) -> bool:
    return (
        note.low(at + 1) in (".", ",", ")", ";", ":", "?", "'s", "-", "") or note.low(at + 1) in cues.SPEECH or note.low(at + 1).isdigit()
    )


def _last_first(note: Note, index: int) -> Iterator[Found]:
    """`Mai, Jane` and `STARK, JOHN A`."""
    token = note.tokens[index]
    comma = _next(note, index, ("",))
    first = _next(note, index + 1) if comma is not None and comma.text == "," else None
    if first is None or token.low in _ELEMENTS or token.word.last < 1 or not _caps_ok(token):
        return
    listed = first.word.first == 3 and not first.word.clinical
    shouted = token.shape == first.shape == "U" and (first.word.common == 0 or listed)
    if not (_good_first(first) or (shouted and listed)) or (token.word.eponym and first.word.eponym):
        return
    if (
        (token.word.common >= 3 and not shouted)
        or token.word.clinical
        or (first.word.common >= 2 and not shouted)
        or (first.word.city >= 2 and token.word.city)
    ):
        return
    end = index + 3
    if (
        note.low(end) in (",", "and")
        and end + 1 < len(note.tokens)
        and note.tokens[end + 1].shape == "C"
        and "\n" not in note.tokens[end + 1].gap
    ):
        return  # a list of names, of eponyms perhaps, not one name turned round
    if end < len(note.tokens) and note.tokens[end].shape == "I" and note.tokens[end].gap == " ":
        end += 1 + (note.low(end + 1) == ".")
    yield _name(note, index, end, 0.8, "last-first")


def _lower_pair(note: Note, index: int) -> Iterator[Found]:
    other = _next(note, index)
    if (
        other is not None
        and other.shape == "l"
        and other.word.last >= 2
        and not other.word.common
        and not other.word.clinical
        and not _eponym_follows(note, index + 2)
    ):
        yield _name(note, index, index + 2, 0.75, "name-pair")


def _inside_run(note: Note, index: int) -> bool:
    """Whether a capitalised neighbour makes this part of a longer expression."""
    before = note.tokens[index - 1] if index else None
    after = note.tokens[index + 1] if index + 1 < len(note.tokens) else None
    beside = before is not None and before.shape in "CU" and note.tokens[index].gap in (" ", "-", "") and not before.opens
    joined = (before is not None and before.text in "-/" and not note.tokens[index].gap) or (
        after is not None and after.text in "-/" and not after.gap
    )
    return beside or joined or (after is not None and after.shape in "CU" and after.gap == " ")


def _single(note: Note, index: int) -> Iterator[Found]:
    token, word = note.tokens[index], note.tokens[index].word
    if token.shape == "U" or word.common or word.capital or word.medical or _eponym_follows(note, index + 1):
        return
    if len(token.text) == 2 and (note.low(index + 1)[:1].isdigit() or token.low in _ELEMENTS):  # an element and its value: Na 139
        return
    if word.first >= 2 and word.city < 2 and (not token.opens or word.first == 3):
        yield _name(note, index, index + 1, 0.7, "first-name")
    elif word.last >= 2 and not token.opens and word.city < 2:
        known = note.low(index + 1) in cues.SPEECH or (note.low(index + 1) == "'s" and note.low(index + 2) in cues.KIN)
        yield _name(note, index, index + 1, 0.7 if known else 0.4, "surname", "masked" if known else "flagged")


def _initials(note: Note, index: int) -> Iterator[Found]:
    """`J.M. verbalized`, `J. Mai`, `J.R. Mai`, `pt J.M.`."""
    if note.low(index + 1) != "." or note.low(index - 1).isdigit():
        return
    at = index + 2
    if _second_initial(note, at) and note.tokens[index].text + note.tokens[at].text not in _NO_INITIALS:
        behind = note.low(at + 2)
        if behind in cues.SPEECH or behind == "is" or note.low(index - 1) in cues.PATIENT_NOUNS:
            yield _name(note, index, at + 2, 0.75, "initials")
            return
        at += 2
    if at < len(note.tokens) and _surname_after_initial(note.tokens[at], sure=not note.tokens[index].opens):
        yield _name(note, index, at + 1, 0.8, "initials")


_ELEMENTS = frozenset(("na", "li", "mg", "ca", "cl", "fe", "zn", "cu", "su", "mo", "tu", "we", "th", "fr", "sa"))
_NO_INITIALS = frozenset(("MD", "RN", "US"))


def _second_initial(note: Note, at: int) -> bool:
    return at < len(note.tokens) and note.tokens[at].shape == "I" and not note.tokens[at].gap and note.low(at + 1) == "."


def _surname_after_initial(token: Token, *, sure: bool) -> bool:
    word = token.word
    named = token.shape == "C" and token.gap in (" ", "") and word.last >= 1 and word.common <= 2 and not word.clinical
    return named and (sure or not word.common)


def capital_pairs(note: Note) -> Iterator[Found]:
    """Pairs of capitalised words in running text that no list explains: worth a flag, and a stop in preflight."""
    for index in note.capitals:
        token = note.tokens[index]
        if token.shape != "C" or token.opens or len(token.text) < 3:
            continue
        other = _next(note, index, (" ", "  "))
        if other is None or other.shape != "C" or len(other.text) < 3 or _eponym_follows(note, index + 2) or other.low in cues.EPONYM_NOUNS:
            continue
        if _unexplained(token) and _unexplained(other) and not _title_case_around(note, index):
            yield _name(note, index, index + 2, 0.4, "capital-pair", "flagged")


def _unexplained(token: Token) -> bool:
    word = token.word
    return word.unknown or ((word.first >= 2 or word.last >= 2) and not word.clinical and word.common <= 2)


def _title_case_around(note: Note, index: int) -> bool:
    """Whether most words of the line are capitalised, as in a heading."""
    line = note.text[note.text.rfind("\n", 0, note.tokens[index].start) + 1 :][:80].split("\n", 1)[0].split()
    return sum(w[:1].isupper() for w in line) > 0.7 * len(line)
