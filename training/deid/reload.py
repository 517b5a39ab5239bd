"""The weights of both networks read back from a written model, so that training can go on from what is committed.

The way of `export` backwards, by the names of its constants. Bytes come back as the numbers they stand for; the letters' table and the
spelling kernel, which the graph holds multiplied, as two factors of the same product. Raises ValueError when the model was not written
by this `export`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from core.deid.features import CODE_GROUPS, SENSE_SCALE, SIZES
from training.deid.export import LETTER, NOUGHT, SPELLED, entrance
from training.deid.network import WIDTHS, Reader

Arrays = dict[str, NDArray[Any]]


def reloaded(folder: Path, vocabulary: int) -> list[Reader]:
    """The network with a memory and the one without, as `export` takes them."""
    graphs = [onnx.load(folder / name).graph for name in ("words.onnx", "tagger.onnx")]
    constants = {c.name: numpy_helper.to_array(c) for graph in graphs for c in graph.initializer}
    readers = []
    for at, memory in enumerate((True, False)):
        try:
            reader = Reader(vocabulary, memory=memory)
            found = _read(constants, at, reader)
            reader.load_state_dict({name: torch.from_numpy(np.array(a, np.float32)) for name, a in found.items()})
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"{folder} holds no model of this network: {error}") from None
        readers.append(reader)
    return readers


def _product(constants: Arrays, name: str, weight: str) -> Arrays:
    return {f"{weight}.weight": (constants[name] * constants[f"{name}.scale"]).T, f"{weight}.bias": constants[f"{name}.bias"]}


def _norm(constants: Arrays, name: str, norm: str) -> Arrays:
    return {f"{norm}.weight": constants[f"{name}.scale"], f"{norm}.bias": constants[f"{name}.bias"]}


def _read(constants: Arrays, at: int, reader: Reader) -> Arrays:
    name = "alone" if reader.memory is None else "memory"
    found = _spelled(constants, at) | _codes(constants, name) | _enter(constants, name)
    found["places.weight"] = np.split(constants["places.here"], 2, 1)[at]
    if reader.memory is not None:
        found |= _memory(constants) | _product(constants, "memory.recall", "recall")
    for layer in range(len(reader.dilations)):
        found |= _norm(constants, f"{name}.{layer}.norm", f"norms.{layer}") | _product(constants, f"{name}.{layer}.step", f"steps.{layer}")
    found |= _norm(constants, f"{name}.leave.norm", "leave.0")
    return found | {"leave.1.weight": constants[f"{name}.leave"].T, "leave.1.bias": constants[f"{name}.leave.bias"]}


def _spelled(constants: Arrays, at: int) -> Arrays:
    """Letter 0 is the padding, whose row is nought: what stands in its row of the middle table is the bias."""
    mine = slice(at * SPELLED, (at + 1) * SPELLED)
    before, here, after = (constants[f"letters.{place}"][:, mine] for place in ("before", "here", "after"))
    bias = here[0].copy()
    left, sizes, right = np.linalg.svd(np.concatenate([before, here - bias, after], 1).astype(np.float64), full_matrices=False)
    root = np.sqrt(sizes[:LETTER])
    letters, kernel = left[:, :LETTER] * root, root[:, None] * right[:LETTER]
    letters[0] = 0
    return {"letters.weight": letters, "spell.weight": np.concatenate(np.split(kernel, 3, 1)).T, "spell.bias": bias}


def _codes(constants: Arrays, name: str) -> Arrays:
    """Each code's table from that of its group: the rows in which the group's other codes are 0."""
    found: Arrays = {}
    for number, group in enumerate(CODE_GROUPS):
        whole = (constants[f"{name}.codes.{number}"].astype(np.float32) - NOUGHT) * np.float32(SENSE_SCALE)
        whole = whole.reshape(*(SIZES[code] or -1 for code in group), whole.shape[-1])
        column = 0
        for place, code in enumerate(group):
            rows = np.moveaxis(whole, place, 0).reshape(whole.shape[place], -1, whole.shape[-1])[:, 0]
            found[f"codes.{code}.weight"] = rows[:, column : column + WIDTHS[code]]
            column += WIDTHS[code]
    return found


def _enter(constants: Arrays, name: str) -> Arrays:
    found = _product(constants, f"{name}.enter", "enter")
    weight = np.empty_like(found["enter.weight"])
    weight[:, entrance()] = found["enter.weight"]
    return found | {"enter.weight": weight}


def _memory(constants: Arrays) -> Arrays:
    inward, again = (constants[f"memory.{name}"] * constants[f"memory.{name}.scale"] for name in ("inward", "again"))
    found: Arrays = {}
    for i, way in enumerate(("", "_reverse")):
        found[f"memory.weight_ih_l0{way}"] = _gates(inward[i])
        found[f"memory.weight_hh_l0{way}"] = _gates(again[i])
        biases = np.split(constants["memory.biases"][i], 2)
        found[f"memory.bias_ih_l0{way}"], found[f"memory.bias_hh_l0{way}"] = (_gates(b) for b in biases)
    return found


def _gates(weight: NDArray[Any]) -> NDArray[Any]:
    """ONNX's order of gates (input, output, forget, cell) to torch's (input, forget, cell, output)."""
    i, o, f, c = np.split(weight, 4)
    return np.concatenate([i, f, c, o])
