"""`python -m training.deid.train`: pools → world.bin → vocabulary → tagger.onnx and tagger.json in core/deid/data.

Needs training/deid/requirements.txt. Same seed, same text; the weights may differ in the last bits between machines.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from core.deid.features import LETTERS, LEVELS, SIZES, WORD, encode
from core.deid.normalise import shadow
from core.deid.note import Note
from training.deid import lexicon, pools
from training.deid.grammar import LABELS
from training.deid.network import Tagger, export
from training.deid.notes import Notes

DATA = Path(__file__).parents[2] / "core" / "deid" / "data"
_WINDOW, _BATCH, _CHUNK = 200, 24, 3000
_RATE, _WARM = 2e-3, 150
_VOCABULARY, _SEEN_OFTEN = 3500, 12
_HIDE_WORD, _HIDE_LEVEL = 0.12, 0.08
Window = tuple[np.ndarray, np.ndarray, np.ndarray]


def _vocabulary(notes: Notes, count: int) -> list[str]:
    """Words that stand outside identifiers often."""
    seen: Counter[str] = Counter()
    for _ in range(count):
        text, labels = notes.make()
        seen_text = shadow(text)
        seen.update(t.low for t in Note(seen_text.text).tokens if t.shape in "lCUI" and not labels[seen_text.at[t.start]])
    return [word for word, n in seen.most_common(_VOCABULARY) if n >= _SEEN_OFTEN]


def _windows(notes: Notes, vocabulary: dict[str, int]) -> Iterator[list[Window]]:
    """Chunks of windows of fresh text, for ever: codes, letters and labels of each token."""
    while True:
        chunk: list[Window] = []
        for _ in range(_CHUNK):
            text, labels = notes.make()
            seen = shadow(text)
            note = Note(seen.text)
            if not note.tokens:
                continue
            codes, letters, index = encode(note, vocabulary)
            wanted = np.array([labels[seen.at[t.start]] for t in note.tokens])
            spelled = letters[index].astype(np.uint8)
            chunk += [(codes[i : i + _WINDOW], spelled[i : i + _WINDOW], wanted[i : i + _WINDOW]) for i in range(0, len(wanted), _WINDOW)]
        yield chunk


def _batches(chunk: list[Window], random: np.random.Generator) -> Iterator[list[Window]]:
    order = sorted(range(len(chunk)), key=lambda i: len(chunk[i][2]) + random.normal(0, 8))
    groups = [order[i : i + _BATCH] for i in range(0, len(order), _BATCH)]
    random.shuffle(groups)
    for group in groups:
        yield [chunk[i] for i in group]


def _tensors(batch: list[Window], random: np.random.Generator) -> tuple[torch.Tensor, ...]:
    """Padded codes, distinct letters, index, mask and labels; words and list levels are hidden at random so that context must carry."""
    longest = max(len(w[2]) for w in batch)
    codes = np.zeros((len(batch), longest, len(SIZES)), np.int64)
    spelled = np.zeros((len(batch), longest, LETTERS), np.uint8)
    labels = np.full((len(batch), longest), -100, np.int64)
    mask = np.zeros((len(batch), longest, 1), np.float32)
    for row, (c, s, y) in enumerate(batch):
        codes[row, : len(y)], spelled[row, : len(y)], labels[row, : len(y)], mask[row, : len(y)] = c, s, y, 1
    hidden = (random.random((len(batch), longest)) < _HIDE_WORD) & (codes[:, :, WORD] > 1)
    codes[:, :, WORD][hidden] = 1
    codes[:, :, LEVELS][random.random((len(batch), longest)) < _HIDE_LEVEL] = 0
    distinct, index = np.unique(spelled.reshape(-1, LETTERS), axis=0, return_inverse=True)
    arrays = (codes, distinct.astype(np.int64), index.reshape(len(batch), longest), mask, labels)
    return tuple(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays)


def _rate(step: int, done: float) -> float:
    return _RATE * min(1.0, (step + 1) / _WARM) * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * min(done, 1.0))))


def _fit(tagger: Tagger, supply: Iterator[list[Window]], tokens: int, seed: int) -> tuple[int, int]:
    """Train on so many tokens; steps and tokens done."""
    random = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(tagger.parameters(), lr=_RATE, weight_decay=0.01)
    weights = torch.tensor([1.0] + [2.0] * (len(LABELS) - 1))
    step = done = 0
    losses: list[float] = []
    tagger.train()
    start = time.monotonic()
    for chunk in supply:
        for batch in _batches(chunk, random):
            codes, letters, index, mask, labels = _tensors(batch, random)
            for group in optimizer.param_groups:
                group["lr"] = _rate(step, done / tokens)
            logits = tagger(codes, letters, index, mask)
            loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), weight=weights, label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
            optimizer.step()
            step, done = step + 1, done + int(mask.sum())
            losses.append(loss.item())
        print(f"{done:>9} tokens, loss {np.mean(losses[-100:]):.4f}, {done / (time.monotonic() - start):.0f} tokens/s", flush=True)  # noqa: T201
        if done >= tokens:
            return step, done
    return step, done


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Train and write the model with its recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=7_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pools", type=Path, default=Path("pools.json"))
    parser.add_argument("--out", type=Path, default=DATA)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(asked.seed)
    drawn = pools.load(asked.pools)
    listed = lexicon.write(drawn, DATA / "world.bin")
    words = _vocabulary(Notes(asked.seed + 1, drawn), 20_000)
    tagger = Tagger(len(words))
    supply = _windows(Notes(asked.seed, drawn), {w: i + 2 for i, w in enumerate(words)})
    steps, done = _fit(tagger, supply, asked.tokens, asked.seed)
    model = asked.out / "tagger.onnx"
    export(tagger, model)
    recipe = {
        "command": f"python -m training.deid.train --tokens {asked.tokens} --seed {asked.seed}",
        "tokens": done,
        "steps": steps,
        "parameters": sum(p.numel() for p in tagger.parameters()),
        "world_words": listed,
        "torch": torch.__version__,
        "sha256": _digest(model),
        "world_sha256": _digest(DATA / "world.bin"),
        "labels": LABELS,
        "vocabulary": " ".join(words),
    }
    (asked.out / "tagger.json").write_text(json.dumps(recipe, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
