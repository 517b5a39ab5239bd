"""The usage page: cost, calls, latency and failures. Simulated calls never share a figure or a chart with real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import streamlit as st

from core import analytics
from core.ui.views.figures import counted, dollars, percent, seconds
from core.ui.views.markup import draw, escaped, tag
from core.ui.views.shell import banner
from core.ui.views.usage_charts import (
    OUTCOME_COLOURS,
    OUTCOME_WORDS,
    TOKEN_COLOURS,
    model_colours,
    percentile_ticks,
    shares,
    stacked_bars,
)
from core.ui.views.usage_figure import OnExport, Pick, draw_figure

if TYPE_CHECKING:
    import pandas as pd

_WHEN: dict[str, Any] = {"label": "When", "bucket": None}


@dataclass(frozen=True)
class UsageReport:
    """What the page shows: sums by bucket, provider, model, outcome and error class, times by model, and how to say when.

    `together`: latency over all models, p50, p95, p99 in milliseconds. `person`: one person's figures, which know neither model nor times.
    """

    labels: tuple[str, ...]
    sums: pd.DataFrame
    times: pd.DataFrame
    together: tuple[int | None, int | None, int | None]
    simulated: bool = False
    one_model: bool = False
    person: bool = False


def draw_report(report: UsageReport, *, on_export: OnExport) -> dict[str, Pick]:
    """Everything that depends on period and filters; what was picked in the charts, by chart. `on_export` is told of every CSV."""
    if report.simulated:
        banner(
            "the reference engine stood in for the models; costs are what a provider would have charged.",
            "simulated",
            lead="Simulated calls:",
        )
    if not report.sums[["calls", "blocked", "accepted"]].to_numpy().any():
        banner("Choose a longer period, or send a case: its cost and latency appear here.", "note", lead="No calls in this period.")
        return {}
    draw_headline(report)
    picks = _draw_over_time(report, on_export)
    if not report.person:
        _draw_times(report, on_export)
    _draw_makeup(report, on_export)
    return {key: pick for key, pick in picks.items() if pick is not None}


def draw_headline(report: UsageReport) -> None:
    """The figures asked for first: how much, each with its course; then how well."""
    total = analytics.totals(report.sums, one_model=report.one_model)
    bound = "≥ " if total.cost_partial else ""
    courses = _courses(report)
    _draw_cells(
        ("Calls", f"{total.calls:,}", counted(total.cases, "case"), courses["calls"]),
        ("Cost", bound + dollars(total.cost_usd), _money(total.cost_per_case_usd, "a case"), courses["cost_nano_usd"]),
        ("Tokens", f"{total.tokens:,}", f"{total.completion_tokens:,} written", courses["tokens"]),
        ("Answered", _share(total.share(total.ok)), _endings(total), courses["ok"]),
    )
    p50, p95, p99 = ("–" if ms is None else seconds(ms / 1000) for ms in report.together)
    _draw_cells(
        ("Latency p95", p95, "not kept by person" if report.person else f"p50 {p50} · p99 {p99}", None),
        ("Per accepted differential", *_per_accepted(total, bound), None),
        ("Retried", _share(total.share(total.retried)), f"fallback {_share(total.share(total.fallbacks))}", None),
        ("Blocked prompts", f"{total.blocked:,}", "stopped before they left", None),
    )
    if total.cost_partial:
        draw(tag("p", escaped("≥: a price is missing for some calls, so they cost at least this much."), "cg-caption"))


def _draw_cells(*cells: tuple[str, str, str, list[float] | None]) -> None:
    with st.container(horizontal=True):
        for label, value, below, line in cells:
            st.metric(
                label,
                value.replace("$", "\\$"),
                below.replace("$", "\\$"),
                delta_color="off",
                delta_arrow="off",
                border=True,
                chart_data=line if line and len(line) > 2 else None,
                chart_type="area",
                width="stretch",
            )


def _courses(report: UsageReport) -> dict[str, list[float]]:
    sums = report.sums.assign(tokens=report.sums["prompt_tokens"] + report.sums["completion_tokens"])
    sums = sums.assign(ok=sums["calls"].where(sums["outcome"] == "ok", 0))
    names = ["calls", "cost_nano_usd", "tokens", "ok"]
    by_bucket = sums.groupby("bucket")[names].sum().reindex(range(len(report.labels)), fill_value=0)
    return {name: [float(number) for number in by_bucket[name]] for name in names}


def _endings(total: analytics.Totals) -> str:
    told = ((total.failed, "failed"), (total.cancelled, "stopped"), (total.refused, "refused"))
    return " · ".join(f"{number:,} {word}" for number, word in told if number) or "none failed"


def _per_accepted(total: analytics.Totals, bound: str) -> tuple[str, str]:
    if total.cost_per_accepted_usd is None:
        return "–", "none accepted yet"
    return bound + dollars(total.cost_per_accepted_usd), f"{total.accepted:,} accepted"


def _draw_over_time(report: UsageReport, on_export: OnExport) -> dict[str, Pick | None]:
    calls = report.sums[report.sums["outcome"] != ""]
    part = "outcome" if report.person else "model"
    colours = OUTCOME_COLOURS if report.person else model_colours(sorted(set(calls["model"])))
    left, right = st.columns(2)
    with left:
        cost = analytics.over_time(calls, [part], "cost_nano_usd", report.labels)
        cost = cost.assign(cost=cost.pop("cost_nano_usd") / 1e9)
        chart = stacked_bars(cost, "cost", part, colours, form="$,.4~f", words=OUTCOME_WORDS)
        money = st.column_config.NumberColumn("Cost", format="$%.6f")
        columns: dict[str, Any] = {**_WHEN, part: part.capitalize(), "cost": money}
        picked = draw_figure("Cost over time", chart, cost, key="cost", columns=columns, on_export=on_export, picks=True)
    with right:
        count = analytics.over_time(calls, ["outcome"], "calls", report.labels)
        chart = stacked_bars(count, "calls", "outcome", OUTCOME_COLOURS, form="d", words=OUTCOME_WORDS)
        columns = {**_WHEN, "outcome": "Outcome", "calls": "Calls"}
        also = draw_figure("Calls over time", chart, count, key="calls", columns=columns, on_export=on_export, picks=True)
    return {"cost": picked, "calls": also}


def _draw_times(report: UsageReport, on_export: OnExport) -> None:
    left, right = st.columns(2)
    for column, what, title in ((left, "latency", "Latency by model"), (right, "ttft", "Time to first token by model")):
        names = [f"{what}_p{p}_ms" for p in (50, 95, 99)]
        rows = report.times.dropna(subset=names)[["provider", "model", "calls", *names]]
        columns: dict[str, Any] = {
            name: st.column_config.NumberColumn(f"p{p}", format="%d ms") for name, p in zip(names, (50, 95, 99), strict=True)
        }
        columns |= {"provider": "Provider", "model": "Model", "calls": "Answered"}
        with column:
            chart = None if rows.empty else percentile_ticks(rows, what)
            draw_figure(title, chart, rows, key=what, columns=columns, on_export=on_export, empty="No answered call yet.")


def _draw_makeup(report: UsageReport, on_export: OnExport) -> None:
    calls = report.sums[report.sums["outcome"] != ""]
    left, right = st.columns(2)
    with left:
        tokens = _tokens(calls, report.labels)
        chart = stacked_bars(tokens, "tokens", "direction", TOKEN_COLOURS, form=",d", words={"in": "prompt", "out": "answer"})
        columns: dict[str, Any] = {**_WHEN, "direction": "Direction", "tokens": st.column_config.NumberColumn("Tokens", format="localized")}
        draw_figure("Tokens over time", chart, tokens, key="tokens", columns=columns, on_export=on_export)
    with right:
        mix = analytics.outcome_mix(calls)
        mix = mix.assign(outcome=mix["outcome"].map(OUTCOME_WORDS))
        colours = {OUTCOME_WORDS[name]: colour for name, colour in OUTCOME_COLOURS.items()}
        columns = {"outcome": "Outcome", "calls": "Calls", "share": st.column_config.NumberColumn("Share", format="percent")}
        chart_of_mix = shares(mix, "outcome", "calls", form=",d", colours=colours)
        draw_figure("Outcomes", chart_of_mix, mix, key="outcomes", columns=columns, on_export=on_export)


def _tokens(calls: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    wide = calls.melt(
        id_vars=["bucket"], value_vars=["prompt_tokens", "completion_tokens"], var_name="direction", value_name="tokens"
    ).replace({"direction": {"prompt_tokens": "in", "completion_tokens": "out"}})
    return analytics.over_time(wide, ["direction"], "tokens", labels)


def _money(amount: Decimal | None, what: str) -> str:
    return "" if amount is None else f"{dollars(amount)} {what}"


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share)
