"""The audit log: every act, hash-chained, append-only, without a single free text. Front door: AuditLog."""

from core.audit.actions import CALL_ACTIONS, CALL_ENDINGS, Action, Outcome
from core.audit.browse import EntryFilter
from core.audit.entry import Entry, Head
from core.audit.event import Event, nano_usd
from core.audit.export import Format, write
from core.audit.histogram import Histogram
from core.audit.log import AuditLog
from core.audit.rollup import hour_of
from core.audit.usage import Question, Taken, UsageFilter, UsageTable
from core.audit.verify import Reason, Verification
from core.model import CallRow

__all__ = [
    "CALL_ACTIONS",
    "CALL_ENDINGS",
    "Action",
    "AuditLog",
    "CallRow",
    "Entry",
    "EntryFilter",
    "Event",
    "Format",
    "Head",
    "Histogram",
    "Outcome",
    "Question",
    "Reason",
    "Taken",
    "UsageFilter",
    "UsageTable",
    "Verification",
    "hour_of",
    "nano_usd",
    "write",
]
