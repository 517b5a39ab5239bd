"""`python -m training.deid.train`: pools → world.bin → vocabulary → words.onnx, tagger.onnx and tagger.json in core/deid/data.

Both networks train side by side, each in its own process, and may go on from an earlier run or from a written model (`--start`).
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
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from core.deid.features import LETTERS, LEVELS, SIZES, WORD, encode, senses
from core.deid.normalise import shadow
from core.deid.note import Note
from training.deid import lexicon, pools
from training.deid.export import export
from training.deid.grammar import LABELS
from training.deid.network import Reader
from training.deid.notes import Notes
from training.deid.reload import reloaded

DATA = Path(__file__).parents[2] / "core" / "deid" / "data"
_WINDOW, _BATCH, _CHUNK = 200, 32, 3000
_WARM = 150
_MEMORY = 0.997  # of the running mean of the weights, which is what is kept
_VOCABULARY, _SEEN_OFTEN = 4500, 12
_READINGS = 2  # of each chunk, with other words hidden: making text takes more than a third of the time
_HIDE_WORD, _HIDE_LEVEL, _HIDE_SENSE, _HIDE_ALL = 0.12, 0.08, 0.12, 0.06


class Window(NamedTuple):
    """A stretch of a text: of each token its codes (n, 13), letters (n, 14), row of senses, place and label."""

    words: np.ndarray
    letters: np.ndarray
    senses: np.ndarray
    places: np.ndarray
    labels: np.ndarray


class Stage(NamedTuple):
    """One run of training: from `start`, an earlier run or a folder with a written model, when given, to weights in `run`."""

    tokens: int
    rate: float
    seed: int
    pools: Path
    run: Path
    start: Path | None


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
            seen_of = encode(note, vocabulary)
            wanted = np.array([labels[seen.at[t.start]] for t in note.tokens], np.uint8)
            words, letters, rows = (
                table[seen_of.spread] for table in (seen_of.words.astype(np.int16), seen_of.letters.astype(np.uint8), seen_of.rows)
            )
            whole = Window(words, letters, rows, seen_of.places, wanted)
            chunk += [Window(*(a[i : i + _WINDOW] for a in whole)) for i in range(0, len(wanted), _WINDOW)]
        yield chunk


def _batches(chunk: list[Window], random: np.random.Generator) -> Iterator[list[Window]]:
    order = sorted(range(len(chunk)), key=lambda i: len(chunk[i].labels) + random.normal(0, 8))
    groups = [order[i : i + _BATCH] for i in range(0, len(order), _BATCH)]
    random.shuffle(groups)
    for group in groups:
        yield [chunk[i] for i in group]


def _tensors(batch: list[Window], random: np.random.Generator) -> tuple[list[torch.Tensor], torch.Tensor]:
    """What the network takes, padded, and labels; words, list levels and senses are hidden at random so that context must carry."""
    shape = (len(batch), max(len(w.labels) for w in batch))
    words, letters = np.zeros((*shape, len(SIZES)), np.int64), np.zeros((*shape, LETTERS), np.uint8)
    rows, places = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    labels, mask = np.full(shape, -100, np.int64), np.zeros((*shape, 1), np.float32)
    for at, window in enumerate(batch):
        for whole, part in zip((words, letters, rows, places, labels), window, strict=True):
            whole[at, : len(part)] = part
        mask[at, : len(window.labels)] = 1
    meanings = senses(rows)
    bare = random.random(shape) < _HIDE_ALL
    words[:, :, WORD][(bare | (random.random(shape) < _HIDE_WORD)) & (words[:, :, WORD] > 1)] = 1
    words[:, :, LEVELS][bare | (random.random(shape) < _HIDE_LEVEL)] = 0
    meanings[bare | (random.random(shape) < _HIDE_SENSE)] = 0
    distinct, index = np.unique(letters.reshape(-1, LETTERS), axis=0, return_inverse=True)
    arrays = (words, meanings, places, index.reshape(shape), distinct.astype(np.int64), mask)
    return [torch.from_numpy(np.ascontiguousarray(a)) for a in arrays], torch.from_numpy(labels)


def _rate(highest: float, step: int, done: float) -> float:
    return highest * min(1.0, (step + 1) / _WARM) * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * min(done, 1.0))))


def _fit(reader: Reader, supply: Iterator[list[Window]], stage: Stage, save: Path) -> tuple[int, int]:
    """Train one network on so many tokens, saving it after every chunk; steps and tokens done."""
    random = np.random.default_rng(stage.seed)
    optimizer = torch.optim.AdamW(reader.parameters(), lr=stage.rate, weight_decay=0.01)
    mean = AveragedModel(reader, multi_avg_fn=get_ema_multi_avg_fn(_MEMORY))
    weights = torch.tensor([1.0] + [2.0] * (len(LABELS) - 1))
    step = done = 0
    losses: list[float] = []
    start = time.monotonic()
    for chunk in supply:
        reader.train()
        for batch in chain.from_iterable(_batches(chunk, random) for _ in range(_READINGS)):
            given, labels = _tensors(batch, random)
            for group in optimizer.param_groups:
                group["lr"] = _rate(stage.rate, step, done / stage.tokens)
            logits = reader(*given)
            loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), weight=weights, label_smoothing=0.02)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimizer.step()
            if step >= _WARM:
                mean.update_parameters(reader)
            step, done = step + 1, done + int((labels >= 0).sum())
            losses.append(loss.item())
        torch.save(mean.module.state_dict(), save)
        speed = done / (time.monotonic() - start)
        print(f"{save.stem}: {done:>9} tokens, loss {np.mean(losses[-100:]):.4f}, {speed:.0f} tokens/s", flush=True)  # noqa: T201
        if done >= stage.tokens:
            break
    return step, done


def _learn(memory: bool, words: list[str], stage: Stage) -> tuple[int, int]:
    """One network in a process of its own, on its own text; its weights land in the run's folder."""
    torch.set_num_threads(1)
    torch.manual_seed(stage.seed + memory)
    reader = Reader(len(words), memory=memory)
    if stage.start is not None and (stage.start / _weights(memory)).exists():
        reader.load_state_dict(torch.load(stage.start / _weights(memory)))
    elif stage.start is not None:
        reader = reloaded(stage.start, len(words))[not memory]
    notes = Notes(stage.seed + 10 * memory, pools.load(stage.pools))
    return _fit(reader, _windows(notes, {w: i + 2 for i, w in enumerate(words)}), stage, stage.run / _weights(memory))


