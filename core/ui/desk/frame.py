"""Around every page: navigation by role, the demo banner, the role switch, sign-in and sign-out."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

from core import deid
from core.audit import Action
from core.auth import DEMO_ROLES, Permission, allowed
from core.bootstrap import VERSION, Services
from core.errors import Error
from core.model import Principal
from core.ui.desk import examples, session
from core.ui.desk.log_privacy import places
from core.ui.views import demo_banner, footer, install_styles

_SWITCH_KEY = "role_switch"
_SWITCHED_KEY = "role_just_switched"
_AT_KEY = "at_page"
VIEWS = {"Usage": Action.USAGE_VIEWED, "Audit trail": Action.AUDIT_VIEWED}
STATIC = Path(__file__).parents[3] / "static"
PAGES: tuple[tuple[str, str, str, Permission], ...] = (
    ("pages/workup.py", "Work-up", ":material/clinical_notes:", Permission.CASE_SUBMIT),
    ("pages/compare.py", "Compare", ":material/compare_arrows:", Permission.CASE_COMPARE),
    ("pages/consultations.py", "Consultations", ":material/folder_open:", Permission.CASE_SUBMIT),
    ("pages/usage.py", "Usage", ":material/monitoring:", Permission.USAGE_READ),
    ("pages/engine.py", "Reference engine", ":material/balance:", Permission.ENGINE_READ),
    ("pages/audit_trail.py", "Audit trail", ":material/verified_user:", Permission.AUDIT_READ),
    ("pages/admin.py", "Admin", ":material/tune:", Permission.ADMIN_READ),
)


def run(*, on_sign_out: Callable[[], None]) -> None:
    """Draw the frame, then the chosen page. `st.navigation` runs before anything that can stop or raise.

    `on_sign_out` forgets what the server holds for this session outside Streamlit's own state.
    """
    st.set_page_config(page_title="Casegate", page_icon=str(STATIC / "icon.png"), layout="wide")
    person, problem = _arrive()
    pages = _pages(person, problem)
    page = st.navigation(pages, position="sidebar")
    install_styles()
    st.logo(str(STATIC / "logo.svg"), icon_image=str(STATIC / "icon.svg"), size="large")
    if person is not None and problem is None:
        try:
            session.record_arrival(person)
            _record_view(person, page)
            _sidebar(session.services(), person, on_sign_out)
        except Error as error:
            _say(error)
    if st.session_state.pop(_SWITCHED_KEY, False) and page.visibility == "hidden":
        st.switch_page(next(p for p in pages if p.visibility == "visible"))
    page.run()
    footer(VERSION)


def claim_pages() -> None:
    """Keep Streamlit from taking the folder `pages/` for pages of its own, which it does until `st.navigation` has run once.

    A deep link right after the start would else run its page alone: no frame, no banner, no sign-in page.
    """
    PagesManager.uses_pages_directory = False


def warm_up() -> None:
    """Load what the first visitor would otherwise wait for, and keep the collector off it, which Streamlit runs after every run.

    No more than that: what loads here takes turns with the first page.
    """
    deid.warm_up()
    examples.more()
    gc.collect()
    gc.freeze()


def _record_view(person: Principal, page: StreamlitPage) -> None:
    """One entry each time the figures or the trail are come to, not at every rerun."""
    before, st.session_state[_AT_KEY] = st.session_state.get(_AT_KEY), page.title
    if page.title in VIEWS and page.title != before and page.visibility == "visible":
        session.record(person, VIEWS[page.title])


def _arrive() -> tuple[Principal | None, Error | None]:
    try:
        return session.principal(), None
    except Error as error:
        return None, error


def _pages(person: Principal | None, problem: Error | None) -> list[StreamlitPage]:
    """Every address leads somewhere: to its page, or to what stands in the way of it."""
    if problem is not None:
        return _everywhere(lambda: _say(problem), "Casegate", ":material/error:")
    if person is None:
        return _everywhere(_sign_in, "Sign in", ":material/login:")
    mine = [entry for entry in PAGES if allowed(person, entry[3])]
    return [
        st.Page(entry[0], title=entry[1], icon=entry[2], default=entry is mine[0], visibility="visible" if entry in mine else "hidden")
        for entry in PAGES
    ]


def _everywhere(draw: Callable[[], None], title: str, icon: str) -> list[StreamlitPage]:
    hidden = [st.Page(draw, title=title, url_path=Path(path).stem, visibility="hidden") for path, *_ in PAGES]
    return [st.Page(draw, title=title, icon=icon, url_path="door", default=True), *hidden]


def _say(problem: Error) -> None:
    st.error(problem.user_message, icon=":material/error:")


def _sign_in() -> None:
    st.title("Casegate")
    st.write("Sign in with your hospital account. Case data is shown only after sign-in.")
    st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)


def _sidebar(services: Services, person: Principal, on_sign_out: Callable[[], None]) -> None:
    if services.demo:
        _demo(services)
    with st.sidebar:
        if not services.demo:
            st.caption(f"{person.display_name} · {person.role.value}")
            st.button("Sign out", icon=":material/logout:", on_click=_sign_out, args=(person, on_sign_out))


def _demo(services: Services) -> None:
    demo_banner(public=services.settings.demo_public)
    held = st.session_state.get(session.ROLE_KEY, DEMO_ROLES[0].value)
    roles = [role.value for role in DEMO_ROLES]
    with st.sidebar:
        st.selectbox("Role (demo)", roles, index=roles.index(held), key=_SWITCH_KEY, on_change=_switch_role)


def _switch_role() -> None:
    st.session_state[session.ROLE_KEY] = st.session_state[_SWITCH_KEY]
    st.session_state[_SWITCHED_KEY] = True


def _sign_out(person: Principal, on_sign_out: Callable[[], None]) -> None:
    session.record(person, Action.SIGN_OUT)
    on_sign_out()
    st.session_state.clear()
    st.logout()


def on_script_error(error: Exception) -> bool:
    """Instead of a traceback on screen: what happened in a sentence. The log gets the class and the place, never the text."""
    logging.getLogger("casegate").error("%s at %s", type(error).__name__, places(error.__traceback__))
    if isinstance(error, Error):
        _say(error)
        st.caption("Your case is kept.")
    else:
        st.error(
            "Something went wrong on this page. Your case is kept; reload the page. If it happens again, tell your administrator the time."
        )
    st.button("Try again", icon=":material/refresh:", key="try-again")  # a fault in a callback leaves the page empty but for this
    return True
