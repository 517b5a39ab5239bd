"""What monitoring may know: figures of the calls since this process began, without a person or a case in any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from core.audit import Histogram, Question, UsageFilter, hour_of

if TYPE_CHECKING:
    from core.bootstrap import Services

Labels = tuple[tuple[str, str], ...]
_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60)
_COUNTERS = {
    "calls": ("casegate_calls", "Model calls that ended"),
    "retried": ("casegate_retried_calls", "Calls that took more than one attempt"),
    "fallbacks": ("casegate_fallback_calls", "Calls that another model answered"),
    "blocked": ("casegate_blocked_prompts", "Prompts that preflight stopped"),
    "accepted": ("casegate_accepted_differentials", "Differentials that a clinician accepted"),
}


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that only grows, per set of labels."""

    name: str
    meaning: str
    values: Mapping[Labels, Decimal]


@dataclass(frozen=True, slots=True)
class Durations:
    """How long something took, per set of labels: (seconds at most → how many), how many in all, and seconds in all, within 1 %."""

    name: str
    meaning: str
    values: Mapping[Labels, tuple[tuple[tuple[float, int], ...], int, float]]


@dataclass(frozen=True, slots=True)
class Measures:
    """One moment's figures."""

    counters: tuple[Counter, ...]
    durations: tuple[Durations, ...]
    entries: int
    writable: bool


def measure(services: Services, since: datetime) -> Measures:
    """Figures from the hour of `since` on, so that counters only grow. Raises AuditError."""
    until = services.clock.now() + timedelta(hours=1)
    edges = (hour_of(since), max(hour_of(until), hour_of(since)) + 1)
    by = ("provider", "model", "simulated", "outcome")
    sums, times = services.audit.figures.ask([Question(edges, by, UsageFilter())], [Question(edges, by[:3], UsageFilter())])
    rows = [(_labels(by, row[1:5]), dict(zip(sums[0].columns[5:], row[5:], strict=True))) for row in sums[0].rows]
    counters = [
        Counter(name, meaning, {labels: Decimal(n[key]) for labels, n in rows if n[key]}) for key, (name, meaning) in _COUNTERS.items()
    ]
    tokens = {
        (*labels, ("direction", way)): Decimal(n[key])
        for labels, n in rows
        for way, key in (("input", "prompt_tokens"), ("output", "completion_tokens"))
    }
    cost = {labels: n["cost_nano_usd"] * Decimal("1e-9") for labels, n in rows if n["calls"]}
    counters += [Counter("casegate_tokens", "Tokens sent and received", tokens), Counter("casegate_cost_usd", "US dollars spent", cost)]
    taken = {_labels(by[:3], group): histograms for group, histograms in times[0].items()}
    durations = (
        Durations("casegate_call_seconds", "Time to the whole answer", {k: _buckets(t.latency) for k, t in taken.items()}),
        Durations("casegate_first_token_seconds", "Time to the first token", {k: _buckets(t.ttft) for k, t in taken.items()}),
    )
    return Measures(tuple(counters), durations, services.audit.head().sequence, services.audit.writable())


def _labels(names: tuple[str, ...], values: tuple[object, ...]) -> Labels:
    return tuple((name, str(value).lower() if isinstance(value, bool) else str(value)) for name, value in zip(names, values, strict=True))


def _buckets(histogram: Histogram) -> tuple[tuple[tuple[float, int], ...], int, float]:
    counts = tuple((bound, histogram.at_most(round(bound * 1000))) for bound in _SECONDS)
    return counts, histogram.total, histogram.estimated_sum() / 1000
