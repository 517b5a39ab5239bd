"""How this month's spending stands against its budget, and where the month will end."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from core.analytics import Burn
from core.ui.views.figures import dollars, percent
from core.ui.views.markup import draw, escaped, tag
from core.ui.views.usage_charts import burn_down
from core.ui.views.usage_figure import OnExport, draw_figure


def draw_burn(burn: Burn, month: str, *, on_export: OnExport, partial: bool) -> None:
    """A line of what is spent, the budget, a dashed line to the month's end with its range; and the same in a sentence."""
    import pandas as pd

    days = pd.DataFrame({"day": range(1, len(burn.spent) + 1), "spent": [float(spent) for spent in burn.spent]})
    points = None
    if burn.projected is not None and burn.low is not None and burn.high is not None:
        points = (float(burn.projected), float(burn.low), float(burn.high))
    chart = burn_down(days, None if burn.budget is None else float(burn.budget), points, burn.days)
    columns = {"day": "Day", "spent": st.column_config.NumberColumn("Spent by then", format="$%.6f")}
    draw_figure(f"Budget, {month}", chart, days, key="budget", columns=columns, on_export=on_export)
    draw(tag("p", escaped(in_words(burn, partial=partial)), "cg-caption"))


def in_words(burn: Burn, *, partial: bool = False) -> str:
    """Spent, share of the budget, projection with its range, and the day on which the budget ends."""
    bound = "at least " if partial else ""
    told = [
        f"Spent so far: {bound}{dollars(burn.so_far)}"
        + (f", {percent(float(burn.used))} of {dollars(burn.budget)}." if burn.used is not None else ".")
    ]
    if burn.projected is None:
        told.append("A projection needs three full days.")
    else:
        low, high = dollars(burn.low), dollars(burn.high)
        between = f" ({low} to {high})" if low != high else ""
        told.append(f"At this pace the month ends at {dollars(burn.projected)}{between}.")
    if burn.budget is None:
        told.append("No budget is set for the month.")
    elif burn.exhausted_on is not None:
        spent = burn.so_far > burn.budget
        told.append(f"The budget {'was spent' if spent else 'will be spent'} on day {burn.exhausted_on}.")
    elif burn.projected is not None:
        told.append(f"{dollars(max(burn.budget - burn.projected, Decimal(0)))} of the budget will be left.")
    return " ".join(told)
