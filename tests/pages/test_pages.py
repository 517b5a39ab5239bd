"""Each page alone: signed out, wrong role, right role; and the frame around them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import bootstrap, settings
from core.audit import Action
from core.library import cases
from core.model import Role

ROOT = Path(__file__).parents[2]
PAGES = {
    "workup": {Role.CLINICIAN},
    "compare": {Role.CLINICIAN},
    "consultations": {Role.CLINICIAN},
    "usage": {Role.CLINICIAN, Role.PRIVACY_OFFICER, Role.ADMIN, Role.VIEWER},
    "engine": {Role.CLINICIAN, Role.PRIVACY_OFFICER, Role.ADMIN, Role.VIEWER},
    "audit_trail": {Role.PRIVACY_OFFICER, Role.ADMIN},
    "admin": {Role.PRIVACY_OFFICER, Role.ADMIN},
}
TITLES = {
    "workup": "Work-up",
    "compare": "Compare",
    "consultations": "Consultations",
    "usage": "Usage",
    "engine": "Reference engine",
    "audit_trail": "Audit trail",
    "admin": "Admin",
}
DEMO_ROLES = (Role.CLINICIAN, Role.PRIVACY_OFFICER, Role.ADMIN, Role.VIEWER)
Setting = Callable[..., None]


def page(name: str, role: Role | None = None) -> AppTest:
    """A page run alone, as a deep link would run it."""
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=120)
    if role is not None:
        test.session_state["demo_role"] = role.value
    return test.run()


def signed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign-in is configured and nobody has signed in."""
    for name in ("CLIENT_ID", "CLIENT_SECRET", "METADATA_URL", "REDIRECT_URI", "COOKIE_SECRET"):
        monkeypatch.setenv(f"CASEGATE_OIDC_{name}", "https://idp.example.org")
    monkeypatch.setenv("CASEGATE_VAULT_KEYS", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    settings.settings.cache_clear()


@pytest.mark.parametrize("role", DEMO_ROLES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_for_its_roles_alone(name: str, role: Role) -> None:
    """The right role sees the page; a wrong one sees why not, and the denial is an entry."""
    run = page(name, role)
    assert not run.exception
    titles = [t.value for t in run.title]
    if role in PAGES[name]:
        assert titles == [TITLES[name]]
    else:
        assert titles == []
        assert role.value in run.error[0].value
        assert bootstrap.services().audit.entries(action=Action.ACCESS_DENIED)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_nothing_to_the_signed_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deep link without sign-in gives a sentence and nothing else."""
    signed_out(monkeypatch)
    run = page(name)
    assert not run.exception
    assert not run.title
    assert "Sign in" in run.info[0].value


def test_the_frame_shows_only_sign_in_to_the_signed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an identity provider and nobody signed in, the app is a sign-in button."""
    signed_out(monkeypatch)
    run = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert not run.exception
    assert [b.label for b in run.button] == ["Sign in"]
    assert not run.selectbox


@pytest.mark.parametrize(("role", "title"), [(Role.CLINICIAN, "Work-up"), (Role.VIEWER, "Usage"), (Role.PRIVACY_OFFICER, "Usage")])
def test_the_frame_opens_the_first_page_of_the_role(role: Role, title: str) -> None:
    """Each role lands on a page of its own, and arriving is an entry, once however often the page runs."""
    run = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    run.session_state["demo_role"] = role.value
    run.run()
    assert not run.exception
    assert run.title[0].value == title
    run.run()
    assert [e.event.actor_role for e in bootstrap.services().audit.entries(action=Action.SIGN_IN)] == [role]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PRIVACY_OFFICER])
def test_looking_at_the_figures_is_an_entry_once(role: Role) -> None:
    """Who came to the page is on record, however often it is drawn again."""
    run = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    run.session_state["demo_role"] = role.value
    run.run().run()
    assert [e.event.actor_role for e in bootstrap.services().audit.entries(action=Action.USAGE_VIEWED)] == [role]


def test_a_draft_that_comes_back_from_the_vault_is_an_entry() -> None:
    """A second browser of the same person opens what the first one wrote, and the store tells so."""
    first = page("workup", Role.CLINICIAN)
    first.button[0].click().run()
    assert not bootstrap.services().audit.entries(action=Action.DRAFT_OPENED)
    second = page("workup", Role.CLINICIAN)
    assert not second.exception
    opened = bootstrap.services().audit.entries(action=Action.DRAFT_OPENED)
    assert [e.event.actor_role for e in opened] == [Role.CLINICIAN]
    assert opened[0].event.case_ref


def test_an_unwritable_store_is_a_message_on_the_page(tmp_path: Path) -> None:
    """No traceback: the page says what is wrong."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "audit.sqlite3").write_bytes(b"this is not a database, " * 50)
    run = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert not run.exception
    assert run.error


def test_an_incomplete_case_names_what_is_missing() -> None:
    """Beside an empty form stand the fields to complete, and Send is disabled."""
    run = page("workup", Role.CLINICIAN)
    told = " ".join(c.value for c in run.caption)
    for label in ("Chief complaint", "Symptoms", "Age", "Sex"):
        assert label in told
    assert run.button(key="send-nothing").disabled
    assert run.checkbox(key="reviewed-nothing").disabled


def test_an_example_fills_the_form_and_is_reviewed_before_it_can_be_sent() -> None:
    """Try a case: the exact messages appear; flags are decided; the tick opens Send; another example unticks it."""
    run = page("workup", Role.CLINICIAN)
    run.button[0].click().run()
    assert not run.exception
    for _ in range(8):
        flags = [b for b in run.button if b.label == "Redact"]
        if not flags:
            break
        flags[0].click().run()
    tick = next(c for c in run.checkbox if c.label == "I have reviewed what will be sent")
    assert not tick.disabled
    assert next(b for b in run.button if b.label == "Send redacted case").disabled
    tick.check().run()
    assert not next(b for b in run.button if b.label == "Send redacted case").disabled
    assert bootstrap.services().audit.entries(action=Action.PREVIEW_REVIEWED)
    run.button[1].click().run()
    assert not next(c for c in run.checkbox if c.label == "I have reviewed what will be sent").value


def test_a_library_case_is_loaded_with_one_click() -> None:
    """Each demo case is a button with its marks, narrowed by specialty; a click fills the form. The evaluation part is not on offer."""
    run = page("workup", Role.CLINICIAN)
    offered = {b.key.removeprefix("try-"): b for b in run.button if str(b.key).startswith("try-")}
    assert set(offered) == {case.id for case in cases("demo")}
    assert all(
        (":red-badge[cannot miss]" in offered[c.id].label) is c.cannot_miss and c.difficulty in offered[c.id].label for c in cases("demo")
    )
    case = next(case for case in cases("demo") if case.identity.values())
    run.selectbox(key="library_specialty").set_value(case.specialty).run()
    assert {str(b.key) for b in run.button if str(b.key).startswith("try-")} == {
        f"try-{c.id}" for c in cases("demo") if c.specialty == case.specialty
    }
    run.button(key=f"try-{case.id}").click().run()
    assert not run.exception
    assert next(n for n in run.number_input if n.label == "Age").value == case.age_years
    shown = " ".join(str(element.value) for element in (*run.code, *run.markdown, *run.text))
    assert case.texts["labs"][:20] in shown
    assert case.identity.name not in shown
