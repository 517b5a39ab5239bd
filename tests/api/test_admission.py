"""Who is let in at all."""

from __future__ import annotations

from typing import Any

import pytest

from core.api.admission import LOOPBACK_MESSAGE, admit


def scope(
    path: str = "/", *, kind: str = "http", method: str = "GET", scheme: str = "http", client: Any = ("127.0.0.1", 1), **headers: str
) -> Any:
    """An ASGI scope of this computer asking on our port, changed as told."""
    named = {"host": "localhost:8501", **{k.replace("_", "-"): v for k, v in headers.items()}}
    raw = [(k.encode(), v.encode()) for k, v in named.items() if v]
    return {"type": kind, "path": path, "method": method, "scheme": scheme, "client": client, "headers": raw}


LOCAL = {
    "localhost": scope(),
    "ipv4": scope(host="127.0.0.1:8501"),
    "ipv6": scope(host="[::1]:8501", client=("::1", 1)),
    "ipv6 without port": scope(host="[::1]", client=("::1", 1)),
    "mapped": scope(client=("::ffff:127.0.0.1", 1)),
    "upper case": scope(host="LOCALHOST:8501"),
}
NOT_LOCAL = {
    "other computer": scope(client=("192.0.2.7", 1)),
    "rebound name": scope(host="evil.example:8501"),
    "name that begins well": scope(host="localhost.evil.example"),
    "user part": scope(host="localhost@evil.example"),
    "bad port": scope(host="localhost:x"),
    "no host": scope(host=""),
    "through a proxy": scope(x_forwarded_for="192.0.2.7"),
    "through a proxy that hides the peer": scope(forwarded="for=hidden"),
    "unknown peer": scope(client=None),
    "peer without an address": scope(client=("testclient", 1)),
    "websocket": scope("/_stcore/stream", kind="websocket", scheme="ws", origin="http://localhost:8501", client=("192.0.2.7", 1)),
}


@pytest.mark.parametrize("request_scope", LOCAL.values(), ids=LOCAL.keys())
def test_this_computer_is_let_in(request_scope: Any) -> None:
    """The loopback guard lets this computer in under each of its names."""
    assert admit(request_scope, loopback_only=True) is None


@pytest.mark.parametrize("request_scope", NOT_LOCAL.values(), ids=NOT_LOCAL.keys())
def test_everybody_else_is_refused_in_a_demo(request_scope: Any) -> None:
    """Other computers, proxies and foreign host names get 403 and are told what to set."""
    refusal = admit(request_scope, loopback_only=True)
    assert refusal is not None
    assert (refusal.status, refusal.message) == (403, LOOPBACK_MESSAGE)


def test_the_guard_is_off_when_the_demo_is_public() -> None:
    """Without loopback_only another computer is let in."""
    assert admit(scope(client=("192.0.2.7", 1), host="demo.example"), loopback_only=False) is None


HIDDEN = [
    "/_stcore/metrics",
    "/_stcore/metrics/",
    "/base/_stcore/metrics",
    "/_stcore/agent/interact",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/mcp",
    "/_stcore/script-health-check",
]


@pytest.mark.parametrize("path", HIDDEN)
def test_introspection_is_not_there(path: str) -> None:
    """Routes of Streamlit's that answer without sign-in are 404."""
    refusal = admit(scope(path, method="POST"), loopback_only=False)
    assert refusal is not None
    assert refusal.status == 404


@pytest.mark.parametrize("path", ["/_stcore/health", "/_stcore/host-config", "/_stcore/metricsx", "/workup"])
def test_what_the_pages_need_is_there(path: str) -> None:
    """Streamlit's own traffic passes."""
    assert admit(scope(path), loopback_only=False) is None


CROSS_SITE = {
    "foreign origin": {"origin": "https://evil.example"},
    "opaque origin": {"origin": "null"},
    "other port": {"origin": "http://localhost:9999"},
    "garbage": {"origin": "http://[::bad"},
    "by fetch metadata": {"sec_fetch_site": "cross-site"},
    "same site is not same origin": {"sec_fetch_site": "same-site"},
}


@pytest.mark.parametrize("headers", CROSS_SITE.values(), ids=CROSS_SITE.keys())
@pytest.mark.parametrize("path", ["/api/v1/diagnosis-assist", "/preview", "/sandbox/v1/chat/completions"])
def test_other_sites_cannot_post(path: str, headers: dict[str, str]) -> None:
    """A page of another origin can't post to our routes."""
    refusal = admit(scope(path, method="POST", **headers), loopback_only=False)
    assert refusal is not None
    assert refusal.status == 403


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://localhost:8501", "sec_fetch_site": "same-origin"}], ids=["no origin", "same origin"]
)
def test_own_pages_and_programs_can_post(headers: dict[str, str]) -> None:
    """The page itself and programs, which send no Origin, are let in."""
    assert admit(scope("/api/v1/diagnosis-assist", method="POST", **headers), loopback_only=False) is None


def test_http_page_cannot_reach_its_https_twin() -> None:
    """Over https the origin must be https too."""
    refusal = admit(scope("/preview", method="POST", scheme="https", origin="http://localhost:8501"), loopback_only=False)
    assert refusal is not None
    assert refusal.status == 403


@pytest.mark.parametrize(("origin", "allowed"), [("http://localhost:8501", True), ("https://evil.example", False), ("", False)])
def test_websocket_needs_our_own_origin(origin: str, allowed: bool) -> None:
    """A websocket is taken from our own pages only; without an Origin it is refused."""
    ws = scope("/_stcore/stream", kind="websocket", scheme="ws", origin=origin)
    assert (admit(ws, loopback_only=False) is None) is allowed
