"""Entries of the audit trail on screen: filters, pages, and files made of what the filters leave."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from core.audit import Action, Entry, EntryFilter, Format, Outcome, write
from core.bootstrap import Services
from core.errors import AuditError
from core.model import Principal
from core.ui.desk import session
from core.ui.views.figures import counted

PAGE = 50
MOST_EXPORTED = 100_000
BUNDLE = "evidence bundle"
_ID = re.compile(r"[A-Za-z0-9._:/-]{1,80}")
_BEFORE_KEY, _FILTER_KEY, _FILE_KEY = "trail-before", "trail-filter", "trail-file"
_NAMES = {Format.CSV: "CSV", Format.JSONL: "JSON lines", Format.FHIR: "FHIR AuditEvents (NDJSON)", BUNDLE: "Evidence bundle with proofs"}
_ENDINGS = {
    Format.CSV: ("csv", "text/csv"),
    Format.JSONL: ("jsonl", "application/jsonl"),
    Format.FHIR: ("ndjson", "application/fhir+ndjson"),
}
MOST_BUNDLED = 1_000
_WIDTHS = {"Action": 205, "About": 130, "Model": 210, "Case": 190, "Request": 190}  # pixels: enough to be read whole


@dataclass(frozen=True, slots=True)
class File:
    """A file that was made and recorded, ready to be taken."""

    name: str
    kind: str
    data: bytes
    rows: int


def draw(services: Services, person: Principal, zone: ZoneInfo) -> None:
    """Filters, the page of entries they leave, and the way to a file. Faults of the store are a message."""
    wanted = draw_filters(services, zone)
    if wanted is None:
        return
    if st.session_state.get(_FILTER_KEY) != wanted:  # other filters begin at their newest entry, and their file is not this one
        st.session_state[_FILTER_KEY], st.session_state[_BEFORE_KEY] = wanted, []
        st.session_state.pop(_FILE_KEY, None)
    turned: list[int] = st.session_state[_BEFORE_KEY]
    try:
        entries = services.audit.browser.page(wanted, before=turned[-1] if turned else None, limit=PAGE)
    except AuditError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    if not entries:
        st.info("No entry meets these filters." if not turned else "No older entry.", icon=":material/search_off:")
    else:
        draw_table(entries, zone, most=15)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Newest", icon=":material/first_page:", on_click=_turn, args=([],), disabled=not turned)
        st.button("Newer", icon=":material/chevron_left:", on_click=_turn, args=(turned[:-1],), disabled=not turned)
        last = entries[-1].sequence if len(entries) == PAGE else 0
        st.button("Older", icon=":material/chevron_right:", on_click=_turn, args=([*turned, last],), disabled=last <= 1)
        st.caption(f"Entries {entries[-1].sequence:,} to {entries[0].sequence:,}, newest first" if entries else "")
    draw_export(services, person, wanted)


def draw_filters(services: Services, zone: ZoneInfo) -> EntryFilter | None:
    """What is looked for; None while a filter is not understood, which is then said."""
    first, second, third = st.columns([2, 2, 2])
    no_days: Any = ()  # an empty range is what lets one choose a range
    days = first.date_input(
        "Days", value=no_days, max_value=services.clock.now().astimezone(zone).date(), key="trail-days", help=f"Days of {zone.key}"
    )
    actions = second.multiselect(
        "Actions", list(Action), format_func=lambda a: a.value.replace("_", " "), placeholder="Every action", key="trail-actions"
    )
    outcome = third.selectbox(
        "Outcome", list(Outcome), index=None, format_func=lambda o: o.value, placeholder="Every outcome", key="trail-outcome"
    )
    first, second, third = st.columns([2, 2, 2])
    actor = first.text_input("User", key="trail-actor", placeholder="an id, as the table shows it").strip()
    case = second.text_input("Case", key="trail-case", placeholder="a reference, as the table shows it").strip()
    models = list(dict.fromkeys(model.id for model in services.registry.models))
    model = third.selectbox("Model", models, index=None, placeholder="Every model", key="trail-model")
    for name, text in (("User", actor), ("Case", case)):
        if text and not _ID.fullmatch(text):
            st.warning(f"{name}: write an id as the table shows it, without spaces.", icon=":material/warning:")
            return None
    since, until = _bounds(days, zone)
    return EntryFilter(
        since=since, until=until, actor=actor or None, actions=tuple(actions), case_ref=case or None, model=model, outcome=outcome
    )


def _bounds(days: object, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    chosen = [day for day in days if isinstance(day, date)] if isinstance(days, (tuple, list)) else []
    if not chosen:
        return None, None
    return datetime.combine(chosen[0], time(), zone), datetime.combine(chosen[-1] + timedelta(days=1), time(), zone)


def _turn(before: list[int]) -> None:
    st.session_state[_BEFORE_KEY] = before


def draw_export(services: Services, person: Principal, wanted: EntryFilter) -> None:
    """Make a file of everything the filters leave. Making it is an entry, with the number of rows; no entry, no file."""
    with st.popover("Export", icon=":material/download:"):
        kind = st.radio("Format", list(_NAMES), format_func=_NAMES.__getitem__, key="trail-format")
        most = MOST_BUNDLED if kind == BUNDLE else MOST_EXPORTED
        st.caption(f"Everything that the filters leave, newest first, {most:,} entries at the most. The export is itself an entry.")
        if st.button("Make the file", icon=":material/draft:", key="trail-make"):
            st.session_state.pop(_FILE_KEY, None)
            with st.spinner("Collecting entries"):
                st.session_state[_FILE_KEY] = make_file(services, person, wanted, kind, most)
        made: File | None = st.session_state.get(_FILE_KEY)
        if made is not None:
            st.download_button(
                f"Take {made.name} ({counted(made.rows, 'entry', 'entries')})",
                made.data,
                made.name,
                made.kind,
                icon=":material/download:",
                on_click="ignore",
            )


def make_file(services: Services, person: Principal, wanted: EntryFilter, kind: Format | str, most: int) -> File:
    """The file, after its entry was written. Raises AuditError."""
    entries = list(services.audit.browser.every(wanted, most=most))
    if kind == BUNDLE:
        data, ending, mime = services.audit.bundle([entry.sequence for entry in entries]), "bundle.json", "application/json"
    else:
        ending, mime = _ENDINGS[Format(kind)]
        data = write(entries, Format(kind))
    session.record(person, Action.EXPORT_MADE, subject=f"audit.{ending}", count=len(entries))
    stamp = services.clock.now().strftime("%Y%m%dT%H%M%SZ")
    return File(f"casegate-audit-{stamp}.{ending}", mime, data, len(entries))


def table(entries: Sequence[Entry], zone: ZoneInfo) -> list[dict[str, object]]:
    """Entries as rows for the screen, times in the viewer's zone."""
    return [_row(entry, zone) for entry in entries]


def draw_table(entries: Sequence[Entry], zone: ZoneInfo, *, most: int) -> None:
    """Entries on screen, at most `most` rows high."""
    height = 38 + 35 * min(len(entries), most)
    widths = {name: st.column_config.Column(width=width) for name, width in _WIDTHS.items()}
    st.dataframe(table(entries, zone), hide_index=True, width="stretch", placeholder="", height=height, column_config=widths)


def _row(entry: Entry, zone: ZoneInfo) -> dict[str, object]:
    event = entry.event
    return {
        "#": entry.sequence,
        f"Time ({zone.key})": entry.time.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        "User": event.actor_id,
        "Role": event.actor_role.value,
        "Action": event.action.value.replace("_", " "),
        "Outcome": event.outcome.value,
        "About": event.subject or event.error_class or "",
        "Rows": event.count,
        "Model": (event.model or "") + (" (simulated)" if event.model and event.simulated else ""),
        "Case": event.case_ref or "",
        "Request": event.request_id or "",
        "Removed": sum(event.phi_counts.values()) or None,
        "Tokens": None if event.prompt_tokens is None else event.prompt_tokens + (event.completion_tokens or 0),
        "Latency, ms": event.latency_ms,
        "Leaf hash": entry.leaf_hash[:16],
    }
