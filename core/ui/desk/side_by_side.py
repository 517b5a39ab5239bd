"""The case as typed beside the case as sent, in a window of its own. Restored from what was typed; nothing of it is sent."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.model import Deidentified
from core.ui.desk.deciding import LABELS
from core.ui.views import draw_pairs


def offer(texts: Mapping[str, str], done: Deidentified) -> None:
    """The button that opens the window."""
    if st.button("Original and redacted side by side", icon=":material/compare:", key="side-by-side", type="tertiary"):
        _window(texts, done)


@st.dialog("Original and redacted, side by side", width="large")
def _window(texts: Mapping[str, str], done: Deidentified) -> None:
    st.caption("What you typed stays on this server; next to it stands what is sent.")
    draw_pairs(texts, done, LABELS, scheme=st.context.theme.type or "")
