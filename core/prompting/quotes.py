"""Finding a quote in a case although the model changed its typography, and never when it changed its words.

Case, runs of white space, quotation marks, dashes, accents, invisible characters and backslashes don't
matter. A match never begins or ends inside a word or a number, so `K 7.1` isn't in `K 7.12` and `pain`
isn't in `painless`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_TYPOGRAPHY = {
    **dict.fromkeys("‘’‚‛′´`ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
    "×": "x",
    "\\": "",
}
_DROPPED = {"Mn", "Cf", "Cc"}
_EDGES = " \n\"'.,;:"
_ELISION = re.compile(r"[\[(]?\.{3,}[\])]?")
_MAX_GAP = 300
_MIN_PART = 3


@lru_cache(maxsize=2048)
def _folded(character: str) -> str:
    if character in _TYPOGRAPHY:
        return _TYPOGRAPHY[character]
    parts = unicodedata.normalize("NFKD", character).casefold()
    return "".join(c for c in parts if unicodedata.category(c) not in _DROPPED)


@dataclass(frozen=True)
class Folded:
    """A text reduced to what matters when comparing, and where each character of it came from."""

    text: str
    origins: tuple[int, ...]
    original: str

    @classmethod
    def of(cls, original: str, *, keep_lines: bool = False) -> Folded:
        """Fold `original`; white space becomes one space, or one newline if it holds one and `keep_lines`."""
        text: list[str] = []
        origins: list[int] = []
        for at, character in enumerate(original):
            if character.isspace():
                blank = "\n" if keep_lines and character in "\n\r\v\f\x85\u2028\u2029" else " "
                if text and text[-1] in " \n":
                    text[-1] = max(text[-1], blank, key="\n".__eq__)
                    continue
                folded = blank
            else:
                folded = _folded(character)
            text += folded
            origins += [at] * len(folded)
        return cls("".join(text), tuple(origins), original)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original behind `text[start:end]`, with accents that trail its last letter."""
        last = self.origins[end - 1] + 1
        while last < len(self.original) and unicodedata.combining(self.original[last]):
            last += 1
        return self.origins[start], last

    def find(self, quote: str) -> tuple[int, int] | None:
        """Where the quote stands in the original; a quote with an ellipsis may leave words out there."""
        words = Folded.of(quote).text.strip(_EDGES)
        if not words:
            return None
        found = self._whole(words, 0) or self._elided(words)
        return self.span(*found) if found else None

    def _whole(self, words: str, start: int) -> tuple[int, int] | None:
        while (at := self.text.find(words, start)) >= 0:
            end = at + len(words)
            if not _splits(self.text, at) and not _splits(self.text, end):
                return at, end
            start = at + 1
        return None

    def _elided(self, words: str) -> tuple[int, int] | None:
        parts = [part.strip(_EDGES) for part in _ELISION.split(words)]
        if len(parts) < 2 or min(map(len, parts)) < _MIN_PART:
            return None
        first = last = self._whole(parts[0], 0)
        for part in parts[1:]:
            following = self._whole(part, last[1]) if last else None
            if not last or not following or following[0] - last[1] > _MAX_GAP:
                return None
            last = following
        return (first[0], last[1]) if first and last else None


def _splits(text: str, at: int) -> bool:
    """Whether a cut at `at` would go through a word or a number."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if (before.isalpha() and after.isalpha()) or (before.isdigit() and after.isdigit()):
        return True
    return bool(re.fullmatch(r"\d[.,]\d", text[at - 1 : at + 2]) or re.fullmatch(r"\d[.,]\d", text[max(0, at - 2) : at + 1]))


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Start and end of `quote` in `text`, tolerant of typography only; None when it isn't there or is blank."""
    return Folded.of(text).find(quote)
