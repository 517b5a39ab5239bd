"""One case, several models: prepare, review once, ask in parallel, lay side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import consult
from core.audit import Action
from core.auth import Permission
from core.bootstrap import Services
from core.consultation import Consultation, Prepared
from core.errors import CaseError, DeidError, Error
from core.model import Identity, Principal, Target
from core.ui.desk import review, session
from core.ui.desk.asking import running
from core.ui.desk.case_form import model_name
from core.ui.desk.drafts import Draft, today
from core.ui.desk.running import Running, watch
from core.ui.views import ComparisonColumn, ExpectedCall, banner, draw_comparison, draw_expected, draw_outgoing

FEWEST, MOST = 2, 4
_RESULTS_KEY = "comparison"
_STOPPED_KEY = "comparison_stopped"
Outcome = tuple[Target, Consultation | Error]


def prepare_all(draft: Draft, services: Services, person: Principal, targets: Sequence[Target]) -> list[Prepared]:
    """The draft made ready for each model; empty, with the reason on screen, when it is not fit to be sent."""
    if len(targets) < FEWEST:
        st.info(f"Choose {FEWEST} to {MOST} models.", icon=":material/compare_arrows:")
        return []
    try:
        case = draft.case(today())
        every = [
            consult.prepare(
                services,
                case,
                person,
                target=t,
                case_ref=draft.case_ref,
                decisions=draft.decisions,
                permission=Permission.CASE_COMPARE,
                fall_back=False,
            )
            for t in targets
        ]
    except CaseError as error:
        st.info("The case on the Work-up page is not complete yet.", icon=":material/edit_note:")
        for problem in error.problems:
            st.caption(f"**{problem.field}**: {problem.message}")
        return []
    except DeidError as error:
        st.error(error.user_message, icon=":material/gpp_bad:")
        return []
    refused = next((p for p in every if p.blocked), None)
    if refused is not None and refused.blocked is not None:
        st.error(f"{refused.blocked.user_message} Resolve it on the Work-up page.", icon=":material/gpp_bad:")
        return []
    return every


def reviewed(prepared: Sequence[Prepared], services: Services, person: Principal, bar: DeltaGenerator) -> list[str]:
    """Show what goes to every model, tick and Send in `bar`; the reviewed hashes in the run in which Send was pressed, else none."""
    with st.expander("What will be sent", expanded=not results_of(prepared[0].case_ref), icon=":material/outbox:"):
        _outgoing(prepared, services)
    tag = hashlib.sha256("".join(p.sha256 for p in prepared).encode()).hexdigest()[:16]
    tick, send = bar.container(key="tick-and-send").columns([6, 5], vertical_alignment="center")
    ticked = tick.checkbox(review.REVIEWED, key=f"compare-reviewed-{tag}")
    pressed = send.button(
        f"Send redacted case to {len(prepared)} models",
        type="primary",
        icon=":material/send:",
        disabled=not ticked,
        key=f"compare-send-{tag}",
        width="stretch",
    )
    if not (ticked and pressed):
        return []
    hashes = [consult.note_review(services, each, person) for each in prepared]
    session.record(person, Action.COMPARISON_STARTED, case_ref=prepared[0].case_ref, count=len(prepared))
    return hashes


def _outgoing(prepared: Sequence[Prepared], services: Services) -> None:
    first = prepared[0]
    draw_outgoing(first.prompt, sha256="", counts=first.deidentified.counts, estimate=None)
    st.caption(
        f"The exact bytes are those for {model_name(services)(first.prompt.target)}. The messages are the same for each model; "
        "the model's name in the request differs, and with it the hash."
    )
    draw_expected([_expected(services, p) for p in prepared])


def _expected(services: Services, prepared: Prepared) -> ExpectedCall:
    target = prepared.prompt.target
    return ExpectedCall(model_name(services)(target), prepared.estimate, services.cost_partial(target), prepared.sha256)


def ask_all(services: Services, prepared: Sequence[Prepared], person: Principal, identity: Identity, hashes: Sequence[str]) -> None:
    """Ask every model at once; one failure does not spoil the others."""
    for key in (_RESULTS_KEY, _STOPPED_KEY):
        st.session_state.pop(key, None)
    calls = [running(services, each, person, identity, sha256) for each, sha256 in zip(prepared, hashes, strict=True)]
    names = [_short_name(services, each.prompt.target) for each in prepared]
    with st.container(border=True, key="sending"):
        st.button("Stop", icon=":material/stop_circle:", key="compare-stop", on_click=_stopped, args=(prepared[0].case_ref,))
        boxes = [column.empty() for column in st.columns(len(calls))]

    def draw(under_way: list[Running[Consultation]]) -> None:
        for name, call, box in zip(names, under_way, boxes, strict=True):
            state = "done" if call.done else f"{call.elapsed_s:.1f} s"
            box.markdown(f"**{name}**  \n{state}")

    watch([call.start() for call in calls], draw)
    outcomes = [_outcome(p.prompt.target, c) for p, c in zip(prepared, calls, strict=True)]
    st.session_state[_RESULTS_KEY] = (prepared[0].case_ref, outcomes)
    answered = sum(isinstance(found, Consultation) for _, found in outcomes)
    session.record(person, Action.COMPARISON_FINISHED, case_ref=prepared[0].case_ref, count=answered)
    st.rerun()


def _outcome(target: Target, call: Running[Consultation]) -> Outcome:
    try:
        return target, call.outcome()
    except Error as error:
        return target, error
    except Exception as error:  # noqa: BLE001 - one model's fault must not take the others' answers
        return target, Error(f"This call ended with an unexpected fault ({type(error).__name__}).")


def results_of(case_ref: str) -> list[Outcome]:
    """The last comparison, when it is of this case; empty after Stop."""
    of, outcomes = st.session_state.get(_RESULTS_KEY, ("", []))
    return list(outcomes) if of == case_ref else []


def _stopped(case_ref: str) -> None:
    st.session_state[_STOPPED_KEY] = case_ref


def draw_notice(draft: Draft) -> None:
    """That the last comparison of this case was stopped, until the next one."""
    if st.session_state.get(_STOPPED_KEY) == draft.case_ref:
        st.info("Stopped. Every request was ended and recorded as cancelled. Your case is kept.", icon=":material/info:")


def draw_results(services: Services, draft: Draft, person: Principal) -> None:
    """The last comparison of this case, answers beside failures."""
    outcomes = results_of(draft.case_ref)
    if not outcomes:
        return
    columns = [_column(services, target, found, person) for target, found in outcomes]
    if any(c.simulated for c in columns):
        banner(
            "the reference engine is standing in for the models marked simulated; for those no AI model was asked.",
            "simulated",
            lead="Simulated answers:",
        )
    draw_comparison(columns)


def _short_name(services: Services, target: Target) -> str:
    provider, model = services.registry.find(target)
    return model.name if provider.simulated else f"{model.name} · {provider.name}"


def _column(services: Services, target: Target, found: Consultation | Error, person: Principal) -> ComparisonColumn:
    label = _short_name(services, target)
    if isinstance(found, Error):
        return ComparisonColumn(label, None, None, None, services.simulated(target), error=f"{found.user_message} Your case is kept.")
    reply = found.reply
    return ComparisonColumn(
        label, found.checked, reply.latency_s, reply.cost_usd, reply.simulated, partial=services.cost_partial(reply.target)
    )
