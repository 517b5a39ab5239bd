"""All ASGI glue: routes beside the pages, and the middleware around everything. Front doors: `routes`, `middleware`, `PreviewDesk`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.routing import Route

from core import deid
from core.api.assist import assist_route
from core.api.headers import ResponsePolicy, content_security_policy, streamlit_index_html
from core.api.health import health_route
from core.api.metrics import metrics_route
from core.api.preview import PreviewDesk, preview_route
from core.api.refusals import fenced
from core.api.sandbox import sandbox_routes
from core.api.security import SecurityMiddleware
from core.api.sign_in import SignInWatch
from core.api.telemetry import start_telemetry

if TYPE_CHECKING:
    from core.bootstrap import Services

__all__ = ["PreviewDesk", "content_security_policy", "desk", "middleware", "routes", "start_telemetry"]


@cache
def desk() -> PreviewDesk:
    """The preview desk of this process: the page opens it, the route reads it."""
    return PreviewDesk()


def routes(services: Callable[[], Services], desk: PreviewDesk, *, demo: bool = True) -> list[Route]:
    """Health, metrics, live preview, REST and, in demo mode, the sandbox provider; nothing else below their prefixes.

    `services` is called at each request, never here.
    """
    ours = [health_route(services), metrics_route(services), preview_route(desk, deid.deidentify), assist_route(services)]
    return fenced(ours + (sandbox_routes(services) if demo else []))


def middleware(
    *,
    loopback_only: bool,
    services: Callable[[], Services] | None = None,
    index_html: str | None = None,
    cookie_max_age_s: int = 12 * 3600,
) -> list[Middleware]:
    """The ring around every request. `loopback_only`: a demo that has not been declared public answers this computer alone.

    `services`: where failed sign-ins are recorded; None where nobody signs in. `index_html` defaults to the installed Streamlit's page
    shell. Raises ConfigError when that can't be found.
    """
    csp = content_security_policy(streamlit_index_html() if index_html is None else index_html)
    ring = Middleware(SecurityMiddleware, policy=ResponsePolicy(csp, cookie_max_age_s), loopback_only=loopback_only)
    return [ring] if services is None else [ring, Middleware(SignInWatch, services=services)]
