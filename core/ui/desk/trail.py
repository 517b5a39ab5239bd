"""The verification of the audit store on screen, with its progress."""

from __future__ import annotations

import streamlit as st

from core.audit import Action
from core.auth import Permission, authorize
from core.bootstrap import Services
from core.model import Principal
from core.ui.desk import session
from core.ui.views import banner


def verify(services: Services, person: Principal) -> None:
    """Recompute every entry from its raw body and say what was found; the run is itself an entry."""
    authorize(person, Permission.AUDIT_VERIFY)
    with st.spinner("Recomputing every entry from its raw body"):
        found = services.audit.verify()
    session.record(person, Action.VERIFICATION_RUN, count=found.entries, error_class=None if found.ok else "ChainError")
    if found.ok:
        banner(
            f"{found.entries:,} entries recomputed, each follows from the one before. Head {found.head.entry_hash}.", "good", lead="Intact."
        )
    else:
        banner(
            f"The first bad entry is number {found.first_bad}: {found.reason}. Keep the files as they are and tell security.",
            "danger",
            lead="Altered.",
        )
