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
from core.gateway import Spender
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


def test_a_spending_limit_reaches_the_gateway(build: Building) -> None:
    """What the setting limits is what a user has left; without it there is nothing to show and no store is made."""
    spender = Spender("u-1", "clinician")
    limited, free = build(budgets="user/day=5, role:clinician/month=200"), build()
    assert [(x.limit_usd, x.used_usd) for x in limited.gateway.budget_left(spender)] == [(200, 0), (5, 0)]
    assert free.gateway.budget_left(spender) == ()
    assert (limited.settings.data_dir / "budget.sqlite3").exists()
    assert not (free.settings.data_dir / "budget.sqlite3").exists()


def test_a_wrong_limit_stops_the_start(build: Building) -> None:
    """The message names the setting."""
    with pytest.raises(ConfigError, match="CASEGATE_BUDGETS"):
        build(budgets="everybody=5")


def test_a_key_may_stand_in_a_file(build: Building, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A mounted secret makes a provider usable; one with a wrong key stops the start without showing it."""
    secret = tmp_path / "secret"
    secret.write_text("hs-from-a-file\n")
    monkeypatch.setenv("HOLYSHEEP_API_KEY_FILE", str(secret))
    assert build().proposed(Tier.ROUTINE) == Target("holysheep", "deepseek-v3.2")
    secret.write_text("sk-of-somebody-else")
    with pytest.raises(ConfigError, match="begins with 'sk-o'"):
        build()


def test_the_same_key_in_two_environments_stops_the_start(build: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments hold separate keys: the development variable's key does not serve staging."""
    monkeypatch.setenv("HOLYSHEEP_API_KEY_STAGING", "hs-one-for-all")
    monkeypatch.setenv("HOLYSHEEP_API_KEY_DEVELOPMENT", "hs-one-for-all")
    with pytest.raises(ConfigError, match="the same key as its development variable"):
        build(env="staging", **SIGN_IN)


def test_a_start_without_an_agreement_warns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Outside development the operator reads which provider gets Safe Harbor output only."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLYSHEEP_API_KEY", "hs-not-a-real-key")
    warnings = bootstrap.check(load_settings(data_dir=tmp_path / "var", env="staging", **SIGN_IN))
    assert any("HolySheep AI" in w and "Safe Harbor output only" in w for w in warnings)


def test_each_tier_has_its_fallback(build: Building) -> None:
    """Behind the proposed model stands another of the same provider, and never one of another class."""
    services = build()
    behind = {tier: services.fallbacks(tier, services.proposed(tier)) for tier in Tier}
    assert [t[0].model for t in behind.values()] == ["gemini-2.5-flash", "deepseek-v3.2", "claude-sonnet-4.5", "gpt-4.1"]
    assert all(services.simulated(t) for targets in behind.values() for t in targets)


def test_a_provider_without_a_model_for_the_tier_leaves_it_to_the_next(build: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    """With only OpenAI's key the complex tier is proposed there; what it has no model for goes to whoever has one."""
    monkeypatch.setenv("CASEGATE_OPENAI_API_KEY", "sk-not-a-real-key")
    services = build(default_provider="openai")
    assert services.proposed(Tier.COMPLEX) == Target("openai", "gpt-4.1")
    assert services.proposed(Tier.ROUTINE) == Target("sandbox", "deepseek-v3.2")
    assert services.answer_form(Target("openai", "gpt-4.1")) == "json-schema"
