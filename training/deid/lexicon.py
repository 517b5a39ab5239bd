"""Packs the pools into core/deid/data/world.bin: hashed words with what the world's lists say of them."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from core.deid.normalise import fold
from training.deid.pools import Pools
from training.deid.texts import vocabulary

_PART = re.compile(r"[^\W\d_]{2,}(?:'[^\W\d_]{2,})?")
_OFTEN, _SOME, _US_TOP = 12, 3, 1000


def _parts(name: str) -> list[str]:
    return _PART.findall(fold(name).lower())


def _levels(by_country: dict[str, list[str]], made: list[list[str]]) -> dict[str, int]:
    """Name → 3 in many countries or frequent in the US, 2 in some, 1 in one."""
    seen: Counter[str] = Counter()
    for names in [*by_country.values(), *made]:
        seen.update({p for name in names for p in _parts(name)})
    top = {p for name in by_country["US"][:_US_TOP] for p in _parts(name)}
    return {name: 3 if n >= _OFTEN or name in top else 2 if n >= _SOME else 1 for name, n in seen.items()}


def write(pools: Pools, path: Path) -> int:
    """Write the file; the number of words in it."""
    bits: dict[str, int] = {}
    named = vocabulary()
    for shift, first, second in ((0, "firsts", "faker_firsts"), (2, "lasts", "faker_lasts")):
        for name, level in _levels(pools[first], pools[second]).items():
            bits[name] = bits.get(name, 0) | level << shift
    for flag, pool in (
        (16, [*pools["cities"], *pools["us_cities"]]),
        (32, [*pools["drugs"], *(w for w in named["brands"] + named["bug"] + named["drug"] if " " not in w)]),
        (64, [*pools["icd"], *pools["hpo"], *pools["diseases"]]),
        (128, pools["english"]),
    ):
        for word in {p for entry in pool for p in _parts(entry)}:
            bits[word] = bits.get(word, 0) | flag
    table = sorted((zlib.crc32(word.encode()), value) for word, value in bits.items())
    hashes, values = np.array([h for h, _ in table], "<u4"), np.array([v for _, v in table], "u1")
    path.write_bytes(hashes.tobytes() + values.tobytes())
    return len(table)
