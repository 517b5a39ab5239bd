"""The trained tagger: probabilities of each token being part of an identifier, from a small network run by onnxruntime.

Two sessions per process, one thread each, no network: one for what a text says wherever it stands, one for what it says where it stands.
The first one's answers about everyday words are kept, and those are the same to the bit in whatever company they are asked. Texts are
read in overlapping windows, so time and memory grow with the length only. Raises DeidError when the model cannot be loaded: without it
nothing leaves. Trained by `training/deid`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core.deid.features import distinct, grouped, places, sense_bytes, spelled, threes
from core.deid.note import Facts, Note, everyday, names_nobody
from core.errors import DeidError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DATA = Path(__file__).parent / "data"
_WINDOW, _OVERLAP = 1024, 64
_MOST = 8_192  # texts of which the networks' answers are kept
_LOCK = threading.Lock()
_FAILED = "The redactor's model could not be loaded. Nothing was sent; tell your administrator."


class _Familiar:
    """What the networks say of everyday texts and of the vocabulary's words that name nobody, a row of floats each."""

    def __init__(self, vocabulary: Mapping[str, int], width: int) -> None:
        import numpy as np

        self.rows: dict[str, int] = {}
        self.table = np.zeros((_MOST, width), np.float32)
        self._vocabulary = vocabulary
        self._lock = threading.Lock()

    def keep(self, texts: list[str], said: NDArray[np.float32], known: Mapping[str, Facts]) -> None:
        """Keep rows until _MOST are kept; a text gets its number once its row is written, so that readers need no lock."""
        new = [i for i, text in enumerate(texts) if self._may_stay(text, known[text])]
        with self._lock:
            for i in new:
                at = len(self.rows)
                if at < _MOST and texts[i] not in self.rows:
                    self.table[at] = said[i]
                    self.rows[texts[i]] = at

    def _may_stay(self, text: str, facts: Facts) -> bool:
        return everyday(text, facts) or (facts.low in self._vocabulary and names_nobody(facts))


class _Model(NamedTuple):
    words: Any
    reading: Any
    vocabulary: dict[str, int]
    labels: tuple[str, ...]
    familiar: _Familiar

    def told(self, texts: list[str], known: Mapping[str, Facts]) -> NDArray[np.float32]:
        """What both networks say of texts wherever they stand, the familiar ones from memory; shape (texts, both networks' width)."""
        import numpy as np

        rows = [self.familiar.rows.get(text, -1) for text in texts]
        told = self.familiar.table[rows]
        new = [text for text, row in zip(texts, rows, strict=True) if row < 0]
        if new:
            fresh = told[np.array(rows) < 0] = self.asked(new, known)
            self.familiar.keep(new, fresh, known)
        return told

    def asked(self, texts: list[str], known: Mapping[str, Facts]) -> NDArray[np.float32]:
        """The same without a memory; at least one text."""
        of = spelled(texts, known, self.vocabulary)
        rows, letters = threes(of.letters)
        given = {"words": grouped(of.words), "senses": sense_bytes(of.rows), "threes": rows, "letters": letters}
        said: NDArray[np.float32] = self.words.run(None, given)[0]
        return said


@lru_cache(maxsize=1)
def _model(folder: Path) -> _Model:
    recipe = json.loads((folder / "tagger.json").read_text(encoding="utf-8"))
    weights = [(folder / name).read_bytes() for name in ("words.onnx", "tagger.onnx")]
    if [hashlib.sha256(part).hexdigest() for part in weights] != [recipe["words_sha256"], recipe["sha256"]]:
        raise ValueError("the model is not the one its recipe names")
    vocabulary = {word: i + 2 for i, word in enumerate(recipe["vocabulary"].split(" "))}
    words, reading = map(_session, weights)
    familiar = _Familiar(vocabulary, words.get_outputs()[0].shape[1])
    return _Model(words, reading, vocabulary, tuple(recipe["labels"]), familiar)


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
    texts, index = distinct(note)
    told, stands = model.told(texts, note.known), places(note)
    found = np.empty((count, len(model.labels)), np.float32)
    for start in range(0, count, _WINDOW):
        first, last = max(0, start - _OVERLAP), min(count, start + _WINDOW + _OVERLAP)
        seen = model.reading.run(None, {"told": told, "places": stands[first:last], "index": index[first:last]})[0]
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
