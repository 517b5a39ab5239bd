"""From a point of a chart to the calls behind it: the entries that ended them, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.audit import CALL_ENDINGS, Entry, EntryFilter, Outcome
from core.auth import Permission, allowed
from core.bootstrap import Services
from core.errors import AuditError
from core.model import Principal
from core.ui.desk.usage_filters import Choice
from core.ui.views.markup import draw, escaped, kicker, tag

MOST = 200
_KEY = "usage-picks"


def draw_picked(services: Services, person: Principal, choice: Choice, picks: Mapping[str, Mapping[str, Any]]) -> None:
    """The calls of the part that was clicked last. Who may not read the audit trail sees their own alone."""
    before, st.session_state[_KEY] = st.session_state.get(_KEY, {}), dict(picks)
    if not picks:
        return
    changed = [key for key, pick in picks.items() if before.get(key) != pick]
    pick = picks[(changed or list(picks))[-1]]
    bucket = int(pick["bucket"])
    if not 0 <= bucket < len(choice.period.starts):
        return
    own_only = not allowed(person, Permission.AUDIT_READ)
    wanted = EntryFilter(
        since=choice.period.edges[bucket],
        until=choice.period.edges[bucket + 1],
        actions=CALL_ENDINGS,
        actor=person.user_id if own_only else choice.where.actor,
        model=str(pick["model"]) if "model" in pick else choice.where.model,
        outcome=Outcome(pick["outcome"]) if "outcome" in pick else None,
    )
    try:
        found = [e for e in services.audit.browser.page(wanted, limit=MOST) if _fits(e, choice)]
    except AuditError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    _draw(found, choice, " · ".join([choice.period.label(bucket), *(str(v) for k, v in pick.items() if k != "bucket")]), own_only=own_only)


def _fits(entry: Entry, choice: Choice) -> bool:
    """The facts that the store has no column for."""
    event, where = entry.event, choice.where
    told = {"provider": event.provider, "tier": event.tier, "role": event.actor_role.value, "simulated": event.simulated}
    return all(told.get(name, value) == value for name, value in where.given().items())


def _draw(found: list[Entry], choice: Choice, title: str, *, own_only: bool) -> None:
    with st.container(border=True):
        draw(kicker(f"Calls: {title}"))
        if own_only:
            draw(tag("p", escaped("Your own calls only; all of them are in the audit trail, for those who may read it."), "cg-quiet"))
        if not found:
            draw(tag("p", escaped("No call here."), "cg-quiet"))
            return
        st.dataframe(
            [_row(entry, choice) for entry in found],
            hide_index=True,
            width="stretch",
            placeholder="",
            height=min(420, 38 + 35 * len(found)),
        )
        if len(found) == MOST:
            draw(tag("p", escaped(f"The newest {MOST}."), "cg-caption"))


def _row(entry: Entry, choice: Choice) -> dict[str, object]:
    event = entry.event
    return {
        "#": entry.sequence,
        f"Time ({choice.zone.key})": entry.time.astimezone(choice.zone).strftime("%Y-%m-%d %H:%M:%S"),
        "Model": event.model,
        "Outcome": event.outcome.value,
        "Error": event.error_class or "",
        "Case": event.case_ref,
        "Request": event.request_id,
        "Attempts": event.attempt,
        "Tokens in": event.prompt_tokens,
        "Tokens out": event.completion_tokens,
        "Cost, $": None if event.cost_usd is None else float(event.cost_usd),
        "Latency, ms": event.latency_ms,
        "First token, ms": event.ttft_ms,
    }
