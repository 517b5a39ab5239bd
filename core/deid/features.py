"""What the tagger sees of each token: letters, shape, word-list levels, and where in its line it stands.

Shared by training and use, so both see the same. All numbers are small codes; 0 is padding. Nothing is kept between calls.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.deid.note import Note, Token

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LETTERS = 14
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-/'\"()@#&+*=_%!?^|<>[]{}\\~$"
_CODES = {c: i + 3 for i, c in enumerate(_ALPHABET)}
ALPHABET_SIZE = len(_ALPHABET) + 3
_OTHER_LETTER, _OTHER_SIGN = 1, 2
_ASCII = [0 if c == " " else _CODES.get(c, _OTHER_SIGN) for c in map(chr, range(128))]
WORD, LEVELS = 0, slice(4, 13)
_SHAPES = {"d": 1, "p": 2, "l": 3, "C": 4, "U": 5, "I": 6}
_MIXED, _TAG = 7, 8
# word, shape, number, length, first, last, common, city, flags, world first, world last, world city/drug, ICD/English
SIZES = (0, 9, 19, 13, 4, 4, 5, 4, 8, 4, 4, 4, 4)
CODE_GROUPS = ((0,), (1, 2), (3, 8), (4, 5, 6, 7), (9, 10, 11, 12))
"""The codes that the model looks up together, in one table for each group."""
_GAP_KINDS, _LINE_KINDS = 7, 4
PLACES = _GAP_KINDS * 4 * _LINE_KINDS
"""How many kinds of place there are: by what stands before the token, whether a line opens or shouts, and the line's case."""
SENSES, SENSE_SCALE = 32, 1 / 32
"""Numbers a word, and the worth of one step of their signed bytes."""
_WORLD, _SENSES = (Path(__file__).parent / "data" / name for name in ("world.bin", "senses.bin"))


@lru_cache(maxsize=1)
def _world() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Sorted CRC-32 of folded words, and their bits: first name 2, last name 2, city 1, drug 1, ICD word 1, English 1."""
    import numpy as np

    data = _WORLD.read_bytes()
    count = len(data) // 5
    return np.frombuffer(data, "<u4", count), np.frombuffer(data, "u1", count, 4 * count)


def world_bits(words: list[str]) -> NDArray[np.uint8]:
    """What the hashed list knows of lower-case words; shape (n,)."""
    import numpy as np

    hashes, bits = _world()
    asked = np.fromiter((zlib.crc32(w.encode()) for w in words), np.uint32, len(words))
    at = np.minimum(np.searchsorted(hashes, asked), len(hashes) - 1)
    return np.where(hashes[at] == asked, bits[at], 0).astype(np.uint8)


@lru_cache(maxsize=1)
def _senses() -> tuple[NDArray[np.uint32], NDArray[np.int8]]:
    """Sorted CRC-32 of folded words, and their vectors; a last row of zeros stands for every other word."""
    import numpy as np

    data = _SENSES.read_bytes()
    count = len(data) // (4 + SENSES)
    table = np.frombuffer(data, "i1", count * SENSES, 4 * count).reshape(count, SENSES)
    return np.frombuffer(data, "<u4", count), np.concatenate([table, np.zeros((1, SENSES), np.int8)])


def sense_rows(words: list[str]) -> NDArray[np.int64]:
    """The row of each lower-case word in the table of senses, the last row when it is not there; shape (n,)."""
    import numpy as np

    hashes, _ = _senses()
    asked = np.fromiter((zlib.crc32(w.encode()) for w in words), np.uint32, len(words))
    at = np.minimum(np.searchsorted(hashes, asked), len(hashes) - 1)
    return np.where(hashes[at] == asked, at, len(hashes))


def senses(rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The vectors of rows of the table; shape (n, SENSES)."""
    import numpy as np

    return _senses()[1][rows].astype(np.float32) * np.float32(SENSE_SCALE)


@lru_cache(maxsize=1)
def regions() -> frozenset[str]:
    """Words of the names of countries and states, and the states' abbreviations, in lower case and folded."""
    return frozenset((Path(__file__).parent / "data" / "regions.txt").read_text(encoding="utf-8").split())


def _spelled(texts: list[str]) -> NDArray[np.int64]:
    """The codes of each text's letters, of a long one its first nine and last five; shape (n, LETTERS)."""
    import numpy as np

    cut = [(t if len(t) <= LETTERS else t[:9] + t[-5:]).ljust(LETTERS) for t in texts]  # no token holds a blank
    points = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), "<u4").reshape(-1, LETTERS)
    codes: NDArray[np.int64] = np.array(_ASCII, np.int64)[np.minimum(points, 127)]
    for point in set(points[points > 126].tolist()):
        codes[points == point] = _OTHER_LETTER if chr(point).isalpha() else _OTHER_SIGN
    return codes


