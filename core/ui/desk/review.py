"""What will be sent, beside the form: the exact messages, open flags, the tick, and Send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import consult, prompting
from core.audit import Action
from core.bootstrap import Services
from core.consultation import Prepared
from core.errors import CaseError, DeidError, Error, PreflightError
from core.model import Principal, Span, Target
from core.ui.desk import deciding, session, side_by_side
from core.ui.desk.case_form import model_name
from core.ui.desk.deciding import LABELS
from core.ui.desk.drafts import Draft, today
from core.ui.views import draw_outgoing

REVIEWED = "I have reviewed what will be sent"
SEND = "Send redacted case"
_NOTED_KEY = "reviewed_payload"
_BLOCKED_KEY = "blocked_payload"


@dataclass(frozen=True)
class Review:
    """Where the review stands. `reviewed_sha256` is set in the run in which Send was pressed and may be obeyed: what was ticked.

    `bar` stays in view at the bottom: tick, Send, and room for the progress and the outcome.
    """

    prepared: Prepared | None
    bar: DeltaGenerator
    reviewed_sha256: str = ""


def draw_review(draft: Draft, services: Services, person: Principal, target: Target, *, preview_ok: bool) -> Review:
    """Prepare the case and show it; Send stays disabled until preflight passes and the tick is set."""
    st.header("What will be sent", anchor=False)
    # Places of their own: what comes and goes above must not move what is being read or pressed.
    decide, shown, refused, bar = st.container(), st.container(), st.container(), st.container(key="send-bar", gap="small")
    try:
        case = draft.case(today())
        prepared = consult.prepare(services, case, person, target=target, case_ref=draft.case_ref, decisions=draft.decisions)
    except (CaseError, DeidError) as error:
        with shown:
            _unfit(error)
        with bar:
            _closed()
        return Review(None, bar)
    with decide:
        _flags(draft, prepared, person)
        deciding.draw_decided(draft, person)
        _injection(prepared)
    with shown:
        outgoing(prepared, services)
        side_by_side.offer(draft.texts, prepared.deidentified)
    with refused:
        _refused(services, prepared, person, preview_ok=preview_ok)
    with bar:
        reviewed = _tick_and_send(draft, prepared, services, person, preview_ok=preview_ok)
    return Review(prepared, bar, reviewed)


def _refused(services: Services, prepared: Prepared, person: Principal, *, preview_ok: bool) -> None:
    if prepared.blocked:
        _blocked(services, prepared, prepared.blocked, person)
    if not preview_ok:
        st.warning("The live preview is not answering, so Send is blocked. Wait a moment or reload the page.", icon=":material/warning:")


def outgoing(prepared: Prepared, services: Services) -> None:
    """The exact payload with its hash and what it is expected to take."""
    partial = services.cost_partial(prepared.prompt.target)
    draw_outgoing(
        prepared.prompt,
        sha256=prepared.sha256,
        counts=prepared.deidentified.counts,
        estimate=prepared.estimate,
        cost_note="output tokens only; this provider's input price is not known" if partial else "",
    )
    if prepared.fallbacks:
        behind = ", then ".join(model_name(services)(target) for target in prepared.fallbacks)
        st.caption(f"If this model can't answer, the same messages go to {behind}, under that model's name. Each attempt is recorded.")


def _unfit(error: CaseError | DeidError) -> None:
    if isinstance(error, DeidError):
        st.error(
            "The redactor failed on this text, so nothing can be sent. Remove unusual content or shorten it.", icon=":material/gpp_bad:"
        )
        return
    st.markdown("Complete the case to see exactly what would be sent:")
    st.caption("\n".join(f"- **{problem.field}**: {problem.message}" for problem in error.problems))


def _closed() -> None:
    tick, send = _side_by_side()
    tick.checkbox(REVIEWED, disabled=True, key="reviewed-nothing")
    send.button(SEND, type="primary", icon=":material/send:", disabled=True, key="send-nothing", width="stretch")


def _side_by_side() -> Sequence[DeltaGenerator]:
    return st.container(key="tick-and-send").columns([6, 5], vertical_alignment="center")


def _injection(prepared: Prepared) -> None:
    found = [LABELS[name] for name, sent in prepared.deidentified.fields.items() if prompting.injection_phrases(sent.text)]
    if found:
        st.warning(
            f"{' and '.join(found)} holds words that speak to the model rather than of the patient. They are sent as data and must change "
            "nothing; check that they belong there.",
            icon=":material/policy_alert:",
        )


def _flags(draft: Draft, prepared: Prepared, person: Principal) -> None:
    flags = prepared.deidentified.flags
    if not flags:
        return
    with st.container(border=True, key="flags", gap="small"):
        st.markdown(f"**{len(flags)} to decide.** Perhaps identifiers: nothing is sent until each is kept or redacted.")
        for number, (field, span) in enumerate(flags):
            _flag(draft, person, f"{number}-{field}-{span.start}", field, span)
        terms = {draft.texts[field][span.start : span.end]: span.category for field, span in flags}
        if len(terms) > 1:
            st.button(
                f"Redact all {len(terms)}",
                key="redact-all",
                on_click=deciding.redact_flags,
                args=(draft, person, terms),
                width="stretch",
                help="Each is redacted everywhere in this case, and is an entry of its own",
            )


def _flag(draft: Draft, person: Principal, key: str, field: str, span: Span) -> None:
    term = draft.texts[field][span.start : span.end]
    text, keep, redact = st.columns([4, 1.5, 1.7], vertical_alignment="center")
    text.text(f"“{term}”, perhaps {_with_article(span.category.value)} ({LABELS[field]})")
    for column, label, action in ((keep, "Keep", Action.FLAG_KEPT), (redact, "Redact", Action.FLAG_REDACTED)):
        column.button(
            label,
            key=f"{label}-{key}",
            on_click=deciding.decide_flag,
            args=(draft, person, term, span.category, action),
            width="stretch",
            help=f"{label} “{_plain(term)}” everywhere in this case",
        )


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _plain(term: str) -> str:
    """For a tooltip, which is read as Markdown."""
    return "".join(c if c.isalnum() or c in " -'.," else " " for c in term)


def _blocked(services: Services, prepared: Prepared, refusal: PreflightError, person: Principal) -> None:
    """Say where preflight found what. A block that no open flag explains is an entry, once per payload."""
    if prepared.deidentified.flags:
        return
    places = sorted({(f.category, f.place) for f in refusal.findings})
    lines = "\n".join(f"- {category} in {place}" for category, place in places)
    st.error(f"{refusal.user_message}\n\n{lines}", icon=":material/gpp_bad:")
    told = hash(prepared.prompt.body())
    if st.session_state.get(_BLOCKED_KEY) != told:
        target = prepared.prompt.target
        about = {"provider": target.provider, "model": target.model, "tier": prepared.tier, "simulated": services.simulated(target)}
        session.record(person, Action.PREFLIGHT_BLOCKED, case_ref=prepared.case_ref, count=len(refusal.findings), **about)
        st.session_state[_BLOCKED_KEY] = told


def _tick_and_send(draft: Draft, prepared: Prepared, services: Services, person: Principal, *, preview_ok: bool) -> str:
    """The hash that was ticked, in the run in which Send was pressed. Any edit of the form takes the tick away."""
    clear = prepared.cleared is not None and preview_ok
    tag = f"{prepared.sha256[:16] or 'blocked'}-{draft.edition}"
    tick, send = _side_by_side()
    ticked = tick.checkbox(REVIEWED, disabled=not clear, key=f"reviewed-{tag}")
    ready = clear and ticked
    pressed = send.button(SEND, type="primary", icon=":material/send:", disabled=not ready, key=f"send-{tag}", width="stretch")
    if open_flags := len(prepared.deidentified.flags):
        st.caption(f"Send opens when the {'flagged term is' if open_flags == 1 else f'{open_flags} flagged terms are'} decided.")
    if not ready or not _noted(prepared, services, person, tag):
        return ""
    return str(st.session_state[_NOTED_KEY][1]) if pressed else ""


def _noted(prepared: Prepared, services: Services, person: Principal, tag: str) -> bool:
    """Whether the tick is an entry; it becomes one in the run in which it is set."""
    if st.session_state.get(_NOTED_KEY, ("", ""))[0] == tag:
        return True
    try:
        st.session_state[_NOTED_KEY] = (tag, consult.note_review(services, prepared, person))
    except Error as error:
        st.error(error.user_message, icon=":material/error:")
        return False
    return True
