"""The audit log: every act, append-only under a Merkle tree, without a single free text. Front door: AuditLog."""

from core.audit.actions import CALL_ACTIONS, CALL_ENDINGS, Action, Outcome
from core.audit.anchor import Anchor, FileAnchor, anchor_at
from core.audit.checkpoint import SignedHead, Signer
from core.audit.entry import Entry, Head
from core.audit.event import Event, nano_usd
from core.audit.keyfile import signer_from
from core.audit.log import AuditLog
from core.audit.store import Projection
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
    "Event",
    "FileAnchor",
    "Head",
    "Outcome",
    "Projection",
    "Reason",
    "SignedHead",
    "Signer",
    "Verification",
    "anchor_at",
    "nano_usd",
    "signer_from",
]
