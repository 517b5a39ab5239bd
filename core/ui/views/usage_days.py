"""The usage page's table of days: what each model did on each day, from calls to time to first token."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from core import analytics
from core.ui.views.markup import draw, kicker

if TYPE_CHECKING:
    import pandas as pd

_KEYS = ["day", "provider", "model", "simulated"]
_TIMES = {
    "latency_p50_ms": "p50",
    "latency_p95_ms": "p95",
    "latency_p99_ms": "p99",
    "ttft_p50_ms": "First token, p50",
    "ttft_p95_ms": "First token, p95",
}


def draw_days(calls: pd.DataFrame, zone: ZoneInfo) -> None:
    """One row per day and model, newest day first."""
    draw(kicker("By day and model"))
    times = {name: st.column_config.NumberColumn(label, format="%d ms") for name, label in _TIMES.items()}
    named = {"day": "Day", "provider": "Provider", "model": "Model", "calls": "Calls", "failed": "Failed", "cancelled": "Stopped"}
    cost = st.column_config.NumberColumn("Cost", format="$%.4f")
    st.dataframe(days_table(calls, zone), hide_index=True, width="stretch", column_config={**named, "cost_usd": cost, **times})


def days_table(calls: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """One row per day, provider and model; times in whole milliseconds, missing where no call was answered."""
    counts = analytics.by_day_and_model(calls, zone)
    times = analytics.latency_by_day_and_model(calls, zone).drop(columns="calls")
    rows = counts.merge(times, on=_KEYS, how="left").sort_values(
        ["day", "model"], ascending=[False, True], kind="stable", ignore_index=True
    )
    rows = rows.assign(cost_usd=rows["cost_usd"].astype("float64"))
    return rows[["day", "provider", "model", "calls", "failed", "cancelled", "cost_usd", *_TIMES]]
