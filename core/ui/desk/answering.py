"""The answer to the case on the form: which one it is, whether it is on screen, and its drawing."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core import consult, prompting
from core.audit import Action
from core.bootstrap import Services
from core.consultation import Consultation
from core.errors import Error
from core.model import Principal
from core.ui.desk import session, verdict, what_if
from core.ui.desk.drafts import Draft
from core.ui.views import CAUTION_NOTE, Provenance, caution_intervals, draw_answer

_KEY = "consultation"
_SHOW_KEY = "show_answer"
_REVEALED_KEY = "revealed"


def current(services: Services, draft: Draft, person: Principal) -> Consultation | None:
    """The answer that belongs to the draft: of this session, else from the vault."""
    held = st.session_state.get(_KEY)
    if isinstance(held, Consultation) and held.owner == person.user_id and held.request_id == draft.consultation:
        return held
    if not draft.consultation:
        return None
    try:
        found = consult.open_consultation(services, draft.consultation, person)
    except Error as error:
        st.warning(f"The last answer could not be opened. {error.user_message}", icon=":material/warning:")
        return None
    st.session_state[_KEY] = found
    return found


def keep(draft: Draft, result: Consultation) -> None:
    """Make it the draft's answer and show it."""
    draft.consultation = result.request_id
    st.session_state[_KEY] = result
    show(True)


def forget() -> None:
    """No answer is on screen; the consultation itself stays in the vault."""
    st.session_state.pop(_KEY, None)
    show(False)


def show(on: bool) -> None:
    """Answer or form."""
    st.session_state[_SHOW_KEY] = on


def showing() -> bool:
    """Whether the answer is on screen rather than the form."""
    return bool(st.session_state.get(_SHOW_KEY, False))


def draw(services: Services, done: Consultation, person: Principal) -> None:
    """The whole answer. Tags are turned back here and nowhere else, and that they were is recorded once."""
    if st.session_state.get(_REVEALED_KEY) != done.request_id:
        session.record(person, Action.RESPONSE_REVEALED, case_ref=done.case_ref, request_id=done.request_id, simulated=done.reply.simulated)
        st.session_state[_REVEALED_KEY] = done.request_id
    if done.not_stored:
        st.warning(f"This answer is only on your screen: copy what you need. {done.not_stored}", icon=":material/warning:")
    restore = consult.reveal(done, person)
    draw_text(services, done, restore)
    verdict.draw_verdict(services, done, person)
    what_if.draw_what_if(services, done, person, restore)


def draw_text(services: Services, done: Consultation, restore: Callable[[str], str]) -> None:
    """The answer to read, with nothing to press."""
    if done.asked_first is not None:
        first, second = (services.registry.find(t)[1].name for t in (done.asked_first, done.reply.target))
        st.info(f"{first} did not answer. This is the answer of {second} to the same messages.", icon=":material/alt_route:")
    draw_answer(
        done.checked,
        sent_case=done.sent_case,
        restore=restore,
        provenance=provenance(services, done),
        intervals=caution_intervals(done.checked.assessment),
        interval_note=CAUTION_NOTE,
        find_quote=prompting.find_quote,
        describe_code=prompting.describe_code,
    )


def provenance(services: Services, done: Consultation) -> Provenance:
    """Where the answer comes from and what it took."""
    reply = done.reply
    return Provenance(
        provider=services.registry.find(reply.target)[0].name,
        model=services.registry.find(reply.target)[1].name,
        simulated=reply.simulated,
        prompt_version=done.prompt_version,
        policy=done.policy_version,
        usage=reply.usage,
        cost_usd=reply.cost_usd,
        latency_s=reply.latency_s,
        ttft_s=reply.ttft_s,
        attempts=reply.attempts,
        request_id=done.request_id,
        payload_sha256=done.payload_sha256,
        finish_reason=reply.finish_reason,
        asked_first="" if done.asked_first is None else services.registry.find(done.asked_first)[1].name,
        answered_at=done.at.isoformat(timespec="seconds"),
        cost_partial=services.cost_partial(reply.target),
    )
