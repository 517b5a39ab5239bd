"""The usage page over a real store: what it shows to whom, and what it records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from audit.conftest import make_event
from streamlit.testing.v1 import AppTest

from core import bootstrap, settings
from core.analytics import Span, period
from core.assessment import Assessment, CheckedAssessment
from core.audit import Action, UsageFilter
from core.auth import Permission, allowed
from core.bootstrap import Services
from core.consultation import Consultation
from core.model import Principal, Reply, Role, Target, Tier, Usage
from core.ui.desk import usage_report, verdict
from core.ui.desk.usage_filters import Choice

ROOT = Path(__file__).parents[2]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A demo of this test's own with twelve real calls of three people and two simulated ones; a site budget of 50 dollars a month."""
    monkeypatch.setenv("CASEGATE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("CASEGATE_BUDGETS", "site/month=50")
    monkeypatch.chdir(ROOT)
    settings.settings.cache_clear()
    bootstrap.stop()
    built = bootstrap.services()
    for number in range(14):
        model = "gpt-4.1" if number % 4 == 0 else "deepseek-v3.2"
        who = {"actor_id": f"u-{number % 3}", "department": "cardiology" if number % 2 else "surgery"}
        built.audit.append(make_event(number, simulated=number >= 12, cost_nano_usd=10**8, model=model, **who))
    built.audit.append(make_event(15, action=Action.DECISION_RECORDED, subject="accepted", simulated=False))
    yield built
    bootstrap.stop()
    settings.settings.cache_clear()


def page(role: Role, **state: Any) -> AppTest:
    """The page as that role sees it."""
    run = AppTest.from_file(str(ROOT / "pages" / "usage.py"), default_timeout=90)
    run.session_state["demo_role"] = role.value
    for key, value in state.items():
        run.session_state[key] = value
    run.run()
    assert not run.exception
    return run


def metrics(run: AppTest) -> Mapping[str, str]:
    """Headline figures by label."""
    return {m.label: m.value.replace("\\", "") for m in run.metric}


def test_the_page_shows_real_calls_and_simulated_ones_apart(services: Services) -> None:
    """Real ones first; the others on their own page of figures, which says what they are."""
    run = page(Role.PRIVACY_OFFICER)
    told = metrics(run)
    assert (told["Calls"], told["Cost"], told["Per accepted differential"]) == ("12", "$1.20", "$1.20")
    shown = "".join(h.proto.body for h in run.get("html"))
    assert "Simulated calls:" not in shown
    assert "of $50.00" in shown
    other = page(Role.PRIVACY_OFFICER, **{"usage-kind": "Simulated calls"})
    assert metrics(other)["Calls"] == "2"
    assert "Simulated calls:" in "".join(h.proto.body for h in other.get("html"))


def test_one_persons_figures_are_for_those_who_may(services: Services) -> None:
    """The officer chooses a user and sees totals; a viewer is offered everyone or themselves, and no names."""
    officer = page(Role.PRIVACY_OFFICER)
    assert officer.selectbox(key="usage-actor").options == ["u-0", "u-1", "u-2"]
    officer.selectbox(key="usage-actor").set_value("u-1").run()
    assert not officer.exception
    assert metrics(officer)["Calls"] == "4"
    assert metrics(officer)["Latency p95"] == "–"
    viewer = page(Role.VIEWER)
    assert viewer.selectbox(key="usage-actor").options == ["Everyone", "Me"]
    viewer.selectbox(key="usage-actor").set_value("Me").run()
    assert "Calls" not in metrics(viewer)


@pytest.mark.parametrize(("role", "offered"), [(Role.ADMIN, True), (Role.VIEWER, False), (Role.CLINICIAN, False)])
def test_a_breakdown_by_person_needs_the_permission(services: Services, role: Role, offered: bool) -> None:
    """Tiers, roles and departments are everybody's; users are not."""
    person = Principal("u-x", role)
    choice = Choice(period(Span.WEEK, services.clock.now(), BERLIN), UsageFilter(simulated=False), BERLIN)
    assert ("actor" in usage_report.breakdowns(person, choice)) is offered is allowed(person, Permission.USAGE_BY_USER)
    asked = usage_report.ask(services, choice, "department")
    assert asked.breakdown is not None
    calls = asked.breakdown[asked.breakdown["outcome"] != ""]
    assert dict(calls.groupby("department")["calls"].sum()) == {"cardiology": 6, "surgery": 6}


def test_filters_narrow_every_figure(services: Services) -> None:
    """By model, then by department too: fewer calls, of those in both."""
    run = page(Role.ADMIN, **{"usage-model": "gpt-4.1"})
    assert metrics(run)["Calls"] == "3"
    run.selectbox(key="usage-department").set_value("surgery").run()
    assert not run.exception
    assert metrics(run)["Calls"] == "3"
    run.selectbox(key="usage-department").set_value("cardiology").run()
    assert "Calls" not in metrics(run)


def answer(services: Services) -> Consultation:
    """An answer of the demo clinician."""
    assessment = Assessment.model_construct(differential=[])
    reply = Reply("", Target("holysheep", "gpt-4.1"), Usage(1, 1), 1.0, None, 1, "stop", None, simulated=False)
    facts: dict[str, Any] = dict.fromkeys(("sent_case", "payload_sha256", "policy_version", "prompt_version"), "x")
    facts |= {"case_ref": "case-q", "request_id": "req-q", "owner": "demo-clinician", "at": services.clock.now() - timedelta(seconds=1)}
    return Consultation(**facts, tier=Tier.COMPLEX, originals={}, checked=CheckedAssessment(assessment, ()), reply=reply, repaired=False)


def test_the_volume_calculator_offers_each_model_once(services: Services) -> None:
    """A model that several providers serve has one slider, and what only a provider out of use serves has none."""
    names = [price.name for price in usage_report.model_prices(services)]
    assert names == ["DeepSeek V3.2", "Gemini 2.5 Flash", "GPT-4.1", "Claude Sonnet 4.5"]


def test_a_decision_is_kept_sealed_and_recorded_without_a_word(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vault holds it for its owner; the entry names the decision by a code, the model and the case."""
    monkeypatch.setattr(verdict.session, "services", lambda: services)
    done, person = answer(services), Principal("demo-clinician", Role.CLINICIAN)
    verdict.decide(services, done, person, verdict.Decision.ACCEPTED)
    held = services.vault.get("decision", "req-q", owner="demo-clinician")
    assert held == {"decision": "accepted", "case_ref": "case-q"}
    entry = services.audit.entries(action=Action.DECISION_RECORDED, limit=1)[0]
    assert (entry.event.subject, entry.event.model, entry.event.tier) == ("accepted", "gpt-4.1", Tier.COMPLEX)
