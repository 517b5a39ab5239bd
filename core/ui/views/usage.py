"""The usage page: cost, calls, latency and failures. Simulated calls never share a figure or a chart with real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from core import analytics
from core.ui.views.figures import counted, dollars, seconds
from core.ui.views.markup import draw, escaped, tag
from core.ui.views.shell import banner
from core.ui.views.usage_charts import draw_calls_by_day, draw_cost_by_day, draw_latency
from core.ui.views.usage_tables import draw_failures, draw_models

if TYPE_CHECKING:
    import pandas as pd


def draw_usage(calls: pd.DataFrame, *, zone: str = "UTC") -> None:
    """Draw the figures of `calls`, a frame as `core.analytics.frame` makes it; days are those of the time zone `zone`."""
    if calls.empty:
        banner("No calls in this period. Figures appear here as soon as a case has been sent.", "note")
        return
    real, simulated = calls[~calls["simulated"]], calls[calls["simulated"]]
    for part, is_simulated in ((real, False), (simulated, True)):
        if not part.empty:
            _draw_part(part.reset_index(drop=True), ZoneInfo(zone), is_simulated=is_simulated)


def _draw_part(calls: pd.DataFrame, zone: ZoneInfo, *, is_simulated: bool) -> None:
    if is_simulated:
        banner(
            "the reference engine stood in for the models; costs are what a provider would have charged.",
            "simulated",
            lead="Simulated calls:",
        )
    else:
        draw(tag("p", escaped("Calls to models"), "cg-kicker"))
    _draw_metrics(calls)
    left, right = st.columns(2)
    with left, st.container(border=True):
        draw_cost_by_day(calls, zone)
    with right, st.container(border=True):
        draw_calls_by_day(calls, zone)
    with st.container(border=True):
        draw_latency(calls)
    draw_models(calls, key=f"models-{'simulated' if is_simulated else 'real'}")
    draw_failures(calls)


def _draw_metrics(calls: pd.DataFrame) -> None:
    total = analytics.totals(calls)
    cost = ("≥ " if total.cost_partial else "") + dollars(total.cost_usd)
    per_case = "" if total.cost_per_case_usd is None else f"{dollars(total.cost_per_case_usd)} a case".replace("$", "\\$")
    rate = total.error_rate or 0
    with st.container(horizontal=True):
        st.metric("Calls", f"{total.calls:,}", counted(total.cases, "case"), delta_color="off", delta_arrow="off", border=True)
        st.metric("Cost", cost, per_case, delta_color="off", delta_arrow="off", border=True)
        for name, value in _latencies(calls):
            st.metric(name, value, "latency", delta_color="off", delta_arrow="off", border=True)
        st.metric("Failures", f"{total.failed:,}", f"{rate * 100:.1f} % of calls", delta_color="off", delta_arrow="off", border=True)


def _latencies(calls: pd.DataFrame) -> list[tuple[str, str]]:
    """The percentiles over all models together."""
    together = analytics.latency_percentiles(calls.assign(provider="all", model="all"))
    names = ("p50", "p95", "p99")
    if together.empty:
        return [(name, "–") for name in names]
    return [(name, seconds(int(together.iloc[0][f"latency_{name}_ms"]) / 1000)) for name in names]
