"""Audit trail: every act, newest first, and the verification of the whole store."""

import streamlit as st

from core.audit import Action
from core.auth import Permission
from core.ui.desk import session, trail

PERSON = session.guard(Permission.AUDIT_READ)

services = session.services()

st.title("Audit trail", anchor=False)
st.caption("Who did what, when, with which model. No entry holds a word of a case: only lengths, counts, hashes and codes.")
if st.button("Verify the whole store", icon=":material/verified:"):
    trail.verify(services, PERSON)
action = st.selectbox("Action", list(Action), index=None, format_func=lambda a: a.value.replace("_", " "), placeholder="Every action")
trail.draw_entries(services, action)
