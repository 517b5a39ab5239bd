"""Both networks as two ONNX graphs, built by hand for one text at a time: what a word says wherever it stands, and what it says there.

The first one, `words.onnx`, works once for each distinct text: letters once for each distinct three in a row, codes of few values in tables
of several codes at once. Its bytes have one fixed step and its only product is of bytes, so that what it says of a word is the same to the
bit in any company and may be kept. The second one, `tagger.onnx`, spreads that over the tokens. Weights are kept as signed bytes; products
take bytes, quantised once a layer before they are laid side by side, but for the memory's, which is faster in floats for a single text.
Constants that `reload` reads again have names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.deid.features import CODE_GROUPS, LETTERS, SENSE_SCALE, SENSES, SIZES
from training.deid.grammar import LABELS
from training.deid.network import CELLS, WIDE, WIDTHS, Reader

SPELLED, LETTER = 48, 16
_WORDS = (
    ("words", TensorProto.INT64, ("d", len(CODE_GROUPS))),
    ("senses", TensorProto.UINT8, ("d", SENSES)),
    ("threes", TensorProto.INT64, ("t", 3)),
    ("letters", TensorProto.INT64, ("d", LETTERS)),
)
_READING = (
    ("told", TensorProto.FLOAT, ("d", 2 * WIDE)),
    ("places", TensorProto.INT64, ("n",)),
    ("index", TensorProto.INT64, ("n",)),
)
NOUGHT = 128  # of the bytes that enter a network, in steps of SENSE_SCALE
Floats = NDArray[np.float32]


class _Graph:
    """Nodes and constants as they are added; every method gives the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def add(self, kind: str, *given: str, outputs: int = 1, domain: str = "", **attributes: Any) -> Any:
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(given), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: Any, kind: Any = np.float32, name: str = "") -> str:
        array = np.array(value, kind, order="C")
        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def ints(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def bytes_of(self, x: str) -> tuple[str, str, str]:
        """A tensor quantised as it comes: bytes, scale, zero point."""
        done: tuple[str, str, str] = tuple(self.add("DynamicQuantizeLinear", x, outputs=3))
        return done

    def product(self, x: tuple[str, str, str], weight: Quantised, bias: Floats, name: str) -> str:
        """Quantised x times weight (in, out), plus bias."""
        zero = self.constant(0, np.int8)
        whole = self.add(
            "Cast", self.add("MatMulInteger", x[0], self.constant(weight.rows, np.int8, name), x[2], zero), to=TensorProto.FLOAT
        )
        scale = self.add("Mul", x[1], self.constant(weight.scale, name=f"{name}.scale"))
        return str(self.add("Add", self.add("Mul", whole, scale), self.constant(bias, name=f"{name}.bias")))

    def norm(self, x: str, layer: Any, name: str) -> str:
        scale, bias = self.constant(_of(layer.weight), name=f"{name}.scale"), self.constant(_of(layer.bias), name=f"{name}.bias")
        return str(self.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-5))


class Quantised(NamedTuple):
    """Signed bytes, and what one step is worth."""

    rows: NDArray[np.int8]
    scale: Floats


def quantised(weight: Floats) -> Quantised:
    """A weight in 255 steps."""
    scale = np.float32(np.abs(weight).max() / 127)
    return Quantised(np.rint(weight / scale).astype(np.int8), np.array(scale, np.float32))


def entering(values: Floats) -> NDArray[np.uint8]:
    """What enters a network, in bytes of a fixed step; beyond four either way it is cut off."""
    return np.clip(np.rint(values / np.float32(SENSE_SCALE)) + NOUGHT, 0, 255).astype(np.uint8)


def _of(tensor: Any) -> Floats:
    array: Floats = tensor.detach().numpy()
    return array


