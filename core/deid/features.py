"""What the tagger sees of each token: letters, shape, word-list levels, and where in its line it stands.

Shared by training and use, so both see the same. All numbers are small codes; 0 is padding. Nothing is kept between calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.deid.lexicon import BITS, look_up_all
from core.deid.note import Facts, Note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LETTERS = 14
_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-/'\"()@#&+*=_%!?^|<>[]{}\\~$"
_CODES = {c: i + 3 for i, c in enumerate(_ALPHABET)}
ALPHABET_SIZE = len(_ALPHABET) + 3
_OTHER_LETTER, _OTHER_SIGN = 1, 2
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


def hashes(words: list[str]) -> NDArray[np.uint32]:
    """The CRC-32 of lower-case words, by which the lists know them; shape (n,)."""
    import numpy as np

    return np.array(look_up_all(words)[1], np.uint32)


def world_bits(asked: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """What the hashed list knows of words, given by their hashes; shape (n,)."""
    import numpy as np

    known, bits = _world()
    at = np.minimum(known.searchsorted(asked), len(known) - 1)
    return np.where(known[at] == asked, bits[at], 0).astype(np.uint8)


@lru_cache(maxsize=1)
def _senses() -> tuple[NDArray[np.uint32], NDArray[np.int8]]:
    """Sorted CRC-32 of folded words, and their vectors; a last row of zeros stands for every other word."""
    import numpy as np

    data = _SENSES.read_bytes()
    count = len(data) // (4 + SENSES)
    table = np.frombuffer(data, "i1", count * SENSES, 4 * count).reshape(count, SENSES)
    return np.frombuffer(data, "<u4", count), np.concatenate([table, np.zeros((1, SENSES), np.int8)])


def sense_rows(asked: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The row of each word in the table of senses, given by its hash; the last row when it is not there; shape (n,)."""
    import numpy as np

    known, _ = _senses()
    at = np.minimum(known.searchsorted(asked), len(known) - 1)
    return np.where(known[at] == asked, at, len(known))


def sense_bytes(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The vectors of rows of the table as bytes with 128 for nought, in steps of SENSE_SCALE; shape (n, SENSES)."""
    import numpy as np

    return _senses()[1][rows].view(np.uint8) ^ np.uint8(128)


def senses(rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The vectors of rows of the table; shape (n, SENSES)."""
    import numpy as np

    return _senses()[1][rows].astype(np.float32) * np.float32(SENSE_SCALE)


@lru_cache(maxsize=1)
def regions() -> frozenset[str]:
    """Words of the names of countries and states, and the states' abbreviations, in lower case and folded."""
    return frozenset((Path(__file__).parent / "data" / "regions.txt").read_text(encoding="utf-8").split())


@lru_cache(maxsize=1)
def _ascii() -> NDArray[np.int64]:
    """The code of each character below 128."""
    import numpy as np

    return np.array([0 if c == " " else _CODES.get(c, _OTHER_SIGN) for c in map(chr, range(128))], np.int64)


def _letters(texts: list[str]) -> NDArray[np.int64]:
    """The codes of each text's letters, of a long one its first nine and last five; shape (n, LETTERS)."""
    import numpy as np

    cut = [(t if len(t) <= LETTERS else t[:9] + t[-5:]).ljust(LETTERS) for t in texts]  # no token holds a blank
    points = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), "<u4").reshape(-1, LETTERS)
    codes: NDArray[np.int64] = _ascii()[np.minimum(points, 127)]
    for point in set(points[points > 126].tolist()) if points.max() > 126 else ():
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


def _shape(text: str, shape: str) -> int:
    if shape == "C":
        return _SHAPES[shape] if text[1:].islower() else _MIXED
    return _TAG if text[0] == "§" else _SHAPES[shape]


def _gap(gap: str) -> int:
    if not gap:
        return 1
    if "\n" in gap:
        return 6 if gap.count("\n") > 1 else 5
    return 4 if "\t" in gap else 2 if gap == " " else 3


class _Gaps(dict[str, int]):
    """The codes of the usual gaps; others are worked out and not kept."""

    def __missing__(self, gap: str) -> int:
        return _gap(gap)


