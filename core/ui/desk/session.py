"""Who is at the screen, and what this process serves: the ground every page stands on."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import streamlit as st

from core import bootstrap
from core.audit import Action, Event, Outcome
from core.auth import DEMO_ROLES, Permission, allowed, demo_principal, principal_of
from core.bootstrap import Services
from core.errors import AccessError, Error
from core.model import Principal, Role

ROLE_KEY = "demo_role"
_SEEN_KEY = "signed_in_as"


def services() -> Services:
    """The services of this process. Raises Error when they can't be built."""
    return bootstrap.services(int(st.get_option("server.port")))


def principal() -> Principal | None:
    """Who is at the screen; None when sign-in is configured and nobody has signed in."""
    config = services().settings
    if config.demo:
        person = demo_principal(Role(st.session_state.get(ROLE_KEY, DEMO_ROLES[0])))
        # Strangers meet in a public demo: each browser session is a person of its own, with its own draft and answers.
        return replace(person, user_id=f"{person.user_id}-{session_id()[:8]}") if config.demo_public else person
    if not getattr(st.user, "is_logged_in", False):
        return None
    return principal_of(st.user.to_dict(), config.oidc_role_claim, config.oidc_department_claim)


def guard(permission: Permission) -> Principal:
    """The first statement of every page: the person, if they may be here; otherwise say so and stop the page."""
    try:
        person = principal()
    except Error as error:
        st.error(error.user_message, icon=":material/error:")
        st.stop()
    if person is None:
        st.info("Sign in to use Casegate.", icon=":material/lock:")
        st.stop()
    if not allowed(person, permission):
        record(person, Action.ACCESS_DENIED, outcome=Outcome.REFUSED, error_class=AccessError.__name__, subject=permission.name)
        st.error(AccessError(wanted=permission.value, held=person.role.value).user_message, icon=":material/block:")
        st.stop()
    return person


def record(person: Principal, action: Action, **facts: Any) -> None:
    """Append an entry about the person's act. Raises AuditError: then the act must not happen."""
    services().audit.append(
        Event(actor_id=person.user_id, actor_role=person.role, department=person.department or None, action=action, **facts)
    )


def record_arrival(person: Principal) -> None:
    """One sign-in entry per browser session and role."""
    if st.session_state.get(_SEEN_KEY) != (person.user_id, person.role):
        first = _SEEN_KEY not in st.session_state
        record(person, Action.SIGN_IN if first else Action.ROLE_SWITCHED)
        st.session_state[_SEEN_KEY] = (person.user_id, person.role)


def session_id() -> str:
    """A random name of this browser session, for the preview desk."""
    return str(st.session_state.setdefault("session_id", secrets.token_urlsafe(18)))