def _spelled(graph: _Graph, readers: list[Reader]) -> list[str]:
    """Of each distinct text what its spelling says to each network: a text's letters in threes, and of these three look-ups and two sums.

    Each letter's share in the three places of a window is a table of its own, so that no product is left.
    """
    tables: list[str] = []
    for place, name in enumerate(("before", "here", "after")):
        shares = [_of(r.letters.weight) @ _of(r.spell.weight).T.reshape(3, LETTER, SPELLED)[place] for r in readers]
        if name == "here":
            shares = [share + _of(r.spell.bias) for share, r in zip(shares, readers, strict=True)]
        column = graph.add("Gather", "threes", graph.constant(place, np.int64), axis=1)
        tables.append(graph.add("Gather", graph.constant(np.concatenate(shares, 1), name=f"letters.{name}"), column, axis=0))
    three = graph.add("Relu", graph.add("Add", graph.add("Add", *tables[:2]), tables[2]))
    spelled = graph.add("ReduceMax", graph.add("Gather", three, "letters", axis=0), axes=[1], keepdims=0)
    return list(graph.add("Split", spelled, outputs=2, axis=1))


def _coded(graph: _Graph, reader: Reader, at: int) -> str:
    """What one group of codes says, in the bytes that enter."""
    group, name = CODE_GROUPS[at], f"{_name(reader)}.codes.{at}"
    column = graph.add("Gather", "words", graph.constant(at, np.int64), axis=1)
    kinds = np.indices([SIZES[code] or len(reader.codes[code].weight) for code in group]).reshape(len(group), -1)
    table = np.concatenate([_of(reader.codes[code].weight)[kind] for code, kind in zip(group, kinds, strict=True)], 1)
    return str(graph.add("Gather", graph.constant(entering(table), np.uint8, name), column, axis=0))


def entrance() -> NDArray[np.int64]:
    """In which order the graph has what enters a network: its spelling, its codes by group, its senses."""
    own = np.cumsum((SPELLED, *WIDTHS, SENSES))
    columns = [np.arange(own[code], own[code + 1]) for group in CODE_GROUPS for code in group]
    return np.concatenate([np.arange(SPELLED), *columns, np.arange(own[-2], own[-1])])


def _told(graph: _Graph, reader: Reader, spelled: str) -> str:
    """Of every distinct text what it says wherever it stands; shape (d, WIDE)."""
    step, nought = graph.constant(SENSE_SCALE), graph.constant(NOUGHT, np.uint8)
    letters = graph.add("QuantizeLinear", spelled, step, nought)
    whole = graph.add("Concat", letters, *(_coded(graph, reader, at) for at in range(len(CODE_GROUPS))), "senses", axis=1)
    weight = quantised(_of(reader.enter.weight).T[entrance()])
    return graph.product((whole, step, nought), weight, _of(reader.enter.bias), f"{_name(reader)}.enter")


def _entered(graph: _Graph, readers: list[Reader]) -> list[str]:
    """Of every token what its text and its place say to each network; shape (n, WIDE)."""
    table = np.concatenate([_of(r.places.weight) for r in readers], 1)
    place = graph.add("Gather", graph.constant(table, name="places.here"), "places", axis=0)
    both = graph.add("Relu", graph.add("Add", graph.add("Gather", "told", "index", axis=0), place))
    return list(graph.add("Split", both, outputs=2, axis=1))


def _name(reader: Reader) -> str:
    return "alone" if reader.memory is None else "memory"


def _gates(weight: Floats) -> Floats:
    """torch's order of gates (input, forget, cell, output) to ONNX's (input, output, forget, cell)."""
    i, f, c, o = np.split(weight, 4)
    return np.concatenate([i, o, f, c])


