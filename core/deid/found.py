"""What a detector yields: a stretch of the shadow text, before overlaps are settled."""

from __future__ import annotations

from typing import NamedTuple

from core.model import Category, State


class Found(NamedTuple):
    """One find, in shadow offsets. `role` refines names as in `core.model.Span`."""

    start: int
    end: int
    category: Category
    score: float
    detector: str
    role: str = ""
    state: State = "masked"
