"""Work-up: write a case, see what will be removed while typing, review what will be sent, send, read the differential."""

from functools import partial
from typing import Any

import streamlit as st

from core import api
from core.audit import Action
from core.auth import Permission
from core.ui.desk import answering, asking, case_form, deciding, drafts, examples, review, session

PERSON = session.guard(Permission.CASE_SUBMIT)

services = session.services()
draft = drafts.open_draft(services, PERSON)
done = answering.current(services, draft, PERSON)


def new_case() -> None:
    """Begin again; the old draft is destroyed."""
    session.record(PERSON, Action.DRAFT_DISCARDED, case_ref=draft.case_ref)
    drafts.replace_draft(services, PERSON)
    answering.forget()
    asking.forget_notice()


def try_example(name: str) -> None:
    """Fill in one of the starter cases."""
    fill_in(examples.load(name))


def try_library_case(case_id: str) -> None:
    """Fill in a case of the library."""
    fill_in(examples.load_more(case_id))


def fill_in(values: dict[str, Any]) -> None:
    """Replace the draft by an invented case."""
    if not draft.empty:
        session.record(PERSON, Action.DRAFT_DISCARDED, case_ref=draft.case_ref)
    drafts.replace_draft(services, PERSON, **values)
    answering.forget()
    asking.forget_notice()


def open_preview(now: drafts.Draft) -> case_form.Preview:
    """Tell the preview route what the form holds; the token opens it for this session's editors."""
    redactor = deciding.Redactor(now.identity, drafts.today(), services.policy(PERSON, case_form.expected_target(now, services)))
    token = api.desk().open(
        session.session_id(),
        texts=now.texts,
        identity=now.identity,
        encounter=redactor.encounter,
        decisions=now.decisions,
        policy=redactor.policy,
        keep=partial(drafts.keep_typed, services, now),
    )
    return case_form.Preview(token, redactor.policy.id, partial(deciding.decide, now, PERSON, redactor))


title, actions = st.columns([1, 2], vertical_alignment="bottom")
title.title("Work-up", anchor=False)
with actions.container(horizontal=True, horizontal_alignment="right"):
    if done and answering.showing():
        st.button("Edit case", icon=":material/edit:", on_click=answering.show, args=(False,))
    elif done:
        st.button("Show answer", icon=":material/clinical_notes:", on_click=answering.show, args=(True,))
    with st.popover("Try a case", icon=":material/science:"):
        st.caption("Invented cases with invented identifiers. Loading one replaces what is on the form.")
        for name in examples.names():
            st.button(name, on_click=try_example, args=(name,), width="stretch")
        wanted = st.selectbox("More cases", examples.specialties(), index=None, placeholder="Every specialty", key="library_specialty")
        with st.container(height=320, border=False):
            for case in examples.more(wanted):
                st.button(examples.marks(case), key=f"try-{case.id}", on_click=try_library_case, args=(case.id,), width="stretch")
    st.button("New case", icon=":material/note_add:", on_click=new_case, disabled=draft.empty)

if done and answering.showing():
    answering.draw(services, done, PERSON)
else:
    was_empty = draft.empty
    hint = st.empty()  # always there, so that the form below keeps its place when the first word is typed
    if was_empty:
        hint.caption(
            "Write a case: identifiers are marked as you type, and beside it stands exactly what will be sent. "
            "Nothing leaves until you press Send. New here? Open **Try a case**."
        )
    form, beside = st.columns([11, 10], gap="large")
    with form:
        preview_ok = case_form.draw_form(draft, open_preview)
    with beside:
        target = case_form.draw_route(draft, services)
        drafts.save(services, draft)
        stage = review.draw_review(draft, services, PERSON, target, preview_ok=preview_ok)
        if stage.prepared and stage.reviewed_sha256:
            with stage.bar:
                result = asking.ask(services, stage.prepared, PERSON, draft.identity, stage.reviewed_sha256)
            if result:
                answering.keep(draft, result)
                drafts.save(services, draft)
                st.rerun()
        with stage.bar:
            asking.draw_notice()
    if draft.empty != was_empty:
        st.rerun()  # what stands above the form was drawn before the form was read