_GAPS = _Gaps({gap: _gap(gap) for gap in ("", " ", "\n", "\n\n", "  ")})


def _line_kinds(note: Note) -> list[int]:
    """For every line: 1 it has no capitals, 2 nearly nothing else, 3 mixed."""
    kinds: list[int] = []
    for first, last in pairwise((*note.lines, len(note.tokens))):
        capitals = any(note.shapes.find(shape, first, last) >= 0 for shape in "CUI")
        kinds.append(2 if note.tokens[first].shouted else 3 if capitals else 1)
    return kinds


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
    around = (wide[:, :-2] * ALPHABET_SIZE + wide[:, 1:-1]) * ALPHABET_SIZE + wide[:, 2:]
    written = around > 0  # the others, behind a text's end, are row 0
    keys, rows = np.unique(around[written], return_inverse=True)
    index = np.zeros(letters.shape, np.int64)
    index[written] = rows + 1
    front, last = np.divmod(np.concatenate([[0], keys]), ALPHABET_SIZE)
    return np.stack([*np.divmod(front, ALPHABET_SIZE), last], 1), index


class Spelled(NamedTuple):
    """Distinct texts for the tagger: codes (n, 13), letters (n, 14), rows of `senses` (n,)."""

    words: NDArray[np.int64]
    letters: NDArray[np.int64]
    rows: NDArray[np.int64]


class Encoded(NamedTuple):
    """A note for the tagger: of each distinct text its codes, letters and senses; of each token its place and the row of its text."""

    words: NDArray[np.int64]
    letters: NDArray[np.int64]
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    spread: NDArray[np.int64]


def encode(note: Note, vocabulary: dict[str, int]) -> Encoded:
    """words (distinct, 13), letters (distinct, 14), rows of `senses` (distinct,), places (n,), index (n,)."""
    texts, index = distinct(note)
    return Encoded(*spelled(texts, note.known, vocabulary), places(note), index)


def distinct(note: Note) -> tuple[list[str], NDArray[np.int64]]:
    """The distinct texts of the tokens, and of each token the row of its text; shape (n,)."""
    import numpy as np

    texts = list(dict.fromkeys(note.texts))
    numbers = dict(zip(texts, range(len(texts)), strict=True))
    return texts, np.array(list(map(numbers.__getitem__, note.texts)), np.int64)


def places(note: Note) -> NDArray[np.int64]:
    """The place of each token, below PLACES; shape (n,)."""
    import numpy as np

    kinds = np.array(_line_kinds(note), np.int64)
    lines = np.repeat(kinds + 2 * _LINE_KINDS * (kinds == 2), np.diff((*note.lines, len(note.texts))))
    found: NDArray[np.int64] = (np.array(list(map(_GAPS.__getitem__, note.gaps)), np.int64) * 4 + note.opening) * _LINE_KINDS + lines
    return found


def spelled(texts: list[str], known: Mapping[str, Facts], vocabulary: Mapping[str, int]) -> Spelled:
    """What texts say wherever they stand; at least one."""
    import numpy as np

    lows, shapes, _, packed, hashed = zip(*[known[text] for text in texts], strict=True)
    words = np.zeros((len(SIZES), len(texts)), np.int64)
    words[0] = [vocabulary.get(low, 1) for low in lows]
    words[1] = [_SHAPES[shape] if shape in "ldUI" else _shape(text, shape) for text, shape in zip(texts, shapes, strict=True)]
    for i in [i for i, shape in enumerate(shapes) if shape == "d"]:
        words[2, i] = _number(texts[i])
    words[3] = np.minimum(list(map(len, texts)), 12)
    bits = np.array(packed)
    words[4:9] = bits & 3, bits >> BITS.last & 3, bits >> BITS.common & 7, bits >> BITS.city & 3, bits >> BITS.flags & 7
    asked = np.array(hashed, np.uint32)
    world = world_bits(asked)
    words[9:] = world & 3, world >> 2 & 3, world >> 4 & 3, world >> 6 & 3
    return Spelled(words.T, _letters(texts), sense_rows(asked))