def _weights(memory: bool) -> str:
    return "memory.pt" if memory else "alone.pt"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=8_000_000, help="for each of the two networks")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pools", type=Path, default=Path("pools.json"))
    parser.add_argument("--run", type=Path, default=Path("run"), help="folder of the weights")
    parser.add_argument("--start", type=Path, help="folder of an earlier run, or of a written model, to go on from")
    parser.add_argument("--export", action="store_true", help="train nothing, write the model of the run's weights")
    return parser.parse_args()


def _packed(run: Path, words: list[str], stages: list[dict[str, object]]) -> None:
    """The model and its recipe in core/deid/data."""
    readers = [Reader(len(words), memory=memory) for memory in (True, False)]
    for reader, memory in zip(readers, (True, False), strict=True):
        reader.load_state_dict(torch.load(run / _weights(memory)))
    export(readers, DATA)
    recipe = {
        "stages": stages,
        "parameters": sum(p.numel() for r in readers for p in r.parameters()),
        "torch": torch.__version__,
        "sha256": _digest(DATA / "tagger.onnx"),
        "words_sha256": _digest(DATA / "words.onnx"),
        "world_sha256": _digest(DATA / "world.bin"),
        "senses_sha256": _digest(DATA / "senses.bin"),
        "labels": LABELS,
        "vocabulary": " ".join(words),
    }
    (DATA / "tagger.json").write_text(json.dumps(recipe, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Train both networks side by side, then write the model with its recipe."""
    asked = _arguments()
    asked.run.mkdir(parents=True, exist_ok=True)
    facts, before = asked.run / "run.json", asked.start and _before(asked.start)
    if not asked.export:
        if before:
            words, stages = before["words"], before["stages"]
        else:
            drawn = pools.load(asked.pools)
            lexicon.write(drawn, DATA / "world.bin")
            words, stages = _vocabulary(Notes(asked.seed + 1, drawn), 12_000), []
        stage = Stage(asked.tokens, asked.rate, asked.seed, asked.pools, asked.run, asked.start)
        facts.write_text(json.dumps({"words": words, "stages": stages}), encoding="utf-8")
        with ProcessPoolExecutor(2, get_context("spawn")) as pool:
            done = list(pool.map(_learn, (True, False), repeat(words), repeat(stage)))
        made = {"tokens": asked.tokens, "rate": asked.rate, "seed": asked.seed, "steps": [steps for steps, _ in done], "texts": _texts()}
        facts.write_text(json.dumps({"words": words, "stages": [*stages, made]}), encoding="utf-8")
    kept = json.loads(facts.read_text(encoding="utf-8"))
    _packed(asked.run, kept["words"], kept["stages"])


def _before(start: Path) -> dict[str, Any]:
    """Words and stages of what training goes on from."""
    run = start / "run.json"
    if run.exists():
        return dict(json.loads(run.read_text(encoding="utf-8")))
    recipe = json.loads((start / "tagger.json").read_text(encoding="utf-8"))
    return {"words": recipe["vocabulary"].split(" "), "stages": [*recipe["stages"], {"note": "went on from the stored bytes"}]}


def _texts() -> str:
    """A hash of the generator's templates."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "texts").rglob("*.txt")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    main()
