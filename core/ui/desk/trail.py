"""The verification of the audit store on screen, with its progress."""

from __future__ import annotations

import streamlit as st

from core.audit import Action
from core.auth import Permission, authorize
from core.bootstrap import Services
from core.model import Principal
from core.ui.desk import session
from core.ui.views import banner

_RECOMPUTING = "Recomputing every entry from its raw body"


def verify(services: Services, person: Principal) -> None:
    """Recompute every entry from its raw body and say what was found; the run is itself an entry."""
    authorize(person, Permission.AUDIT_VERIFY)
    bar = st.progress(0.0, text=_RECOMPUTING)
    total = max(1, services.audit.head().sequence)

    def tell(done: int) -> None:
        bar.progress(min(1.0, done / total), text=f"{_RECOMPUTING}: {done:,} of {total:,}")

    found = services.audit.verify(tell)
    bar.empty()
    session.record(person, Action.VERIFICATION_RUN, count=found.entries, error_class=None if found.ok else "ChainError")
    if not found.ok:
        banner(
            f"The first bad entry is number {found.first_bad}: {found.reason}. Keep the files as they are and tell security.",
            "danger",
            lead="Altered.",
        )
        return
    if damaged := services.audit.damaged_parts():
        banner(
            f"The entries are intact, but the file is damaged in {', '.join(damaged)}: searches and figures may fail or lack something. "
            "Keep the file as it is, and restore the last backup under another name.",
            "danger",
            lead="Damaged.",
        )
        return
    with st.spinner("Comparing the table that leads searches with the entries"):
        misled = services.audit.misled()
    if misled is not None:
        banner(misled, "danger", lead="The entries are intact, the searches are not.")
    sealed = services.audit.seal()
    banner(
        f"{found.describe()} Signed now: tree of {sealed.head.size:,} entries, root {sealed.head.root.hex()}, by {sealed.origin}.",
        "good",
        lead="Intact.",
    )
    if services.audit.anchor_problem:
        banner(services.audit.anchor_problem, "warning", lead="Not kept outside.")