def _number(text: str) -> int:
    """A code for a run of digits: its size when it may be a day, a month, an age or a year, else its length."""
    size = len(text)
    value = int(text[:4])
    if size == 1:
        return 1 if value else 2
    if size == 2:
        return 3 if value <= 12 else 4 if value <= 31 else 5 if value < 90 else 6
    if size == 3:
        return 7 if value <= 200 else 8
    if size == 4:
        return 9 if 1900 <= value <= 2035 else 10
    return min(6 + size, 18)


def _shape(token: Token) -> int:
    if token.shape == "p":
        return _TAG if token.text[0] == "§" else 2
    if token.shape == "C" and not token.text[1:].islower():
        return _MIXED
    return _SHAPES[token.shape]


def _word_codes(token: Token, vocabulary: dict[str, int]) -> tuple[int, ...]:
    text, word = token.text, token.word
    flags = word.capital + 2 * word.clinical + 4 * word.eponym
    number = _number(text) if token.shape == "d" else 0
    return vocabulary.get(token.low, 1), _shape(token), number, min(len(text), 12), *word[:4], flags


def _gap(gap: str) -> int:
    if not gap:
        return 1
    if "\n" in gap:
        return 6 if gap.count("\n") > 1 else 5
    return 4 if "\t" in gap else 2 if gap == " " else 3


_GAPS = {gap: _gap(gap) for gap in ("", " ", "\n", "\n\n", "  ")}


def _line_kinds(note: Note) -> list[int]:
    """For every token: 1 its line has no capitals, 2 nearly nothing else, 3 mixed."""
    kinds: list[int] = []
    for line in note.by_line():
        kinds += [_line_kind(line)] * len(line)
    return kinds


def _line_kind(line: list[Token]) -> int:
    if line[0].shouted:
        return 2
    return 3 if any(t.shape in "CUI" for t in line) else 1


@lru_cache(maxsize=1)
def _mixing() -> NDArray[np.int64]:
    """What each code counts for in the number of its group; shape (13, groups)."""
    import numpy as np

    weights = np.zeros((len(SIZES), len(CODE_GROUPS)), np.int64)
    for at, group in enumerate(CODE_GROUPS):
        weight = 1
        for code in reversed(group):
            weights[code, at] = weight
            weight *= SIZES[code]
    return weights


def grouped(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of each group's table for codes (n, 13); shape (n, groups)."""
    return words @ _mixing()


def threes(letters: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct threes of letters in a row (t, 3), and which of them stands around each letter; shape of letters."""
    import numpy as np

    wide = np.zeros((len(letters), LETTERS + 2), np.int64)
    wide[:, 1:-1] = letters
    keys, index = np.unique((wide[:, :-2] * ALPHABET_SIZE + wide[:, 1:-1]) * ALPHABET_SIZE + wide[:, 2:], return_inverse=True)
    front, last = np.divmod(keys, ALPHABET_SIZE)
    return np.stack([*np.divmod(front, ALPHABET_SIZE), last], 1), index.reshape(letters.shape)


class Encoded(NamedTuple):
    """A note for the tagger: of each distinct text its codes, letters and senses; of each token its place and the row of its text."""

    words: NDArray[np.int64]
    letters: NDArray[np.int64]
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    spread: NDArray[np.int64]


def encode(note: Note, vocabulary: dict[str, int]) -> Encoded:
    """words (distinct, 13), letters (distinct, 14), rows of `senses` (distinct,), places (n,), index (n,)."""
    import numpy as np

    tokens = note.tokens
    texts: dict[str, int] = {}
    index = np.array([texts.setdefault(t.text, len(texts)) for t in tokens], np.int64)
    first = {t.text: t for t in reversed(tokens)}
    distinct = [first[text] for text in texts]
    lows = [t.low for t in distinct]
    bits = world_bits(lows).astype(np.int64)
    world = np.stack([bits & 3, bits >> 2 & 3, bits >> 4 & 3, bits >> 6 & 3], 1)
    words = np.concatenate([np.array([_word_codes(t, vocabulary) for t in distinct], np.int64), world], 1)
    gaps = [_GAPS.get(t.gap) or _gap(t.gap) for t in tokens]
    kinds = zip(gaps, tokens, _line_kinds(note), strict=True)
    places = np.array([(gap * 4 + t.opens + 2 * t.shouted) * _LINE_KINDS + line for gap, t, line in kinds], np.int64)
    return Encoded(words, _spelled(list(texts)), sense_rows(lows), places, index)
