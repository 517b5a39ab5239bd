"""The usage page's charts. The tables below them hold the same figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import streamlit as st

from core import analytics
from core.ui.palette import CHART_BAR, CHART_CANNOT_MISS, CHART_REST, CHART_SERIES
from core.ui.views.markup import draw, escaped, kicker, tag

if TYPE_CHECKING:
    import pandas as pd

_OUTCOMES = {"ok": CHART_BAR, "failed": CHART_CANNOT_MISS, "cancelled": CHART_REST, "refused": "#D97706"}
_HEIGHT = 230
_PADDING: Any = {"left": 2, "right": 6, "top": 2, "bottom": 2}


def draw_cost_by_day(calls: pd.DataFrame, zone: ZoneInfo) -> None:
    """Stacked bars of cost per day and model, US dollars."""
    import altair as alt

    days = analytics.by_day_and_model(calls, zone)
    days = days.assign(day=days["day"].astype("str"), cost=days["cost_usd"].astype("float64")).drop(columns="cost_usd")
    draw(kicker("Cost by day"))
    color = alt.Color(
        "model:N", scale=alt.Scale(range=list(CHART_SERIES)), legend=alt.Legend(orient="top", title=None, offset=4, padding=0, columns=2)
    )
    _draw_bars(
        days,
        alt.Y("cost:Q", title=None, axis=alt.Axis(format="$.4~f", tickCount=4)),
        color,
        ["model", alt.Tooltip("cost:Q", format="$.4f")],
    )


def draw_calls_by_day(calls: pd.DataFrame, zone: ZoneInfo) -> None:
    """Stacked bars of calls per day and outcome."""
    import altair as alt

    wide = analytics.by_day(calls, zone)
    days = wide.melt(id_vars="day", value_vars=list(_OUTCOMES), var_name="outcome", value_name="number")
    days = days[days["number"] > 0].assign(day=lambda d: d["day"].astype("str"))
    draw(kicker("Calls by day"))
    shown = [name for name in _OUTCOMES if (days["outcome"] == name).any()]
    color = alt.Color(
        "outcome:N",
        scale=alt.Scale(domain=shown, range=[_OUTCOMES[n] for n in shown]),
        legend=alt.Legend(orient="top", title=None, offset=4, padding=0),
    )
    _draw_bars(days, alt.Y("number:Q", title=None, axis=alt.Axis(format="d", tickMinStep=1, tickCount=4)), color, ["outcome", "number"])


def draw_latency(calls: pd.DataFrame) -> None:
    """Per model: a line from p50 to p99, with points at p50, p95 and p99; answered calls, seconds."""
    import altair as alt

    found = analytics.latency_percentiles(calls)
    draw(kicker("Latency by model"))
    if found.empty:
        draw(tag("p", escaped("No answered call yet."), "cg-quiet"))
        return
    points = found.melt(id_vars="model", value_vars=[f"latency_p{p}_ms" for p in (50, 95, 99)], var_name="percentile", value_name="ms")
    points = points.assign(s=points["ms"].astype("float64") / 1000, percentile=points["percentile"].str.extract(r"(p\d+)", expand=False))
    order = found.sort_values("latency_p50_ms")["model"].tolist()
    y = alt.Y("model:N", sort=order, title=None, axis=alt.Axis(labelLimit=150))
    base = alt.Chart(points).encode(y=y)
    line = base.mark_rule(strokeWidth=3, color=CHART_REST, opacity=0.55).encode(x="min(s):Q", x2="max(s):Q")
    scale = alt.Scale(domain=["p50", "p95", "p99"], range=[CHART_BAR, "#D97706", CHART_CANNOT_MISS])
    # Ticks of falling height: where percentiles coincide each stays visible.
    look = {
        "x": alt.X("s:Q", title="seconds", scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6, format="~r")),
        "color": alt.Color("percentile:N", scale=scale, legend=alt.Legend(orient="top", title=None, offset=4, padding=0)),
        "tooltip": ["model", "percentile", alt.Tooltip("s:Q", format=".2f", title="seconds")],
    }
    ticks = [
        base.transform_filter(alt.datum.percentile == name).mark_tick(thickness=4, size=size, opacity=1).encode(**look)
        for name, size in (("p99", 27), ("p95", 18), ("p50", 9))
    ]
    st.altair_chart(alt.layer(line, *ticks).properties(height=alt.Step(34), padding=_PADDING), width="stretch")


def _draw_bars(days: pd.DataFrame, y: Any, color: Any, tooltip: list[Any]) -> None:
    import altair as alt

    size: Any = 26 if days["day"].nunique() < 8 else alt.Undefined
    x = alt.X("day:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, labelLimit=90))
    chart = (
        alt.Chart(days)
        .mark_bar(size=size)
        .encode(x=x, y=y, color=color, tooltip=["day", *tooltip])
        .properties(height=_HEIGHT, padding=_PADDING)
    )
    st.altair_chart(chart, width="stretch")
