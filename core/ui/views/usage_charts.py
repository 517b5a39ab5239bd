"""The usage page's charts, made from small frames. The table beside each holds the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.ui.palette import CHART_BAR, CHART_CANNOT_MISS, CHART_REST, CHART_SERIES

if TYPE_CHECKING:
    import pandas as pd

Drawing = Any  # an Altair chart; imported where one is made, for it takes a third of a second

OUTCOME_COLOURS: Mapping[str, str] = {"ok": CHART_BAR, "failed": CHART_CANNOT_MISS, "cancelled": CHART_REST, "refused": "#D97706"}
OUTCOME_WORDS: Mapping[str, str] = {"ok": "answered", "failed": "failed", "cancelled": "stopped", "refused": "refused"}
TOKEN_COLOURS: Mapping[str, str] = {"in": "#3B82F6", "out": CHART_BAR}
PICK = "pick"
_HEIGHT = 230
_PADDING: Any = {"left": 2, "right": 8, "top": 2, "bottom": 2}


def model_colours(models: Sequence[str]) -> dict[str, str]:
    """One colour for each model, the same in every chart of the page."""
    return {model: CHART_SERIES[place % len(CHART_SERIES)] for place, model in enumerate(sorted(models))}


def stacked_bars(rows: pd.DataFrame, value: str, by: str, colours: Mapping[str, str], *, form: str, words: Mapping[str, str]) -> Drawing:
    """Bars over time in parts; a click picks a part. `rows`: bucket, label, `by`, `value`; `form` is D3's number format."""
    import altair as alt

    shown = [name for name in colours if (rows[by] == name).any()]
    rows = rows.assign(part=rows[by].map(lambda name: words.get(name, name)))
    scale = alt.Scale(domain=[words.get(name, name) for name in shown], range=[colours[name] for name in shown])
    labels = list(dict.fromkeys(rows["label"]))
    size: Any = 26 if len(labels) <= 8 else alt.Undefined
    whole: Any = {"format": form, "tickCount": 4} | ({"tickMinStep": 1} if form == "d" else {})
    pick = alt.selection_point(name=PICK, fields=["bucket", by])
    return (
        alt.Chart(rows)
        .mark_bar(size=size, cursor="pointer")
        .encode(
            x=alt.X("label:O", sort=labels, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True, labelLimit=90)),
            y=alt.Y(f"{value}:Q", title=None, axis=alt.Axis(**whole)),
            color=alt.Color("part:N", scale=scale, legend=_legend(len(shown))),
            opacity=alt.when(pick).then(alt.value(1)).otherwise(alt.value(0.35)),
            tooltip=[alt.Tooltip("label:N", title="when"), alt.Tooltip("part:N", title=by), alt.Tooltip(f"{value}:Q", format=form)],
        )
        .add_params(pick)
        .properties(height=_HEIGHT, padding=_PADDING)
    )


def percentile_ticks(times: pd.DataFrame, what: str) -> Drawing:
    """Per model a line from p50 to p99, with ticks of falling height; `what` is latency or ttft; seconds."""
    import altair as alt

    points = times.melt(id_vars="model", value_vars=[f"{what}_p{p}_ms" for p in (50, 95, 99)], var_name="percentile", value_name="ms")
    points = points.dropna(subset=["ms"])
    points = points.assign(s=points["ms"].astype("float64") / 1000, percentile=points["percentile"].str.extract(r"(p\d+)", expand=False))
    order = times.sort_values(f"{what}_p50_ms")["model"].tolist()
    base = alt.Chart(points).encode(y=alt.Y("model:N", sort=order, title=None, axis=alt.Axis(labelLimit=150)))
    line = base.mark_rule(strokeWidth=3, color=CHART_REST, opacity=0.55).encode(x="min(s):Q", x2="max(s):Q")
    scale = alt.Scale(domain=["p50", "p95", "p99"], range=[CHART_BAR, "#D97706", CHART_CANNOT_MISS])
    look = {
        "x": alt.X("s:Q", title="seconds", scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=6, format=".3~r")),
        "color": alt.Color("percentile:N", scale=scale, legend=_legend(3)),
        "tooltip": ["model", "percentile", alt.Tooltip("s:Q", format=".2f", title="seconds")],
    }
    # Where percentiles coincide each stays visible.
    ticks = [
        base.transform_filter(alt.datum.percentile == name).mark_tick(thickness=4, size=size, opacity=1).encode(**look)
        for name, size in (("p99", 27), ("p95", 18), ("p50", 9))
    ]
    return alt.layer(line, *ticks).properties(height=alt.Step(34), padding=_PADDING)


