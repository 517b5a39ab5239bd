"""The figures in the reference engine's model card, written by the benchmark and not by hand."""

from __future__ import annotations

import re
from pathlib import Path

CARD = Path(__file__).parent.parent / "docs" / "model-card-reference-engine.md"
_BLOCK = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.S)


def refreshed(card: str, told: str, day: str) -> str:
    """The card with the text `told` and the day of measuring between its marks. Raises ValueError when it has none."""
    block = f"Measured on {day} with `python -m benchmarks.reference --card`.\n\n```text\n{told.strip()}\n```\n"
    found, times = _BLOCK.subn(lambda m: m[1] + block + m[2], card)
    if times != 1:
        raise ValueError("the card needs one pair of marks for its figures")
    return found
