"""The tagger as two networks that err differently, one with a BiLSTM and one of dilated convolutions alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from core.deid.features import ALPHABET_SIZE, PLACES, SENSES, SIZES
from training.deid.grammar import LABELS

WIDTHS = (32, 6, 8, 5, 4, 4, 5, 4, 4, 4, 4, 4, 3)
WIDE, CELLS, _DROP = 128, 96, 0.1
_BESIDE_MEMORY, _ALONE = (1, 2, 4), (1, 2, 4, 8, 16, 1)


class Reader(nn.Module):
    """One network, over tokens: words (b, n, 13), senses (b, n, 32), places (b, n), rows (b, n) of letters (distinct, 14)."""

    def __init__(self, vocabulary: int, *, memory: bool) -> None:
        super().__init__()
        sizes = (vocabulary + 2, *SIZES[1:])
        self.letters = nn.Embedding(ALPHABET_SIZE, 16, padding_idx=0)
        self.spell = nn.Linear(48, 48)
        self.codes = nn.ModuleList(nn.Embedding(size, width) for size, width in zip(sizes, WIDTHS, strict=True))
        self.enter = nn.Linear(48 + sum(WIDTHS) + SENSES, WIDE)
        self.places = nn.Embedding(PLACES, WIDE)
        self.memory = nn.LSTM(WIDE, CELLS, bidirectional=True, batch_first=True) if memory else None
        self.recall = nn.Linear(2 * CELLS, WIDE) if memory else None
        self.dilations = _BESIDE_MEMORY if memory else _ALONE
        self.norms = nn.ModuleList(nn.LayerNorm(WIDE) for _ in self.dilations)
        self.steps = nn.ModuleList(nn.Linear(3 * WIDE, WIDE) for _ in self.dilations)
        self.leave = nn.Sequential(nn.LayerNorm(WIDE), nn.Linear(WIDE, len(LABELS)))

    def spelled(self, letters: Tensor) -> Tensor:
        """What the spelling of each distinct text says; shape (distinct, 48)."""
        one = self.letters(letters)
        none = torch.zeros_like(one[:, :1])
        three = torch.cat([torch.cat([none, one[:, :-1]], 1), one, torch.cat([one[:, 1:], none], 1)], 2)
        return F.relu(self.spell(three)).max(1)[0]

    def forward(self, words: Tensor, senses: Tensor, places: Tensor, rows: Tensor, letters: Tensor, mask: Tensor) -> Tensor:
        """Logits of every label for every token."""
        tables = (table(words[:, :, i]) for i, table in enumerate(self.codes))
        x = F.dropout(torch.cat([self.spelled(letters)[rows], *tables, senses], 2), _DROP, self.training)
        x = F.relu(self.enter(x) + self.places(places))
        if self.memory is not None and self.recall is not None:
            x = x + self.recall(self.memory(x)[0])
        for dilation, norm, step in zip(self.dilations, self.norms, self.steps, strict=True):
            y = norm(x) * mask
            wide = F.pad(y, (0, 0, dilation, dilation))
            y = F.relu(step(torch.cat([wide[:, : -2 * dilation], y, wide[:, 2 * dilation :]], 2)))
            x = x + F.dropout(y, _DROP, self.training)
        logits: Tensor = self.leave(x)
        return logits
