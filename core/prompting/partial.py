"""The differential while it streams in. A view only: the whole reply is parsed and checked at its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from core.prompting.answer import answer_start, spoken
from core.prompting.disarm import disarm
from core.prompting.parse import MAX_REPLY_CHARS


@dataclass(frozen=True, slots=True)
class PartialDiagnosis:
    """A line of the differential as far as it has arrived; `probability` is None until its number is whole."""

    rank: int
    diagnosis: str
    probability: float | None


def parse_partial(text: str) -> tuple[PartialDiagnosis, ...]:
    """The diagnoses that have begun to arrive, in order. Never raises; what makes no sense is left out."""
    heard = spoken(text[:MAX_REPLY_CHARS])
    start = answer_start(heard)
    if start is None:
        return ()
    try:
        found = from_json(heard[start:].encode(errors="replace"), allow_partial="trailing-strings")
    except ValueError:
        return ()
    return tuple(_lines(found.get("differential"))) if isinstance(found, dict) else ()


def _lines(items: Any) -> Iterator[PartialDiagnosis]:
    for position, item in enumerate(items if isinstance(items, list) else (), 1):
        name = item.get("diagnosis") if isinstance(item, dict) else None
        if isinstance(name, str) and (shown := disarm(name).strip()):
            yield PartialDiagnosis(_rank(item, position), shown, _probability(item))


def _rank(item: dict[str, Any], position: int) -> int:
    rank = item.get("rank")
    return rank if isinstance(rank, int) and not isinstance(rank, bool) and list(item)[-1] != "rank" else position


def _probability(item: dict[str, Any]) -> float | None:
    """None while the number stands last: `0.1` may still become `0.15`."""
    value = item.get("probability")
    if isinstance(value, bool) or not isinstance(value, int | float) or list(item)[-1] == "probability":
        return None
    return float(value) if 0 <= value <= 1 else None
