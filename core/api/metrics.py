"""GET /metrics for Prometheus, behind a token of its own; closed while there is none."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.api.lanes import Lane
from core.api.measures import Labels, Measures, measure
from core.api.refusals import Refusal, refusal_response
from core.bootstrap import SystemClock
from core.errors import Error

if TYPE_CHECKING:
    from core.bootstrap import Services

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_log = logging.getLogger("casegate.api")


def metrics_route(services: Callable[[], Services]) -> Route:
    """404 without CASEGATE_METRICS_TOKEN, 401 without the token as bearer, 503 when the store can't be read; no label holds a person."""
    lane, since = Lane(1), SystemClock().now()

    def answer(authorization: str) -> Response:
        try:
            built = services()
            token = built.settings.metrics_token.get_secret_value()
            if not token:
                return refusal_response("/metrics", Refusal(404, "There is nothing here."))
            if not hmac.compare_digest(authorization.encode("utf-8", "replace"), f"Bearer {token}".encode()):
                return refusal_response("/metrics", Refusal(401, "Present the metrics token as a bearer token."))
            return PlainTextResponse("".join(exposition(measure(built, since))), media_type=CONTENT_TYPE)
        except Error as error:
            return refusal_response("/metrics", Refusal(503, error.user_message))
        except Exception as error:  # noqa: BLE001 - a monitor must get an answer whatever is broken
            _log.error("metrics failed with %s", type(error).__name__)
            return refusal_response("/metrics", Refusal(503, "The figures can't be read; see the server's log."))

    async def metrics(request: Request) -> Response:
        return await lane.run(lambda: answer(request.headers.get("authorization", "")))

    return Route("/metrics", metrics, methods=["GET"])


def exposition(found: Measures) -> Iterator[str]:
    """Prometheus' text format, version 0.0.4."""
    for counter in found.counters:
        name = f"{counter.name}_total"
        yield from _head(name, counter.meaning, "counter")
        yield from (f"{name}{_written(labels)} {value:f}\n" for labels, value in counter.values.items())
    for durations in found.durations:
        yield from _head(durations.name, durations.meaning, "histogram")
        for labels, (buckets, count, seconds) in durations.values.items():
            yield from (f"{durations.name}_bucket{_written((*labels, ('le', f'{bound:g}')))} {n}\n" for bound, n in buckets)
            yield f"{durations.name}_bucket{_written((*labels, ('le', '+Inf')))} {count}\n"
            yield f"{durations.name}_sum{_written(labels)} {seconds:.3f}\n{durations.name}_count{_written(labels)} {count}\n"
    for name, meaning, value in (
        ("casegate_audit_entries", "Entries in the audit store", found.entries),
        ("casegate_audit_writable", "1 when an entry could be written now", int(found.writable)),
    ):
        yield from _head(name, meaning, "gauge")
        yield f"{name} {value}\n"


def _head(name: str, meaning: str, kind: str) -> Iterable[str]:
    return f"# HELP {name} {meaning}\n", f"# TYPE {name} {kind}\n"


def _written(labels: Labels) -> str:
    """Values are ids of our own forms: they hold no quote, backslash or line end."""
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels) + "}" if labels else ""
