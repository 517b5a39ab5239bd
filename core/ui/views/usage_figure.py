"""One figure of the usage page: a chart in a frame, and beside its title the table of the same numbers with its CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.views.markup import draw, escaped, kicker, tag
from core.ui.views.usage_charts import PICK, Drawing

if TYPE_CHECKING:
    import pandas as pd

OnExport = Callable[[str, int], None]
Pick = Mapping[str, Any]


def draw_figure(
    title: str,
    chart: Drawing | None,
    rows: pd.DataFrame,
    *,
    key: str,
    columns: Mapping[str, Any],
    on_export: OnExport,
    picks: bool = False,
    empty: str = "Nothing in this period.",
) -> Pick | None:
    """Draw it; gives what was picked in a chart that `picks`. `on_export` gets the figure's key and the number of rows."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            draw(kicker(title))
            draw_table(title, rows, key=key, columns=columns, on_export=on_export)
        if chart is None or rows.empty:
            draw(tag("p", escaped(empty), "cg-quiet"))
            return None
        told = f"{title}: chart; the button Table beside it holds the same numbers."
        if not picks:
            st.altair_chart(chart, width="stretch", key=f"chart-{key}", alt=told)
            return None
        event: Any = st.altair_chart(chart, width="stretch", key=f"chart-{key}", on_select="rerun", selection_mode=PICK, alt=told)
    chosen = event.selection.get(PICK) if event and event.selection else None
    return chosen[0] if chosen else None


def draw_table(title: str, rows: pd.DataFrame, *, key: str, columns: Mapping[str, Any], on_export: OnExport) -> None:
    """The numbers behind a figure, folded away; taking them as CSV is told to `on_export`."""
    with st.popover("Table", type="tertiary", icon=":material/table:", help=f"{title}: the numbers, and as CSV", key=f"table-{key}"):
        draw(kicker(title))
        if rows.empty:
            draw(tag("p", escaped("Nothing in this period."), "cg-quiet"))
            return
        st.dataframe(rows, hide_index=True, width="stretch", column_config=dict(columns), height=min(420, 38 + 35 * len(rows)))
        st.download_button(
            "Download as CSV",
            rows.to_csv(index=False),
            f"casegate-{key}.csv",
            "text/csv",
            icon=":material/download:",
            key=f"csv-{key}",
            on_click=on_export,
            args=(key, len(rows)),
        )
