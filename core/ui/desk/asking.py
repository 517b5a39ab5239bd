"""Sending a reviewed case and showing the differential as it comes in, with a Stop button."""

from __future__ import annotations

import streamlit as st

from core import consult, prompting
from core.bootstrap import Services
from core.consultation import Consultation, Prepared
from core.errors import CancelledError, Error, ReplyFormatError
from core.model import Identity, Principal
from core.ui.desk.running import Running, watch
from core.ui.views import draw_partial

NOTICE_KEY = "ask_notice"
KEPT = "Your case is kept."
STOPPED = "Stopped. The request was ended and recorded as cancelled. " + KEPT


def ask(services: Services, prepared: Prepared, person: Principal, identity: Identity, reviewed_sha256: str) -> Consultation | None:
    """Send what was reviewed and draw until the answer is there. None when it failed; the reason is then a notice that outlives reruns."""
    st.session_state.pop(NOTICE_KEY, None)
    call = running(services, prepared, person, identity, reviewed_sha256)
    place = st.empty()
    with place.container(border=True, key="sending"):
        clock, stop = st.columns([3, 1], vertical_alignment="center")
        stop.button(
            "Stop", icon=":material/stop_circle:", on_click=_note, args=(STOPPED,), key=f"stop-{prepared.sha256[:16]}", width="stretch"
        )
        ticker, partial = clock.empty(), st.empty()
    watch([call.start()], lambda calls: _draw(calls[0], ticker, partial))
    place.empty()
    return _finish(call)


def running(services: Services, prepared: Prepared, person: Principal, identity: Identity, reviewed_sha256: str) -> Running[Consultation]:
    """The call, not yet begun."""
    return Running(
        lambda on_text, cancel: consult.submit(
            services, prepared, person, identity=identity, reviewed_sha256=reviewed_sha256, on_text=on_text, cancel=cancel
        )
    )


def _draw(call: Running[Consultation], ticker: st.delta_generator.DeltaGenerator, partial: st.delta_generator.DeltaGenerator) -> None:
    stage = "Waiting for the model" if not call.text else "Answer is coming in"
    ticker.markdown(f"**{stage}** · {call.elapsed_s:.1f} s")
    if found := prompting.parse_partial(call.text):
        with partial.container():
            draw_partial(found)


def _finish(call: Running[Consultation]) -> Consultation | None:
    try:
        return call.outcome()
    except CancelledError:
        _note(STOPPED)
    except ReplyFormatError as error:
        _note(f"{error.user_message} {KEPT}", kept_text=call.text)
    except Error as error:
        _note(error.user_message if "kept" in error.user_message else f"{error.user_message} {KEPT}")
    return None


def _note(message: str, kept_text: str = "") -> None:
    st.session_state[NOTICE_KEY] = (message, kept_text)


def forget_notice() -> None:
    """What became of another case's call is no news of this one, and its text does not belong here."""
    st.session_state.pop(NOTICE_KEY, None)


def draw_notice() -> None:
    """The last failure or stop, until the next send."""
    message, kept_text = st.session_state.get(NOTICE_KEY, ("", ""))
    if not message:
        return
    (st.info if message == STOPPED else st.error)(message, icon=":material/info:" if message == STOPPED else ":material/error:")
    if kept_text:
        with st.expander("The answer as it was received (not in the agreed form, unchecked)"):
            st.code(kept_text, language=None, wrap_lines=True)