def _remembered(graph: _Graph, reader: Reader, x: str) -> str:
    """x with what the BiLSTM recalls. Its bytes become floats once, when the model is loaded."""
    memory: Any = reader.memory
    both = ("", "_reverse")
    inward, again, bias, other = (
        np.stack([_gates(_of(getattr(memory, f"{name}_l0{way}"))) for way in both])
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    weights = []
    for weight, name in ((inward, "memory.inward"), (again, "memory.again")):
        ways = [quantised(way) for way in weight]
        rows = graph.constant(np.stack([w.rows for w in ways]), np.int8, name)
        scale = graph.constant(np.array([w.scale for w in ways])[:, None, None], name=f"{name}.scale")
        weights.append(graph.add("Mul", graph.add("Cast", rows, to=TensorProto.FLOAT), scale))
    biases = graph.constant(np.concatenate([bias, other], 1), name="memory.biases")
    given = graph.add("Unsqueeze", x, graph.ints(1))
    said = graph.add("LSTM", given, *weights, biases, outputs=1, direction="bidirectional", hidden_size=CELLS)
    recalled = graph.add("Reshape", said, graph.ints(-1, 2 * CELLS))  # of one text both ways of a token lie side by side
    recall: Any = reader.recall
    product = graph.product(graph.bytes_of(recalled), quantised(_of(recall.weight).T), _of(recall.bias), "memory.recall")
    return str(graph.add("Add", x, product))


def _step(graph: _Graph, reader: Reader, layer: int, x: str) -> str:
    """x after one dilated convolution over three tokens."""
    step, dilation, name = reader.steps[layer], reader.dilations[layer], f"{_name(reader)}.{layer}"
    y, y_scale, y_zero = graph.bytes_of(graph.norm(x, reader.norms[layer], f"{name}.norm"))
    wide = graph.add("Pad", y, graph.ints(dilation, 0, dilation, 0), y_zero)
    left = graph.add("Slice", wide, graph.ints(0), graph.ints(-2 * dilation), graph.ints(0))
    right = graph.add("Slice", wide, graph.ints(2 * dilation), graph.ints(2**40), graph.ints(0))
    three = graph.add("Concat", left, y, right, axis=1)
    done = graph.product((three, y_scale, y_zero), quantised(_of(step.weight).T), _of(step.bias), f"{name}.step")
    return str(graph.add("Add", x, graph.add("Relu", done)))


def _read(graph: _Graph, reader: Reader, x: str) -> str:
    """One network's logits; shape (n, labels)."""
    if reader.memory is not None:
        x = _remembered(graph, reader, x)
    for layer in range(len(reader.dilations)):
        x = _step(graph, reader, layer, x)
    norm, leave = reader.leave
    name = f"{_name(reader)}.leave"
    weight, bias = graph.constant(_of(leave.weight).T, name=name), graph.constant(_of(leave.bias), name=f"{name}.bias")
    return str(graph.add("Gemm", graph.norm(x, norm, f"{name}.norm"), weight, bias))


def export(readers: list[Reader], folder: Path) -> None:
    """Write the graphs of the network with a memory and the one without. The first gives `told` (d, 2 WIDE), the second p (n, labels),
    the probabilities of the mean of both logits.

    At equal over-masking the mean of logits missed 4 % fewer tokens of unseen authors' hard notes than the mean of probabilities.
    """
    graph = _Graph()
    told = [_told(graph, reader, spelled) for reader, spelled in zip(readers, _spelled(graph, readers), strict=True)]
    _write(graph, graph.add("Concat", *told, axis=1), _WORDS, ("told", TensorProto.FLOAT, ("d", 2 * WIDE)), folder / "words.onnx")
    graph = _Graph()
    seen = [_read(graph, reader, x) for reader, x in zip(readers, _entered(graph, readers), strict=True)]
    mean = graph.add("Softmax", graph.add("Mean", *seen), axis=-1)
    _write(graph, mean, _READING, ("p", TensorProto.FLOAT, ("n", len(LABELS))), folder / "tagger.onnx")


def _write(graph: _Graph, result: str, takes: tuple[Any, ...], gives: tuple[Any, ...], path: Path) -> None:
    graph.nodes.append(helper.make_node("Identity", [result], [gives[0]]))
    given, made = [helper.make_tensor_value_info(*row) for row in takes], helper.make_tensor_value_info(*gives)
    whole = helper.make_graph(graph.nodes, path.stem, given, [made], list(graph.constants.values()))
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(whole, opset_imports=sets, ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
