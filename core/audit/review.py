"""What a privacy officer looks through (45 CFR 164.308(a)(1)(ii)(D)), and how a sign-off is recorded. Pure.

A sign-off closes everything of its kind through one entry; its `subject` is `kind.verdict.sequence`, and it is an entry itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from types import MappingProxyType

from core.audit.actions import Action
from core.audit.entry import Entry
from core.audit.event import Event
from core.model import Principal, Role

BULK_ROWS = 500
OFFICE_HOURS = range(7, 19)
SATURDAY = 5


class Concern(StrEnum):
    """One kind of act to look through."""

    FAILED_SIGN_INS = "failed_sign_ins"
    REFUSALS = "refusals"
    BREAK_GLASS = "break_glass"
    BULK_EXPORTS = "bulk_exports"
    KEPT_IDENTIFIERS = "kept_identifiers"
    OFF_HOURS = "off_hours"


class Verdict(StrEnum):
    """What the reviewer found."""

    UNREMARKABLE = "unremarkable"
    FOLLOW_UP = "follow_up"


ACTIONS_OF: Mapping[Concern, tuple[Action, ...]] = MappingProxyType(
    {
        Concern.FAILED_SIGN_INS: (Action.SIGN_IN_FAILED,),
        Concern.REFUSALS: (Action.ACCESS_DENIED, Action.API_REQUEST_REFUSED),
        Concern.BREAK_GLASS: (Action.BREAK_GLASS,),
        Concern.BULK_EXPORTS: (Action.EXPORT_MADE,),
        Concern.KEPT_IDENTIFIERS: (Action.FLAG_KEPT,),
        Concern.OFF_HOURS: (Action.CONSULTATION_OPENED, Action.RESPONSE_REVEALED, Action.EXPORT_MADE, Action.AUDIT_VIEWED),
    }
)


@dataclass(frozen=True, slots=True)
class SignOff:
    """Who closed a kind of acts through which entry, with which verdict."""

    concern: Concern
    verdict: Verdict
    through: int
    entry: Entry


def concerns(entry: Entry, concern: Concern, zone: tzinfo) -> bool:
    """Whether an entry belongs to a kind; office hours are 7 to 19 from Monday to Friday in the zone, and bind people, not programs."""
    event = entry.event
    if event.action not in ACTIONS_OF[concern]:
        return False
    if concern is Concern.BULK_EXPORTS:
        return (event.count or 0) >= BULK_ROWS
    if concern is Concern.OFF_HOURS:
        at = entry.time.astimezone(zone)
        return event.actor_role is not Role.SERVICE and (at.weekday() >= SATURDAY or at.hour not in OFFICE_HOURS)
    return True


def sign_off_event(reviewer: Principal, concern: Concern, verdict: Verdict, reviewed: Sequence[Entry]) -> Event:
    """The entry that closes the reviewed ones. Raises ValueError when there is nothing to close."""
    if not reviewed:
        raise ValueError("a sign-off needs something that was reviewed")
    through = max(entry.sequence for entry in reviewed)
    return Event(
        actor_id=reviewer.user_id,
        actor_role=reviewer.role,
        action=Action.REVIEW_SIGNED_OFF,
        subject=f"{concern.value}.{verdict.value}.{through}",
        count=len(reviewed),
    )


def sign_offs(entries: Iterable[Entry]) -> list[SignOff]:
    """The sign-offs among entries, in their order; what is no sign-off is left out."""
    found = []
    for entry in entries:
        parts = (entry.event.subject or "").split(".")
        if entry.event.action is Action.REVIEW_SIGNED_OFF and len(parts) == 3 and parts[2].isdecimal():
            found.append(SignOff(Concern(parts[0]), Verdict(parts[1]), int(parts[2]), entry))
    return found


def signed_through(found: Iterable[SignOff], concern: Concern) -> int:
    """The last entry of a kind that was closed; 0 when none was."""
    return max((s.through for s in found if s.concern is concern), default=0)
