"""A text cut into tokens once, with what every detector wants to know of each: case, place, word-list facts."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain, compress, pairwise, repeat
from typing import NamedTuple

from core.deid.lexicon import BITS, Word, clinical_by_ending, decoded, look_up_all

_TOKEN = re.compile(r"([^\W\d_]+(?:'(?![sS]\b)[^\W\d_]+)*|'[sS]\b|\d+|§+|[^\s\w]|_)")
# The same where all but our own tags is ASCII: plain sets of characters are matched twice as fast.
_ASCII_TOKEN = re.compile(r"([A-Za-z]+(?:'(?![sS]\b)[A-Za-z]+)*|[0-9]+|'[sS]\b|§+|[!-/:-@\[-`{-~\x00-\x08\x0e-\x1b\x7f])")
_CAPITALS = frozenset("CUI")
_DIGITS, _ASCII_DIGITS = re.compile(r"\d+"), re.compile(r"[0-9]+")
_LINE_END = re.compile("\n")
_CODED_BLOB = re.compile(r"(?<!\S)[^\s\d]*+\d\S*+")
_CODE = re.compile(r"[A-Za-z](?<!\w[A-Za-z])|#(?=[A-Za-z\d])")
_SIGNS = frozenset("-(+#")
_WIDEST_GAP, _MANY, _MOST = 3, 4, 7
_PAD = [""] * 16
_NEW_SENTENCE = frozenset('.!?:;•*|"([{')
_STILL_OPENS = frozenset("-–•>#\"'")
_OPENERS = _NEW_SENTENCE | _STILL_OPENS
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


class Facts(NamedTuple):
    """What is known of a text wherever it stands: lower case, shape, word, the word's packed bits, and the CRC-32 of its lower case."""

    low: str
    shape: str
    word: Word
    bits: int
    hash: int


# Of everyday texts, and of nothing that only a case says.
_EVERYDAY: dict[str, Facts] = {}
_MOST_EVERYDAY = 8_192
_COMMON, _NAMES = 7 << BITS.common, 3 << BITS.first | 3 << BITS.last | 3 << BITS.city


def _facts(texts: list[str]) -> list[Facts]:
    """Of each text in turn."""
    known = list(map(_EVERYDAY.get, texts))
    new = [text for text, facts in zip(texts, known, strict=True) if facts is None]
    made = dict(zip(new, _made(new), strict=True))
    if len(_EVERYDAY) < _MOST_EVERYDAY:
        _EVERYDAY.update((text, facts) for text, facts in made.items() if everyday(text, facts))
    return [facts or made[text] for text, facts in zip(texts, known, strict=True)]


def everyday(text: str, facts: Facts) -> bool:
    """Whether a text says nothing of anybody: a listed common or clinical word that no list of names holds, a sign, one or two digits."""
    if facts.shape in "dp":
        return text.isascii() and len(text) <= 1 + (facts.shape == "d")
    listed = facts.bits & _COMMON or (facts.bits & BITS.clinical and not clinical_by_ending(facts.low))
    return bool(listed) and names_nobody(facts)


def names_nobody(facts: Facts) -> bool:
    """Whether no list of names or cities holds it."""
    return not facts.bits & _NAMES


def _made(texts: list[str]) -> Iterator[Facts]:
    lows, shapes = [text.lower() for text in texts], [_shape(text) for text in texts]
    bits, hashes = look_up_all(lows)
    for i, shape in enumerate(shapes):
        if shape == "C" and bits[i] & BITS.clinical and bits[i] & 3 >= 2 and len(lows[i]) in (3, 4):
            # `ANA` is a test, `Ana` a woman: a short clinical abbreviation counts only in capitals when it is also a first name.
            bits[i] ^= BITS.clinical
    return map(Facts, lows, shapes, map(decoded, bits), bits, hashes)


def _shape(text: str) -> str:
    first = text[0]
    if first.islower():
        return "l"
    if not first.isalpha():
        return "d" if first.isdigit() else "p"
    if not first.isupper():
        return "l"
    if len(text) == 1:
        return "I"
    return "U" if text.isupper() else "C"


class Squeezed(NamedTuple):
    """A text's letters and digits in lower case, with the offset of each."""

    keys: str
    at: list[int]


_ASCII_LOW = bytes(range(128)).lower() + bytes(128)
_ASCII_SIGNS = bytes(c for c in range(128) if not chr(c).isalnum())
_ASCII_HELD = bytes(c < 128 and chr(c).isalnum() for c in range(256))  # what stays, as a truth value


