"""What dictation says in words: digits one by one, dates, ages over 89; and names spelled letter by letter or by radio."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, product

from core.deid.cues import PERSON
from core.deid.found import Found
from core.deid.labels import kind_of
from core.deid.late import Late
from core.deid.lexicon import look_up, words
from core.deid.note import Note
from core.deid.numbers import category_of_cue
from core.model import Category

_DIGIT = r"(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine|\d)"
_SAID = r"(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine)"
_DIGITS = Late(
    rf"\b(?:(?:double|triple) )?{_DIGIT}(?:[ ,-]{{1,2}}(?:(?:double|triple) |dash |hyphen )?{_DIGIT}){{3,20}}\b"
    rf"|\b\d{{3}}(?: {_SAID}){{3,8}}(?: \d{{2,4}})?\b",
    re.I,
)
_ONES = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)"
_ORDINAL = (
    rf"(?:{_ONES}|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth"
    rf"|twentieth|twenty[- ]{_ONES}|thirtieth|thirty[- ]first)"
)
_SMALL = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEENS = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_PAIR = rf"(?:{_TENS}(?:[- ]{_SMALL})?|{_TEENS}|(?:oh|o)[- ]{_SMALL})"
_YEAR = (
    rf"(?:(?:nineteen|twenty)[- ](?:hundred(?: and)? )?{_PAIR}|two thousand(?: and)?(?: {_PAIR}| {_SMALL})?|nineteen hundred"
    rf"|(?:19|20)\d\d)"
)
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_CARDINAL = rf"(?:{_TENS}[- ]{_SMALL}|{_TENS}|{_TEENS}|{_SMALL})"
_DATES = (
    Late(rf"\b{_MONTH},? (?:the )?{_ORDINAL}\b(?:,? (?:of )?{_YEAR}\b)?", re.I),
    Late(rf"\b(?:the )?{_ORDINAL} (?:day )?(?:of )?{_MONTH}\b(?:,? {_YEAR}\b)?", re.I),
    Late(
        rf"(?<=birth )(?:is |was |on )?(?:{_CARDINAL}[ ,-]{{1,2}}){{1,2}}{_CARDINAL}(?:[ -]{_CARDINAL})?\b"
        rf"|(?<=born )(?:{_CARDINAL}[ ,-]{{1,2}}){{2}}{_PAIR}",
        re.I,
    ),
    Late(rf"\b{_MONTH},? (?:of )?(?:(?:\d{{1,2}}|{_CARDINAL}),? )?{_YEAR}\b", re.I),
)
_WEEKDAYS = frozenset(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
_ON_DAY = Late(rf"\b(?:{'|'.join(sorted(_WEEKDAYS))}),? the {_ORDINAL}\b", re.I)
_AGES = Late(
    r"\b(?:ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one |a )?hundred(?: and|[- ]and)?(?:[- ](?:one|two|three"
    r"|four|five|six|seven|eight|nine|ten))?)\b(?=[- ]years?\b(?! (?:ago|history|later|of (?!age)))|[- ]?(?:yo\b|y/o)"
    r"| (?:and|or) (?:the|a) )"
    r"|(?<=\bis )(?:ninety[- ](?:one|two|three|four|five|six|seven|eight|nine)|ninety"
    r"|one hundred(?: and)?(?: \w{3,5})?)(?=[ ,.;])(?! (?:percent|over|on|mg|beats))",
    re.I,
)
_TENS_HINT = frozenset(("ninety", "hundred"))
_MONTHS = frozenset(_MONTH[3:-1].split("|")) | {"birth", "born"}
_ORDINAL_STEMS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth"
    " seventeenth eighteenth nineteenth twentieth thirtieth twenty thirty fifty forty sixty seventy eighty ninety"
)
_DATE_HINT = frozenset(_ORDINAL_STEMS.split()) | {"nineteen", "twenty", "thousand"}
_ORDINAL_HINT = frozenset(
    ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth")
)
_NUMBER_WORDS = frozenset(("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double"))
_ORDER = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SPELLING = words("spoken.spelling")
_RADIO = words("spoken.radio")
_SIGNED_OFF = 3  # words of the radio alphabet in a row are no chance, unlike `Echo Delta`


def spoken(note: Note) -> Iterator[Found]:
    """Numbers, dates and ages that are written in words."""
    if sum(len(note.where[w]) for w in _NUMBER_WORDS & note.words) >= 3:
        yield from _digits(note)
    if not _DATE_HINT.isdisjoint(note.words) and not _MONTHS.isdisjoint(note.words):
        for pattern, (start, end) in product(_DATES, note.around(_MONTHS, 64, 128)):
            for match in pattern.compiled.finditer(note.text, start, end):
                if not _YEAR_ONLY.compiled.fullmatch(match[0]):
                    yield Found(match.start(), match.end(), Category.DATE, 0.95, "date-words")
    if "the" in note.words and not _DATE_HINT.isdisjoint(note.words):
        for match in (m for start, end in note.around(_WEEKDAYS, 0, 40) for m in _ON_DAY.compiled.finditer(note.text, start, end)):
            yield Found(match.start(), match.end(), Category.DATE, 0.95, "date-words")
    yield from _by_radio(note)
    if not _TENS_HINT.isdisjoint(note.words):
        for match in _AGES.compiled.finditer(note.text):
            yield Found(match.start(), match.end(), Category.AGE, 0.9, "age")


def _by_radio(note: Note) -> Iterator[Found]:
    """`papa echo tango`: a name, or with digits between a code, in the alphabet of the radio (ICAO Annex 10)."""
    run: list[int] = []
    for i in note.at(_RADIO) if len(_RADIO & note.words) >= _SIGNED_OFF else ():
        if run and not all(note.low(at) in _BETWEEN_LETTERS for at in range(run[-1] + 1, i)):
            yield from _signed(note, run)
            run = []
        run.append(i)
    yield from _signed(note, run)


def _signed(note: Note, run: list[int]) -> Iterator[Found]:
    if len(run) >= _SIGNED_OFF:
        code = any(note.low(i) in _NUMBER_WORDS or note.shapes[i] == "d" for i in range(run[0], run[-1]))
        category, role = (Category.OTHER_ID, "") if code else (Category.NAME, PERSON)
        yield Found(note.tokens[run[0]].start, note.tokens[run[-1]].end, category, 0.95, "radio", role)


_BETWEEN_LETTERS = _NUMBER_WORDS | {"-", ",", ".", "x", "ray"} | frozenset("0123456789")
_YEAR_ONLY = Late(_YEAR, re.I)


def _digits(note: Note) -> Iterator[Found]:
    """Digits said one by one: seven or ten make a telephone number, nine or another count what the cue before them says."""
    for match in _DIGITS.compiled.finditer(note.text):
        said = [w for w in re.findall(r"[a-z]+|\d", match[0].lower()) if w not in ("dash", "hyphen", "double", "triple")]
        if sum(w.isalpha() for w in said) < 3 or _counts(said):
            continue
        category = category_of_cue(note, match.start()) or (_by_length(len(said)))
        if category:
            yield Found(match.start(), match.end(), category, 0.9, "number-words")


def _by_length(count: int) -> Category | None:
    if count in (7, 10, 11):
        return Category.PHONE
    return Category.OTHER_ID if count >= 5 else None


def _counts(said: list[str]) -> bool:
    """`one two three four` is counting, up or down."""
    order = [_ORDER.index(w) if w in _ORDER else -1 for w in said]
    steps = {b - a for a, b in pairwise(order)}
    return len(steps) == 1


def spelled_names(note: Note, stretches: tuple[tuple[int, int], ...]) -> Iterator[Found]:
    """Words that were written letter by letter and are no word of the language: names, most of them."""
    for start, end in stretches:
        for i in range(note.index_at(start), note.index_at(end)):
            token = note.tokens[i]
            word = look_up(token.low)
            named = word.first >= 2 or word.last >= 2 or note.low(i - 1) in _SPELLING
            if (
                token.text.isalpha()
                and len(token.low) >= 4
                and not word.medical
                and kind_of(token.low) is None
                and (named or not word.common)
            ):
                yield Found(token.start, token.end, Category.NAME, 0.85, "spelled", PERSON)
