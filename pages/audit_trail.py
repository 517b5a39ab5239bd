"""Audit trail: every act, newest first; the review queue; the account of a case or a person; the verification of the whole store."""

import streamlit as st

from core.auth import Permission
from core.ui.desk import session, trail, trail_accounting, trail_entries, trail_review, usage_filters

PERSON = session.guard(Permission.AUDIT_READ)

services = session.services()
zone = usage_filters.viewer_zone()

title, act = st.columns([3, 2], vertical_alignment="bottom")
title.title("Audit trail", anchor=False)
with act.container(horizontal=True, horizontal_alignment="right"):
    verify = st.button("Verify the whole store", icon=":material/verified:")
st.caption("Who did what, when, with which model. No entry holds a word of a case: only lengths, counts, hashes and codes.")
if verify:
    trail.verify(services, PERSON)
VIEWS = {
    "Entries": lambda: trail_entries.draw(services, PERSON, zone),
    "Review": lambda: trail_review.draw_queue(services, PERSON, zone),
    "Accounting": lambda: trail_accounting.draw_accounting(services, PERSON, zone),
}
chosen = st.segmented_control("View", list(VIEWS), default="Entries", required=True, label_visibility="collapsed", key="trail-view")
VIEWS[chosen or "Entries"]()
