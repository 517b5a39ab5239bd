"""Figures over ranked answers. Pure: numbers in, numbers out; ranks count from 1, None is a miss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Ranks = Sequence[int | None]
Beliefs = Sequence[tuple[float, bool]]
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """Hits among a number of cases, with the Wilson 95 % interval. Raises ValueError unless 0 ≤ hits ≤ total."""

    hits: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.total:
            raise ValueError(f"{self.hits} of {self.total} is no share")

    @property
    def value(self) -> float:
        """The share, 0 to 1; 0 without cases."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval, within 0 and 1 and around the share; the whole range without cases."""
        if not self.total:
            return 0.0, 1.0
        n, p, z2 = self.total, self.value, Z95 * Z95
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, min(middle - half, p)), min(1.0, max(middle + half, p))


def top(ranks: Ranks, k: int) -> Share:
    """The share of cases whose reference diagnosis stands in the first k lines."""
    return Share(sum(rank is not None and rank <= k for rank in ranks), len(ranks))


def mean_reciprocal_rank(ranks: Ranks) -> float:
    """The mean of 1/rank, a miss counting 0; 0 without cases."""
    return sum(1 / rank for rank in ranks if rank) / len(ranks) if ranks else 0.0


def brier(beliefs: Beliefs) -> float:
    """Mean squared distance between a stated probability and what was right (1) or wrong (0); 0 without cases."""
    return sum((p - right) ** 2 for p, right in beliefs) / len(beliefs) if beliefs else 0.0


def calibration_error(beliefs: Beliefs, bins: int = 10) -> float:
    """Expected calibration error: |mean probability - share right| of bins of equal width, weighted by their cases."""
    held: dict[int, list[tuple[float, bool]]] = {}
    for p, right in beliefs:
        held.setdefault(min(int(p * bins), bins - 1), []).append((p, right))
    gaps = (abs(sum(p for p, _ in part) - sum(right for _, right in part)) for part in held.values())
    return sum(gaps) / len(beliefs) if beliefs else 0.0
