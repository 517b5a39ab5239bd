"""Around every page: navigation by role, the demo banner, the role switch, sign-in and sign-out."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.audit import Action
from core.auth import DEMO_ROLES, Permission, allowed
from core.bootstrap import VERSION, Services
from core.errors import Error
from core.model import Principal, Role
from core.ui.desk import session
from core.ui.views import demo_banner, footer, install_styles

STATIC = Path(__file__).parents[3] / "static"
PAGES: tuple[tuple[str, str, str, Permission], ...] = (
    ("pages/workup.py", "Work-up", ":material/clinical_notes:", Permission.CASE_SUBMIT),
    ("pages/compare.py", "Compare", ":material/compare_arrows:", Permission.CASE_COMPARE),
    ("pages/usage.py", "Usage", ":material/monitoring:", Permission.USAGE_READ),
    ("pages/audit_trail.py", "Audit trail", ":material/verified_user:", Permission.AUDIT_READ),
)


def run() -> None:
    """Draw the frame, then the chosen page. `st.navigation` runs before anything that can stop or raise."""
    st.set_page_config(page_title="Casegate", page_icon=str(STATIC / "icon.png"), layout="wide")
    person, problem = _arrive()
    page = st.navigation(_pages(person, problem), position="sidebar")
    install_styles()
    st.logo(str(STATIC / "logo.svg"), icon_image=str(STATIC / "icon.svg"), size="large")
    if person is not None and problem is None:
        try:
            session.record_arrival(person)
            _sidebar(session.services(), person)
        except Error as error:
            _say(error)
    page.run()
    footer(VERSION)


def _arrive() -> tuple[Principal | None, Error | None]:
    try:
        return session.principal(), None
    except Error as error:
        return None, error


def _pages(person: Principal | None, problem: Error | None) -> list[StreamlitPage]:
    if problem is not None:
        return [st.Page(lambda: _say(problem), title="Casegate", icon=":material/error:", url_path="unavailable", default=True)]
    if person is None:
        return [st.Page(_sign_in, title="Sign in", icon=":material/login:", url_path="sign-in", default=True)]
    mine = [entry for entry in PAGES if allowed(person, entry[3])]
    return [st.Page(path, title=title, icon=icon, default=index == 0) for index, (path, title, icon, _) in enumerate(mine)]


def _say(problem: Error) -> None:
    st.error(problem.user_message, icon=":material/error:")


def _sign_in() -> None:
    st.title("Casegate")
    st.write("Sign in with your hospital account. Case data is shown only after sign-in.")
    st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)


def _sidebar(services: Services, person: Principal) -> None:
    if services.demo:
        _demo(services)
    with st.sidebar:
        if not services.demo:
            st.caption(f"{person.display_name} · {person.role.value}")
            st.button("Sign out", icon=":material/logout:", on_click=_sign_out, args=(person,))


def _demo(services: Services) -> None:
    demo_banner(public=services.settings.demo_public)
    with st.sidebar:
        held = st.session_state.get(session.ROLE_KEY, DEMO_ROLES[0].value)
        roles = [role.value for role in DEMO_ROLES]
        chosen = st.selectbox("Role (demo)", roles, index=roles.index(held), key="role_switch")
    if chosen != held:
        st.session_state[session.ROLE_KEY] = Role(chosen).value
        st.rerun()


def _sign_out(person: Principal) -> None:
    session.record(person, Action.SIGN_OUT)
    st.logout()


def on_script_error(error: Exception) -> bool:
    """Instead of a traceback on screen: what happened in a sentence. The log gets the class and the place, never the text."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    logging.getLogger("casegate").error("%s at %s", type(error).__name__, " < ".join(reversed(frames[-4:])))
    if isinstance(error, Error):
        _say(error)
    else:
        st.error(
            "Something went wrong on this page. Your case is kept; reload the page. If it happens again, tell your administrator the time."
        )
    return True
