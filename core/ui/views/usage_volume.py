"""The volume calculator: what so many requests a month cost at a mix of models, in dollars and in yuan at two rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.analytics import GUIDE_REQUESTS, MARKET_CNY_PER_USD, ModelPrice, Volume, monthly_volume
from core.ui.views.figures import dollars
from core.ui.views.markup import draw, escaped, kicker, table, tag
from core.ui.views.usage_figure import OnExport, draw_table

if TYPE_CHECKING:
    import pandas as pd

GUIDE_WEIGHTS = (70, 15, 10, 5)  # mostly routine; the guide names the tiers, not their shares


def draw_volume(prices: Sequence[ModelPrice], *, on_export: OnExport) -> None:
    """Sliders for requests and for each model's share; the sum; and what the platform's rate of one yuan to the dollar makes of it."""
    with st.container(border=True):
        head = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
        left, right = st.columns([2, 3], gap="large")
        with left:
            requests = st.number_input("Requests a month", 0, 10_000_000, GUIDE_REQUESTS, step=1_000, key="volume-requests")
            weights = {}
            for place, price in enumerate(prices):
                first = GUIDE_WEIGHTS[place] if place < len(GUIDE_WEIGHTS) else 0
                weights[price.model] = st.slider(f"{price.name}: share, %", 0, 100, first, key=f"volume-{price.model}", help=price.tier)
        found = monthly_volume(int(requests), weights, prices)
        with right:
            _draw_sum(found)
        with head:
            draw(kicker("Volume calculator"))
            draw_table("Volume calculator", _frame(found), key="volume", columns={}, on_export=on_export)


def _draw_sum(found: Volume) -> None:
    bound = "≥ " if found.partial else ""
    with st.container(horizontal=True):
        for label, value, below in (
            ("A month", bound + dollars(found.cost_usd), f"{found.requests:,} requests"),
            ("A request", "–" if found.per_request_usd is None else bound + dollars(found.per_request_usd), "on average"),
            ("In yuan, ¥1 = $1", f"{bound}¥{found.platform_cny:,.2f}", f"¥{found.market_cny:,.2f} at ¥{MARKET_CNY_PER_USD} = $1"),
        ):
            st.metric(
                label,
                value.replace("$", "\\$"),
                below.replace("$", "\\$"),
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="stretch",
            )
    rows = [
        [
            escaped(row.price.name),
            *(tag("span", escaped(text), "cg-num") for text in _cells(row.requests, row.price, dollars(row.cost_usd))),
        ]
        for row in found.rows
    ]
    draw(tag("div", table(["Model", "Requests", "Tokens in / out", "A million out", "A month"], rows, "cg-table cg-stack"), "cg-scroll"))
    if found.partial:
        draw(tag("p", escaped("≥: output tokens only; the price of input tokens is not published for every model."), "cg-caption"))


def _cells(requests: int, price: ModelPrice, cost: str) -> list[str]:
    per_million = "unknown" if price.output_usd_per_mtok is None else dollars(price.output_usd_per_mtok)
    return [f"{requests:,}", f"{price.prompt_tokens:,} / {price.completion_tokens:,}", per_million, cost]


def _frame(found: Volume) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [{"model": r.price.model, "tier": r.price.tier, "requests": r.requests, "cost_usd": float(r.cost_usd)} for r in found.rows]
    )
