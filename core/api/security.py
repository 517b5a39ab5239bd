"""The outermost ring around every request: admission, a cap on bodies, and the headers of every response.

Pure ASGI, so that websockets and streams pass through untouched. It also keeps exceptions' messages, which may
quote what was typed, out of the server's log: what nobody handled is logged by its class and code lines alone.

What it cannot do: uvicorn writes its own `server` header below any ASGI application; start it with
`server_header=False` to be rid of it.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.admission import admit
from core.api.headers import ResponsePolicy
from core.api.refusals import OWN_PREFIXES, Refusal, is_under, refusal_response

MAX_BODY_BYTES = 256 * 1024
BODY_TIMEOUT_S = 20.0
_POLICY_VIOLATION = 1008

_log = logging.getLogger("casegate.api")


class SecurityMiddleware:
    """Wraps the whole application. `loopback_only` refuses everybody but this computer; `max_body` is in bytes, for our own routes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        policy: ResponsePolicy,
        loopback_only: bool,
        max_body: int = MAX_BODY_BYTES,
        body_timeout_s: float = BODY_TIMEOUT_S,
    ) -> None:
        self._app = app
        self._policy = policy
        self._loopback_only = loopback_only
        self._max_body = max_body
        self._body_timeout_s = body_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = admit(scope, loopback_only=self._loopback_only)
        if scope["type"] == "http":
            await self._http(scope, receive, self._protected(scope, send), refusal)
        elif refusal:
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal.message[:100]})
        else:
            await self._app(scope, receive, send)

    def _protected(self, scope: Scope, send: Send) -> _ProtectedSend:
        path, https = scope["path"], scope["scheme"] == "https"
        return _ProtectedSend(send, lambda headers: self._policy.apply(headers, path=path, https=https))

    async def _http(self, scope: Scope, receive: Receive, send: _ProtectedSend, refusal: Refusal | None) -> None:
        if refusal is None and is_under(scope["path"], OWN_PREFIXES):
            receive, refusal = await self._whole_body(scope, receive)
        if refusal:
            await refusal_response(scope["path"], refusal)(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - its message may quote the case, and the server would log it
            _log_without_message(error)
            if not send.started:
                failed = Refusal(500, "Something went wrong on the server. What you typed was not sent.")
                await refusal_response(scope["path"], failed)(scope, receive, send)

    async def _whole_body(self, scope: Scope, receive: Receive) -> tuple[Receive, Refusal | None]:
        """The body read up front, within the cap and the time limit, and a `receive` that plays it back."""
        too_large = Refusal(413, f"The request is larger than {self._max_body // 1024} kB.")
        if _declared_length(scope) > self._max_body:
            return receive, too_large
        body = bytearray()
        with anyio.move_on_after(self._body_timeout_s):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return _replay(message, receive), None
                body += message.get("body", b"")
                if len(body) > self._max_body:
                    return receive, too_large
                if not message.get("more_body", False):
                    return _replay({"type": "http.request", "body": bytes(body), "more_body": False}, receive), None
        return receive, Refusal(408, "The request's body did not arrive in time.")


class _ProtectedSend:
    """A `send` that applies the header policy; `started` tells whether a response has begun."""

    def __init__(self, send: Send, apply: Callable[..., list[tuple[bytes, bytes]]]) -> None:
        self._send = send
        self._apply = apply
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message = {**message, "headers": self._apply(message.get("headers", []))}
        await self._send(message)


def _replay(first: Message, receive: Receive) -> Receive:
    pending = [first]

    async def replaying() -> Message:
        return pending.pop() if pending else await receive()

    return replaying


def _declared_length(scope: Scope) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else 0


def _log_without_message(error: Exception) -> None:
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames[-6:]))
    _log.error("unhandled %s in %s", type(error).__name__, where)
