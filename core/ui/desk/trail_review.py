"""The review queue: acts that a privacy officer looks through and signs off, kind by kind."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from core.audit import (
    ACTIONS_OF,
    Action,
    Concern,
    Entry,
    EntryFilter,
    SignOff,
    Verdict,
    concerns,
    sign_off_event,
    sign_offs,
    signed_through,
)
from core.bootstrap import Services
from core.errors import AuditError
from core.model import Principal
from core.ui.desk.trail_entries import draw_table
from core.ui.views.markup import draw, escaped, joined, pill, tag

LOOK_BACK = timedelta(days=90)
MOST = 1_000
_WORDS = {
    Concern.FAILED_SIGN_INS: ("Failed sign-ins", "Somebody tried to come in and could not."),
    Concern.REFUSALS: ("Refusals", "A page or the API refused somebody without the permission."),
    Concern.BREAK_GLASS: ("Break-glass", "Emergency access was taken, with a reason."),
    Concern.BULK_EXPORTS: ("Bulk exports", "Files of 500 rows or more left."),
    Concern.KEPT_IDENTIFIERS: ("Kept identifiers", "A clinician kept in clear what the redactor had flagged."),
    Concern.OFF_HOURS: ("Off hours", "People opened answers, made files or read this trail outside 7 to 19 o'clock, Monday to Friday."),
}


def draw_queue(services: Services, person: Principal, zone: ZoneInfo) -> None:
    """Each kind with what is open, and the sign-offs so far. Faults of the store are a message."""
    since = services.clock.now() - LOOK_BACK
    try:
        done = sign_offs(services.audit.browser.page(EntryFilter(actions=(Action.REVIEW_SIGNED_OFF,)), limit=MOST))
        waiting = {concern: open_entries(services, concern, done, since, zone) for concern in Concern}
    except AuditError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    st.caption(f"The last {LOOK_BACK.days} days, in {zone.key}. Signing off is itself an entry, and closes what is shown here.")
    for concern, entries in waiting.items():
        _draw_concern(services, person, concern, entries, zone)
    _draw_done(done, zone)


def open_entries(services: Services, concern: Concern, done: list[SignOff], since: object, zone: ZoneInfo) -> list[Entry]:
    """What nobody signed off yet, newest first."""
    after = signed_through(done, concern)
    found = services.audit.browser.page(EntryFilter(since=since, actions=ACTIONS_OF[concern]), limit=MOST)  # type: ignore[arg-type]
    return [entry for entry in found if entry.sequence > after and concerns(entry, concern, zone)]


def _draw_concern(services: Services, person: Principal, concern: Concern, entries: list[Entry], zone: ZoneInfo) -> None:
    title, meaning = _WORDS[concern]
    with st.container(border=True):
        count = pill(f"{len(entries):,} open", "amber") if entries else pill("nothing open", "green")
        draw(tag("div", joined([tag("b", escaped(title)), count], " "), "cg-pills"), tag("p", escaped(meaning), "cg-quiet"))
        if not entries:
            return
        with st.expander("Look through", key=f"review-{concern.value}"):
            draw_table(entries, zone, most=10)
        with st.container(horizontal=True):
            for verdict, label, icon in (
                (Verdict.UNREMARKABLE, "Sign off: nothing remarkable", ":material/task_alt:"),
                (Verdict.FOLLOW_UP, "Sign off: to be followed up", ":material/flag:"),
            ):
                st.button(
                    label,
                    icon=icon,
                    key=f"{concern.value}-{verdict.value}",
                    on_click=sign_off,
                    args=(services, person, concern, verdict, entries),
                )


def sign_off(services: Services, person: Principal, concern: Concern, verdict: Verdict, entries: list[Entry]) -> None:
    """Record that these were looked through. Raises AuditError."""
    services.audit.append(sign_off_event(person, concern, verdict, entries))


def _draw_done(done: list[SignOff], zone: ZoneInfo) -> None:
    if not done:
        return
    with st.expander(f"Signed off so far ({len(done):,})"):
        rows = [
            {
                f"Time ({zone.key})": sign.entry.time.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
                "Reviewer": sign.entry.event.actor_id,
                "Kind": _WORDS[sign.concern][0],
                "Verdict": sign.verdict.value.replace("_", " "),
                "Entries": sign.entry.event.count,
                "Through #": sign.through,
                "#": sign.entry.sequence,
            }
            for sign in done
        ]
        st.dataframe(rows, hide_index=True, width="stretch", placeholder="")
