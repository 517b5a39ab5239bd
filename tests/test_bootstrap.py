"""From settings to services: which models can be asked, and what is refused at the start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core import bootstrap
from core.bootstrap import Services
from core.errors import ConfigError
from core.model import Target, Tier
from core.settings import load_settings

SIGN_IN: dict[str, Any] = {
    "oidc_client_id": "casegate",
    "oidc_client_secret": "a-secret",
    "oidc_metadata_url": "https://idp.example.org/.well-known/openid-configuration",
    "oidc_redirect_uri": "https://casegate.example.org/oauth2callback",
    "oidc_cookie_secret": "another-secret",
    "vault_keys": "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
}
Building = Callable[..., Services]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Building]:
    """A maker of services in an empty folder, with no variable of the machine's own."""
    for name in list(os.environ):
        if name.startswith("CASEGATE_") or "HOLYSHEEP" in name:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    built: list[Services] = []

    def make(**settings: Any) -> Services:
        config = load_settings(data_dir=tmp_path / f"var{len(built)}", **settings)
        bootstrap.check(config)
        built.append(bootstrap.build(config, port=1))
        return built[-1]

    yield make
    for services in built:
        services.close()


def test_without_a_key_the_demo_asks_the_sandbox(build: Building) -> None:
    """Each tier has its model, all of them simulated."""
    services = build()
    proposed = [services.proposed(tier) for tier in Tier]
    assert [t.model for t in proposed] == ["deepseek-v3.2", "gemini-2.5-flash", "gpt-4.1", "claude-sonnet-4.5"]
    assert all(services.simulated(t) for t in services.targets)
    assert services.reference().assess


def test_with_a_key_the_real_provider_comes_first(build: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox stays at hand in the demo, and is what is proposed when the operator says so."""
    monkeypatch.setenv("HOLYSHEEP_API_KEY", "hs-not-a-real-key")
    assert build().proposed(Tier.ROUTINE) == Target("holysheep", "deepseek-v3.2")
    chosen = build(default_provider="sandbox")
    assert chosen.proposed(Tier.ROUTINE) == Target("sandbox", "deepseek-v3.2")
    assert [chosen.simulated(t) for t in chosen.targets] == [False] * 4 + [True] * 4


def test_deadlines_are_30_and_60_seconds(build: Building) -> None:
    """Sixty for what is complex or long, thirty for the rest."""
    services = build()
    assert [services.deadline_s(tier, services.proposed(tier)) for tier in Tier] == [30, 30, 60, 60]


def test_a_default_provider_that_is_not_there_is_refused(build: Building) -> None:
    """A misspelt name is no silent choice of another."""
    with pytest.raises(ConfigError, match="holyshep"):
        build(default_provider="holyshep")


@pytest.mark.parametrize("env", ["staging", "production"])
def test_outside_development_a_missing_key_stops_the_start(build: Building, env: str) -> None:
    """With sign-in there is no sandbox: the message names the variables to set."""
    with pytest.raises(ConfigError, match="HOLYSHEEP_API_KEY"):
        build(env=env, **SIGN_IN)


def test_in_development_with_sign_in_the_page_says_what_is_missing(build: Building) -> None:
    """It starts, so that sign-in can be tried; asking a model is refused in words."""
    services = build(**SIGN_IN)
    assert services.targets == ()
    with pytest.raises(ConfigError, match="no provider has a key"):
        services.proposed(Tier.ROUTINE)