def _squeezed(text: str) -> Squeezed:
    if text.isascii():
        raw = text.encode("ascii")
        keys = raw.translate(_ASCII_LOW, _ASCII_SIGNS).decode("ascii")
        return Squeezed(keys, list(compress(range(len(raw)), raw.translate(_ASCII_HELD))))
    held = list(map(str.isalnum, text))
    keys = "".join(compress(text, held))
    low = keys.lower()
    return Squeezed(low if len(low) == len(keys) else "".join(c.lower()[0] for c in keys), list(compress(range(len(text)), held)))


@dataclass
class Note:
    """A shadow text with its tokens; the parts that are already our own tags are in `tags`."""

    text: str
    known: dict[str, Facts] = field(default_factory=dict, repr=False)
    """What is known of each word; another note of the same case may lend its own."""
    tokens: list[Token] = field(init=False)
    tags: list[tuple[int, int]] = field(init=False)
    lines: list[int] = field(init=False)
    """Index of each line's first token."""

    lows: list[str] = field(init=False)
    """The lower-case tokens; sixteen empty ones behind them, which stand for what lies up to as far before the first or behind the last."""
    shapes: str = field(init=False)
    """The shapes of the tokens, one character each."""
    starts: list[int] = field(init=False)
    """Start offsets of the tokens, rising."""
    texts: list[str] = field(init=False)
    """The tokens as they are written."""
    gaps: list[str] = field(init=False)
    """What stands before each token; a line's end before the first."""
    opening: list[bool] = field(init=False)
    """Whether a sentence, a line or a label begins with the token."""
    heads: list[int] = field(init=False)
    """The indexes of the tokens with a blank before them."""

    def __post_init__(self) -> None:
        self.tags = [m.span() for m in OWN_TAG.finditer(self.text)] if "[" in self.text else []
        self.tokens = self._cut()
        for first, last in pairwise((*self.lines, len(self.tokens))):
            if self.shapes.count("U", first, last) >= 3:
                _judge(self.tokens[first:last])

    def _cut(self) -> list[Token]:
        written = self.text
        text = OWN_TAG.sub(lambda m: "§" * len(m[0]), written) if self.tags else written
        parts = (_ASCII_TOKEN if written.isascii() else _TOKEN).split(text)
        found, gaps = parts[1::2], parts[:-1:2]
        gaps[:1] = ["\n"] * bool(found)
        ends = list(accumulate(map(len, parts)))
        known = self.known
        new = [*set(found).difference(known)]
        known.update(zip(new, _facts(new), strict=True))
        facts = [known[text] for text in found]
        self.lows = [fact[0] for fact in facts] + _PAD
        self.shapes = "".join([fact[1] for fact in facts])
        self.texts, self.gaps = found, gaps
        self.starts = ends[:-1:2]
        self.heads = list(compress(range(len(found)), gaps))
        self.lines = [i for i, gap in enumerate(gaps) if "\n" in gap]
        self.opening = self._openings(found)
        words = [fact[2] for fact in facts]
        quiet = repeat(False)
        return list(map(Token, found, self.lows, self.starts, ends[1::2], self.shapes, words, self.opening, quiet, gaps))

    def _openings(self, found: list[str]) -> list[bool]:
        """Whether each token opens a sentence, a line or a label."""
        opening = [False] * (len(found) + 1)
        for i in self.lines:
            opening[i] = True
        for i in [i for i, text in enumerate(found) if text in _OPENERS]:
            if opening[i] or found[i] in _NEW_SENTENCE:
                opening[i + 1] = True
        return opening[:-1]

    @cached_property
    def heads_of_lines(self) -> list[int]:
        """The offsets at which lines begin."""
        return [0, *(m.end() for m in _LINE_END.finditer(self.text))]

    def starts_of(self, shape: str) -> list[int]:
        """The offsets of the tokens of a shape."""
        return [start for start, own in zip(self.starts, self.shapes, strict=True) if own == shape]

    def starts_at(self, words: Set[str]) -> list[int]:
        """The offsets of these lower-case tokens, rising."""
        return [self.starts[i] for i in self.at(words)]

    @cached_property
    def capitals(self) -> list[int]:
        """The indexes of the tokens that begin with a capital and hold more than one letter."""
        return [i for i in self.named if self.shapes[i] != "I"]

    @cached_property
    def named(self) -> list[int]:
        """The indexes of the tokens that begin with a capital."""
        return [i for i, shape in enumerate(self.shapes) if shape in _CAPITALS]

    def at(self, words: Set[str]) -> list[int]:
        """The indexes of these lower-case tokens, rising."""
        found = [self.where[w] for w in words & self.words]
        return found[0] if len(found) == 1 else sorted(chain.from_iterable(found))

    @cached_property
    def where(self) -> dict[str, list[int]]:
        """The indexes of each lower-case token."""
        found: dict[str, list[int]] = {}
        for i, low in zip(range(len(self.tokens)), self.lows, strict=False):
            if low in found:
                found[low].append(i)
            else:
                found[low] = [i]
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
        return self.stretches(self.at(words), before, behind)

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
    def _figures(self) -> list[tuple[int, int, int, str]]:
        """Where a pattern that begins with a digit may begin; the digits and the runs of them from there on to the next letter or
        wider gap; and the character behind the first run."""
        text = self.text
        found = [m.span() for m in (_ASCII_DIGITS if text.isascii() else _DIGITS).finditer(text)]
        figures: list[tuple[int, int, int, str]] = []
        digits = runs = follower = 0
        for start, end in reversed(found):
            gap = text[end:follower]
            near = end < follower <= end + _WIDEST_GAP and gap.upper() == gap.lower()
            digits, runs = (digits if near else 0) + end - start, (runs if near else 0) + 1
            follower, before = start, text[start - 1 : start]
            if not (before.isalnum() or before == "_"):
                figures.append((start, digits, runs, text[end : end + 1]))
            if before in _SIGNS:
                figures.append((start - 1, digits, runs, text[end : end + 1]))
        return figures[::-1]

    @cached_property
    def figure_starts(self) -> list[int]:
        """Where a pattern that begins with a digit may begin: a digit behind no word character, or `(`, `+`, `#`, `-` before one."""
        return [figure[0] for figure in self._figures]

    def figures(self, digits: int, runs: int = 1, before: str = "") -> list[int]:
        """Those of `figure_starts` with at least so many digits ahead in so many runs, no letter between them and no gap wider than
        three characters. `before` names the characters of which one must stand behind the first run."""
        near = self._tiers[(digits >= _MANY) + (digits >= _MOST)]
        return [s for s, d, r, c in near if d >= digits and r >= runs and (not before or (c and c in before))]

    @cached_property
    def _tiers(self) -> tuple[list[tuple[int, int, int, str]], ...]:
        """All figures, those with many digits ahead, and those with most."""
        many = [figure for figure in self._figures if figure[1] >= _MANY]
        return self._figures, many, [figure for figure in many if figure[1] >= _MOST]

    def ahead_of(self, words: Set[str], reach: int) -> list[int]:
        """Those of `figure_starts` behind which one of these words begins within so many characters."""
        stands = [self.starts[i] for i in self.at(words)]
        at = [bisect_left(stands, start) for start in self.figure_starts] if stands else []
        return [s for s, i in zip(self.figure_starts, at, strict=False) if i < len(stands) and stands[i] - s <= reach]

    @cached_property
    def coded(self) -> list[tuple[int, int]]:
        """The stretches without blanks that hold a digit."""
        if self.tags or not self.text.isascii():
            return [m.span() for m in _CODED_BLOB.finditer(self.text)]
        stretches = pairwise((*self.heads, len(self.tokens)))
        return [(self.tokens[a].start, self.tokens[b - 1].end) for a, b in stretches if self.shapes.find("d", a, b) >= 0]

    @cached_property
    def code_starts(self) -> list[int]:
        """Where a code that begins with a letter may begin: at each word of a stretch without blanks that holds a digit."""
        return [at.start() for start, end in self.coded for at in _CODE.finditer(self.text, start, end)]

    @cached_property
    def capital_starts(self) -> list[int]:
        """Those of `code_starts` at a capital or a `#`."""
        return [s for s in self.code_starts if self.text[s].isupper() or self.text[s] == "#"]

    @cached_property
    def all_starts(self) -> list[int]:
        """Both of the above, rising."""
        return sorted({*self.figure_starts, *self.code_starts})

    @cached_property
    def flat(self) -> Squeezed:
        """Letters and digits alone, for searches that ignore separators."""
        return _squeezed(self.text)

    def index_at(self, offset: int) -> int:
        """Index of the first token that starts at or after an offset."""
        return bisect_left(self.starts, offset)

    def low(self, index: int) -> str:
        """Lower-case token at an index, or an empty string outside."""
        return self.lows[index] if 0 <= index < len(self.tokens) else ""

    def in_tag(self, start: int, end: int) -> bool:
        """Whether a span touches one of our own tags."""
        index = bisect_left(self.tags, (end,))  # tags are disjoint and rise: only the last that begins before the end can reach in
        return index > 0 and start < self.tags[index - 1][1]


def tried(pattern: re.Pattern[str], text: str, starts: list[int]) -> Iterator[re.Match[str]]:
    """What `finditer` gives of a pattern that can begin only at `starts`, many times faster where these are few."""
    match, last = pattern.match, -1
    for start in starts:
        if start >= last and (found := match(text, start)):
            last = found.end()
            yield found


def _judge(line: list[Token]) -> None:
    upper = sum(t.shape == "U" for t in line)
    if upper >= 3 * sum(t.shape in "lC" and len(t.text) > 1 for t in line):
        for token in line:
            token.shouted = True
