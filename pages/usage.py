"""Usage: calls, cost, latency and failures, from the audit store alone."""

from datetime import timedelta

import streamlit as st

from core import analytics
from core.audit import Action
from core.auth import Permission
from core.ui.desk import session
from core.ui.views.usage import draw_usage

PERSON = session.guard(Permission.USAGE_READ)

PERIODS = {
    "Last 24 hours": timedelta(days=1),
    "Last 7 days": timedelta(days=7),
    "Last 30 days": timedelta(days=30),
    "Last 12 months": timedelta(days=365),
}

st.title("Usage", anchor=False)
services = session.services()
period = st.segmented_control("Period", list(PERIODS), default="Last 7 days") or "Last 7 days"
until = services.clock.now()
frame = analytics.frame(services.audit.calls(until - PERIODS[period], until + timedelta(seconds=1)))
draw_usage(
    frame, zone=st.context.timezone or "UTC", on_export=lambda: session.record(PERSON, Action.EXPORT_MADE, subject="csv", count=len(frame))
)
