"""A text cut into tokens once, with what every detector wants to know of each: case, place, word-list facts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from core.deid.lexicon import Word, look_up

_TOKEN = re.compile(r"[^\W\d_]+(?:'(?![sS]\b)[^\W\d_]+)*|'[sS]\b|\d+|§+|[^\s\w]|_")
_FIGURE = re.compile(r"\d(?<!\w\d)|[-(+#](?=\d)")
_BLOB = re.compile(r"\S+")
_DIGIT = re.compile(r"\d")
_CODE = re.compile(r"[A-Za-z](?<!\w[A-Za-z])|#(?=[A-Za-z\d])")
_ALNUM = re.compile(r"[^\W_]+")
_NEW_SENTENCE = frozenset('.!?:;•*|"([{')
OWN_TAG = re.compile(
    r"\[(?:(?:PATIENT|CLINICIAN|RELATIVE|PERSON|FACILITY|STREET|CITY|PHONE|FAX|EMAIL|SSN|MRN|PLAN|ACCOUNT|LICENSE"
    r"|VEHICLE|DEVICE|URL|IP|BIOMETRIC|PHOTO|ID"
    r"|DATE|REDACTED|WITHHELD)(?:_\d{1,5})?(?:: [a-z-]{2,20})?|ZIP \d{3}\*\*|ZIP|90 or older|day 0"
    r"|\d{1,3} days? (?:before|after)|birth date"
    r"|(?:about|more than) (?:\d{1,3} years?)?(?: ?\d{1,2} months?)? (?:before|after))(?: #\d{1,5})?\]"
)


@dataclass(slots=True)
class Token:
    """One token: text, lower case, offsets, case shape and whether a sentence, a line or a label begins here.

    Shapes: `C` Capitalised, `U` UPPER, `I` one capital letter, `l` lower, `d` digits, `p` anything else.
    """

    text: str
    low: str
    start: int
    end: int
    shape: str
    word: Word
    opens: bool = False
    shouted: bool = False
    gap: str = ""


def _shape(text: str) -> str:
    first = text[0]
    if first.isdigit():
        return "d"
    if not first.isalpha():
        return "p"
    if not first.isupper():
        return "l"
    if len(text) == 1:
        return "I"
    return "U" if text.isupper() else "C"


def _as_written(word: Word, shape: str, low: str) -> Word:
    """`ANA` is a test, `Ana` a woman: a short clinical abbreviation counts only in capitals when it is also a first name."""
    return word._replace(clinical=False) if word.clinical and shape == "C" and len(low) in (3, 4) and word.first >= 2 else word


def _facts(text: str) -> tuple[str, str, Word]:
    """A token's lower case, shape and word."""
    low, shape = text.lower(), _shape(text)
    return low, shape, _as_written(look_up(low), shape, low)


class Squeezed(NamedTuple):
    """A text's letters and digits in lower case, with the offset of each."""

    keys: str
    at: list[int]


def _squeezed(text: str) -> Squeezed:
    at: list[int] = []
    for run in _ALNUM.finditer(text):
        at.extend(range(run.start(), run.end()))
    keys = "".join(_ALNUM.findall(text))
    low = keys.lower()
    return Squeezed(low if len(low) == len(keys) else "".join(c.lower()[0] for c in keys), at)


