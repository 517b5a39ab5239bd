"""GET /health."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_doubles import StubServices, local_client, settings_for

from core.api.health import health_route
from core.bootstrap import VERSION
from core.errors import ConfigError


def broken(error: Exception) -> Any:
    """Services that can't be built."""

    def services() -> Any:
        raise error

    return services


def test_health_tells_the_true_time_and_state() -> None:
    """A working server answers 200 with version, time from the clock, store, providers and mode."""
    services = StubServices(settings_for())
    client = local_client([health_route(lambda: services)])
    services.clock.advance(61)
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": VERSION,
        "time": "2026-01-05T09:01:01+00:00",
        "audit_store": "writable",
        "providers": ["sandbox"],
        "mode": "demo",
    }


def test_mode_is_the_environment_once_sign_in_is_configured() -> None:
    """Outside demo mode the environment's name is told."""
    services = StubServices(settings_for(env="production"), demo=False)
    assert local_client([health_route(lambda: services)]).get("/health").json()["mode"] == "production"


def test_unwritable_store_is_503() -> None:
    """Without an audit store no case can be sent, so the server is degraded."""
    services = StubServices(settings_for())
    services.audit.broken = True
    answer = local_client([health_route(lambda: services)]).get("/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["audit_store"]) == (503, "degraded", "not writable")


def test_services_that_cannot_be_built_are_503_with_what_to_do() -> None:
    """A wrong setting shows on /health in its own words."""
    answer = local_client([health_route(broken(ConfigError("Set CASEGATE_VAULT_KEYS.")))]).get("/health")
    assert (answer.status_code, answer.json()["error"]) == (503, "Set CASEGATE_VAULT_KEYS.")
    assert abs(datetime.fromisoformat(answer.json()["time"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_unforeseen_failure_is_503_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever breaks, health answers, and tells no exception's text."""
    answer = local_client([health_route(broken(RuntimeError("secret path")))]).get("/health")
    assert answer.status_code == 503
    assert "secret path" not in answer.text + caplog.text


def test_head_is_answered_without_a_body() -> None:
    """Monitors that send HEAD get the status alone."""
    services = StubServices(settings_for())
    answer = local_client([health_route(lambda: services)]).head("/health")
    assert (answer.status_code, answer.content) == (200, b"")
