"""The accounting of one case or one person on screen: what was done, by whom, and what was sent where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import streamlit as st

from core.audit import Account, Action, EntryFilter, Format, account
from core.bootstrap import Services
from core.errors import AuditError
from core.model import Principal
from core.ui.desk.trail_entries import File, draw_table, make_file
from core.ui.views.figures import counted, dollars
from core.ui.views.markup import Html, draw, escaped, facts, kicker

MOST = 10_000
SHOWN = 500
CASE, USER = "Case", "User"
_ID = re.compile(r"[A-Za-z0-9._:/-]{1,80}")
_FILE_KEY = "accounting-file"


def draw_accounting(services: Services, person: Principal, zone: ZoneInfo) -> None:
    """Ask for a case or a user, and show the account with its entries. Faults of the store are a message."""
    kind, text = st.columns([1, 3], vertical_alignment="bottom")
    what = kind.segmented_control("Account of a", [CASE, USER], default=CASE, required=True, key="accounting-kind")
    wanted = text.text_input(f"{what}: id", key="accounting-id", placeholder="as the entries show it").strip()
    if not wanted:
        st.caption("Every act in one case, or of one person: who did what when, which model got the case, what was removed before.")
        return
    if not _ID.fullmatch(wanted):
        st.warning("Write an id as the entries show it, without spaces.", icon=":material/warning:")
        return
    chosen = EntryFilter(case_ref=wanted) if what == CASE else EntryFilter(actor=wanted)
    try:
        entries = list(services.audit.browser.every(chosen, most=MOST))
    except AuditError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    if not entries:
        st.info("No entry speaks of it.", icon=":material/search_off:")
        return
    _draw_account(account(entries), zone)
    draw_table(entries[:SHOWN], zone, most=12)
    if len(entries) > SHOWN:
        st.caption(f"The newest {SHOWN:,} of {len(entries):,} entries; the file holds all.")
    if st.button("Make a CSV of it", icon=":material/draft:", key="accounting-make"):
        st.session_state[_FILE_KEY] = (chosen, make_file(services, person, chosen, Format.CSV, MOST))
    made: tuple[EntryFilter, File] | None = st.session_state.get(_FILE_KEY)
    if made is not None and made[0] == chosen:
        st.download_button(f"Take {made[1].name}", made[1].data, made[1].name, made[1].kind, icon=":material/download:", on_click="ignore")


def _draw_account(found: Account, zone: ZoneInfo) -> None:
    times = [at.astimezone(zone).strftime("%Y-%m-%d %H:%M") for at in (found.first, found.last) if at is not None]
    reads = sum(found.actions.get(a, 0) for a in (Action.CONSULTATION_OPENED, Action.RESPONSE_REVEALED, Action.DRAFT_OPENED))
    pairs = [
        ("Entries", f"{found.entries:,}"),
        ("From, to", " – ".join(times)),
        ("Users", _list(found.actors)),
        ("Cases", _list(found.cases)),
        ("Sent to", (_list(found.sent_to) or "never sent") + (", simulated only" if found.simulated_only else "")),
        ("Removed before sending", _list(found.replaced) or "nothing"),
        ("Opened or revealed", counted(reads, "time")),
        ("Tokens", f"{found.tokens:,}"),
        ("Cost", dollars(found.cost_usd)),
    ]
    with st.container(border=True):
        draw(kicker("Account"), facts([(name, Html(escaped(text))) for name, text in pairs]))


def _list(counts: Mapping[str, int], most: int = 6) -> str:
    shown = [f"{name} ({count:,})" for name, count in list(counts.items())[:most]]
    return ", ".join(shown) + (f" and {len(counts) - most:,} more" if len(counts) > most else "")
