"""The clinician's own decision on an answer: accepted, adjusted or rejected. Kept in the vault, and an entry without a word of it."""

from __future__ import annotations

from enum import StrEnum

import streamlit as st

from core.audit import Action
from core.bootstrap import Services
from core.consultation import Consultation
from core.errors import Error
from core.model import Principal
from core.ui.desk import session


class Decision(StrEnum):
    """What the clinician made of a differential. The usage figures count the accepted ones."""

    ACCEPTED = "accepted"
    ADJUSTED = "adjusted"
    REJECTED = "rejected"


_WORDS = {Decision.ACCEPTED: "Accept", Decision.ADJUSTED: "Accept with changes", Decision.REJECTED: "Reject"}


def draw_verdict(services: Services, done: Consultation, person: Principal) -> None:
    """Three buttons, and what was decided so far. Only the owner of a consultation decides."""
    if done.owner != person.user_id:
        return
    try:
        held = services.vault.get("decision", done.request_id) or {}
    except Error as error:
        st.warning(f"The decision can't be read. {error.user_message}", icon=":material/warning:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Your decision on this differential**", width="content")
        for decision, word in _WORDS.items():
            chosen = held.get("decision") == decision.value
            st.button(
                word,
                key=f"verdict-{decision.value}",
                type="primary" if chosen else "secondary",
                disabled=chosen,
                on_click=decide,
                args=(services, done, person, decision),
            )


def decide(services: Services, done: Consultation, person: Principal, decision: Decision) -> None:
    """Record, then keep. Raises AuditError: then nothing is kept; or VaultError."""
    about = {"case_ref": done.case_ref, "request_id": done.request_id, "simulated": done.reply.simulated}
    target = {"provider": done.reply.target.provider, "model": done.reply.target.model, "tier": done.tier}
    session.record(person, Action.DECISION_RECORDED, subject=decision.value, **about, **target)
    services.vault.put("decision", done.request_id, person.user_id, {"decision": decision.value, "case_ref": done.case_ref})
