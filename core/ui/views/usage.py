"""The usage page: cost, calls, latency and failures. Simulated calls never share a figure or a chart with real ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from core import analytics
from core.ui.views.figures import counted, dollars, seconds
from core.ui.views.markup import draw, escaped, kicker, tag
from core.ui.views.shell import banner
from core.ui.views.usage_charts import draw_calls_by_day, draw_cost_by_day, draw_latency
from core.ui.views.usage_days import draw_days
from core.ui.views.usage_tables import draw_failures, draw_models

if TYPE_CHECKING:
    import pandas as pd


_MEANINGS = {"p50": "half are faster", "p95": "95 % are faster", "p99": "99 % are faster"}


def draw_usage(calls: pd.DataFrame, *, zone: str = "UTC", on_export: Callable[[], None] | None = None) -> None:
    """Draw the figures of `calls`, a frame as `core.analytics.frame` makes it; days are those of the time zone `zone`.

    `on_export` is called when a table is downloaded.
    """
    if calls.empty:
        banner("Choose a longer period, or send a case: its cost and latency appear here.", "note", lead="No calls in this period.")
        return
    real, simulated = calls[~calls["simulated"]], calls[calls["simulated"]]
    for part, is_simulated in ((real, False), (simulated, True)):
        if not part.empty:
            _draw_part(part.reset_index(drop=True), ZoneInfo(zone), is_simulated=is_simulated, on_export=on_export)


def _draw_part(calls: pd.DataFrame, zone: ZoneInfo, *, is_simulated: bool, on_export: Callable[[], None] | None) -> None:
    if is_simulated:
        banner(
            "the reference engine stood in for the models; costs are what a provider would have charged.",
            "simulated",
            lead="Simulated calls:",
        )
    else:
        draw(kicker("Calls to models"))
    _draw_metrics(calls)
    left, right = st.columns(2)
    with left, st.container(border=True):
        draw_cost_by_day(calls, zone)
    with right, st.container(border=True):
        draw_calls_by_day(calls, zone)
    with st.container(border=True):
        draw_latency(calls)
    draw_models(calls, key=f"models-{'simulated' if is_simulated else 'real'}", on_export=on_export)
    draw_days(calls, zone)
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
            st.metric(f"Latency {name}", value, _MEANINGS[name], delta_color="off", delta_arrow="off", border=True)
        st.metric("Failures", f"{total.failed:,}", f"{rate * 100:.1f} % of calls", delta_color="off", delta_arrow="off", border=True)
    if total.cost_partial:
        draw(tag("p", escaped("≥: a price is missing for some calls, so they cost at least this much."), "cg-caption"))


def _latencies(calls: pd.DataFrame) -> list[tuple[str, str]]:
    """The percentiles over all models together."""
    together = analytics.latency_percentiles(calls.assign(provider="all", model="all"))
    names = ("p50", "p95", "p99")
    if together.empty:
        return [(name, "–") for name in names]
    return [(name, seconds(int(together.iloc[0][f"latency_{name}_ms"]) / 1000)) for name in names]
