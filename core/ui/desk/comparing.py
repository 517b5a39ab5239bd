"""One case, several models: prepare, review once, ask in parallel, lay side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import streamlit as st

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
from core.ui.views import ComparisonColumn, banner, draw_comparison, draw_outgoing
from core.ui.views.figures import dollars, seconds

FEWEST, MOST = 2, 4
_RESULTS_KEY = "comparison"
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
                services, case, person, target=t, case_ref=draft.case_ref, decisions=draft.decisions, permission=Permission.CASE_COMPARE
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


def reviewed(prepared: Sequence[Prepared], services: Services, person: Principal) -> bool:
    """Show what goes to every model; True in the run in which Send was pressed on a reviewed case."""
    with st.expander("What will be sent", expanded=True, icon=":material/outbox:"):
        first = prepared[0]
        draw_outgoing(first.prompt, sha256="", counts=first.deidentified.counts, estimate=None)
        st.caption(
            f"The exact bytes are those for {model_name(services)(first.prompt.target)}. The messages are the same for each model; "
            "the model's name in the request differs, and with it the hash:"
        )
        st.dataframe([_expected(services, p) for p in prepared], hide_index=True)
    tag = hashlib.sha256("".join(p.sha256 for p in prepared).encode()).hexdigest()[:16]
    ticked = st.checkbox(review.REVIEWED, key=f"compare-reviewed-{tag}")
    pressed = st.button(
        f"Send redacted case to {len(prepared)} models",
        type="primary",
        icon=":material/send:",
        disabled=not ticked,
        key=f"compare-send-{tag}",
    )
    if not (ticked and pressed):
        return False
    for each in prepared:
        consult.note_review(services, each, person)
    session.record(person, Action.COMPARISON_STARTED, case_ref=prepared[0].case_ref, count=len(prepared))
    return True


def _expected(services: Services, prepared: Prepared) -> dict[str, str]:
    estimate = prepared.estimate
    cost = "≥ " if services.cost_partial(prepared.prompt.target) else ""
    return {
        "Model": model_name(services)(prepared.prompt.target),
        "Expected cost": cost + dollars(estimate.cost_usd) if estimate else "",
        "Expected latency": seconds(estimate.latency_s) if estimate else "",
        "SHA-256 of the payload": prepared.sha256,
    }


def ask_all(services: Services, prepared: Sequence[Prepared], person: Principal, identity: Identity) -> None:
    """Ask every model at once; one failure does not spoil the others."""
    calls = [running(services, each, person, identity) for each in prepared]
    names = [model_name(services)(each.prompt.target) for each in prepared]
    st.button("Stop", icon=":material/stop_circle:", key="compare-stop")
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


def draw_results(services: Services, draft: Draft, person: Principal) -> None:
    """The last comparison of this case, answers beside failures."""
    case_ref, outcomes = st.session_state.get(_RESULTS_KEY, ("", []))
    if case_ref != draft.case_ref or not outcomes:
        return
    columns = [_column(services, target, found, person) for target, found in outcomes]
    if any(c.simulated for c in columns):
        banner("The reference engine stood in for the models named here.", "simulated", lead="Simulated answers.")
    draw_comparison(columns)


def _column(services: Services, target: Target, found: Consultation | Error, person: Principal) -> ComparisonColumn:
    label = model_name(services)(target)
    if isinstance(found, Error):
        return ComparisonColumn(label, None, None, None, services.simulated(target), error=f"{found.user_message} Your case is kept.")
    reply = found.reply
    return ComparisonColumn(label, found.checked, reply.latency_s, reply.cost_usd, reply.simulated)
