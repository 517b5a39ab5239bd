"""The usage page's tables, with their CSV."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from core import analytics
from core.ui.views.markup import Html, draw, escaped, kicker, table, tag

if TYPE_CHECKING:
    import pandas as pd

_KEYS = ["provider", "model", "simulated"]


def draw_models(calls: pd.DataFrame, *, key: str, on_export: Callable[[], None] | None = None) -> None:
    """Calls, cost, tokens and latency per model, and a button for the same as CSV; `on_export` is called when it is taken."""
    rows = models_table(calls)
    draw(kicker("By model"))
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        column_config={
            "provider": "Provider",
            "model": "Model",
            "simulated": None,
            "calls": "Calls",
            "failed": "Failed",
            "cost_usd": st.column_config.NumberColumn("Cost", format="$%.4f"),
            "prompt_tokens": st.column_config.NumberColumn("Tokens in", format="localized"),
            "completion_tokens": st.column_config.NumberColumn("Tokens out", format="localized"),
            "latency_p50_ms": st.column_config.NumberColumn("Latency p50", format="%d ms"),
            "latency_p95_ms": st.column_config.NumberColumn("p95", format="%d ms"),
            "latency_p99_ms": st.column_config.NumberColumn("p99", format="%d ms"),
            "ttft_p50_ms": st.column_config.NumberColumn("First token, p50", format="%d ms"),
        },
    )
    st.download_button(
        "Download as CSV",
        rows.to_csv(index=False),
        "casegate-usage.csv",
        "text/csv",
        icon=":material/download:",
        key=f"{key}-csv",
        on_click=on_export or "ignore",
    )


def models_table(calls: pd.DataFrame) -> pd.DataFrame:
    """One row per provider, model and simulated or not; costs in dollars as floats, for showing only."""
    latency = analytics.latency_percentiles(calls).drop(columns="calls")
    rows = analytics.by_model(calls).merge(latency, on=_KEYS, how="left")
    rows = rows.assign(cost_usd=rows["cost_usd"].astype("float64"))
    shown = ["calls", "failed", "cost_usd", "prompt_tokens", "completion_tokens"]
    return rows[[*_KEYS, *shown, *(f"latency_p{p}_ms" for p in (50, 95, 99)), "ttft_p50_ms"]]


def draw_failures(calls: pd.DataFrame) -> None:
    """Failed and refused calls by error class; nothing when there are none."""
    found = analytics.failures(calls)
    if found.empty:
        return
    rows = [_failure_cells(record) for record in found.to_dict("records")]
    draw(kicker("Failures"), tag("div", table(["Error class", "Calls", "Share", "Last"], rows), "cg-scroll"))


def _failure_cells(record: Mapping[Hashable, Any]) -> list[Html]:
    error_class = tag("span", escaped(str(record["error_class"])), "cg-mono")
    numbers = (f"{record['calls']:,}", f"{record['share'] * 100:.1f} %", f"{record['last']:%Y-%m-%d %H:%M} UTC")
    return [error_class, *(escaped(text) for text in numbers)]
