"""The admin page: rules are saved as versions, and nobody's are overwritten unseen."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core import bootstrap, deid
from core.audit import Action
from core.model import Principal, Role

ROOT = Path(__file__).parents[2]


def opened(role: Role) -> AppTest:
    """The page as that role sees it."""
    test = AppTest.from_file(str(ROOT / "pages" / "admin.py"), default_timeout=120)
    test.session_state["demo_role"] = role.value
    return test.run()


def said(page: AppTest) -> str:
    """Everything that is drawn as markup."""
    return " ".join(str(element.proto.body) for element in page.get("html"))


def test_rules_are_saved_as_a_version_with_an_entry() -> None:
    """Policy and terms are in force, the entry has version and length, and the page says so; keys are shown as fingerprints."""
    page = opened(Role.PRIVACY_OFFICER)
    page.radio[0].set_value(deid.SAFE_HARBOR_KEEP_FACILITIES)
    page.text_area[0].set_value("Quorra Ward\n\nOrrin Lodge")
    page.button[0].click().run()
    assert not page.exception
    services = bootstrap.services()
    assert services.rules.current().effective.id == "SAFE_HARBOR_KEEP_FACILITIES/1:terms/1"
    assert services.rules.current().always == {"quorra ward", "orrin lodge"}
    changed = services.audit.entries(action=Action.CONFIGURATION_CHANGED)
    assert {(e.event.subject, e.event.count) for e in changed} == {("policy:SAFE_HARBOR_KEEP_FACILITIES", 1), ("terms:always-mask", 2)}
    assert "Version 1 is in force" in said(page)
    assert page.text_area[0].value == "orrin lodge\nquorra ward"
    shown = said(page)
    assert services.sandbox_key not in shown
    assert services.gateway.fingerprint_of("sandbox") in shown


def test_a_form_filled_over_older_rules_is_not_saved() -> None:
    """Somebody else was quicker: the page says so, and their rules stand."""
    page = opened(Role.ADMIN)
    services = bootstrap.services()
    services.rules.change(services.audit.append, Principal("u-other", Role.ADMIN), seen=0, never=["zorvane"])
    page.text_area[0].set_value("Quorra Ward")
    page.button[0].click().run()
    assert not page.exception
    assert "Somebody else" in said(page)
    assert (services.rules.current().version, services.rules.current().always) == (1, frozenset())


def test_an_administrator_is_not_offered_a_limited_data_set() -> None:
    """It wants a permission of its own, which the privacy officer holds."""
    assert [len(opened(role).radio[0].options) for role in (Role.ADMIN, Role.PRIVACY_OFFICER)] == [3, 4]
