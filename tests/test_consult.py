"""The spine, with the real redactor, prompts, audit store and vault, and a gateway that answers from a script."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.replies import answer

from core import consult
from core.audit import Action, AuditLog, Outcome
from core.consultation import Consultation, Prepared
from core.errors import (
    AccessError,
    AuditError,
    BudgetError,
    CancelledError,
    Error,
    PreflightError,
    ProviderError,
    ReplyFormatError,
    TrustError,
    VaultError,
)
from core.gateway import Cancel, FakeGateway, Spender
from core.model import AgeRange, ClinicalCase, FixedClock, Identity, Principal, Role, Sex, Target, Tier
from core.vault import KeyRing, Vault

TARGET = Target("sandbox", "deepseek-v3.2")
DOCTOR = Principal("u-doctor", Role.CLINICIAN)
IDENTITY = Identity(name="Harold Whitcombe", record_number="4471902", phone="555-0142")
CANARIES = ("Whitcombe", "Harold", "4471902", "555-0142", "Larkspur")
CASE = ClinicalCase(
    chief_complaint="Chest pain for two hours",
    symptoms="Mr. Harold Whitcombe (MRN 4471902, phone 555-0142) of 18 Larkspur Lane has crushing chest pain with sweating and nausea.",
    labs="Troponin elevated.",
    age_range=AgeRange.ADULT,
    age_years=58,
    sex=Sex.MALE,
    encounter=date(2026, 1, 5),
    identity=IDENTITY,
)


@dataclass
class Desk:
    """Everything a test needs at hand."""

    tools: consult.Tools
    gateway: FakeGateway
    audit: AuditLog
    vault: Vault

    def prepare(self, case: ClinicalCase = CASE, person: Principal = DOCTOR) -> Prepared:
        """CASE made ready."""
        return consult.prepare(self.tools, case, person, target=TARGET, case_ref="case-1")

    def submit(self, prepared: Prepared, **extra: Any) -> Consultation:
        """Send what was reviewed."""
        return consult.submit(self.tools, prepared, DOCTOR, identity=IDENTITY, **({"reviewed_sha256": prepared.sha256} | extra))

    def actions(self) -> list[str]:
        """What the audit store tells, oldest first."""
        return [entry.event.action.value for entry in reversed(self.audit.entries())]


Making = Callable[..., Desk]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Making]:
    """A maker of desks with a scripted gateway."""
    clock = FixedClock()
    audit = AuditLog.open(tmp_path / "audit.sqlite3", clock=clock)
    vault = Vault.open(tmp_path / "vault.sqlite3", keyring=KeyRing.demo(tmp_path / "vault.key"), clock=clock)

    def make(*replies: Any) -> Desk:
        gateway = FakeGateway(replies or (answer(),))
        ids = (f"req-{n}" for n in itertools.count(1))
        tools = consult.Tools(
            clock=clock,
            new_id=lambda: next(ids),
            audit=audit,
            vault=vault,
            gateway=gateway,
            simulated=lambda _: True,
            cost_partial=lambda _: True,
            deadline_s=lambda _tier, _target: 30.0,
        )
        return Desk(tools, gateway, audit, vault)

    yield make
    audit.close()
    vault.close()


def test_a_case_walks_from_form_to_answer(desk: Making) -> None:
    """What is sent is what was prepared, holds no identifier, and the answer is restored for its owner alone."""
    d = desk()
    prepared = d.prepare()
    assert prepared.cleared is not None
    done = d.submit(prepared)
    assert d.gateway.sent[0].body == prepared.cleared.body
    assert not [c for c in CANARIES if c.encode() in prepared.cleared.body]
    assert done.checked.assessment.differential[0].icd10cm == "I21.9"
    assert consult.reveal(done, DOCTOR)("[PATIENT]") != "[PATIENT]"
    assert consult.reveal(done, Principal("u-other", Role.CLINICIAN))("[PATIENT]") == "[PATIENT]"


def test_the_entries_of_a_call_stand_in_order_and_hold_no_text(desk: Making) -> None:
    """Initiated before egress, received after; lengths, counts and hashes only; the chain verifies."""
    d = desk()
    prepared = d.prepare()
    consult.note_review(d.tools, prepared, DOCTOR)
    d.submit(prepared)
    assert d.actions() == ["preview_reviewed", "diagnosis_request_initiated", "diagnosis_response_received"]
    received, initiated, _ = d.audit.entries()
    assert initiated.event.input_lengths["symptoms"] == len(CASE.symptoms)
    assert initiated.event.payload_sha256 == prepared.sha256 == received.event.payload_sha256
    assert received.event.completion_tokens
    assert received.event.simulated
    assert d.audit.verify().ok


def test_no_entry_no_call(desk: Making) -> None:
    """When the audit store can't be written, nothing is sent."""
    d = desk()

    class Unwritable:
        def append(self, event: object) -> Any:
            raise AuditError("The audit store can't be written.")

    d.tools = replace(d.tools, audit=Unwritable())
    with pytest.raises(AuditError):
        d.submit(d.prepare())
    assert d.gateway.sent == []


