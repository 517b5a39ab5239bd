"""OpenTelemetry export of the same figures that /metrics shows; optional: requirements/otel.in, CASEGATE_OTLP_ENDPOINT.

Names of attributes are those of OpenTelemetry's conventions for generative AI where there are such.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any

from core.api.measures import Counter, Labels, Measures, measure
from core.bootstrap import VERSION, SystemClock
from core.errors import ConfigError, Error

if TYPE_CHECKING:
    from core.bootstrap import Services

EVERY_MS = 60_000
FRESH_S = 5.0
_ATTRIBUTES = {"provider": "gen_ai.provider.name", "model": "gen_ai.request.model", "direction": "gen_ai.token.type"}
_log = logging.getLogger("casegate.api")


class Snapshot:
    """One reading of the store for all instruments of one export. What can't be read is left out, and said in the log by class."""

    def __init__(self, services: Callable[[], Services]) -> None:
        self._services = services
        self._since = SystemClock().now()
        self._lock = Lock()
        self._read_at = float("-inf")
        self._found: Measures | None = None

    def __call__(self) -> Measures | None:
        """The figures, at most FRESH_S seconds old."""
        with self._lock:
            if time.monotonic() - self._read_at > FRESH_S:
                try:
                    self._found = measure(self._services(), self._since)
                except Error as error:
                    _log.error("telemetry failed with %s", type(error).__name__)
                    self._found = None
                self._read_at = time.monotonic()
            return self._found


def start_telemetry(services: Callable[[], Services], endpoint: str, *, reader: Any = None) -> Callable[[], None]:
    """Export every minute to an OTLP endpoint over HTTP (or by `reader`); gives what ends it. Does nothing without an endpoint.

    Raises ConfigError that names the packages when they are not installed.
    """
    if not endpoint and reader is None:
        return lambda: None
    try:
        from opentelemetry.metrics import Observation
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.resources import Resource

        reader = reader or _otlp_reader(endpoint)
    except ImportError:
        raise ConfigError("CASEGATE_OTLP_ENDPOINT needs OpenTelemetry: pip install -r requirements/otel.in, or unset it.") from None
    provider = MeterProvider([reader], Resource.create({"service.name": "casegate", "service.version": VERSION}))
    meter, snapshot = provider.get_meter("casegate", VERSION), Snapshot(services)

    def observe(name: str) -> Callable[[Any], Iterable[Observation]]:
        def read(_: Any) -> Iterable[Observation]:
            found = snapshot()
            counters = [c for c in found.counters if c.name == name] if found else []
            return [Observation(float(value), attributes(labels)) for c in counters for labels, value in c.values.items()]

        return read

    for counter in _instruments():
        meter.create_observable_counter(counter.name.replace("_", ".", 1), [observe(counter.name)], description=counter.meaning)
    return provider.shutdown


def attributes(labels: Labels) -> dict[str, str]:
    """Labels under OpenTelemetry's names, ours where there is none."""
    return {_ATTRIBUTES.get(name, f"casegate.{name}"): value for name, value in labels}


def _instruments() -> tuple[Counter, ...]:
    names = ("calls", "retried_calls", "fallback_calls", "blocked_prompts", "accepted_differentials", "tokens", "cost_usd")
    return tuple(Counter(f"casegate_{name}", name.replace("_", " "), {}) for name in names)


def _otlp_reader(endpoint: str) -> Any:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    return PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=endpoint), export_interval_millis=EVERY_MS)
