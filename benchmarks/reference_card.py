"""The figures in the reference engine's model card and on its screen, written by the benchmark and not by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.reference_score import Share
from core.reference.figures import FIGURES

CARD = Path(__file__).parent.parent / "docs" / "model-card-reference-engine.md"
EVALUATION, OTHERS = "evaluation", "others"
MARKS = {EVALUATION: ("<!-- figures -->", "<!-- end of figures -->"), OTHERS: ("<!-- others -->", "<!-- end of others -->")}
COMMANDS = {EVALUATION: "python -m benchmarks.reference --card", OTHERS: "python -m benchmarks.reference CASES.jsonl --card"}


def refreshed(card: str, cases: str, told: str, day: str) -> str:
    """The card with the text `told` and the day of measuring between the marks of `cases`. Raises ValueError when it has none."""
    first, last = MARKS[cases]
    block = f"Measured on {day} with `{COMMANDS[cases]}`.\n\n```text\n{told.strip()}\n```\n"
    found, times = re.compile(rf"({re.escape(first)}\n).*?({re.escape(last)})", re.S).subn(lambda m: m[1] + block + m[2], card)
    if times != 1:
        raise ValueError("the card needs one pair of marks for its figures")
    return found


def recorded(record: str, cases: str, run: Mapping[str, Any]) -> str:
    """The screen's record, JSON, with one run in the place of `cases`."""
    held = json.loads(record) if record.strip() else {}
    order = {name: held.get(name) for name in (EVALUATION, OTHERS)} | {cases: dict(run)}
    return json.dumps({name: entry for name, entry in order.items() if entry}, indent=1) + "\n"


def run_of(title: str, version: str, day: str, number: int, rows: Sequence[tuple[str, str, Share | float]]) -> dict[str, Any]:
    """A run for the record: `rows` are (name, label, figure)."""
    return {"title": title, "version": version, "day": day, "number": number, "figures": [_row(*row) for row in rows]}


def _row(name: str, label: str, figure: Share | float) -> dict[str, Any]:
    if not isinstance(figure, Share):
        return {"name": name, "label": label, "value": round(figure, 4)}
    interval = [round(end, 4) for end in figure.interval]
    return {"name": name, "label": label, "value": round(figure.value, 4), "hits": figure.hits, "total": figure.total, "interval": interval}


def write(cases: str, told: str, run: Mapping[str, Any], *, card: Path = CARD, record: Path = FIGURES) -> None:
    """Put a run into the model card and into the screen's record."""
    card.write_text(refreshed(card.read_text(encoding="utf-8"), cases, told, str(run["day"])), encoding="utf-8")
    before = record.read_text(encoding="utf-8") if record.exists() else ""
    record.write_text(recorded(before, cases, run), encoding="utf-8")