@pytest.mark.parametrize("reviewed", ["", "0" * 64], ids=["not reviewed", "reviewed something else"])
def test_only_what_was_reviewed_is_sent(desk: Making, reviewed: str) -> None:
    """Another hash than the payload's refuses the call and leaves no entry."""
    d = desk()
    with pytest.raises(PreflightError):
        d.submit(d.prepare(), reviewed_sha256=reviewed)
    assert d.gateway.sent == []
    assert d.actions() == []


def test_an_edit_after_the_review_is_another_payload(desk: Making) -> None:
    """The old review doesn't open the new text."""
    d = desk()
    before = d.prepare()
    after = d.prepare(replace(CASE, labs="Troponin normal."))
    assert before.sha256 != after.sha256
    with pytest.raises(PreflightError):
        d.submit(after, reviewed_sha256=before.sha256)
    assert d.gateway.sent == []


def test_a_role_without_the_permission_prepares_nothing(desk: Making) -> None:
    """The privacy officer may not submit cases."""
    with pytest.raises(AccessError):
        desk().prepare(person=Principal("u-officer", Role.PRIVACY_OFFICER))


@pytest.mark.parametrize(
    "other", [Principal("u-other", Role.CLINICIAN), Principal("u-doctor", Role.PRIVACY_OFFICER)], ids=["another person", "another role"]
)
def test_nobody_sends_what_another_prepared(desk: Making, other: Principal) -> None:
    """What one person prepared in one role is sent by that person in that role, or not at all."""
    d = desk()
    prepared = d.prepare()
    with pytest.raises(AccessError):
        consult.submit(d.tools, prepared, other, identity=IDENTITY, reviewed_sha256=prepared.sha256)
    assert d.gateway.sent == []
    assert d.actions() == []


def test_a_failure_is_an_entry_with_its_class(desk: Making) -> None:
    """Class, status and attempts are recorded; no text, no consultation."""
    d = desk(ProviderError("The key was refused.", provider="sandbox", status=401, attempts=1))
    with pytest.raises(ProviderError):
        d.submit(d.prepare())
    failed = d.audit.entries()[0].event
    assert failed.action is Action.DIAGNOSIS_REQUEST_FAILED
    assert (failed.error_class, failed.http_status) == ("ProviderError", 401)
    assert d.vault.list("consultation", DOCTOR.user_id) == []


def test_a_stopped_call_is_cancelled_with_its_estimated_cost(desk: Making) -> None:
    """Stop leaves an entry that counts the prompt as spent, marked as estimated."""
    d = desk()
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(CancelledError):
        d.submit(d.prepare(), cancel=cancel)
    entry = d.audit.entries()[0].event
    assert (entry.action, entry.tokens_estimated) == (Action.REQUEST_CANCELLED, True)
    assert entry.prompt_tokens


def test_a_malformed_answer_gets_one_repair_round(desk: Making) -> None:
    """The second answer is used, both rounds are paid, the repair is an entry and is itself cleared."""
    d = desk("not JSON at all", answer())
    done = d.submit(d.prepare())
    assert done.repaired
    assert len(d.gateway.sent) == 2
    assert done.reply.attempts == 2
    assert d.actions() == ["diagnosis_request_initiated", "repair_requested", "diagnosis_response_received"]
    hashes = [e.event.payload_sha256 for e in reversed(d.audit.entries())]
    assert hashes[:2] == [hashlib.sha256(sent.body).hexdigest() for sent in d.gateway.sent]
    assert not [c for c in CANARIES if c.encode() in d.gateway.sent[1].body]


