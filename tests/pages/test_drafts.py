"""The draft in the vault: two tabs of one person, records that do not belong together, records that can't be read."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import bootstrap, settings
from core.audit import Action
from core.model import Role
from core.ui.desk import drafts, examples

ROOT = Path(__file__).parents[2]
OWNER = "demo-clinician"


def tab() -> AppTest:
    """The Work-up page in a new browser tab of the same person."""
    return AppTest.from_file(str(ROOT / "pages" / "workup.py"), default_timeout=120).run()


def load(run: AppTest, name: str) -> None:
    """Fill in an invented case."""
    next(b for b in run.button if b.label == name).click().run()
    assert not run.exception


def held(run: AppTest) -> drafts.Draft:
    """What is on the form of a tab."""
    draft = run.session_state["draft"]
    assert isinstance(draft, drafts.Draft)
    return draft


def test_two_tabs_never_leave_a_text_with_another_cases_panel() -> None:
    """Whoever saves last, the text that comes back has its own identity panel."""
    first, second = examples.names()[:2]
    one = tab()
    load(one, first)
    other = tab()
    load(other, second)
    one.number_input[0].set_value(41).run()
    restored = held(tab())
    assert restored.texts == examples.load(first)["texts"]
    assert restored.identity == examples.load(first)["identity"]


def typed(run: AppTest, text: str) -> None:
    """What the preview route hands over while the form of `run` is typed on, a while after its last save."""
    held(run).saved_at -= drafts.SAVE_EVERY_S
    drafts.keep_typed(bootstrap.services(), held(run), "symptoms", text)


def test_what_is_typed_between_two_runs_of_the_page_comes_back() -> None:
    """The tab goes down before the page ran again: the text is in the vault, with the rest of the form."""
    run = tab()
    load(run, examples.names()[0])
    typed(run, "Typed on and on")
    assert held(tab()).texts == {**held(run).texts, "symptoms": "Typed on and on"}
    assert held(tab()).identity == held(run).identity


def test_typing_saves_now_and_then_only() -> None:
    """Not at every request: the vault is not written for every letter."""
    run = tab()
    load(run, examples.names()[0])
    typed(run, "first")
    drafts.keep_typed(bootstrap.services(), held(run), "symptoms", "second")
    assert held(tab()).texts["symptoms"] == "first"


def test_a_late_request_does_not_bring_a_replaced_draft_back() -> None:
    """An answer under way when New case was pressed: the old case's record and key stay destroyed."""
    run = tab()
    load(run, examples.names()[0])
    old = held(run)
    next(b for b in run.button if b.label == "New case").click().run()
    old.saved_at -= drafts.SAVE_EVERY_S
    drafts.keep_typed(bootstrap.services(), old, "symptoms", "Of the old case")
    assert held(tab()).empty


def test_a_failing_vault_while_typing_is_logged_without_the_text(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The editor has its answer; the page's next run saves again and shows the fault."""
    run = tab()
    load(run, examples.names()[0])

    def refuse(*said: object) -> None:
        raise ValueError(said)

    monkeypatch.setattr(bootstrap.services().vault, "put", refuse)
    with caplog.at_level(logging.ERROR):
        typed(run, "Quandary was here")
    assert "could not be saved" in caplog.text
    assert "Quandary" not in caplog.text


def test_a_panel_of_another_case_is_left_out_and_said_so() -> None:
    """A vault that took the text and not the panel: the redactor is not taught the wrong person in silence."""
    run = tab()
    load(run, examples.names()[0])
    vault = bootstrap.services().vault
    vault.put("identity", OWNER, OWNER, {"case_ref": "case-other", "panel": {"name": "Somebody Else"}})
    again = tab()
    assert held(again).identity.values() == {}
    assert any("identity panel" in w.value for w in again.warning)


def test_a_draft_of_another_shape_is_a_sentence_and_a_new_case() -> None:
    """The page opens with a warning, not with a failure for ever."""
    bootstrap.services().vault.put("draft", OWNER, OWNER, {"of": "another version"})
    run = tab()
    assert not run.exception
    assert held(run).empty
    assert any("draft" in w.value for w in run.warning)


def test_a_denied_page_is_an_entry_that_names_what_was_wanted() -> None:
    """Who was refused, and what."""
    run = AppTest.from_file(str(ROOT / "pages" / "audit_trail.py"), default_timeout=120)
    run.session_state["demo_role"] = Role.VIEWER.value
    run.run()
    denied = bootstrap.services().audit.entries(action=Action.ACCESS_DENIED)[0].event
    assert (denied.outcome, denied.subject) == ("refused", "AUDIT_READ")


def test_another_case_brings_nothing_of_the_last_one_along() -> None:
    """A notice with the text of another case's answer is gone, and the draft that an example replaced is an entry."""
    run = tab()
    load(run, examples.names()[0])
    first = held(run).case_ref
    run.session_state["ask_notice"] = ("The answer was of no use.", "text of the first case's answer")
    load(run, examples.names()[1])
    assert not [c for c in run.code if "first case" in c.value]
    discarded = bootstrap.services().audit.entries(action=Action.DRAFT_DISCARDED)
    assert [e.event.case_ref for e in discarded] == [first]


def test_strangers_in_a_public_demo_do_not_share_a_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each browser session is a person of its own."""
    monkeypatch.setenv("CASEGATE_DEMO_PUBLIC", "yes")
    settings.settings.cache_clear()
    one, other = tab(), tab()
    load(one, examples.names()[0])
    assert held(one).owner != held(other).owner
    assert held(tab()).empty
