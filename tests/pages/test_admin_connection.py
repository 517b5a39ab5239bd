"""Admin tests a connection: what it says, what it records, and that agreements to renew are seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import bootstrap, settings
from core.audit import Action, Outcome
from core.model import Message, Prompt, Role, Target, Usage

ROOT = Path(__file__).parents[2]
PROVIDERS = """
[[provider]]
id = "elsewhere"
name = "Elsewhere AI"
base_url = "http://127.0.0.1:9/v1"
key_variables = ["ELSEWHERE_API_KEY"]

[provider.baa]
state = "signed"
signed = 2025-01-01
until = {until}

[[provider.model]]
id = "model-1"
name = "Model One"
tiers = ["routine"]
context_tokens = 100000
typical_completion_tokens = 900
typical_latency_s = 5.0
"""


@pytest.fixture
def admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page, with one provider on a port that nobody listens on and an agreement that ends in 30 days."""
    file = tmp_path / "mine.toml"
    today = bootstrap.SystemClock().now().date()
    file.write_text(PROVIDERS.format(until=(today + timedelta(days=30)).isoformat()))
    monkeypatch.setenv("CASEGATE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("CASEGATE_PROVIDERS_FILE", str(file))
    monkeypatch.setenv("ELSEWHERE_API_KEY", "el-0000-invented")
    monkeypatch.chdir(ROOT)
    settings.settings.cache_clear()
    bootstrap.stop()
    test = AppTest.from_file(str(ROOT / "pages" / "admin.py"), default_timeout=120)
    test.session_state["demo_role"] = Role.ADMIN.value
    yield test.run()
    bootstrap.stop()
    settings.settings.cache_clear()


def shown(page: AppTest) -> str:
    """Everything that the page draws as HTML."""
    return " ".join(str(m.proto) for m in page.get("html")) + " ".join(m.value for m in page.markdown)


def test_a_connection_that_fails_is_named_and_recorded(admin: AppTest) -> None:
    """The sentence says that nobody listens; the entry holds class and provider; the key is shown as a fingerprint alone."""
    assert not admin.exception
    next(b for b in admin.button if b.label == "Test connection").click()
    admin.run()
    assert not admin.exception
    page = shown(admin)
    assert "refused the connection" in page
    assert "el-0000" not in page
    event = bootstrap.services().audit.entries(action=Action.PROVIDER_TESTED)[0].event
    assert (event.provider, event.model, event.outcome, event.error_class) == ("elsewhere", "model-1", Outcome.FAILED, "ProviderError")


def test_an_agreement_that_ends_soon_is_seen(admin: AppTest) -> None:
    """Thirty days before its end the page asks for its renewal, and so does the start."""
    assert "in 30 days" in shown(admin)
    assert "in 30 days" in " ".join(bootstrap.check(settings.settings()))


def test_the_error_of_estimates_is_shown(admin: AppTest) -> None:
    """Once a model has answered, the page tells how far its estimates were from what was billed; before that there is nothing to tell."""
    assert "Off by, on average" not in shown(admin)
    prompt = Prompt(Target("elsewhere", "model-1"), (Message("user", "x" * 4_200),), "t/1")
    bootstrap.services().gateway._ratios.learn(prompt, Usage(2_004, 10))
    page = shown(admin.run())
    assert not admin.exception
    assert "Off by, on average" in page
    assert "−49.9 %" in page
