"""Usage figures from the audit store's calls: frame in, frame out. Front door: frame and the summaries."""

from core.analytics.calls import COLUMNS, frame
from core.analytics.summaries import (
    Totals,
    by_actor,
    by_day,
    by_day_and_model,
    by_model,
    by_tier,
    failures,
    latency_by_day_and_model,
    latency_percentiles,
    outcome_mix,
    totals,
)

__all__ = [
    "COLUMNS",
    "Totals",
    "by_actor",
    "by_day",
    "by_day_and_model",
    "by_model",
    "by_tier",
    "failures",
    "frame",
    "latency_by_day_and_model",
    "latency_percentiles",
    "outcome_mix",
    "totals",
]
