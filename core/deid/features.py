"""What the tagger sees of each token: letters, shape, word-list levels, and where in its line it stands.

Shared by training and use, so both see the same. All numbers are small codes; 0 is padding. Nothing is kept between calls.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
# word, shape, number, length, first, last, common, city, flags, world first, world last, world city/drug, ICD/English, gap, opening, line
SIZES = (0, 9, 19, 13, 4, 4, 5, 4, 8, 4, 4, 4, 4, 7, 5, 4)
_WORLD = Path(__file__).parent / "data" / "world.bin"


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
    if not text[0].isdigit():
        return 0
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
    return vocabulary.get(token.low, 1), _shape(token), _number(text), min(len(text), 12), *word[:4], flags


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


def encode(note: Note, vocabulary: dict[str, int]) -> tuple[Any, Any, Any]:
    """A note's tokens as arrays: codes int64 (n, 16), letters int64 (distinct, 14), row of letters for each token int64 (n,)."""
    import numpy as np

    tokens = note.tokens
    rows: dict[str, int] = {}
    index = np.array([rows.setdefault(t.text, len(rows)) for t in tokens], np.int64)
    first = {t.text: t for t in reversed(tokens)}
    distinct = [first[text] for text in rows]
    bits = world_bits([t.low for t in distinct]).astype(np.int64)
    world = np.stack([bits & 3, bits >> 2 & 3, bits >> 4 & 3, bits >> 6 & 3], 1)
    word = np.concatenate([np.array([_word_codes(t, vocabulary) for t in distinct], np.int64), world], 1)
    gaps = [_GAPS.get(t.gap) or _gap(t.gap) for t in tokens]
    place = np.array([gaps, [1 + t.opens + 2 * t.shouted for t in tokens], _line_kinds(note)], np.int64)
    return np.concatenate([word[index], place.T], 1), _spelled(list(rows)), index
