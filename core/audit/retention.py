"""How long bodies are kept, what is on hold, and the purge. All of it is read from the log itself, so it can't be forged apart from it.

Six years is what 45 CFR 164.316(b)(2)(i) asks of required records. A shorter time needs a decision that is recorded first; a
legal hold, on one case or on everything, stops the purge of what it covers. A purge drops bodies and keeps every hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.audit.actions import Action
from core.audit.entry import Entry, time_text
from core.audit.event import Event
from core.audit.store import Connection
from core.audit.store.purge import commitment, empty, may_go, require_counted
from core.audit.writer import Deed
from core.errors import AuditError
from core.model import Principal

RETENTION_YEARS = 6
RETENTION_DAYS = 2_192  # six years with two leap days, the most that six years can have
POLICY_ACTIONS = (Action.RETENTION_DECIDED, Action.LEGAL_HOLD_SET, Action.LEGAL_HOLD_LIFTED)


@dataclass(frozen=True)
class Hold:
    """A legal hold by its name; `case_ref` is None when it covers everything."""

    name: str
    case_ref: str | None


@dataclass(frozen=True)
class Retention:
    """What is in force: days, the decision they rest on (None: the default), and the holds."""

    days: int = RETENTION_DAYS
    decision: str | None = None
    holds: tuple[Hold, ...] = ()

    def cutoff(self, now: datetime) -> datetime:
        """Bodies older than this may go."""
        return now.astimezone(UTC) - timedelta(days=self.days)


def retention_of(entries: Iterable[Entry]) -> Retention:
    """What is in force, from the entries of POLICY_ACTIONS, oldest first."""
    days, decision, holds = RETENTION_DAYS, None, {}
    for entry in entries:
        event = entry.event
        if event.action is Action.RETENTION_DECIDED and event.count is not None:
            days, decision = event.count, event.subject
        elif event.action is Action.LEGAL_HOLD_SET and event.subject is not None:
            holds[event.subject] = Hold(event.subject, event.case_ref)
        elif event.action is Action.LEGAL_HOLD_LIFTED:
            holds.pop(event.subject or "", None)
    return Retention(days, decision, tuple(holds.values()))


def decision(person: Principal, days: int, reference: str | None) -> Event:
    """The entry of a decision. Raises AuditError for less than six years without a reference to who decided it and why."""
    if days < 1:
        raise AuditError("A retention time is at least one day.")
    if days < RETENTION_DAYS and not reference:
        raise AuditError(
            f"Less than {RETENTION_YEARS} years ({RETENTION_DAYS} days) needs a recorded decision: "
            "give its reference, such as BOARD-2026-07."
        )
    return Event(actor_id=person.user_id, actor_role=person.role, action=Action.RETENTION_DECIDED, count=days, subject=reference)


def hold(person: Principal, name: str, case_ref: str | None = None) -> Event:
    """The entry that sets a hold."""
    return Event(actor_id=person.user_id, actor_role=person.role, action=Action.LEGAL_HOLD_SET, subject=name, case_ref=case_ref)


def lift(person: Principal, name: str, in_force: Retention) -> Event:
    """The entry that lifts a hold. Raises AuditError when there is none of that name."""
    if name not in {item.name for item in in_force.holds}:
        names = ", ".join(item.name for item in in_force.holds) or "none"
        raise AuditError(f"There is no legal hold of that name. In force: {names}.")
    return Event(actor_id=person.user_id, actor_role=person.role, action=Action.LEGAL_HOLD_LIFTED, subject=name)


def purge(person: Principal, in_force: Retention, now: datetime, last: int | None) -> Deed:
    """The purge as one transaction; no entry after the place `last` is old enough. Raises AuditError under a hold on everything."""
    everything = next((item.name for item in in_force.holds if item.case_ref is None), None)
    if everything is not None:
        raise AuditError(f"The legal hold {everything} covers everything, so nothing may be purged. Lift it first.")
    held = [item.case_ref for item in in_force.holds if item.case_ref is not None]
    conditions = may_go(time_text(in_force.cutoff(now)), held, last)

    def event(connection: Connection) -> Event:
        count, digest = commitment(connection, conditions)
        require_counted(connection, conditions)
        if not count:
            raise AuditError(f"Nothing is older than {in_force.days} days and free of holds, so nothing was purged.")
        return Event(actor_id=person.user_id, actor_role=person.role, action=Action.ENTRIES_PURGED, count=count, payload_sha256=digest)

    return Deed(event, lambda connection, entries: empty(connection, conditions, entries[0]))
