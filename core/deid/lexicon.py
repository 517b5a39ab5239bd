"""Word lists packed into one table: word → bits. Loaded once, on first use; sources in data/README.md."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_DATA = Path(__file__).parent / "data"
_FIRST, _LAST, _COMMON, _CITY = 0, 2, 4, 7
_CAPITAL, _CLINICAL, _EPONYM = 1 << 9, 1 << 10, 1 << 11


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


@lru_cache(maxsize=1)
def table() -> dict[str, int]:
    """Word → packed bits. About 0.1 s and 20 MB, once."""
    bits: dict[str, int] = {}
    for name, shift in (("first_names.txt", _FIRST), ("surnames.txt", _LAST)):
        for label, words in sections(name):
            _add(bits, words, int(label) << shift)
    for label, words in sections("english.txt"):
        _add(bits, words, int(label) << _COMMON if label != "0" else _CAPITAL)
    for label, words in sections("icd_words.txt"):
        _add(bits, words, _CLINICAL if label == "1" else _EPONYM)
    for label, words in sections("clinical.txt"):
        _add(bits, words, _EPONYM if label == "eponyms" else _CLINICAL)
    for _, words in sections("drugs.txt"):
        _add(bits, words, _CLINICAL)
    for label, words in sections("cities.txt"):
        _add(bits, (w for w in words if "_" not in w), int(label) << _CITY)
    return bits


def _add(bits: dict[str, int], words: Iterator[str] | list[str], value: int) -> None:
    get = bits.get
    for word in words:
        bits[word] = get(word, 0) | value


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
        levels = (bits & 3, bits >> _LAST & 3, bits >> _COMMON & 7, bits >> _CITY & 3)
        word = self[bits] = Word(*levels, bool(bits & _CAPITAL), bool(bits & _CLINICAL), bool(bits & _EPONYM))
        return word


_DECODED = _Decoded()


def look_up(word: str) -> Word:
    """What the lists know of a word, given in lower case and folded."""
    bits = table().get(word, 0)
    if not bits >> _COMMON and len(word) > 5 and word[-3:] in _LAST_LETTERS and word.endswith(_CLINICAL_ENDINGS):
        bits |= _CLINICAL if not bits & 3 else 0
    return _DECODED[bits]
