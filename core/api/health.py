"""GET /health: can this server do its work, told without signing in and without any detail of a case."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.api.lanes import Lane
from core.bootstrap import VERSION, SystemClock
from core.errors import Error

if TYPE_CHECKING:
    from core.bootstrap import Services

_log = logging.getLogger("casegate.api")


def health_route(services: Callable[[], Services]) -> Route:
    """GET and HEAD /health: 200 when cases can be worked on, 503 when they can't; never an exception."""
    lane = Lane(2)

    async def health(request: Request) -> JSONResponse:
        report = await lane.run(lambda: report_health(services))
        return JSONResponse(report, 200 if report["status"] == "ok" else 503)

    return Route("/health", health, methods=["GET"])


def report_health(services: Callable[[], Services]) -> dict[str, Any]:
    """`status` ok or degraded, `version`, `time` (UTC, ISO 8601), `audit_store`, `providers` with a key, `mode`, and `error` if any.

    Never raises; the time is true even when nothing else can be told.
    """
    try:
        return _report(services())
    except Error as error:
        return _degraded(error.user_message)
    except Exception as error:  # noqa: BLE001 - a monitor must get an answer whatever is broken
        _log.error("health check failed with %s", type(error).__name__)
        return _degraded("The server can't start its services; see its log.")


def _report(services: Services) -> dict[str, Any]:
    writable = services.audit.writable()
    return {
        "status": "ok" if writable else "degraded",
        "version": VERSION,
        "time": services.clock.now().isoformat(),
        "audit_store": "writable" if writable else "not writable",
        "providers": list(services.gateway.configured()),
        "mode": "demo" if services.demo else str(services.settings.env),
    }


def _degraded(message: str) -> dict[str, Any]:
    return {
        "status": "degraded",
        "version": VERSION,
        "time": SystemClock().now().isoformat(),
        "audit_store": "not writable",
        "providers": [],
        "mode": "unknown",
        "error": message,
    }
