"""Which requests are let in at all, judged from their ASGI scope before any handler sees them. Pure."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from core.api.refusals import Refusal, is_under

_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
# Streamlit answers these without sign-in: metrics, the agent protocol, and a health check that runs the script.
_HIDDEN = re.compile(r"(?:^|/)_stcore/(?:metrics|agent|script-health-check)(?:/|$)")
_SAME_ORIGIN_ONLY = ("/api", "/preview", "/sandbox")
_SAFE_METHODS = frozenset({"GET", "HEAD"})

LOOPBACK_MESSAGE = (
    "Casegate runs as a demo without sign-in and answers only on this computer, at localhost or 127.0.0.1. "
    "To serve other computers configure an identity provider (CASEGATE_OIDC_CLIENT_ID, CASEGATE_OIDC_CLIENT_SECRET, "
    "CASEGATE_OIDC_METADATA_URL, CASEGATE_OIDC_REDIRECT_URI, CASEGATE_OIDC_COOKIE_SECRET), "
    "or set CASEGATE_DEMO_PUBLIC=yes for a demo that holds invented cases only."
)


def admit(scope: Scope, *, loopback_only: bool) -> Refusal | None:
    """None when the request may go on, else the reason why not. `scope` is that of an http or websocket request."""
    headers = Headers(scope=scope)
    if loopback_only and not _is_local(scope, headers):
        return Refusal(403, LOOPBACK_MESSAGE)
    if scope["type"] == "websocket":
        return None if _same_origin(scope, headers) else Refusal(403, "Connect from this site's own pages.")
    if _HIDDEN.search(scope["path"]):
        return Refusal(404, "Not found.")
    if is_under(scope["path"], _SAME_ORIGIN_ONLY) and scope["method"] not in _SAFE_METHODS and _foreign(scope, headers):
        return Refusal(403, "Requests from other sites' pages are refused.")
    return None


def _foreign(scope: Scope, headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return True
    return "origin" in headers and not _same_origin(scope, headers)


def _same_origin(scope: Scope, headers: Headers) -> bool:
    """One Origin, naming this very host; a page served over https must not be reached from its http twin."""
    origins = headers.getlist("origin")
    if len(origins) != 1 or not headers.get("host"):
        return False
    try:
        origin = urlsplit(origins[0])
    except ValueError:
        return False
    schemes = ("https",) if scope["scheme"] in ("https", "wss") else ("http", "https")
    return origin.scheme in schemes and origin.netloc.lower() == headers["host"].lower()


def _is_local(scope: Scope, headers: Headers) -> bool:
    """The peer's address is loopback, the host asked for is this computer's, and no proxy stands between."""
    client = scope.get("client")
    if client is None or not _is_loopback(client[0]):
        return False
    return _host_is_local(headers.getlist("host")) and not any(name in headers for name in _FORWARDED)


def _host_is_local(hosts: list[str]) -> bool:
    """Guards against a foreign name that resolves to 127.0.0.1 (DNS rebinding)."""
    if len(hosts) != 1:
        return False
    try:
        parts = urlsplit(f"//{hosts[0]}")
        return parts.hostname in _LOCAL_NAMES and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_loopback(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback
