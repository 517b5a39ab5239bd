"""ICD-10-CM: does a code exist, what does it say, and can it be about this diagnosis?

The list (`data/icd10cm.tsv.gz`, see `data/README.md`) is unpacked at first use and searched as bytes: 8 MB
once, no dictionary of a hundred thousand strings.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from core.prompting.quotes import Folded
from core.prompting.synonyms import EMPTY_WORDS, spelled_out

_DATA = Path(__file__).parent / "data" / "icd10cm.tsv.gz"
_CODE = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.?[0-9A-Z]{1,4})?")
_WORD = re.compile(r"[a-z]{3,}")
_STEM_CHARS = 5


@dataclass(frozen=True)
class _Table:
    """The list as it is stored: code lines as bytes, blocks as (first, last, description), known stems."""

    codes: bytes
    blocks: tuple[tuple[str, str, str], ...]
    stems: frozenset[str]


@cache
def _table() -> _Table:
    stems, blocks, codes = gzip.decompress(_DATA.read_bytes()).split(b"\n\n")
    spans = ((line[:3], line[4:7], line[8:]) for line in blocks.decode().split("\n"))
    return _Table(b"\n" + codes, tuple(spans), frozenset(stems.decode().split("\n")))


@lru_cache(maxsize=4096)
def _entry(key: str) -> tuple[str, str] | None:
    codes = _table().codes
    at = codes.find(f"\n{key}\t".encode())
    if at < 0:
        return None
    _, description, terms = codes[at + 1 : codes.index(b"\n", at + 1)].decode().split("\t")
    return description, terms


def _key(code: str) -> str | None:
    """The code as the table has it, e.g. `I214` for ` i21.4`; None when it has not the shape of a code."""
    code = code.strip().upper()
    return code.replace(".", "") if _CODE.fullmatch(code) else None


def describe_code(code: str) -> str | None:
    """The official description of an ICD-10-CM code or category, with or without its dot; None when there is none."""
    key = _key(code)
    entry = _entry(key) if key else None
    return entry[0] if entry else None


def code_fits(code: str, diagnosis: str) -> bool:
    """Whether an existing code can be about the diagnosis; doubt counts as yes.

    No is said only when a telling word of the diagnosis is known to ICD-10-CM and none of its words shares
    a stem with the code, its inclusion terms, its parents or its blocks.
    """
    key = _key(code)
    if key is None or _entry(key) is None:
        return True
    known = _table().stems
    ours = [word for word in telling_words(spelled_out(diagnosis)) if stem(word) in known]
    return not ours or any(_akin(a, b) for a in ours for b in _official_words(key))


@lru_cache(maxsize=1024)
def _official_words(key: str) -> frozenset[str]:
    own = (_entry(key[:length]) for length in range(3, len(key) + 1))
    blocks = (text for first, last, text in _table().blocks if first <= key[:3] <= last)
    texts = (*(" ".join(entry) for entry in own if entry), *blocks)
    return frozenset(telling_words(spelled_out(" ".join(texts))))


def telling_words(text: str) -> list[str]:
    """The words that say which diagnosis is meant, folded, in American spelling."""
    folded = Folded.of(text).text.replace("ae", "e").replace("oe", "e").replace("ou", "o")
    return [word for word in _WORD.findall(folded) if word not in EMPTY_WORDS]


def stem(word: str) -> str:
    """What two words must share to count as the same."""
    return word[:_STEM_CHARS]


def _akin(a: str, b: str) -> bool:
    """Same stem, or the shorter one inside the longer: strep in streptococcal, acidosis in ketoacidosis."""
    short, long = sorted((a, b), key=len)
    return stem(a) == stem(b) or (len(short) >= 4 and short in long)
