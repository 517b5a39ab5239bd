"""The audit trail on screen: a page of entries, and the verification with its progress."""

from __future__ import annotations

import streamlit as st

from core.audit import Action, Entry
from core.auth import Permission, authorize
from core.bootstrap import Services
from core.errors import AuditError
from core.model import Principal
from core.ui.desk import session
from core.ui.views import banner

PAGE = 50
_RECOMPUTING = "Recomputing every entry from its raw body"
_BEFORE_KEY = "trail_before"


def verify(services: Services, person: Principal) -> None:
    """Recompute every entry from its raw body and say what was found; the run is itself an entry."""
    authorize(person, Permission.AUDIT_VERIFY)
    bar = st.progress(0.0, text=_RECOMPUTING)
    total = max(1, services.audit.head().sequence)
    found = services.audit.verify(lambda done: bar.progress(min(1.0, done / total), text=f"{_RECOMPUTING}: {done:,} of {total:,}"))
    bar.empty()
    session.record(person, Action.VERIFICATION_RUN, count=found.entries, error_class=None if found.ok else "ChainError")
    if not found.ok:
        banner(
            f"The first bad entry is number {found.first_bad}: {found.reason}. Keep the files as they are and tell security.",
            "danger",
            lead="Altered.",
        )
        return
    sealed = services.audit.seal()
    banner(
        f"{found.describe()} Signed now: tree of {sealed.head.size:,} entries, root {sealed.head.root.hex()}, by {sealed.origin}.",
        "good",
        lead="Intact.",
    )
    if services.audit.anchor_problem:
        banner(services.audit.anchor_problem, "warning", lead="Not kept outside.")


def draw_entries(services: Services, action: Action | None) -> None:
    """One page of entries, newest first, with keyset paging."""
    before = st.session_state.get(_BEFORE_KEY)
    try:
        entries = services.audit.entries(action=action, before_sequence=before, limit=PAGE)
    except AuditError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    st.dataframe([_row(e) for e in entries], hide_index=True, height=560)
    newest, older = st.columns(2)
    newest.button("Newest", on_click=_go, args=(None,), disabled=before is None, width="stretch")
    last = entries[-1].sequence if entries else None
    older.button("Older", on_click=_go, args=(last,), disabled=last in (None, 1) or len(entries) < PAGE, width="stretch")


def _go(before: int | None) -> None:
    st.session_state[_BEFORE_KEY] = before


def _row(entry: Entry) -> dict[str, object]:
    event = entry.event
    return {
        "#": entry.sequence,
        "Time (UTC)": entry.time.strftime("%Y-%m-%d %H:%M:%S"),
        "Actor": event.actor_id,
        "Role": event.actor_role.value,
        "Action": event.action.value.replace("_", " "),
        "Outcome": event.outcome.value,
        "Error": event.error_class or "",
        "Model": (event.model or "") + (" (simulated)" if event.model and event.simulated else ""),
        "Case": event.case_ref or "",
        "Request": event.request_id or "",
        "Removed": sum(event.phi_counts.values()) or None,
        "Tokens": None if event.prompt_tokens is None else event.prompt_tokens + (event.completion_tokens or 0),
        "Latency, ms": event.latency_ms,
        "Entry hash": entry.entry_hash[:16],
    }
