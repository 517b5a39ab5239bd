"""Compare: the same reviewed case to two to four models at once, their differentials side by side."""

import streamlit as st

from core.auth import Permission
from core.ui.desk import case_form, comparing, drafts, session

PERSON = session.guard(Permission.CASE_COMPARE)

services = session.services()
draft = drafts.open_draft(services, PERSON)

st.title("Compare", anchor=False)
st.caption("Every model gets the same redacted case, in parallel. The case is the one on the Work-up page.")
targets = services.targets
chosen = st.multiselect(
    "Models (2 to 4)", targets, default=targets[:3], max_selections=comparing.MOST, format_func=case_form.model_name(services)
)
prepared = comparing.prepare_all(draft, services, PERSON, chosen)
review, bar, below = st.container(), st.container(key="send-bar", gap="small"), st.empty()
with review:
    hashes = comparing.reviewed(prepared, services, PERSON, bar) if prepared else []
if hashes:
    below.empty()
    with bar:
        comparing.ask_all(services, prepared, PERSON, draft.identity, hashes)
with bar:
    comparing.draw_notice(draft)
with below.container():
    comparing.draw_results(services, draft, PERSON)
