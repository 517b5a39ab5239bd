"""The weights of both networks read back from a written model, so that training can go on from what is committed.

The way of `export` backwards, constant by constant in the order in which they were added. Bytes come back as the numbers they stand for; the
letters' table and the spelling kernel, which the graph holds multiplied, as two factors of the same product. Raises ValueError when the
model was not written by this `export`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from core.deid.features import SIZES
from training.deid.network import Reader

Arrays = dict[str, NDArray[Any]]
_LETTER = 16


def reloaded(path: Path, vocabulary: int) -> list[Reader]:
    """The network with a memory and the one without, as `export` takes them."""
    constants = [numpy_helper.to_array(c) for c in onnx.load(path).graph.initializer]
    rest = iter(constants[2:])  # the padding and its zero come first
    readers = []
    for memory in (True, False):
        reader = Reader(vocabulary, memory=memory)
        try:
            found = _read(rest, reader)
            reader.load_state_dict({name: torch.from_numpy(np.array(a, np.float32)) for name, a in found.items()})
        except (StopIteration, RuntimeError, AssertionError) as error:
            raise ValueError(f"{path} is no model of this network: {error}") from None
        readers.append(reader)
    if next(rest, None) is not None:
        raise ValueError(f"{path} holds more than two networks")
    return readers


def _skip(rest: Iterator[Any], count: int) -> None:
    for _ in range(count):
        next(rest)


def _bytes(rest: Iterator[Any]) -> NDArray[Any]:
    rows, scale, _ = next(rest), next(rest), next(rest)
    assert rows.dtype == np.int8  # noqa: S101 - what another graph would break
    return rows.astype(np.float32) * scale


def _product(rest: Iterator[Any], name: str) -> Arrays:
    return {f"{name}.weight": _bytes(rest).T, f"{name}.bias": next(rest)}


def _read(rest: Iterator[Any], reader: Reader) -> Arrays:
    found: Arrays = {}
    _skip(rest, len(SIZES))
    found |= _spelled(rest)
    found |= {f"codes.{i}.weight": _bytes(rest) if i == 0 else next(rest) for i in range(len(SIZES))}
    found |= _product(rest, "enter")
    found["places.weight"] = next(rest)
    if reader.memory is not None:
        found |= _memory(rest) | _product(rest, "recall")
    for layer in range(len(reader.dilations)):
        found |= {f"norms.{layer}.weight": next(rest), f"norms.{layer}.bias": next(rest)}
        _skip(rest, 7)
        found |= _product(rest, f"steps.{layer}")
    found |= {"leave.0.weight": next(rest), "leave.0.bias": next(rest)}
    return found | {"leave.1.weight": next(rest).T, "leave.1.bias": next(rest)}


def _spelled(rest: Iterator[Any]) -> Arrays:
    """Letter 0 is the padding, whose row is nought: what stands in its row of the middle table is the bias."""
    _skip(rest, 6)
    before, here, after = next(rest), next(rest), next(rest)
    bias = here[0].copy()
    left, sizes, right = np.linalg.svd(np.concatenate([before, here - bias, after], 1).astype(np.float64), full_matrices=False)
    root = np.sqrt(sizes[:_LETTER])
    letters, kernel = left[:, :_LETTER] * root, root[:, None] * right[:_LETTER]
    letters[0] = 0
    return {"letters.weight": letters, "spell.weight": np.concatenate(np.split(kernel, 3, 1)).T, "spell.bias": bias}


def _memory(rest: Iterator[Any]) -> Arrays:
    _skip(rest, 1)
    inward, again, in_scale, _, again_scale, _, biases = (next(rest) for _ in range(7))
    _skip(rest, 1)
    found: Arrays = {}
    for i, way in enumerate(("", "_reverse")):
        found[f"memory.weight_ih_l0{way}"] = _gates(inward[i].T * in_scale[i])
        found[f"memory.weight_hh_l0{way}"] = _gates(again[i].T * again_scale[i])
        found[f"memory.bias_ih_l0{way}"], found[f"memory.bias_hh_l0{way}"] = (_gates(b) for b in np.split(biases[i], 2))
    return found


def _gates(weight: NDArray[Any]) -> NDArray[Any]:
    """ONNX's order of gates (input, output, forget, cell) to torch's (input, forget, cell, output)."""
    i, o, f, c = np.split(weight, 4)
    return np.concatenate([i, f, c, o])
