"""Detection runs on a shadow of the text: hidden characters gone, look-alikes folded, offsets kept.

Guarantee: every shadow character maps to exactly one source offset, in rising order, so any shadow span
has a source span. Accents, full-width forms, foreign digits, odd dashes, quotes and spaces are folded;
zero-width, bidirectional and control characters are dropped; Cyrillic and Greek look-alikes are folded
inside words that also hold ASCII; letters standing for digits are folded inside number groups.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.deid.lexicon import look_up

_BREAKS = frozenset("\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "ß": "s", "æ": "a", "Æ": "A", "œ": "o", "þ": "t"}
)
_MINUSES = frozenset("\u2212\u2796\u207b\u208b")
_QUOTES = {"‘": "'", "’": "'", "ʼ": "'", "´": "'", "`": "'", "′": "'", "“": '"', "”": '"', "„": '"'}
_LOOKALIKE = str.maketrans("АВЕКМНОРСТУХІЈЅавекмнорстухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧαορν", "ABEKMHOPCTYXIJSabekmhopctyxijsABEZHIKMNOPTYXaopv")
_MIXED_WORD = re.compile(r"[0-9A-Za-z\u0370-\u03ff\u0400-\u04ff]{2,64}")
_FOREIGN = re.compile(r"[\u0370-\u03ff\u0400-\u04ff]")
_D = r"[0-9OoIlSB|]"
_SEP = r"(?:[-/.]| ?[-/.] ?| |[)] ?)"
# A number of several parts, some digits scanned as letters: 5O5 555-O1O9, O3/l4/2O24.
_SCANNED = re.compile(
    rf"(?<![A-Za-z0-9./])(?![BIS]\d{{0,2}}[ /-]|[A-Z]/[A-Z] ){_D}{{1,4}}{_SEP}(?:{_D}{{1,6}}{_SEP})?{_D}{{2,8}}(?![A-Za-z0-9])"
)
# One part of five or more characters, with digits on both sides of the letter, or a day beside its month, or an age.
_SCANNED_PART = re.compile(
    r"(?<![A-Za-z0-9])(?=[0-9OoIlSB]{0,12}\d[OoIlSB]{1,3}\d)[0-9OoIlSB]{5,14}(?![A-Za-z0-9])"
    r"|(?<=[A-Za-z] )[lIO]\d(?=[, .]|$)(?<=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [lIO]\d)"
    r"|(?<![A-Za-z0-9])(?:[lI]\d|[0-3][lIO]|[lI]{2})(?=[- ]?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)"
    r"|(?<![A-Za-z0-9])(?:\d[lIOo]|[lI]\d)(?=(?: |-)(?:yrs?|years?|y/o)\b)"
)
_SCANNED_HINT = re.compile(r"\d[OoIlSB|][\d/-]|[-/ ][OoIl|]\d|[OoIl]{2}/|\d[lIOo](?: y|-)|[0-3lI][lIO][- ]?[A-Z]|[(-]\d?[OolSI]")
# What each of the above that is changed holds, and few texts do: such a letter beside a digit, or a day of two before its month.
_MIXED_HINT = re.compile(
    r"[0-9OoIlSB|](?:(?<=[0-9])[-/.) ]{0,3}[OoIlSB|]{1,14}(?![A-Za-z])|(?<=[OoIlSB|])(?<![A-Za-z].)[OoIlSB|]{0,13}[-/.) ]{0,3}[0-9]"
    r"|(?<=[0-3lI])[lIO][- ]?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))"
)
# A word with a digit for a letter: J0hnathan, Kess1er.
_WORD_HINT = re.compile(r"[015](?<=[A-Za-z].)[A-Za-z]")
_WORD_SCANNED = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z]?[a-z]*[015]+[a-z]|[A-Z]+[015]+[A-Z])[A-Za-z015]{4,24}(?![A-Za-z0-9])")
_BARS = 4
_DIGIT_FOR = str.maketrans("OoIlSB|", "0011581")
_LETTERS_FOR = (str.maketrans("015", "ols"), str.maketrans("015", "ois"))
_PLAIN = re.compile(r"[^\n\t\x20-\x5f\x61-\x7e]")


@dataclass(frozen=True, slots=True)
class Shadow:
    """The text as detectors see it; `at[i]` is the source offset of shadow character i, `at[-1]` the source length."""

    text: str
    at: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Source offsets of a shadow span; a trailing combining mark stays with its letter."""
        begin, stop = self.at[start], self.at[end - 1] + 1
        return begin, max(stop, self.at[end]) if self._only_marks(end) else stop

    def _only_marks(self, end: int) -> bool:
        return end < len(self.at) and self.at[end] - self.at[end - 1] <= 4


