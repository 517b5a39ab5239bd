"""GET /metrics for Prometheus, and the same figures by OpenTelemetry: closed by default, right when open, nobody in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_doubles import local_client, settings_for
from audit.conftest import make_event
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from core.api.metrics import metrics_route
from core.api.telemetry import start_telemetry
from core.audit import Action, AuditLog, Outcome
from core.errors import AuditError, ConfigError
from core.model import FixedClock
from core.settings import Settings

TOKEN = "metrics-token-0123456789"


@dataclass
class Fake:
    """What the route uses of the services: a real store, settings, a clock."""

    audit: AuditLog
    settings: Settings
    clock: FixedClock


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Fake]:
    """Three calls, one of them failed, and a blocked prompt."""
    clock = FixedClock(at=datetime.now(UTC))
    log = AuditLog.open(tmp_path / "audit.sqlite3", clock=clock)
    log.append(make_event(1, latency_ms=900))
    log.append(make_event(2, latency_ms=4_000, attempt=2))
    log.append(make_event(3, action=Action.DIAGNOSIS_REQUEST_FAILED, outcome=Outcome.FAILED, error_class="RateLimitError"))
    log.append(make_event(4, action=Action.PREFLIGHT_BLOCKED))
    yield Fake(log, settings_for(metrics_token=TOKEN), clock)
    log.close()


def client(services: Fake) -> TestClient:
    """A client of the route."""
    return local_client([metrics_route(lambda: services)])  # type: ignore[arg-type,return-value]


def samples(text: str) -> dict[tuple[str, str], float]:
    """(sample, one distinguishing label) → value, as Prometheus' own parser reads them."""
    return {
        (s.name, s.labels.get("le") or s.labels.get("direction") or s.labels.get("outcome") or ""): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }


def test_metrics_are_what_the_store_says(services: Fake) -> None:
    """Counters, tokens, dollars, buckets and gauges, in a form that Prometheus reads; no actor and no case in any label."""
    answer = client(services).get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found = samples(answer.text)
    assert found["casegate_calls_total", "ok"] == 2
    assert found["casegate_calls_total", "failed"] == 1
    assert found["casegate_retried_calls_total", "ok"] == 1
    assert found["casegate_blocked_prompts_total", ""] == 1
    assert found["casegate_cost_usd_total", "ok"] == pytest.approx(0.000756)
    assert found["casegate_call_seconds_bucket", "1"] == 1
    assert found["casegate_call_seconds_bucket", "+Inf"] == found["casegate_call_seconds_count", ""] == 2
    assert found["casegate_call_seconds_sum", ""] == pytest.approx(4.9, rel=0.01)
    assert found["casegate_audit_entries", ""] == 4
    assert "u-7f3a" not in answer.text
    assert "case-" not in answer.text


@pytest.mark.parametrize("given", [None, "", TOKEN, "Bearer ", "Bearer wrong", f"bearer {TOKEN}", f"Bearer {TOKEN}é"], ids=range(7))
def test_without_the_token_there_are_no_figures(services: Fake, given: str | None) -> None:
    """Anything but the token as bearer is 401."""
    headers = {} if given is None else {"authorization": given.encode("latin-1").decode("latin-1")}
    answer = client(services).get("/metrics", headers={k: v.encode("latin-1") for k, v in headers.items()})  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert "casegate_" not in answer.text


def test_closed_until_there_is_a_token(services: Fake) -> None:
    """Nobody guesses an empty token."""
    services.settings = settings_for()
    assert client(services).get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_a_store_that_cannot_be_read_is_503(services: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The monitor hears why, without a traceback."""

    def fail(*_: object) -> None:
        raise AuditError("The audit store is damaged.")

    monkeypatch.setattr(services.audit.figures, "ask", fail)
    answer = client(services).get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json()["error"]) == (503, "The audit store is damaged.")


def test_opentelemetry_gets_the_same(services: Fake) -> None:
    """By the real SDK: calls by outcome, tokens by direction, attributes under the conventions' names."""
    reader = InMemoryMetricReader()
    end = start_telemetry(lambda: services, "", reader=reader)  # type: ignore[arg-type,return-value]
    data = reader.get_metrics_data()
    assert data is not None
    metrics = {m.name: m.data.data_points for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    calls = {p.attributes["casegate.outcome"]: p.value for p in metrics["casegate.calls"]}
    assert calls == {"ok": 2, "failed": 1}
    assert {p.attributes["gen_ai.token.type"] for p in metrics["casegate.tokens"]} == {"input", "output"}
    assert {p.attributes["gen_ai.request.model"] for p in metrics["casegate.calls"]} == {"deepseek-v3.2"}
    end()


def test_telemetry_is_off_by_default_and_names_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an endpoint nothing starts; with one and no packages, the message says what to install."""
    start_telemetry(lambda: None, "")()  # type: ignore[arg-type,return-value]
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.metrics", None)
    with pytest.raises(ConfigError, match=r"requirements/otel\.in"):
        start_telemetry(lambda: None, "http://127.0.0.1:4318/v1/metrics")  # type: ignore[arg-type,return-value]
