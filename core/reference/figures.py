"""The engine's measured figures, as the benchmark recorded them beside the knowledge base; for its screen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FIGURES = Path(__file__).parent / "data" / "figures.json"
# What the project asks for: (at least, at most) by the set of cases and the figure's name in the benchmark's last line.
TARGETS: Mapping[tuple[str, str], tuple[float, float]] = {
    ("evaluation", "top1"): (0.60, 1),
    ("evaluation", "top5"): (0.85, 1),
    ("evaluation", "cannot_miss_top5"): (0.95, 1),
    ("evaluation", "ece"): (0, 0.10),
    ("evaluation", "ms"): (0, 5),
    ("others", "coverage"): (0.60, 1),
    ("others", "top1"): (0.20, 1),
    ("others", "top5"): (0.40, 1),
    ("others", "top10"): (0.50, 1),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its label; a share has hits, total and a 95 % interval. `met`: the target is reached, None without one."""

    name: str
    label: str
    value: float
    hits: int | None
    total: int | None
    interval: tuple[float, float] | None
    met: bool | None
    asked: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run of the benchmark: over which cases (`evaluation`, `others`), of which version, when."""

    cases: str
    title: str
    version: str
    day: str
    number: int
    figures: tuple[Figure, ...]


def recorded_figures(path: Path = FIGURES) -> tuple[Measurement, ...]:
    """The latest run over each set of cases. Raises OSError or ValueError when the record can't be read."""
    return tuple(_measurement(cases, run) for cases, run in json.loads(path.read_text(encoding="utf-8")).items())


def _measurement(cases: str, run: Mapping[str, object]) -> Measurement:
    rows = run["figures"]
    if not isinstance(rows, list):
        raise ValueError("the record's figures are not a list")
    return Measurement(
        cases, str(run["title"]), str(run["version"]), str(run["day"]), int(str(run["number"])), tuple(_figure(cases, row) for row in rows)
    )


def _figure(cases: str, row: Mapping[str, object]) -> Figure:
    value, name, interval = float(str(row["value"])), str(row["name"]), row.get("interval")
    target = TARGETS.get((cases, name))
    return Figure(
        name,
        str(row["label"]),
        value,
        int(str(row["hits"])) if interval else None,
        int(str(row["total"])) if interval else None,
        (float(interval[0]), float(interval[1])) if isinstance(interval, list) else None,
        target[0] <= value <= target[1] if target else None,
        _asked(*target) if target else "",
    )


def _asked(least: float, most: float) -> str:
    return f"at least {100 * least:.0f} %" if most == 1 and least else f"at most {most:g}"
