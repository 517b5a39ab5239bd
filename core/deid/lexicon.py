"""Word lists packed into one table: word → bits. Read once, on first use; sources in data/README.md."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import adler32, crc32

_DATA = Path(__file__).parent / "data"
TABLE = _DATA / "words.bin"


class _Bits(NamedTuple):
    """Where in a word's bits each level stands, and the bit of each flag."""

    first: int = 0
    last: int = 2
    common: int = 4
    city: int = 7
    flags: int = 9
    capital: int = 1 << 9
    clinical: int = 1 << 10
    eponym: int = 1 << 11


BITS = _Bits()


class Word(NamedTuple):
    """What the lists know of a word. Levels: 0 is absent, 3 (common: 4) is strongest."""

    first: int
    last: int
    common: int
    city: int
    capital: bool
    clinical: bool
    eponym: bool

    @property
    def medical(self) -> bool:
        """A clinical word or an eponym."""
        return self.clinical or self.eponym

    @property
    def unknown(self) -> bool:
        """In no list of words; it may be in lists of names."""
        return not (self.common or self.capital or self.clinical or self.eponym)


def sections(name: str) -> Iterator[tuple[str, list[str]]]:
    """The levels of one list file with their words."""
    body = (_DATA / name).read_text(encoding="utf-8").split("\n", 1)[1]
    for part in body.split("[")[1:]:
        label, words = part.split("]", 1)
        yield label, words.split()


@lru_cache(maxsize=1)
def _classes() -> dict[str, frozenset[str]]:
    return {label: frozenset(words) for label, words in sections("word_classes.txt")}


def words(name: str) -> frozenset[str]:
    """A closed word class, such as `cues.kin`. KeyError when there is none of the name."""
    return _classes()[name]


_CLINICAL_ENDINGS = tuple(words("lexicon.clinical_endings"))
_LAST_LETTERS = frozenset(ending[-3:] for ending in _CLINICAL_ENDINGS)


class Table(NamedTuple):
    """Keys of words in order, and the packed bits of each."""

    keys: array[int]
    bits: array[int]


@lru_cache(maxsize=1)
def table() -> Table:
    """What all lists say, as `tools.build_word_table` packed it: 216,000 words as objects would take 0.15 s and 20 MB."""
    data = TABLE.read_bytes()
    count = len(data) // 10
    made = Table(array("Q", data[: 8 * count]), array("H", data[8 * count :]))
    if sys.byteorder == "big":
        for part in made:
            part.byteswap()
    return made


def key_of(word: str) -> int:
    """48 bits of a word: its CRC-32, then the low half of its Adler-32. No two words of the lists share them."""
    raw = word.encode("utf-8", "surrogatepass")
    return crc32(raw) << 16 | adler32(raw) & 0xFFFF


@lru_cache(maxsize=1)
def long_cities() -> dict[str, tuple[tuple[tuple[str, ...], int], ...]]:
    """Cities of several words, by first word: ((the other words, level), …)."""
    found: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for label, words in sections("cities.txt"):
        for city in words:
            head, *rest = city.split("_")
            if rest:
                found.setdefault(head, []).append((tuple(rest), int(label)))
    return {head: tuple(sorted(tails, key=lambda t: -len(t[0]))) for head, tails in found.items()}


class _Decoded(dict[int, Word]):
    """The few hundred combinations of bits that occur, each as one Word."""

    def __missing__(self, bits: int) -> Word:
        levels = (bits & 3, bits >> BITS.last & 3, bits >> BITS.common & 7, bits >> BITS.city & 3)
        word = self[bits] = Word(*levels, bool(bits & BITS.capital), bool(bits & BITS.clinical), bool(bits & BITS.eponym))
        return word


_DECODED = _Decoded()
decoded = _DECODED.__getitem__
"""What packed bits say."""


def look_up(word: str) -> Word:
    """What the lists know of a word, given in lower case and folded."""
    keys, packed = table()
    key = key_of(word)
    at = bisect_left(keys, key)
    return _DECODED[_with_ending(word, packed[at] if at < len(keys) and keys[at] == key else 0)]


def look_up_all(words: Sequence[str]) -> tuple[list[int], list[int]]:
    """The packed bits of many words, given in lower case and folded, and their CRC-32."""
    import numpy as np

    keys, packed = map(np.asarray, table())
    raw = [word.encode("utf-8", "surrogatepass") for word in words]
    hashes = list(map(crc32, raw))
    asked = np.array(hashes, np.uint64) << np.uint64(16) | np.array(list(map(adler32, raw)), np.uint64) & np.uint64(0xFFFF)
    at = np.minimum(keys.searchsorted(asked), len(keys) - 1)
    found = np.where(keys[at] == asked, packed[at], 0).tolist()
    return [_with_ending(word, bits) for word, bits in zip(words, found, strict=True)], hashes


def _with_ending(word: str, bits: int) -> int:
    """The bits, with the clinical one where only a word's ending tells that it is clinical."""
    if not bits >> BITS.common and clinical_by_ending(word):
        bits |= BITS.clinical if not bits & 3 else 0
    return bits


def clinical_by_ending(word: str) -> bool:
    """Whether it ends as clinical words do, listed or not."""
    return len(word) > 5 and word[-3:] in _LAST_LETTERS and word.endswith(_CLINICAL_ENDINGS)