def test_two_malformed_answers_are_an_error_with_the_text_kept(desk: Making) -> None:
    """The text is in the vault, the failure is an entry with the cost of both rounds."""
    d = desk("not JSON at all", "still not JSON")
    with pytest.raises(ReplyFormatError):
        d.submit(d.prepare())
    assert d.vault.get("reply", "req-1") == {"text": "still not JSON", "case_ref": "case-1"}
    failed = d.audit.entries()[0].event
    assert (failed.action, failed.error_class) == (Action.DIAGNOSIS_REQUEST_FAILED, "ReplyFormatError")
    assert failed.prompt_tokens
    assert len(d.gateway.sent) == 2


def test_a_repair_round_that_would_leak_is_not_sent(desk: Making) -> None:
    """A model that echoes a name it can't know (here: it was told) stops at preflight."""
    d = desk("not JSON but it says Harold Whitcombe", answer())
    with pytest.raises(PreflightError):
        d.submit(d.prepare())
    assert len(d.gateway.sent) == 1
    assert d.audit.entries()[0].event.error_class == "PreflightError"


def test_an_unresolved_flag_blocks(desk: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is neither masked nor decided does not leave."""
    d = desk()
    flagged = d.prepare(replace(CASE, history="He uses a Cottle for lifting."))
    assert flagged.deidentified.flags
    assert flagged.blocked is not None
    with pytest.raises(PreflightError):
        d.submit(flagged)
    assert d.gateway.sent == []


def test_a_consultation_comes_back_from_the_vault_whole(desk: Making) -> None:
    """Opened again it is the same, and opening is an entry; nobody else can open it."""
    d = desk()
    done = d.submit(d.prepare())
    assert consult.open_consultation(d.tools, done.request_id, DOCTOR) == done
    assert d.actions()[-1] == "consultation_opened"
    assert consult.open_consultation(d.tools, done.request_id, Principal("u-other", Role.CLINICIAN)) is None
    assert consult.open_consultation(d.tools, "req-unknown", DOCTOR) is None


def test_the_tier_sets_the_deadline(desk: Making) -> None:
    """The spine asks for the deadline of the case's tier at the target's provider."""
    d = desk()
    asked: list[tuple[Tier, Target]] = []

    def deadline(tier: Tier, target: Target) -> float:
        asked.append((tier, target))
        return 60.0

    d.tools = replace(d.tools, deadline_s=deadline)
    d.submit(d.prepare(replace(CASE, tier=Tier.COMPLEX)))
    assert asked == [(Tier.COMPLEX, TARGET)]


@pytest.mark.parametrize(
    "fault", [RuntimeError("the gateway is closed"), KeyError("choices"), SystemExit(1)], ids=lambda f: type(f).__name__
)
def test_a_call_that_ends_in_an_unforeseen_fault_has_its_ending_too(desk: Making, fault: BaseException) -> None:
    """Whatever ends a call, one entry says so, by the fault's class alone."""
    d = desk()

    class Broken(FakeGateway):
        def complete(self, *args: Any, **kwargs: Any) -> Any:
            raise fault

    d.tools = replace(d.tools, gateway=Broken([answer()]))
    with pytest.raises(type(fault)):
        d.submit(d.prepare())
    assert d.actions() == ["diagnosis_request_initiated", "diagnosis_request_failed"]
    assert d.audit.entries()[0].event.error_class == type(fault).__name__


class FullVault:
    """A vault that can store nothing."""

    def put(self, *_: Any) -> None:
        """Refuse."""
        raise VaultError("The disk that holds the vault is full.")

    def get(self, *_: Any) -> None:
        """Hold nothing."""


def test_an_answer_that_cannot_be_stored_still_reaches_the_clinician(desk: Making) -> None:
    """It is received once, and says itself that the vault did not take it."""
    d = desk()
    d.tools = replace(d.tools, vault=FullVault())
    done = d.submit(d.prepare())
    assert "full" in done.not_stored
    assert d.actions() == ["diagnosis_request_initiated", "diagnosis_response_received"]


def test_a_vault_that_fails_does_not_hide_why_the_answer_is_of_no_use(desk: Making) -> None:
    """The clinician and the entry are told of the reply's form, not of the vault."""
    d = desk("not JSON at all", "still not JSON")
    d.tools = replace(d.tools, vault=FullVault())
    with pytest.raises(ReplyFormatError):
        d.submit(d.prepare())
    assert d.audit.entries()[0].event.error_class == "ReplyFormatError"


def test_a_record_of_another_shape_is_a_clear_refusal(desk: Making) -> None:
    """A consultation that this version can't read is an error of ours with a sentence, not a KeyError."""
    d = desk()
    d.vault.put("consultation", "req-old", DOCTOR.user_id, {"owner": DOCTOR.user_id})
    with pytest.raises(VaultError):
        consult.open_consultation(d.tools, "req-old", DOCTOR)


def test_the_call_is_made_on_somebodys_account(desk: Making) -> None:
    """The gateway hears user, role and study, and gets the fallbacks as cleared prompts of the reviewed messages."""
    d = desk()
    behind = Target("sandbox", "gemini-2.5-flash")
    d.tools = replace(d.tools, fallbacks=lambda _tier, _target: (behind,), answer_form=lambda t: "text" if t == behind else "json-schema")
    prepared = d.prepare()
    done = d.submit(prepared, study="pilot-1")
    assert d.gateway.spenders == [Spender("u-doctor", "clinician", "pilot-1")]
    ((fallback,),) = d.gateway.fallbacks
    assert fallback.prompt.target == behind
    assert fallback.prompt.messages == prepared.prompt.messages
    assert (prepared.prompt.answer_schema != "", fallback.prompt.answer_schema, fallback.prompt.json_mode) == (True, "", False)
    assert done.asked_first is None


def test_a_comparison_has_no_fallback(desk: Making) -> None:
    """Asked to stay with its model, the spine hands no other to the gateway."""
    d = desk()
    d.tools = replace(d.tools, fallbacks=lambda _tier, _target: (Target("sandbox", "gpt-4.1"),))
    alone = consult.prepare(d.tools, CASE, DOCTOR, target=TARGET, case_ref="case-1", fall_back=False)
    d.submit(alone)
    assert d.gateway.fallbacks == [()]


def test_an_answer_of_a_fallback_comes_back_from_the_vault(desk: Making) -> None:
    """The consultation keeps who was asked first, and the repair round goes to who answered."""
    behind = Target("sandbox", "gpt-4.1")
    d = desk("not JSON", answer())
    d.tools = replace(d.tools, fallbacks=lambda _tier, _target: (behind,))
    prepared = d.prepare()

    class Falling(FakeGateway):
        def complete(self, cleared: Any, **given: Any) -> Any:
            return super().complete((*given["fallbacks"], cleared)[0], **given)

    d.tools = replace(d.tools, gateway=Falling(["not JSON", answer()]))
    done = d.submit(prepared)
    assert (done.reply.target, done.asked_first) == (behind, TARGET)
    assert consult.open_consultation(d.tools, done.request_id, DOCTOR) == done
    ending = d.audit.entries(action=Action.DIAGNOSIS_RESPONSE_RECEIVED)[0].event
    assert (ending.model, ending.fallback_from) == ("gpt-4.1", "deepseek-v3.2")


@pytest.mark.parametrize(
    "refusal", [BudgetError("Not sent: too much."), TrustError("Not sent: not there.")], ids=lambda e: type(e).__name__
)
def test_a_call_that_was_not_allowed_is_refused_not_failed(desk: Making, refusal: Error) -> None:
    """Over budget or against the site's policy: the ending says refused."""
    d = desk(refusal)
    with pytest.raises(type(refusal)):
        d.submit(d.prepare())
    ending = d.audit.entries()[0].event
    assert (ending.outcome, ending.error_class) == (Outcome.REFUSED, type(refusal).__name__)
