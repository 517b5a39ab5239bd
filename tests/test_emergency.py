"""Breaking the glass: with the permission, a reason, an entry first, for a while, for one person and one consultation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.consultations import consultation, put
from support.replies import answer

from core import consult, emergency
from core.audit import ACTIONS_OF, Action, AuditLog, Concern, Outcome
from core.emergency import Grant, Reason
from core.errors import AccessError, AuditError
from core.gateway import FakeGateway
from core.model import FixedClock, Principal, Role
from core.vault import KeyRing, Vault

DOCTOR, COLLEAGUE = Principal("u-doctor", Role.CLINICIAN), "u-colleague"
MINUTES = 30


@dataclass
class Desk:
    """The spine's tools with a clock at hand."""

    tools: consult.Tools
    audit: AuditLog
    clock: FixedClock

    def actions(self) -> list[Action]:
        """Oldest first."""
        return [entry.event.action for entry in reversed(self.audit.entries())]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A store, a vault with a colleague's consultation, and nothing to send with."""
    clock = FixedClock()
    audit = AuditLog.open(tmp_path / "audit.sqlite3", clock=clock)
    vault = Vault.open(tmp_path / "vault.sqlite3", keyring=KeyRing.demo(tmp_path / "vault.key"), clock=clock)
    put(vault, consultation(COLLEAGUE))
    tools = consult.Tools(
        clock=clock,
        new_id=lambda: "req-9",
        audit=audit,
        vault=vault,
        gateway=FakeGateway((answer(),)),
        simulated=lambda _: True,
        cost_partial=lambda _: True,
        deadline_s=lambda _tier, _target: 30.0,
    )
    yield Desk(tools, audit, clock)
    audit.close()
    vault.close()


def broken(desk: Desk, person: Principal = DOCTOR, **changes: Any) -> Grant | None:
    """The glass broken by a person."""
    given = {"request_id": "req-1", "reason": Reason.EMERGENCY_CARE, "minutes": MINUTES} | changes
    return emergency.break_glass(desk.tools, given.pop("request_id"), person, **given)


def test_the_entry_comes_first_and_lands_in_the_queue(desk: Desk) -> None:
    """Reason, minutes, case and request, before anything is opened; the opening is an entry of its own."""
    grant = broken(desk)
    assert grant is not None
    event = desk.audit.entries()[0].event
    assert event.action in ACTIONS_OF[Concern.BREAK_GLASS]
    assert (event.actor_id, event.subject, event.count, event.outcome) == (DOCTOR.user_id, "emergency_care", MINUTES, Outcome.OK)
    assert (event.case_ref, event.request_id) == ("case-of-a-colleague", "req-1")
    done = emergency.open_granted(desk.tools, grant, DOCTOR)
    assert done == consultation(COLLEAGUE)
    assert desk.actions() == [Action.BREAK_GLASS, Action.CONSULTATION_OPENED]
    assert desk.audit.entries()[0].event.subject == "break_glass"


def test_no_entry_no_access(desk: Desk) -> None:
    """When the audit store can't be written there is no grant."""

    class Unwritable:
        def append(self, _: object) -> Any:
            raise AuditError("The audit store can't be written.")

    desk.tools = replace(desk.tools, audit=Unwritable())
    with pytest.raises(AuditError):
        broken(desk)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CLINICIAN])
def test_other_roles_may_not(desk: Desk, role: Role) -> None:
    """Neither those who look through the trail nor anybody else but clinicians."""
    with pytest.raises(AccessError):
        broken(desk, Principal("u-1", role))
    assert desk.actions() == []


def test_a_site_without_emergency_access_has_none(desk: Desk) -> None:
    """Zero minutes switches it off."""
    with pytest.raises(AccessError, match="switched off"):
        broken(desk, minutes=0)


@pytest.mark.parametrize(("request_id", "person"), [("req-none", DOCTOR), ("req-1", Principal(COLLEAGUE, Role.CLINICIAN))])
def test_what_leads_nowhere_is_an_entry_too(desk: Desk, request_id: str, person: Principal) -> None:
    """No such consultation, or one's own: no grant, and the attempt is on record without the reference that was typed."""
    assert broken(desk, person, request_id=request_id) is None
    event = desk.audit.entries()[0].event
    assert (event.action, event.outcome, event.request_id, event.case_ref) == (Action.BREAK_GLASS, Outcome.FAILED, None, None)


def test_it_ends_by_itself(desk: Desk) -> None:
    """A minute before the end it opens and turns tags back; at the end neither."""
    grant = broken(desk)
    assert grant is not None
    desk.clock.advance(60 * (MINUTES - 1))
    done = emergency.open_granted(desk.tools, grant, DOCTOR)
    assert done is not None
    assert emergency.reveal(done, grant, DOCTOR, desk.clock.now())("[PATIENT]") == "Harold Whitcombe"
    desk.clock.advance(60)
    assert emergency.reveal(done, grant, DOCTOR, desk.clock.now())("[PATIENT]") == "[PATIENT]"
    with pytest.raises(AccessError):
        emergency.open_granted(desk.tools, grant, DOCTOR)


@pytest.mark.parametrize(
    ("person", "request_id"),
    [(Principal("u-other", Role.CLINICIAN), "req-1"), (replace(DOCTOR, role=Role.ADMIN), "req-1"), (DOCTOR, "req-2")],
    ids=["another person", "another role", "another consultation"],
)
def test_a_grant_is_for_one_person_role_and_consultation(desk: Desk, person: Principal, request_id: str) -> None:
    """Nobody hands it on."""
    grant = broken(desk)
    assert grant is not None
    assert grant.covers(DOCTOR, "req-1", desk.clock.now())
    assert not grant.covers(person, request_id, desk.clock.now())
    assert not grant.covers(DOCTOR, "req-1", desk.clock.now() + timedelta(minutes=MINUTES))
