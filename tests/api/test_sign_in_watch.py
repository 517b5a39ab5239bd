"""A sign-in that fails at the identity provider, or behind it, is an entry; nothing that the provider said in words is in it."""

from __future__ import annotations

from typing import Any

import pytest
from api_doubles import MemoryAudit, local_client
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from core.api.sign_in import SignInWatch
from core.audit import Action, Outcome

CANARY = "Marguerite Ashdown is locked out"


class Watched:
    """An application that answers the callback as Streamlit does: `cookie` is the sign-in cookie it sets."""

    def __init__(self, cookie: str | None = None, rate: str = "20/minute", *, broken: bool = False) -> None:
        self.audit = MemoryAudit(broken=broken)

        async def callback(_: Request) -> RedirectResponse:
            response = RedirectResponse("/", 302)
            if cookie is None:
                response.delete_cookie("_streamlit_user")
            else:
                response.set_cookie("_streamlit_user", cookie, max_age=2_592_000)
            return response

        ring = Middleware(SignInWatch, services=lambda: self, rate=rate)  # type: ignore[arg-type]
        routes = [Route("/oauth2callback", callback), Route("/other", callback)]
        self._client = local_client(routes, [ring])

    def get(self, path: str = "/oauth2callback", **query: str) -> int:
        """Follow the provider's redirect; the status of the answer."""
        return int(self._client.get(path, params=query, follow_redirects=False).status_code)

    def told(self) -> list[tuple[Any, ...]]:
        """What was recorded."""
        return [(e.action, e.outcome, e.error_class, e.actor_id) for e in self.audit.events]


@pytest.mark.parametrize(
    ("query", "outcome", "error_class"),
    [
        ({"error": "access_denied", "error_description": CANARY}, Outcome.REFUSED, "access_denied"),
        ({"error": "server_error"}, Outcome.FAILED, "server_error"),
        ({"error": CANARY}, Outcome.FAILED, "other_error"),
        ({"code": "spent", "state": "old"}, Outcome.FAILED, "token_exchange_failed"),
    ],
)
def test_a_failure_is_an_entry(query: dict[str, str], outcome: Outcome, error_class: str) -> None:
    """One of a closed list of words, of nobody known; the answer is as before."""
    app = Watched()
    assert app.get(**query) == 302
    assert app.told() == [(Action.SIGN_IN_FAILED, outcome, error_class, "unknown")]
    assert CANARY not in repr(app.audit.events)


@pytest.mark.parametrize(
    ("path", "query", "cookie"),
    [
        ("/oauth2callback", {"code": "fresh", "state": "s"}, "signed-value"),
        ("/oauth2callback", {}, None),
        ("/other", {"error": "access_denied"}, None),
    ],
    ids=["signed in", "signed out", "another address"],
)
def test_what_did_not_fail_is_none(path: str, query: dict[str, str], cookie: str | None) -> None:
    """A sign-in has an entry of its own, on the page."""
    app = Watched(cookie)
    assert app.get(path, **query) == 302
    assert app.told() == []


def test_nobody_fills_the_store() -> None:
    """One address's failures are recorded so many times a minute; each gets its answer all the same."""
    app = Watched(rate="3/minute")
    assert {app.get(error="access_denied") for _ in range(9)} == {302}
    assert len(app.told()) == 3


def test_a_store_that_fails_changes_no_answer() -> None:
    """Nobody is let in either way."""
    assert Watched(broken=True).get(error="access_denied") == 302
