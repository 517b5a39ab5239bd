"""The clinician's word on terms: what is done, what is refused, and what the store hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core import deid
from core.audit import Action
from core.errors import AuditError
from core.model import Category, Identity, KeepReason, Principal, Role
from core.ui.desk import deciding
from core.ui.desk.drafts import Draft
from core.ui.editor import Asked

PERSON = Principal("u-1", Role.CLINICIAN)
TEXT = "Mr. Augustin Whitcombe has Zorvane fever. 🩺 Call (555) 010-4477."
IDENTITY = Identity(name="Augustin Whitcombe")
Heard = list[tuple[Action, dict[str, Any]]]


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What is recorded, instead of a store."""
    events: Heard = []
    monkeypatch.setattr(deciding.session, "record", lambda _, action, **facts: events.append((action, facts)))
    monkeypatch.setattr(deciding.st, "session_state", {})
    return events


def a_draft(identity: Identity = Identity()) -> Draft:
    """A draft that holds TEXT."""
    draft = Draft("u-1", identity=identity)
    draft.texts["symptoms"] = TEXT
    return draft


def decide(draft: Draft, kind: Any, term: str, reason: KeepReason | None = None, policy: deid.Policy = deid.SAFE_HARBOR) -> str:
    """Decide in the editor of the symptoms; the refusal, empty when it was done."""
    redactor = deciding.Redactor(draft.identity, date(2026, 11, 27), policy)
    deciding.decide(draft, PERSON, redactor, "symptoms", Asked(kind, term, TEXT, reason))
    return deciding.refusal_at(draft, "symptoms", TEXT)


def test_a_masked_term_is_kept_for_a_reason(heard: Heard) -> None:
    """The entry holds category and reason code, never the term; without a reason nothing is kept."""
    draft = a_draft()
    assert decide(draft, "keep", "(555) 010-4477")
    assert not draft.keep
    assert not decide(draft, "keep", "(555) 010-4477", KeepReason.MEASUREMENT)
    assert draft.keep == {"(555) 010-4477"}
    assert heard == [
        (Action.MASK_KEPT, {"case_ref": draft.case_ref, "phi_counts": {Category.PHONE: 1}, "subject": "measurement"}),
    ]
    assert KeepReason.MEASUREMENT.words


@pytest.mark.parametrize("term", ["Augustin Whitcombe", "augustin  whitcombe"])
def test_the_identity_panel_is_never_kept(heard: Heard, term: str) -> None:
    """Whatever the browser asks for, and in any spelling; nothing is recorded as kept."""
    draft = a_draft(IDENTITY)
    assert "identity panel" in decide(draft, "keep", term, KeepReason.ORDINARY_WORD)
    assert not draft.keep
    assert not heard


def test_the_sites_list_is_never_kept(heard: Heard) -> None:
    """What the site always masks is not the clinician's to keep."""
    policy = deid.SAFE_HARBOR.with_terms(deid.TermLists(1, always=frozenset({"zorvane"})))
    draft = a_draft()
    assert "site's list" in decide(draft, "keep", "Zorvane", KeepReason.CLINICAL_TERM, policy)
    assert not draft.keep
    assert not heard


def test_selected_words_are_redacted_and_given_back(heard: Heard) -> None:
    """Redact, then undo: the decision is gone, and both are entries without the term."""
    draft = a_draft()
    assert not decide(draft, "redact", "Zorvane fever")
    assert draft.redact == {"zorvane fever"}
    assert not decide(draft, "undo", "Zorvane fever")
    assert not draft.redact
    assert [action for action, _ in heard] == [Action.SELECTION_REDACTED, Action.TERM_DECISION_UNDONE]
    assert "zorvane" not in str(heard).lower()


@pytest.mark.parametrize(
    ("kind", "term"),
    [("keep", "fever"), ("redact", "orvane feve"), ("redact", "nowhere"), ("redact", "—"), ("redact", "x" * 201)],
    ids=["not marked", "parts of words", "not in the text", "no letter", "overlong"],
)
def test_what_means_nothing_changes_nothing(heard: Heard, kind: str, term: str) -> None:
    """A wish that can't be followed leaves decisions and store as they are."""
    draft = a_draft()
    decide(draft, kind, term, KeepReason.ORDINARY_WORD)
    assert (draft.keep, draft.redact, heard) == (frozenset(), frozenset(), [])


def test_no_entry_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that can't be written leaves the mask in place."""

    def failing(*_: object, **__: object) -> None:
        raise AuditError("The audit store can't be written.")

    monkeypatch.setattr(deciding.session, "record", failing)
    draft = a_draft()
    for kind, term in (("keep", "(555) 010-4477"), ("redact", "Zorvane")):
        with pytest.raises(AuditError):
            decide(draft, kind, term, KeepReason.MEASUREMENT)
    assert (draft.keep, draft.redact) == (frozenset(), frozenset())


def test_every_decision_changes_the_edition() -> None:
    """The tick of the review hangs on the edition, so any decision takes it away."""
    draft = a_draft()
    seen = {draft.edition}
    for step in (("keep", "(555) 010-4477"), ("redact", "Zorvane"), ("undo", "Zorvane"), ("undo", "(555) 010-4477")):
        before = draft.edition
        decide(draft, *step, KeepReason.MEASUREMENT)
        assert draft.edition != before
        seen.add(draft.edition)
    assert draft.edition == replace(draft).edition


def test_all_flags_are_redacted_at_once_and_each_is_an_entry(heard: Heard) -> None:
    """Two terms, two entries with their categories and without the terms."""
    draft = a_draft()
    deciding.redact_flags(draft, PERSON, {"Zorvane": Category.NAME, "Room 7B": Category.OTHER_ID})
    assert draft.redact == {"zorvane", "room 7b"}
    assert heard == [
        (Action.FLAG_REDACTED, {"case_ref": draft.case_ref, "phi_counts": {category: 1}, "subject": None})
        for category in (Category.NAME, Category.OTHER_ID)
    ]
