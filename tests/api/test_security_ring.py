"""The middleware as a whole, around real requests and websockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from api_doubles import CSP, local_client
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.api.headers import ResponsePolicy
from core.api.security import SecurityMiddleware

CANARY = "Marguerite Ashdown MRN 88231"


async def echo(request: Request) -> JSONResponse:
    """Tells how many bytes arrived."""
    return JSONResponse({"bytes": len(await request.body())})


async def fail(request: Request) -> PlainTextResponse:
    """Raises with case text in its message."""
    raise ValueError(f"could not read {CANARY}")


async def fail_midway(request: Request) -> StreamingResponse:
    """Raises after the answer has begun."""

    def parts() -> Iterator[bytes]:
        yield b"first"
        raise ValueError(CANARY)

    return StreamingResponse(parts())


async def cookie(request: Request) -> PlainTextResponse:
    """Sets a sign-in cookie as Streamlit does."""
    response = PlainTextResponse("ok")
    response.set_cookie("_streamlit_user", "v", max_age=2_592_000, httponly=True)
    return response


async def stream(websocket: WebSocket) -> None:
    """Opens and closes."""
    await websocket.accept()
    await websocket.send_text("open")
    await websocket.close()


def client(*, base_url: str = "http://localhost:8501", **options: Any) -> TestClient:
    """A client of a small application inside the ring."""
    routes: list[Any] = [
        Route("/preview", echo, methods=["POST"]),
        Route("/elsewhere", echo, methods=["POST"]),
        Route("/fail", fail),
        Route("/midway", fail_midway),
        Route("/cookie", cookie),
        WebSocketRoute("/_stcore/stream", stream),
    ]
    ring = Middleware(SecurityMiddleware, **{"policy": ResponsePolicy(CSP, 60), "loopback_only": False, "max_body": 1000, **options})
    return local_client(routes, [ring], base_url=base_url)


@pytest.mark.parametrize("path", ["/cookie", "/nowhere", "/fail", "/_stcore/metrics"])
def test_every_answer_carries_the_headers(path: str) -> None:
    """Good answers, 404s, failures and refusals alike have the policy's headers."""
    answer = client().get(path)
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_body_within_the_cap_reaches_the_handler() -> None:
    """A body of exactly the cap arrives whole."""
    assert client().post("/preview", content=b"x" * 1000).json() == {"bytes": 1000}


def test_declared_oversize_is_refused() -> None:
    """A body that says it is too large gets 413 as JSON."""
    answer = client().post("/preview", content=b"x" * 1001)
    assert answer.status_code == 413
    assert "larger" in answer.json()["error"]


def test_undeclared_oversize_is_refused() -> None:
    """A chunked body is counted as it arrives."""
    answer = client().post("/preview", content=iter([b"x" * 600, b"x" * 600]))
    assert answer.status_code == 413


def test_other_routes_have_no_cap_of_ours() -> None:
    """Streamlit's own routes keep their own limits."""
    assert client().post("/elsewhere", content=b"x" * 5000).json() == {"bytes": 5000}


def test_a_body_that_never_comes_is_not_waited_for() -> None:
    """A client that stops sending gets 408 after the time limit."""
    sent: list[Any] = []

    async def never(*_: Any) -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    ring = SecurityMiddleware(never, policy=ResponsePolicy(CSP), loopback_only=False, body_timeout_s=0.02)
    scope = {"type": "http", "path": "/preview", "method": "POST", "scheme": "http", "client": ("127.0.0.1", 1), "headers": []}
    asyncio.run(ring(scope, never, send))
    assert sent[0]["status"] == 408


def test_an_exception_is_answered_and_its_message_kept_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The answer and the log name no more than the error's class and where it arose."""
    with caplog.at_level(logging.DEBUG):
        answer = client().get("/fail")
    assert answer.status_code == 500
    assert CANARY not in answer.text + caplog.text
    assert "ValueError" in caplog.text
    assert "test_security_ring.py" in caplog.text


def test_an_exception_midway_does_not_reach_the_log_either(caplog: pytest.LogCaptureFixture) -> None:
    """When an answer has begun it is cut off, and the message still stays out of the log."""
    with caplog.at_level(logging.DEBUG):
        answer = client().get("/midway")
    assert answer.text == "first"
    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text


def test_sign_in_cookie_over_https() -> None:
    """Over https the sign-in cookie is Secure and short-lived, and HSTS is sent."""
    answer = client(base_url="https://localhost:8501").get("/cookie")
    assert "Max-Age=60" in answer.headers["set-cookie"]
    assert answer.headers["set-cookie"].endswith("Secure")
    assert "strict-transport-security" in answer.headers


def test_websocket_of_our_own_page_passes() -> None:
    """A websocket with our Origin is served untouched."""
    with client().websocket_connect("/_stcore/stream", headers={"origin": "http://localhost:8501", "host": "localhost:8501"}) as ws:
        assert ws.receive_text() == "open"


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}], ids=["no origin", "foreign origin"])
def test_websocket_of_anybody_else_is_closed(headers: dict[str, str]) -> None:
    """A websocket without our Origin is closed before it opens."""
    with pytest.raises(WebSocketDisconnect) as closed, client().websocket_connect("/_stcore/stream", headers=headers):
        pass
    assert closed.value.code == 1008


def test_demo_answers_this_computer_alone() -> None:
    """With the loopback guard a foreign host name gets the text that says what to set."""
    answer = client(loopback_only=True).get("/cookie", headers={"host": "evil.example"})
    assert answer.status_code == 403
    assert "CASEGATE_DEMO_PUBLIC=yes" in answer.text
