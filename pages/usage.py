"""Usage: calls, cost, latency and failures, from the audit store alone."""

import streamlit as st

from core.audit import Action
from core.auth import Permission
from core.ui.desk import drill, session, usage_filters, usage_report
from core.ui.views.usage import draw_report
from core.ui.views.usage_budget import draw_burn
from core.ui.views.usage_tables import draw_breakdown, draw_failures, draw_models
from core.ui.views.usage_volume import draw_volume

PERSON = session.guard(Permission.USAGE_READ)

services = session.services()


def on_export(figure: str, rows: int) -> None:
    """Every file that leaves is an entry."""
    session.record(PERSON, Action.EXPORT_MADE, subject=f"usage.{figure}.csv", count=rows)


st.title("Usage", anchor=False)
choice = usage_filters.draw_filters(services, PERSON)
words = usage_report.breakdowns(PERSON, choice)
chosen = st.session_state.get("usage-breakdown")
asked = usage_report.ask(services, choice, chosen if chosen in words else next(iter(words)))

picks = draw_report(asked.report, on_export=on_export)
drill.draw_picked(services, PERSON, choice, picks)
if not choice.where.actor:
    draw_models(asked.report, on_export=on_export)
    draw_failures(asked.report, on_export=on_export)
if asked.breakdown is not None and asked.breakdown["calls"].sum():
    name = st.segmented_control(
        "Told apart by", list(words), format_func=words.__getitem__, default=next(iter(words)), key="usage-breakdown"
    )
    name = name if name in words else next(iter(words))
    if name in asked.breakdown:
        draw_breakdown(words[name], asked.breakdown, name, words=lambda part: str(part) or f"no {name}", on_export=on_export)
draw_burn(asked.burn, asked.month, on_export=on_export, partial=asked.burn_partial)
draw_volume(usage_report.model_prices(services), on_export=on_export)
st.caption(f"Times are those of {choice.zone.key}. Latency is within 1 %; counts, tokens and money are exact.")
