"""The trained tagger: probabilities of each token being part of an identifier, from a small network run by onnxruntime.

One session per process, one thread, no network. Texts are read in overlapping windows, so time and memory grow with the
length only. Raises DeidError when the model cannot be loaded: without it nothing leaves. Trained by `training/deid`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core.deid.features import encode, grouped, senses, threes
from core.deid.note import Note
from core.errors import DeidError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DATA = Path(__file__).parent / "data"
_WINDOW, _OVERLAP = 1024, 64
_LOCK = threading.Lock()
_FAILED = "The redactor's model could not be loaded. Nothing was sent; tell your administrator."


class _Model(NamedTuple):
    session: Any
    vocabulary: dict[str, int]
    labels: tuple[str, ...]


@lru_cache(maxsize=1)
def _model(folder: Path) -> _Model:
    recipe = json.loads((folder / "tagger.json").read_text(encoding="utf-8"))
    weights = (folder / "tagger.onnx").read_bytes()
    if hashlib.sha256(weights).hexdigest() != recipe["sha256"]:
        raise ValueError("the model is not the one its recipe names")
    vocabulary = {word: i + 2 for i, word in enumerate(recipe["vocabulary"].split(" "))}
    return _Model(_session(weights), vocabulary, tuple(recipe["labels"]))


def _session(weights: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def load() -> _Model:
    """The model, loaded on first use. Raises DeidError when it is missing, damaged or cannot run."""
    try:
        with _LOCK:
            return _model(_DATA)
    except Exception:  # noqa: BLE001 - whatever keeps the model from running, the text must not go on without it
        raise DeidError(_FAILED) from None


def probabilities(note: Note) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """For every token the probability of every label, shape (tokens, labels), and the labels' names; the first is "O"."""
    import numpy as np

    model = load()
    count = len(note.tokens)
    if not count:
        return np.empty((0, len(model.labels)), np.float32), model.labels
    whole = encode(note, model.vocabulary)
    meanings = senses(whole.rows)
    found = np.empty((count, len(model.labels)), np.float32)
    for start in range(0, count, _WINDOW):
        first, last = max(0, start - _OVERLAP), min(count, start + _WINDOW + _OVERLAP)
        used: Any = slice(None)
        index = whole.spread
        if last - first < count:
            used, index = np.unique(whole.spread[first:last], return_inverse=True)
        rows, letters = threes(whole.letters[used])
        given = {"words": grouped(whole.words[used]), "senses": meanings[used], "threes": rows, "letters": letters}
        seen = model.session.run(None, {**given, "places": whole.places[first:last], "index": index})[0]
        found[start : start + _WINDOW] = seen[start - first : start - first + _WINDOW]
    return found, model.labels


class Opinion(NamedTuple):
    """Of every token: how likely it is part of an identifier, and the index in `labels` of the likeliest kind."""

    scores: NDArray[np.float32]
    kinds: NDArray[np.int64]
    labels: tuple[str, ...]


def read(note: Note) -> Opinion:
    """The tagger's opinion of a note. Raises DeidError without a model."""
    seen, labels = probabilities(note)
    return Opinion(1.0 - seen[:, 0], seen[:, 1:].argmax(1) + 1, labels)
