"""The tagger as two networks that err differently, one with a BiLSTM and one of dilated convolutions alone; their mean is exported to int8 ONNX."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from core.deid.features import ALPHABET_SIZE, LETTERS, SIZES
from training.deid.grammar import LABELS

_WIDTHS = (32, 6, 8, 5, 4, 4, 5, 4, 4, 4, 4, 4, 3, 4, 4, 3)
_WIDE, _CELLS, _DROP = 128, 96, 0.1
_BESIDE_MEMORY, _ALONE = (1, 2, 4), (1, 2, 4, 8, 16, 1)


class Reader(nn.Module):
    """One network. codes (b, n, 16), letters (distinct, 14), index (b, n), mask (b, n, 1) → logits (b, n, labels)."""

    def __init__(self, vocabulary: int, *, memory: bool) -> None:
        super().__init__()
        sizes = (vocabulary + 2, *SIZES[1:])
        self.letters = nn.Embedding(ALPHABET_SIZE, 16, padding_idx=0)
        self.spell = nn.Linear(48, 48)
        self.codes = nn.ModuleList(nn.Embedding(size, width) for size, width in zip(sizes, _WIDTHS, strict=True))
        self.enter = nn.Linear(48 + sum(_WIDTHS), _WIDE)
        self.memory = nn.LSTM(_WIDE, _CELLS, bidirectional=True, batch_first=True) if memory else None
        self.recall = nn.Linear(2 * _CELLS, _WIDE) if memory else None
        self.dilations = _BESIDE_MEMORY if memory else _ALONE
        self.norms = nn.ModuleList(nn.LayerNorm(_WIDE) for _ in self.dilations)
        self.steps = nn.ModuleList(nn.Linear(3 * _WIDE, _WIDE) for _ in self.dilations)
        self.leave = nn.Sequential(nn.LayerNorm(_WIDE), nn.Linear(_WIDE, len(LABELS)))

    def _spelled(self, letters: Tensor) -> Tensor:
        one = self.letters(letters)
        none = torch.zeros_like(one[:, :1])
        three = torch.cat([torch.cat([none, one[:, :-1]], 1), one, torch.cat([one[:, 1:], none], 1)], 2)
        return F.relu(self.spell(three)).max(1)[0]

    def forward(self, codes: Tensor, letters: Tensor, index: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits of every label for every token."""
        x = torch.cat([self._spelled(letters)[index], *(table(codes[:, :, i]) for i, table in enumerate(self.codes))], 2)
        x = F.relu(self.enter(F.dropout(x, _DROP, self.training)))
        if self.memory is not None and self.recall is not None:
            x = x + self.recall(self.memory(x)[0])
        for dilation, norm, step in zip(self.dilations, self.norms, self.steps, strict=True):
            y = norm(x) if mask is None else norm(x) * mask
            wide = F.pad(y, (0, 0, dilation, dilation))
            y = F.relu(step(torch.cat([wide[:, : -2 * dilation], y, wide[:, 2 * dilation :]], 2)))
            x = x + F.dropout(y, _DROP, self.training)
        return self.leave(x)


class Tagger(nn.Module):
    """Both networks, trained on the same text."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.readers = nn.ModuleList(Reader(vocabulary, memory=memory) for memory in (True, False))

    def forward(self, codes: Tensor, letters: Tensor, index: Tensor, mask: Tensor | None = None) -> list[Tensor]:
        """The logits of each network."""
        return [reader(codes, letters, index, mask) for reader in self.readers]


class _Probabilities(nn.Module):
    def __init__(self, tagger: Tagger) -> None:
        super().__init__()
        self.tagger = tagger

    def forward(self, codes: Tensor, letters: Tensor, index: Tensor) -> Tensor:
        """Mean probabilities of the labels."""
        return torch.stack([torch.softmax(logits, 2) for logits in self.tagger(codes, letters, index)]).mean(0)


def export(tagger: Tagger, path: Path) -> None:
    """Write the tagger as an int8 ONNX file with inputs codes (1, n, 16), letters (d, 14), index (1, n) and output p (1, n, labels)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    tagger.eval()
    example = (
        torch.ones(1, 7, len(SIZES), dtype=torch.long),
        torch.ones(5, LETTERS, dtype=torch.long),
        torch.tensor([[0, 1, 2, 3, 4, 1, 2]]),
    )
    with tempfile.TemporaryDirectory() as folder:
        whole = str(Path(folder) / "whole.onnx")
        axes = {"codes": {1: "n"}, "letters": {0: "distinct"}, "index": {1: "n"}}
        torch.onnx.export(
            _Probabilities(tagger),
            example,
            whole,
            input_names=list(axes),
            output_names=["p"],
            dynamic_axes=axes,
            dynamo=False,
            opset_version=17,
        )
        quantize_dynamic(whole, str(path), weight_type=QuantType.QInt8)
