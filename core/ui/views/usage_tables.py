"""The usage page's tables: models, what failed, and who or what the cost falls to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import streamlit as st

from core import analytics
from core.ui.views.figures import dollars, seconds
from core.ui.views.markup import Html, draw, escaped, kicker, table, tag
from core.ui.views.usage import UsageReport
from core.ui.views.usage_charts import shares
from core.ui.views.usage_figure import OnExport, draw_figure, draw_table

if TYPE_CHECKING:
    import pandas as pd

_MODEL_HEAD = ("Model", "Calls", "Failed", "Cost", "A call", "Tokens in", "Tokens out", "Latency p50", "p95", "p99", "First token p50")


def draw_models(report: UsageReport, *, on_export: OnExport) -> None:
    """A row per provider and model: calls, cost, tokens, times."""
    rows = models_table(report)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            draw(kicker("By model"))
            draw_table("By model", rows, key="models", columns={}, on_export=on_export)
        if not rows.empty:
            cells = [_model_cells(record) for record in rows.to_dict("records")]
            draw(tag("div", table(_MODEL_HEAD, cells, "cg-table cg-stack cg-figures"), "cg-scroll"))


def models_table(report: UsageReport) -> pd.DataFrame:
    """One row per provider and model; costs in dollars as floats, for showing only; times in milliseconds, missing where none was taken."""
    rows = analytics.summed_by(report.sums, ["provider", "model"])
    rows = rows.merge(report.times.drop(columns="calls"), on=["provider", "model"], how="left")
    rows = rows.assign(cost_usd=rows["cost_usd"].astype("float64"), partial=rows["cost_partial"] > 0)
    times = [f"{what}_p{p}_ms" for what in ("latency", "ttft") for p in (50, 95, 99)]
    return rows[["provider", "model", "calls", "failed", "cancelled", "cost_usd", "partial", "prompt_tokens", "completion_tokens", *times]]


def _model_cells(record: Mapping[Any, Any]) -> list[Html]:
    cost, calls = record["cost_usd"], record["calls"]
    bound = "≥ " if record["partial"] else ""
    name = tag("b", escaped(record["model"])) + tag("small", escaped(f" {record['provider']}"), "cg-quiet")
    numbers = [
        f"{calls:,}",
        f"{record['failed']:,}",
        *(bound + dollars(Decimal(str(round(amount, 9)))) for amount in (cost, cost / max(calls, 1))),
    ]
    numbers += [f"{record['prompt_tokens']:,}", f"{record['completion_tokens']:,}"]
    numbers += [_time(record[f"latency_p{p}_ms"]) for p in (50, 95, 99)] + [_time(record["ttft_p50_ms"])]
    return [Html(name), *(tag("span", escaped(text), "cg-num") for text in numbers)]


def draw_failures(report: UsageReport, *, on_export: OnExport) -> None:
    """Failed and refused calls by error class and model; nothing when there are none."""
    if "error_class" not in report.sums:
        return
    found = analytics.failures(report.sums)
    if found.empty:
        return
    rows = [
        [
            tag("span", escaped(str(r["error_class"])), "cg-mono"),
            escaped(str(r["model"])),
            *(tag("span", escaped(text), "cg-num") for text in (f"{r['calls']:,}", f"{r['share'] * 100:.1f} %")),
        ]
        for r in found.to_dict("records")
    ]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            draw(kicker("Failures"))
            draw_table("Failures", found, key="failures", columns={}, on_export=on_export)
        draw(tag("div", table(["Error class", "Model", "Calls", "Share of calls"], rows, "cg-table cg-stack"), "cg-scroll"))


def draw_breakdown(title: str, rows: pd.DataFrame, name: str, *, words: Callable[[str], str], on_export: OnExport) -> None:
    """Cost and calls by tier, department, role or person. `rows`: frame of sums with a column `name`."""
    found = analytics.summed_by(rows, [name])
    found = found.assign(**{name: found[name].map(words), "cost": found["cost_usd"].astype("float64")})
    table_rows = found[[name, "calls", "failed", "cases", "cost", "prompt_tokens", "completion_tokens"]]
    columns: dict[str, Any] = {"cost": st.column_config.NumberColumn("Cost", format="$%.6f"), name: title}
    left, right = st.columns(2)
    shown: Sequence[tuple[Any, str, str, str]] = ((left, "Cost", "cost", "$,.4~f"), (right, "Calls", "calls", ",d"))
    for column, what, value, form in shown:
        with column:
            chart = None if found.empty else shares(found.head(12), name, value, form=form)
            draw_figure(f"{what} by {title.lower()}", chart, table_rows, key=f"{value}-by-{name}", columns=columns, on_export=on_export)


def _time(ms: Any) -> str:
    import pandas as pd

    return "–" if pd.isna(ms) else seconds(int(ms) / 1000)
