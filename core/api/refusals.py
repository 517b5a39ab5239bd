"""How a request is told no, in the form its callers expect; and the fences around our own paths.

Streamlit answers every GET that nobody else matches with its page and 200. The fences stand behind our routes, so
that a wrong method or a wrong path below one of our prefixes is 405 or 404, never that page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

OWN_PREFIXES = ("/api", "/preview", "/sandbox", "/health", "/metrics")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served: HTTP status and what to tell its sender."""

    status: int
    message: str


def is_under(path: str, prefixes: Iterable[str]) -> bool:
    """Whether `path` is one of the prefixes or below one of them."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)


def refusal_response(path: str, refusal: Refusal) -> Response:
    """The refusal as the contract of `path` words it: the REST answer, OpenAI's error object, plain JSON, or text."""
    status, message = refusal.status, refusal.message
    if is_under(path, ("/api",)):
        return JSONResponse({"case_id": None, "success": False, "suggestions": None, "error": message}, status)
    if is_under(path, ("/sandbox",)):
        return JSONResponse({"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}, status)
    if is_under(path, OWN_PREFIXES):
        return JSONResponse({"error": message}, status)
    return PlainTextResponse(message, status)


class _Fence:
    """An endpoint for every method that refuses."""

    def __init__(self, refusal: Refusal, allow: str = "") -> None:
        self._refusal = refusal
        self._allow = allow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = refusal_response(scope["path"], self._refusal)
        if self._allow:
            response.headers["Allow"] = self._allow
        await response(scope, receive, send)


def fenced(routes: list[Route]) -> list[Route]:
    """`routes`, then 405 for their other methods, then 404 for everything else below our prefixes."""
    wrong_method = [
        Route(r.path, _Fence(Refusal(405, "This method is not offered here."), ", ".join(sorted(r.methods or ())))) for r in routes
    ]
    nothing = _Fence(Refusal(404, "There is nothing here."))
    below = [Route(path, nothing) for prefix in OWN_PREFIXES for path in (prefix, prefix + "/{rest:path}")]
    return [*routes, *wrong_method, *below]
