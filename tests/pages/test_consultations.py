"""The Consultations page: one's own by its reference, a colleague's only behind glass."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.consultations import consultation, put

from core import bootstrap, settings
from core.audit import Action, Event
from core.consultation import Consultation
from core.model import Role

ROOT = Path(__file__).parents[2]
NAME = "Harold Whitcombe"


def kept(owner: str) -> Consultation:
    """A consultation of somebody's in the vault, with the entry that an answer leaves."""
    services = bootstrap.services()
    done = put(services.vault, consultation(owner))
    about = {"case_ref": done.case_ref, "request_id": done.request_id, "provider": "sandbox", "model": "gpt-4.1"}
    services.audit.append(Event(actor_id=owner, actor_role=Role.CLINICIAN, action=Action.DIAGNOSIS_RESPONSE_RECEIVED, **about))
    return done


def asked(reference: str) -> AppTest:
    """The page of the demo's clinician, with a reference typed."""
    run = AppTest.from_file(str(ROOT / "pages" / "consultations.py"), default_timeout=120)
    run.session_state["demo_role"] = Role.CLINICIAN.value
    return run.run().text_input(key="consultation-reference").set_value(reference).run()


def shown(run: AppTest) -> str:
    """All text on screen."""
    assert not run.exception
    drawn = [str(element.proto.body) for element in run.get("html")]
    return " ".join([*drawn, *(str(element.value) for element in (*run.markdown, *run.text, *run.code, *run.caption))])


def glass(run: AppTest) -> list[str]:
    """Labels of the buttons."""
    return [b.label for b in run.button]


def recorded(action: Action) -> list[Event]:
    """Of the person at the screen, newest first."""
    return [e.event for e in bootstrap.services().audit.entries(action=action) if e.event.actor_id == "demo-clinician"]


@pytest.mark.parametrize("by", ["case_ref", "request_id"])
def test_ones_own_opens_once(by: str) -> None:
    """By case or request, with the name turned back; one entry however often the page is drawn."""
    done = kept("demo-clinician")
    run = asked(getattr(done, by)).run()
    assert NAME in shown(run)
    assert "Break the glass" not in glass(run)
    assert len(recorded(Action.CONSULTATION_OPENED)) == len(recorded(Action.RESPONSE_REVEALED)) == 1


def test_a_colleagues_stays_shut() -> None:
    """Nothing of it is shown before the glass is broken, and that it was asked for is an entry, once."""
    done = kept("u-colleague")
    run = asked(done.case_ref).run()
    assert NAME not in shown(run)
    assert "chest pain" not in shown(run)
    assert "No consultation of yours" in run.error[0].value
    assert [(e.request_id, e.outcome) for e in recorded(Action.ACCESS_DENIED)] == [("req-1", "refused")]


def test_nothing_there_looks_the_same() -> None:
    """Whether a reference leads anywhere can't be told from the screen."""
    kept("u-colleague")
    assert shown(asked("req-none")) == shown(asked("req-1"))


def test_neither_reason_nor_tick_alone_breaks_the_glass() -> None:
    """Both, then the button."""
    run = asked(kept("u-colleague").request_id)
    button = next(b for b in run.button if b.label == "Break the glass")
    assert button.disabled
    run.radio(key="emergency-reason").set_value("taking_over").run()
    assert next(b for b in run.button if b.label == "Break the glass").disabled
    run.checkbox(key="emergency-sure").check().run()
    assert not next(b for b in run.button if b.label == "Break the glass").disabled
    assert recorded(Action.BREAK_GLASS) == []


def taken(reference: str) -> AppTest:
    """The glass broken on screen."""
    run = asked(reference)
    run.radio(key="emergency-reason").set_value("emergency_care").run()
    run.checkbox(key="emergency-sure").check().run()
    return next(b for b in run.button if b.label == "Break the glass").click().run()


def test_behind_the_glass_under_a_banner() -> None:
    """Entry, opening, answer with the name, banner with the reason; read only; ended by hand, nothing is left."""
    run = taken(kept("u-colleague").case_ref)
    text = shown(run)
    assert NAME in text
    assert "Emergency access." in text
    assert "will be reviewed" in text
    assert [e.subject for e in recorded(Action.BREAK_GLASS)] == ["emergency_care"]
    assert len(recorded(Action.CONSULTATION_OPENED)) == 1
    assert "Accept" not in glass(run)
    run = next(b for b in run.button if b.label == "End it now").click().run()
    assert NAME not in shown(run)
    assert "has ended" in run.info[0].value


def test_it_ends_on_screen_too() -> None:
    """Past its time the page shows nothing of it."""
    run = taken(kept("u-colleague").request_id)
    grant = run.session_state["emergency-grant"]
    run.session_state["emergency-grant"] = replace(grant, until=grant.until - timedelta(hours=9))
    run.run()
    assert NAME not in shown(run)
    assert "has ended" in run.info[0].value


def test_strangers_in_a_public_demo_have_no_glass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever meets there reads nobody else's case."""
    monkeypatch.setenv("CASEGATE_DEMO_PUBLIC", "true")
    settings.settings.cache_clear()
    run = asked(kept("u-colleague").request_id)
    assert run.error
    assert "Break the glass" not in glass(run)
    assert not run.radio


def test_a_reference_that_leads_nowhere_opens_nothing() -> None:
    """The attempt is recorded, and the screen says so."""
    run = taken("req-none")
    assert "no such consultation" in run.info[0].value
    assert [e.outcome for e in recorded(Action.BREAK_GLASS)] == ["failed"]
