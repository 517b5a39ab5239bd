"""The audit log: every act, append-only under a Merkle tree, without a single free text. Front door: AuditLog."""

from core.audit.actions import CALL_ACTIONS, CALL_ENDINGS, Action, Outcome
from core.audit.anchor import Anchor, FileAnchor, anchor_at
from core.audit.browse import EntryFilter
from core.audit.checkpoint import SignedHead, Signer
from core.audit.entry import Entry, Head
from core.audit.event import Event, nano_usd
from core.audit.export import Format, write
from core.audit.histogram import Histogram
from core.audit.keyfile import signer_from
from core.audit.log import AuditLog
from core.audit.rollup import hour_of
from core.audit.store import Projection
from core.audit.usage import Question, Taken, UsageFilter, UsageTable
from core.audit.verify import Reason, Verification
from core.model import CallRow

__all__ = [
    "CALL_ACTIONS",
    "CALL_ENDINGS",
    "Action",
    "Anchor",
    "AuditLog",
    "CallRow",
    "Entry",
    "EntryFilter",
    "Event",
    "FileAnchor",
    "Format",
    "Head",
    "Histogram",
    "Outcome",
    "Projection",
    "Question",
    "Reason",
    "SignedHead",
    "Signer",
    "Taken",
    "UsageFilter",
    "UsageTable",
    "Verification",
    "anchor_at",
    "hour_of",
    "nano_usd",
    "signer_from",
    "write",
]
