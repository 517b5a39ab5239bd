"""The audit log: every act, hash-chained, append-only, without a single free text. Front door: AuditLog."""

from core.audit.actions import CALL_ACTIONS, CALL_ENDINGS, Action, Outcome
from core.audit.entry import Entry, Head
from core.audit.event import Event, nano_usd
from core.audit.log import AuditLog
from core.audit.verify import Reason, Verification
from core.model import CallRow

__all__ = [
    "CALL_ACTIONS",
    "CALL_ENDINGS",
    "Action",
    "AuditLog",
    "CallRow",
    "Entry",
    "Event",
    "Head",
    "Outcome",
    "Reason",
    "Verification",
    "nano_usd",
]