def shares(rows: pd.DataFrame, name: str, value: str, *, form: str, colours: Mapping[str, str] | None = None) -> Drawing:
    """Horizontal bars, largest first, each with its number at its end."""
    import altair as alt

    order = rows.sort_values(value, ascending=False)[name].tolist()
    given = {"domain": list(colours), "range": list(colours.values())} if colours else {"domain": order, "range": [CHART_BAR] * len(order)}
    base = alt.Chart(rows).encode(
        y=alt.Y(f"{name}:N", sort=order, title=None, axis=alt.Axis(labelLimit=150)),
        x=alt.X(f"{value}:Q", title=None, axis=None, scale=alt.Scale(nice=False, domain=[0, max(float(rows[value].max()), 1e-9) * 1.25])),
        tooltip=[name, alt.Tooltip(f"{value}:Q", format=form)],
    )
    bars = base.mark_bar(height=16, cornerRadiusEnd=3).encode(color=alt.Color(f"{name}:N", legend=None, scale=alt.Scale(**given)))
    numbers = base.mark_text(align="left", dx=6, fontSize=12, color=CHART_REST).encode(text=alt.Text(f"{value}:Q", format=form))
    return alt.layer(bars, numbers).properties(height=alt.Step(30), padding=_PADDING)


def burn_down(days: pd.DataFrame, budget: float | None, projection: tuple[float, float, float] | None, last_day: int) -> Drawing:
    """Money spent through each day of the month, the budget as a line, and where the month will end. `days`: day, spent."""
    import altair as alt

    x = alt.X(
        "day:Q", title="day of the month", scale=alt.Scale(domain=[1, last_day]), axis=alt.Axis(tickMinStep=1, format="d", grid=False)
    )
    y = alt.Y("spent:Q", title=None, axis=alt.Axis(format="$,.4~r", tickCount=5))
    tip: list[Any] = ["day", alt.Tooltip("spent:Q", format="$,.4f")]
    base = alt.Chart(days).encode(x=x, y=y, tooltip=tip)
    layers: list[Any] = [
        base.mark_area(color=CHART_BAR, opacity=0.18, interpolate="monotone"),
        base.mark_line(color=CHART_BAR, strokeWidth=2.5, interpolate="monotone", point=alt.OverlayMarkDef(size=28, filled=True)),
    ]
    if projection is not None:
        layers = [*_projected(alt, days, projection, last_day, x, y), *layers]
    if budget is not None:
        line = alt.Chart({"values": [{"spent": budget, "text": f"budget ${budget:,.0f}"}]}).encode(y=y)
        layers.append(line.mark_rule(color=CHART_CANNOT_MISS, strokeDash=[6, 4], strokeWidth=1.5))
        layers.append(line.mark_text(align="left", x=6, dy=-10, color=CHART_CANNOT_MISS, fontSize=12, fontWeight=600).encode(text="text:N"))
    return alt.layer(*layers).properties(height=_HEIGHT + 30, padding=_PADDING)


def _projected(alt: Any, days: pd.DataFrame, projection: tuple[float, float, float], last_day: int, x: Any, y: Any) -> list[Any]:
    at, spent = int(days["day"].iloc[-1]), float(days["spent"].iloc[-1])
    middle, low, high = projection
    path = [{"day": at, "spent": spent, "low": spent, "high": spent}, {"day": last_day, "spent": middle, "low": low, "high": high}]
    base = alt.Chart({"values": path}).encode(x=x)
    band = base.mark_area(color=CHART_REST, opacity=0.16).encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(color=CHART_REST, strokeDash=[5, 4], strokeWidth=2).encode(y=y)
    end = alt.Chart({"values": [path[1] | {"text": f"${middle:,.2f}"}]}).encode(x=x, y=y)
    return [band, line, end.mark_text(align="right", dx=-4, dy=-10, color=CHART_REST, fontSize=12, fontWeight=600).encode(text="text:N")]


def _legend(entries: int) -> Any:
    import altair as alt

    return alt.Legend(orient="top", title=None, offset=4, padding=0, columns=2 if entries > 3 else entries)
