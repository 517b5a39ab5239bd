"""Find known values again in any spelling: case, spacing, hyphens, reversed order, digits only.

The same search serves three masters: the identity panel's values, whole-case propagation of what was
masked once, and preflight. It compares letters and digits alone, so separators never matter.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from core.deid import cues
from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.note import Note, Squeezed, Token
from core.model import Category

_LONGEST_GAP = 3
_WIDEST_GAP = 40  # between columns
_SENTENCE_END = frozenset(".!?;:")
_UNSPACED = "\u2e80"  # from here on lie the scripts of East Asia, which write words without a space or with particles joined on


class Needle(NamedTuple):
    """A value to look for, squeezed to lower-case letters and digits.

    `careful` values are also ordinary words (`May`, `Parkinson`): they count only where they are capitalised
    and nothing says they mean the word. `solid` values may not be broken up; `wide` ones, which somebody chose where they stand, may
    reach over a table's columns; `turned` ones hold a person's names in the other order.
    """

    key: str
    category: Category
    role: str = ""
    careful: bool = False
    solid: bool = False
    wide: bool = False
    turned: bool = False


def squeeze(text: str) -> str:
    """Letters and digits only, in lower case."""
    low = text.lower()
    return low if low.isalnum() else "".join(filter(str.isalnum, low))


def echoes(note: Note, needles: Iterable[Needle], detector: str, score: float = 0.9) -> Iterator[Found]:
    """Every place where one of the values stands again."""
    for needle in needles:
        for start, end in _places(note.text, note.flat, needle):
            if needle.turned and _runs_on(note, start, end):
                continue
            if not needle.careful or _meant(note, start, end):
                yield Found(start - _opened(note.text, start, end), end, needle.category, score, detector, needle.role)


def _opened(text: str, start: int, end: int) -> bool:
    """Whether the bracket before it belongs to it, as in `(202) 555-0173`."""
    return text[start - 1 : start] == "(" and ")" in text[start:end]


def _places(text: str, flat: Squeezed, needle: Needle) -> Iterator[tuple[int, int]]:
    at, size = flat.keys.find(needle.key), len(needle.key)
    while at >= 0:
        start, end = flat.at[at], flat.at[at + size - 1] + 1
        if _bounded(text, start, end) and _held_together(text, flat, at, size, needle):
            yield start, end
        at = flat.keys.find(needle.key, at + 1)


def _bounded(text: str, start: int, end: int) -> bool:
    before = start and text[start - 1].isalnum() and text[start - 1].isdigit() == text[start].isdigit()
    after = end < len(text) and text[end].isalnum() and text[end].isdigit() == text[end - 1].isdigit()
    return not (before and text[start] < _UNSPACED) and not (after and text[end - 1] < _UNSPACED)


def _held_together(text: str, flat: Squeezed, at: int, size: int, needle: Needle) -> bool:
    if flat.at[at + size - 1] - flat.at[at] == size - 1:
        return True
    gaps = [_gap(text, a + 1, b) if b - a > 1 else 0 for a, b in pairwise(flat.at[at : at + size])]
    if not any(gaps):
        return True
    if needle.solid:
        return all(gaps) and max(gaps) <= 2
    return max(gaps) <= (_WIDEST_GAP if needle.wide else _LONGEST_GAP)


def _gap(text: str, start: int, end: int) -> int:
    """How far two letters stand apart. An apostrophe, as in `O'Dell`, is no distance; the end of a sentence is too far."""
    between = text[start:end]
    if between == "'":
        return 0
    word_before = start >= 2 and text[start - 2 : start].isalpha()
    ends = word_before and not _SENTENCE_END.isdisjoint(between) and between.strip() != between
    return _LONGEST_GAP + 1 if ends else end - start


def _meant(note: Note, start: int, end: int) -> bool:
    """Whether an ordinary word stands here as a name: capitalised inside a sentence, and no eponym's noun behind it."""
    index = bisect_left(note.starts, start)
    if index >= len(note.tokens) or note.tokens[index].shape not in "CU":
        return False
    token = note.tokens[index]
    behind = note.index_at(end)
    behind += note.low(behind) in ("'s", "'", "-")
    ahead = index - 1 - (note.low(index - 1) == ".")
    if note.low(ahead) in cues.TITLES and note.text[note.tokens[ahead].end : start].strip() in ("", "."):
        return True
    if token.shouted or note.low(behind) in cues.EPONYM_NOUNS or (token.shape == "U" and len(token.text) < 4):
        return False
    opens = token.opens and note.low(index - 1) not in _QUOTING
    return not opens or note.low(behind) in cues.SPEECH or _acts(note, token, behind)


def _runs_on(note: Note, start: int, end: int) -> bool:
    """Whether a surname is followed by an everyday word rather than by the given name: `Will Power will need`, `Rose Bush, rose bengal`."""
    first, last = note.tokens[note.index_at(start)], note.tokens[note.index_at(end) - 1]
    return first.shape == "C" and last.shape == "l" and last.word.common > 0


_QUOTING = frozenset(('"', "("))


def _acts(note: Note, token: Token, index: int) -> bool:
    """Whether a verb follows the opening word of a sentence, as in `Melody waits` or `Stark will call`."""
    low, word = note.low(index), token.word
    if low in _AUXILIARIES:
        return word.common <= 3 and (word.first == 3 or word.last == 3)
    return word.first == 3 and word.common <= 3 and len(low) > 3 and low.endswith(("s", "ed")) and not low.endswith("ss")


_AUXILIARIES = frozenset(("is", "was", "has", "had", "will"))


def name_needles(name: str, role: str, *, sure: bool = False) -> Iterator[Needle]:
    """What of a person's name is to be found again: the whole in both orders, and each part that says something.

    `sure` is for values the clinician gave: then a part counts even when it is rare or short.
    """
    parts = [p for p in (squeeze(w) for w in name.replace("-", " ").replace(",", " ").replace(".", " ").split()) if p and p not in _NO_PART]
    whole = [p for p in parts if len(p) > 1]
    if len(whole) > 1:
        yield Needle("".join(parts), Category.NAME, role)
        yield Needle("".join(whole), Category.NAME, role)
        yield Needle(whole[-1] + whole[0], Category.NAME, role, turned=not sure)
        yield Needle(whole[0] + whole[-1], Category.NAME, role)
        yield Needle(whole[-1] + "".join(whole[:-1]), Category.NAME, role, turned=not sure)
    for part in dict.fromkeys(whole):
        word = look_up(part)
        common = bool(word.common or word.medical or word.capital) or part in cues.EPONYM_NOUNS
        if len(part) >= 3 or sure:
            yield Needle(part, Category.NAME, role, careful=common or (len(part) < 3 and part < _UNSPACED), solid=True)
        if sure and len(part) >= 4 and part.isalpha():
            yield Needle(part + "s", Category.NAME, role, careful=common or bool(look_up(part + "s").common), solid=True)


_NO_PART = words("echo.no_part")


def value_needles(value: str, category: Category) -> Iterator[Needle]:
    """What of any other value is to be found again: the whole, when it is long or odd enough to mean itself."""
    key = squeeze(value)
    digits = sum(map(str.isdigit, key))
    letters = len(key) - digits
    several = letters >= 8 and len(value.split()) > 1
    if digits >= 5 or (digits >= 3 and letters >= 2) or several or (not digits and letters >= 4 and _distinct(value)):
        yield Needle(key, category, solid=not digits and " " not in value)


def _distinct(value: str) -> bool:
    return any(not (w := look_up(squeeze(part))).common and not w.medical for part in value.split())
