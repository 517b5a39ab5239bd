"""The table of days on the usage page."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import ui_samples as samples

from core import analytics
from core.ui.views.usage_days import days_table

BERLIN = ZoneInfo("Europe/Berlin")


def test_each_day_and_model_has_its_row() -> None:
    """Calls, failures, cost, latency and time to first token; newest day first; the rows add up to all calls."""
    calls = analytics.frame(samples.calls())
    rows = days_table(calls, BERLIN)
    assert rows["calls"].sum() == len(calls)
    assert rows["failed"].sum() == (calls["outcome"] == "failed").sum()
    assert list(rows["day"]) == sorted(rows["day"], reverse=True)
    assert rows["ttft_p50_ms"].notna().any()
    assert (rows["latency_p50_ms"] <= rows["latency_p99_ms"]).all()


def test_a_day_of_failures_has_no_times() -> None:
    """What was never answered has no latency, and is counted all the same."""
    failed = analytics.frame([c for c in samples.calls() if c.outcome == "failed"])
    rows = days_table(failed, BERLIN)
    assert rows["failed"].sum() == len(failed) > 0
    assert rows[["latency_p50_ms", "ttft_p50_ms"]].isna().all(axis=None)
