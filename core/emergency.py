"""Breaking the glass: a clinician reads a consultation that is somebody else's, in an emergency, for a while, and on the record.

1. only a role with the permission may, and only where the site has not switched it off
2. a reason from a closed list; there is no other way in, and no free text
3. `audit.append` before anything is shown: no entry, no access; a reference that leads nowhere is an entry too
4. the grant holds for one person in one role, one consultation, some minutes; after that it opens nothing
5. the opening is an entry like any other; the review queue shows step 3

45 CFR 164.312(a)(2)(ii).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core import auth, consult, deid
from core.audit import Action, Event, Outcome
from core.auth import Permission
from core.call import Tools
from core.consultation import Consultation
from core.errors import AccessError
from core.model import Principal, Role


class Reason(StrEnum):
    """Why the glass is broken. The values are recorded; never rename one."""

    EMERGENCY_CARE = "emergency_care"
    COLLEAGUE_UNREACHABLE = "colleague_unreachable"
    TAKING_OVER = "taking_over"
    SAFETY_CHECK = "safety_check"


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to read one consultation until a time (UTC)."""

    user_id: str
    role: Role
    request_id: str
    case_ref: str
    reason: Reason
    until: datetime

    def covers(self, principal: Principal, request_id: str, now: datetime) -> bool:
        """Whether it still lets this person, in this role, read this consultation."""
        return (self.user_id, self.role, self.request_id) == (principal.user_id, principal.role, request_id) and now < self.until


def break_glass(tools: Tools, request_id: str, principal: Principal, *, reason: Reason, minutes: int) -> Grant | None:
    """Steps 1–4. None when there is no such consultation of anybody else's.

    Raises AccessError when the role may not or `minutes` is 0, which is how a site switches it off; AuditError, VaultError.
    """
    auth.authorize(principal, Permission.BREAK_GLASS)
    if minutes < 1:
        raise AccessError(wanted="emergency access, which this site has switched off", held=principal.role.value)
    done = consult.stored(tools, request_id)
    if done is None or done.owner == principal.user_id:
        _note(tools, principal, reason, outcome=Outcome.FAILED)
        return None
    _note(tools, principal, reason, count=minutes, case_ref=done.case_ref, request_id=request_id, simulated=done.reply.simulated)
    until = tools.clock.now() + timedelta(minutes=minutes)
    return Grant(principal.user_id, principal.role, request_id, done.case_ref, reason, until)


def _note(tools: Tools, principal: Principal, reason: Reason, *, outcome: Outcome = Outcome.OK, **facts: object) -> None:
    who = {"actor_id": principal.user_id, "actor_role": principal.role, "department": principal.department or None}
    tools.audit.append(Event(action=Action.BREAK_GLASS, subject=reason.value, outcome=outcome, **who, **facts))  # type: ignore[arg-type]


def open_granted(tools: Tools, grant: Grant, principal: Principal) -> Consultation | None:
    """Step 5; None when the consultation was deleted meanwhile. Raises AccessError when the grant does not hold, AuditError, VaultError."""
    if not grant.covers(principal, grant.request_id, tools.clock.now()):
        raise AccessError(wanted="a consultation of somebody else, beyond emergency access", held=principal.role.value)
    done = consult.stored(tools, grant.request_id)
    if done is not None:
        consult.note_opening(tools, done, principal, subject=Action.BREAK_GLASS.value)
    return done


def reveal(done: Consultation, grant: Grant, principal: Principal, now: datetime) -> Callable[[str], str]:
    """A function that turns tags back while the grant holds; else it changes nothing."""
    if not grant.covers(principal, done.request_id, now):
        return lambda text: text
    return lambda text: deid.restore(text, done.originals)
