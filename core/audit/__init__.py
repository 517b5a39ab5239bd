"""The audit log: every act, append-only under a Merkle tree, without a single free text. Front door: AuditLog."""

from core.audit.accounting import Account, account
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
from core.audit.review import ACTIONS_OF, Concern, SignOff, Verdict, concerns, sign_off_event, sign_offs, signed_through
from core.audit.rollup import hour_of
from core.audit.store import Projection
from core.audit.usage import Question, Taken, UsageFilter, UsageTable
from core.audit.verify import Reason, Verification
from core.model import CallRow

__all__ = [
    "ACTIONS_OF",
    "CALL_ACTIONS",
    "CALL_ENDINGS",
    "Account",
    "Action",
    "Anchor",
    "AuditLog",
    "CallRow",
    "Concern",
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
    "SignOff",
    "SignedHead",
    "Signer",
    "Taken",
    "UsageFilter",
    "UsageTable",
    "Verdict",
    "Verification",
    "account",
    "anchor_at",
    "concerns",
    "hour_of",
    "nano_usd",
    "sign_off_event",
    "sign_offs",
    "signed_through",
    "signer_from",
    "write",
]
