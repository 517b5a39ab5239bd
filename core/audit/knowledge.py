"""What a verification holds the rows against: the signed tree heads in the store, their keys, and the anchor outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from core.audit.anchor import Anchor
from core.audit.checkpoint import ORIGIN, SignedHead, key_id
from core.audit.entry import EMPTY, Head
from core.audit.store.heads import KeyRecord
from core.audit.verify import Expected, Reason, Verification


@dataclass(frozen=True)
class Knowledge:
    """Roots by size as signed, and the finding when a signature itself is wrong."""

    roots: Mapping[int, frozenset[bytes]]
    forged: Verification | None = None

    def expecting(self, head: Head | None) -> Expected:
        """With a chain head noted elsewhere."""
        return Expected(() if head is None else (head,), self.roots)


def knowledge_of(records: Sequence[KeyRecord], notes: Sequence[tuple[int, str]], anchor: Anchor, trusted: bytes | None) -> Knowledge:
    """From the store's keys and notes. `trusted`: the public key of the signer at hand, which must be the store's present one."""
    heads, forged = _checked(records, notes, trusted)
    try:
        kept = anchor.read()
    except OSError:
        kept = None
    if kept is not None:
        heads.append(kept)
        if not _ours(kept, records):
            forged = forged or kept.head.size
    roots: dict[int, frozenset[bytes]] = {}
    for head in heads:
        roots[head.head.size] = roots.get(head.head.size, frozenset()) | {head.head.root}
    if forged is not None:
        return Knowledge(MappingProxyType(roots), Verification(False, 0, EMPTY, forged, Reason.FORGED))
    return Knowledge(MappingProxyType(roots))


def _ours(head: SignedHead, records: Sequence[KeyRecord]) -> bool:
    return bool(records) and head.origin == ORIGIN + records[0].key_id and head.signed_by(record.public_key for record in records)


def _checked(records: Sequence[KeyRecord], notes: Sequence[tuple[int, str]], trusted: bytes | None) -> tuple[list[SignedHead], int | None]:
    heads: list[SignedHead] = []
    for record in records:
        if record.key_id != key_id(record.public_key):
            return heads, record.since_size
    if trusted is not None and records and records[-1].public_key != trusted:
        return heads, records[-1].since_size
    for size, note in notes:
        try:
            head = SignedHead.parse(note)
        except ValueError:
            return heads, size
        if head.head.size != size or not _ours(head, records):
            return heads, size
        heads.append(head)
    return heads, None
