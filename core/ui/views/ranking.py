"""The ranked bars of a differential."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.assessment import Assessment
from core.ui.palette import CHART_BAR, CHART_CANNOT_MISS, CHART_REST, INK
from core.ui.views.figures import percent
from core.ui.views.markup import Html, draw, escaped, joined, table, tag

_KEYS = {"Differential": "cg-key-bar", "Cannot miss": "cg-key-cannot", "Residual": "cg-key-rest"}
RESIDUAL = "Something else (residual)"
_KINDS = {"Differential": CHART_BAR, "Cannot miss": CHART_CANNOT_MISS, "Residual": CHART_REST}
Interval = tuple[float, float]


def draw_ranking(assessment: Assessment, restore: Callable[[str], str], *, intervals: Mapping[int, Interval] | None = None) -> None:
    """Bars by probability, cannot-miss in their own colour, the residual as the last bar; the same as a table below.

    `intervals`: rank → (low, high), shares of 1, drawn as a line over the bar.
    """
    rows = ranking_rows(assessment, restore, intervals or {})
    keys = tag(
        "span", joined(tag("span", escaped(kind), _KEYS[kind]) for kind in _KINDS if any(r["kind"] == kind for r in rows)), "cg-keys"
    )
    draw(tag("div", Html(tag("p", escaped("Ranked differential"), "cg-kicker") + keys), "cg-legend"))
    st.altair_chart(_chart(rows), width="stretch")
    cells = ([escaped(str(row["name"])), escaped(str(row["kind"])), escaped(str(row["words"]))] for row in rows)
    as_table = tag("div", table(["Diagnosis", "Kind", "Probability"], cells), "cg-scroll")
    draw(tag("details", Html(tag("summary", escaped("Probabilities as a table")) + as_table), "cg-fold"))


def ranking_rows(assessment: Assessment, restore: Callable[[str], str], intervals: Mapping[int, Interval]) -> list[dict[str, Any]]:
    """One row per bar in the order drawn: order, name, share, words, kind, low, high, top (where the label starts)."""
    rows = []
    for order, d in enumerate(sorted(assessment.differential, key=lambda d: d.rank)):
        low, high = intervals.get(d.rank, (None, None))
        words = percent(d.probability) + (f" ({percent(low)} to {percent(high)})" if low is not None and high is not None else "")
        rows.append(
            _row(
                order,
                f"{d.rank}  {restore(d.diagnosis)}",
                d.probability,
                words,
                "Cannot miss" if d.cannot_miss else "Differential",
                low,
                high,
            )
        )
    residual = assessment.residual_probability
    return [*rows, _row(len(rows), RESIDUAL, residual, percent(residual), "Residual", None, None)]


def _row(order: int, name: str, share: float, words: str, kind: str, low: float | None, high: float | None) -> dict[str, Any]:
    return {
        "order": order,
        "name": name,
        "share": share,
        "words": words,
        "kind": kind,
        "low": low,
        "high": high,
        "top": max(share, high or 0),
    }


def _chart(rows: list[dict[str, Any]]) -> Any:
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame(rows)
    reach = min(1.0, max(0.1, float(frame["top"].max()))) * 1.22
    base = alt.Chart(frame).encode(
        y=alt.Y("order:O", sort=[row["order"] for row in rows], axis=None),
        tooltip=[
            alt.Tooltip("name:N", title="Diagnosis"),
            alt.Tooltip("words:N", title="Probability"),
            alt.Tooltip("kind:N", title="Kind"),
        ],
    )
    x = alt.X("share:Q", scale=alt.Scale(domain=[0, reach], nice=False), axis=None)
    color = alt.Color("kind:N", scale=alt.Scale(domain=list(_KINDS), range=list(_KINDS.values())), legend=None)
    bars = base.mark_bar(height=9, cornerRadius=3, yOffset=9).encode(x=x, color=color)
    ink = _ink()
    names = base.mark_text(align="left", baseline="middle", dy=-6, fontSize=13, limit=520, color=ink).encode(x=alt.value(0), text="name:N")
    shares = base.mark_text(align="left", baseline="middle", dx=7, dy=9, fontSize=12, fontWeight=600, color=ink).encode(
        x=alt.X("top:Q", axis=None), text="words:N"
    )
    ranges = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=1.5, yOffset=9, color=ink, opacity=0.75)
    layers = [bars, ranges.encode(x=alt.X("low:Q", axis=None), x2="high:Q"), names, shares]
    no_padding = {"left": 2, "right": 2, "top": 4, "bottom": 0}
    return (
        alt.layer(*layers)
        .properties(height=alt.Step(34), padding=no_padding, description="Bars of the table below")
        .configure_view(stroke=None)
    )


def _ink() -> str:
    return INK.dark if st.context.theme.type == "dark" else INK.light