@lru_cache(maxsize=8192)
def fold_char(char: str) -> str:
    """One character as the shadow shows it: one character, or none when it is hidden or a mark."""
    if char in "\n\t":
        return char
    if char in _BREAKS:
        return "\n"
    kind = unicodedata.category(char)
    if char in _FILLERS or kind in ("Cc", "Cf", "Mn", "Me", "Cs"):
        return ""
    return _fold_visible(char, kind)


def _fold_visible(char: str, kind: str) -> str:
    if kind == "Zs":
        return " "
    if kind == "Pd" or char in _MINUSES:
        return "-"
    if char in _QUOTES:
        return _QUOTES[char]
    if kind == "Nd":
        return str(unicodedata.digit(char))
    base = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    return base.translate(_LETTERS) if len(base) == 1 else char


@lru_cache(maxsize=8192)
def visible_char(char: str) -> str:
    """One character as it may leave: itself, a line break for an odd one, or nothing when hidden."""
    if char in "\n\t":
        return char
    if char in _BREAKS:
        return "\n"
    return "" if char in _FILLERS or unicodedata.category(char) in ("Cc", "Cf", "Cs") else char


def visible(text: str) -> str:
    """The text without hidden and control characters; line feeds and tabs stay."""
    if not _PLAIN.search(text):
        return text
    return "".join(map(visible_char, text.replace("\r\n", "\n")))


def fold(text: str) -> str:
    """The shadow's text alone."""
    return shadow(text).text


def shadow(text: str) -> Shadow:
    """The text as detectors see it."""
    if not _PLAIN.search(text):
        return Shadow(_scanned(text), range(len(text) + 1))
    chars: list[str] = []
    at: list[int] = []
    last = 0
    for odd in _PLAIN.finditer(text):
        i = odd.start()
        chars.append(text[last:i])
        at += range(last, i)
        last = i + 1
        folded = "" if odd[0] == "\r" and text[last : last + 1] == "\n" else fold_char(odd[0])
        if folded:
            chars.append(folded)
            at.append(i)
    chars.append(text[last:])
    at += range(last, len(text) + 1)
    return Shadow(_scanned(_unmask("".join(chars))), at)


def _unmask(text: str) -> str:
    return _MIXED_WORD.sub(_latin, text) if _FOREIGN.search(text) else text


def _latin(word: re.Match[str]) -> str:
    return word[0].translate(_LOOKALIKE) if any(c.isascii() for c in word[0]) else word[0]


def _scanned(text: str) -> str:
    """Digits scanned as letters, and letters as digits, put right where the rest of the number or word says so."""
    if text.count("|") >= _BARS:  # they part fields, and are no ones
        return "|".join(map(_read, text.split("|")))
    return _read(text)


def _read(text: str) -> str:
    if _MIXED_HINT.search(text) and _SCANNED_HINT.search(text):
        text = _SCANNED_PART.sub(_digits_for, _SCANNED.sub(_digits_for_most, text))
    return _WORD_SCANNED.sub(_word_for, text) if _WORD_HINT.search(text) else text


def _digits_for(match: re.Match[str]) -> str:
    return match[0].translate(_DIGIT_FOR)


def _digits_for_most(match: re.Match[str]) -> str:
    value = match[0]
    held, digits = sum(c.isalnum() or c == "|" for c in value), sum(c.isdigit() for c in value)
    return value.translate(_DIGIT_FOR) if digits < held and digits >= 3 and 2 * digits >= held and held >= 6 else value


def _word_for(match: re.Match[str]) -> str:
    """The word as meant, when a list holds it; else a capitalised word of six letters or more with one digit inside is read as one."""
    word = match[0]
    if sum(c.isalpha() for c in word) < 3:
        return word
    readings = [word.translate(t) for t in _LETTERS_FOR]
    for reading in readings:
        found = look_up(reading.lower())
        if found.first or found.last or found.common or found.clinical or found.city:
            return reading.upper() if word.isupper() else reading
    lone = (
        len(word) > 6
        and word[0].isupper()
        and word[1:].isalnum()
        and sum(c.isdigit() for c in word) == 1
        and word[1:-1].lower() == word[1:-1]
    )
    return readings[0] if lone and word[-1].isalpha() else word
