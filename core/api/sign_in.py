"""Sign-ins that fail at the identity provider or on the way back from it, as entries: log-in monitoring, 45 CFR 164.308(a)(5)(ii)(C).

Streamlit answers the provider's redirect. It tells nobody how that ended, so this looks at what comes in and what goes out: an
OIDC error, or a code for which no sign-in cookie was set. Anybody can call that address, so each one's entries are few.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.audit import Action, Event, Outcome
from core.gateway import Rates
from core.model import Role

if TYPE_CHECKING:
    from core.bootstrap import Services

CALLBACK = "/oauth2callback"
COOKIE = "_streamlit_user"
RATE = "20/minute"
EXCHANGE = "token_exchange_failed"
OTHER = "other_error"
# RFC 6749, 4.1.2.1, and OpenID Connect Core, 3.1.2.6: what a provider may say, and all that is recorded of what it said.
ERRORS = frozenset(
    {
        "access_denied",
        "invalid_request",
        "unauthorized_client",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "interaction_required",
        "login_required",
        "account_selection_required",
        "consent_required",
        "invalid_request_uri",
        "invalid_request_object",
        "request_not_supported",
        "request_uri_not_supported",
        "registration_not_supported",
    }
)

_log = logging.getLogger("casegate.api")


class SignInWatch:
    """Wraps the whole application; `services` is called when there is something to record."""

    def __init__(self, app: ASGIApp, *, services: Callable[[], Services], rate: str = RATE) -> None:
        self._app = app
        self._services = services
        self._rates = Rates(rate, "sign-in")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does; the entry of a failure is written before the answer goes out."""
        asked = parse_qs(scope["query_string"].decode("latin-1")) if _is_callback(scope) else {}
        if not {"error", "code"} & asked.keys():  # the provider also sends people here who signed out
            await self._app(scope, receive, send)
            return

        async def watching(message: Message) -> None:
            if message["type"] == "http.response.start":
                error = asked["error"][0] if "error" in asked else None if _signed_in(message) else EXCHANGE
                if error is not None:
                    address = scope["client"][0] if scope.get("client") else ""
                    await anyio.to_thread.run_sync(self._record, error, address)
            await send(message)

        await self._app(scope, receive, watching)

    def _record(self, error: str, address: str) -> None:
        """Never raises: nobody is let in either way."""
        if self._rates.wait_s(f"address:{address}"):
            return
        said = error if error in ERRORS or error == EXCHANGE else OTHER
        event = Event(
            actor_id="unknown",
            actor_role=Role.SERVICE,
            action=Action.SIGN_IN_FAILED,
            outcome=Outcome.REFUSED if said == "access_denied" else Outcome.FAILED,
            error_class=said,
        )
        try:
            self._services().audit.append(event)
        except Exception as failed:  # noqa: BLE001 – a store that fails must not turn a redirect into anything else
            _log.error("a failed sign-in could not be recorded: %s", type(failed).__name__)


def _is_callback(scope: Scope) -> bool:
    return scope["type"] == "http" and str(scope["path"]).endswith(CALLBACK)


def _signed_in(start: Message) -> bool:
    """Whether the answer sets a sign-in cookie that holds something."""
    for name, value in start.get("headers", []):
        if name.lower() == b"set-cookie" and value.startswith(COOKIE.encode() + b"="):
            cookie = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            if cookie is not None and cookie.value and cookie["max-age"] != "0":
                return True
    return False
