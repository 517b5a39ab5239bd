"""Opening a consultation by its reference: one's own, or in an emergency somebody else's, behind glass."""

from __future__ import annotations

import re

import streamlit as st

from core import consult, emergency
from core.audit import Action, EntryFilter, Outcome
from core.auth import Permission, allowed
from core.bootstrap import Services
from core.consultation import Consultation
from core.emergency import Grant, Reason
from core.errors import AccessError, Error
from core.model import Principal
from core.ui.desk import answering, session
from core.ui.desk.usage_filters import viewer_zone
from core.ui.views import banner

REASON_WORDS = {
    Reason.EMERGENCY_CARE: "The patient needs care now, and this consultation bears on it",
    Reason.COLLEAGUE_UNREACHABLE: "A decision is due, and the colleague who asked can't be reached",
    Reason.TAKING_OVER: "I have taken over this patient's care",
    Reason.SAFETY_CHECK: "The answer may have harmed a patient and must be checked at once",
}
_ID = re.compile(r"[A-Za-z0-9._:/-]{1,80}")
_GRANT_KEY, _OPEN_KEY, _DENIED_KEY, _NOTICE_KEY = "emergency-grant", "consultation-open", "consultation-denied", "emergency-notice"
_REASON_KEY, _SURE_KEY = "emergency-reason", "emergency-sure"
_LOOK_EVERY = "15s"


def draw(services: Services, person: Principal) -> None:
    """What a grant in force opens, else the reference and what it leads to. Faults of the stores are a message."""
    grant = st.session_state.get(_GRANT_KEY)
    try:
        if isinstance(grant, Grant) and grant.covers(person, grant.request_id, services.clock.now()):
            _draw_granted(services, person, grant)
        else:
            if isinstance(grant, Grant):
                end("Emergency access has ended.")
            _draw_reference(services, person)
    except Error as error:
        st.error(error.user_message, icon=":material/error:")


def end(notice: str = "") -> None:
    """Close what is open, and forget the grant."""
    for key in (_GRANT_KEY, _OPEN_KEY, _REASON_KEY, _SURE_KEY):
        st.session_state.pop(key, None)
    st.session_state[_NOTICE_KEY] = notice


def _draw_reference(services: Services, person: Principal) -> None:
    if notice := st.session_state.pop(_NOTICE_KEY, ""):
        st.info(notice, icon=":material/lock:")
    wanted = st.text_input("Case reference or request id", key="consultation-reference", placeholder="as under “Provenance of this answer”")
    wanted = wanted.strip()
    if not wanted:
        st.caption("Opens an answered case of yours again. Nobody opens another's, but in an emergency.")
    elif not _ID.fullmatch(wanted):
        st.warning("Write the reference as an answer shows it, without spaces.", icon=":material/warning:")
    else:
        _draw_found(services, person, _request_id(services, wanted))


def _request_id(services: Services, wanted: str) -> str:
    """The newest answer to a case, when it is a case that is named."""
    found = services.audit.browser.page(EntryFilter(case_ref=wanted, actions=(Action.DIAGNOSIS_RESPONSE_RECEIVED,)), limit=1)
    return found[0].event.request_id or wanted if found else wanted


def _draw_found(services: Services, person: Principal, request_id: str) -> None:
    done = _opened(services, person, request_id)
    if done is not None:
        answering.draw_text(services, done, consult.reveal(done, person))
        return
    _note_refusal(services, person, request_id)
    st.error("No consultation of yours has this reference.", icon=":material/block:")
    if allowed(person, Permission.BREAK_GLASS) and services.settings.emergency_minutes:
        _draw_glass(services, person, request_id)


def _opened(services: Services, person: Principal, request_id: str) -> Consultation | None:
    """One's own, opened once however often the page is drawn."""
    held = st.session_state.get(_OPEN_KEY)
    if isinstance(held, Consultation) and (held.request_id, held.owner) == (request_id, person.user_id):
        return held
    done = consult.open_consultation(services, request_id, person)
    if done is not None:
        _note_reveal(person, done)
        st.session_state[_OPEN_KEY] = done
    return done


def _note_reveal(person: Principal, done: Consultation) -> None:
    session.record(person, Action.RESPONSE_REVEALED, case_ref=done.case_ref, request_id=done.request_id, simulated=done.reply.simulated)


def _note_refusal(services: Services, person: Principal, request_id: str) -> None:
    """That somebody asked for what is another's, once; what does not exist says the same on screen, and is nobody's to review."""
    if st.session_state.get(_DENIED_KEY) == (person.user_id, request_id):
        return
    done = consult.stored(services, request_id)
    if done is not None:
        about = {"case_ref": done.case_ref, "request_id": done.request_id, "simulated": done.reply.simulated}
        refusal = {"outcome": Outcome.REFUSED, "error_class": AccessError.__name__, "subject": Permission.BREAK_GLASS.name}
        session.record(person, Action.ACCESS_DENIED, **refusal, **about)
    st.session_state[_DENIED_KEY] = (person.user_id, request_id)


def _draw_glass(services: Services, person: Principal, request_id: str) -> None:
    minutes = services.settings.emergency_minutes
    with st.container(border=True):
        st.markdown("**Emergency access**")
        st.caption(
            f"You can open a colleague's consultation for {minutes} minutes. It is recorded under your name before anything is shown, "
            "with the reason you choose, and the privacy officer looks through every such access."
        )
        reason = st.radio("Reason", list(Reason), index=None, format_func=REASON_WORDS.__getitem__, key=_REASON_KEY)
        sure = st.checkbox("I need this for a patient's care now, and I know that it will be reviewed", key=_SURE_KEY)
        st.button(
            "Break the glass",
            icon=":material/emergency:",
            disabled=reason is None or not sure,
            on_click=take,
            args=(services, person, request_id),
        )


def take(services: Services, person: Principal, request_id: str) -> None:
    """Break the glass for the reason chosen, if it was confirmed. Raises AccessError, AuditError or VaultError: then nothing is opened."""
    reason = st.session_state.get(_REASON_KEY)
    if reason is None or not st.session_state.get(_SURE_KEY):
        return
    grant = emergency.break_glass(services, request_id, person, reason=Reason(reason), minutes=services.settings.emergency_minutes)
    end("" if grant is not None else "There is no such consultation. That it was asked for is recorded.")
    if grant is not None:
        st.session_state[_GRANT_KEY] = grant


def _draw_granted(services: Services, person: Principal, grant: Grant) -> None:
    done = st.session_state.get(_OPEN_KEY)
    if not isinstance(done, Consultation) or done.request_id != grant.request_id:
        done = emergency.open_granted(services, grant, person)
        if done is None:
            end()
            st.warning("This consultation was deleted meanwhile.", icon=":material/warning:")
            return
        _note_reveal(person, done)
        st.session_state[_OPEN_KEY] = done
    until = grant.until.astimezone(viewer_zone()).strftime("%H:%M")
    banner(
        f"You are reading a consultation of somebody else, until {until}. Your reason: {REASON_WORDS[grant.reason]}. "
        "It is recorded under your name and will be reviewed.",
        "danger",
        lead="Emergency access.",
    )
    st.button("End it now", icon=":material/lock:", on_click=end, args=("Emergency access has ended.",))
    answering.draw_text(services, done, emergency.reveal(done, grant, person, services.clock.now()))
    _watch(services, person, grant)


@st.fragment(run_every=_LOOK_EVERY)
def _watch(services: Services, person: Principal, grant: Grant) -> None:
    """Nothing stays on screen past its time, also when nobody presses anything."""
    if not grant.covers(person, grant.request_id, services.clock.now()):
        st.rerun()
