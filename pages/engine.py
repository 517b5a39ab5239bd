"""Reference engine: what it is, how well it does, the bad figures included, and every entry of its knowledge base."""

import streamlit as st

from core.auth import Permission
from core.reference import recorded_figures
from core.ui.desk import session
from core.ui.views.engine import draw_condition, draw_engine, draw_measurement

PERSON = session.guard(Permission.ENGINE_READ)

engine = session.services().reference()

st.title("Reference engine", anchor=False)
draw_engine(engine.summary(), engine.conditions())

st.header("How well it does", anchor=False)
st.caption(
    "Brier score and calibration error: how far the stated probabilities are from what was true, 0 at best. "
    "Mean reciprocal rank: 1 when the right diagnosis always stands first."
)
for measurement in recorded_figures():
    draw_measurement(measurement)

st.header("The knowledge base", anchor=False)
known = {condition.id: condition for condition in engine.conditions()}
by_name = sorted(known, key=lambda ident: known[ident].name.casefold())
chosen = st.selectbox("Condition", by_name, index=None, format_func=lambda ident: known[ident].name, placeholder="Type a name")
if chosen:
    draw_condition(known[chosen], engine.finding_name)