@dataclass
class Note:
    """A shadow text with its tokens; the parts that are already our own tags are in `tags`."""

    text: str
    tokens: list[Token] = field(init=False)
    tags: list[tuple[int, int]] = field(init=False)
    lines: list[int] = field(init=False, default_factory=list)
    """Index of each line's first token."""

    def __post_init__(self) -> None:
        self.tags = [m.span() for m in OWN_TAG.finditer(self.text)] if "[" in self.text else []
        self.tokens = self._cut()
        for line in self.by_line():
            _judge(line)

    def _cut(self) -> list[Token]:
        written = self.text
        text = OWN_TAG.sub(lambda m: "§" * len(m[0]), written) if self.tags else written
        made: dict[str, tuple[str, str, Word]] = {}
        tokens: list[Token] = []
        before, at, opens = "", 0, True
        for match in _TOKEN.finditer(text):
            found = match[0]
            start, end = match.span()
            facts = made.get(found)
            if facts is None:
                facts = made[found] = _facts(found)
            gap = written[at:start] if before else "\n"
            if "\n" in gap:
                opens = True
                self.lines.append(len(tokens))
            else:
                opens = before in _NEW_SENTENCE or (opens and before in "-–•>#\"'")
            tokens.append(Token(found, facts[0], start, end, facts[1], facts[2], opens, False, gap))
            before, at = found, end
        return tokens

    def by_line(self) -> list[list[Token]]:
        """The tokens of every line that has some."""
        return [self.tokens[a:b] for a, b in pairwise((*self.lines, len(self.tokens)))]

    @cached_property
    def where(self) -> dict[str, list[int]]:
        """The indexes of each lower-case token."""
        found: dict[str, list[int]] = {}
        for i, token in enumerate(self.tokens):
            found.setdefault(token.low, []).append(i)
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """The lower-case tokens as a set, for quick gates."""
        return frozenset(self.where)

    @cached_property
    def numbers(self) -> frozenset[int]:
        """How many digits the runs of digits have."""
        return frozenset(len(t.text) for t in self.tokens if t.shape == "d")

    def around(self, words: Set[str], before: int, behind: int) -> list[tuple[int, int]]:
        """Stretches that reach so many characters to either side of these words, in order and disjoint; they end with a token."""
        return self.stretches(sorted(i for w in words & self.words for i in self.where[w]), before, behind)

    def stretches(self, indexes: Iterable[int], before: int, behind: int) -> list[tuple[int, int]]:
        """The same around tokens given by their indexes, rising."""
        windows: list[tuple[int, int]] = []
        for i in indexes:
            start, end = max(0, self.tokens[i].start - before), self._behind(self.tokens[i].end + behind)
            if windows and start <= windows[-1][1]:
                windows[-1] = (windows[-1][0], end)
            else:
                windows.append((start, end))
        return windows

    def _behind(self, offset: int) -> int:
        """The end of the token that holds an offset, so that no word is cut."""
        index = self.index_at(offset) - 1
        return max(offset, self.tokens[index].end) if index >= 0 else offset

    @cached_property
    def figure_starts(self) -> list[int]:
        """Where a pattern that begins with a digit may begin: a digit behind no word character, or `(`, `+`, `#`, `-` before one."""
        return [m.start() for m in _FIGURE.finditer(self.text)]

    @cached_property
    def code_starts(self) -> list[int]:
        """Where a code that begins with a letter may begin: at each word of a stretch without blanks that holds a digit."""
        return [
            at.start()
            for blob in _BLOB.finditer(self.text)
            if _DIGIT.search(self.text, blob.start(), blob.end())
            for at in _CODE.finditer(self.text, blob.start(), blob.end())
        ]

    @cached_property
    def all_starts(self) -> list[int]:
        """Both of the above, rising."""
        return sorted({*self.figure_starts, *self.code_starts})

    @cached_property
    def flat(self) -> Squeezed:
        """Letters and digits alone, for searches that ignore separators."""
        return _squeezed(self.text)

    @cached_property
    def starts(self) -> list[int]:
        """Start offsets of the tokens, rising."""
        return [t.start for t in self.tokens]

    def index_at(self, offset: int) -> int:
        """Index of the first token that starts at or after an offset."""
        return bisect_left(self.starts, offset)

    def low(self, index: int) -> str:
        """Lower-case token at an index, or an empty string outside."""
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""

    def in_tag(self, start: int, end: int) -> bool:
        """Whether a span touches one of our own tags."""
        return any(start < b and a < end for a, b in self.tags)


def tried(pattern: re.Pattern[str], text: str, starts: list[int]) -> Iterator[re.Match[str]]:
    """What `finditer` gives of a pattern that can begin only at `starts`, many times faster where these are few."""
    match, last = pattern.match, -1
    for start in starts:
        if start >= last and (found := match(text, start)):
            last = found.end()
            yield found


def _judge(line: list[Token]) -> None:
    upper = [t.shape for t in line].count("U")
    if upper >= 3 and upper >= 3 * sum(t.shape in "lC" and len(t.text) > 1 for t in line):
        for token in line:
            token.shouted = True
