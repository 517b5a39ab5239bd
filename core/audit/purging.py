"""What a purge commits to: the number and the leaf hash of every entry whose body it dropped. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from core.audit.actions import Action
from core.audit.entry import Row

DOMAIN = b"casegate/audit/purge/1\n"


def purge_digest(dropped: Iterable[tuple[int, bytes]]) -> str:
    """SHA-256 in hex over the domain, then per entry in order its number (8 bytes, big-endian) and its leaf hash."""
    digest = hashlib.sha256(DOMAIN)
    for sequence, leaf in dropped:
        digest.update(sequence.to_bytes(8, "big") + leaf)
    return digest.hexdigest()


class _Claim:
    """Entries that say one purge emptied them."""

    __slots__ = ("count", "digest", "first")

    def __init__(self, first: int) -> None:
        self.first = first
        self.count = 0
        self.digest = hashlib.sha256(DOMAIN)


class Purged:
    """Collects emptied entries during a verification and settles each claim at the purge's own entry, which comes later."""

    def __init__(self) -> None:
        self.open: dict[int, _Claim] = {}
        self.count = 0

    def add(self, purge: int, sequence: int, leaf: bytes) -> None:
        """An entry without a body, which the entry numbered `purge` is said to have dropped."""
        claim = self.open.setdefault(purge, _Claim(sequence))
        claim.count += 1
        claim.digest.update(sequence.to_bytes(8, "big") + leaf)
        self.count += 1

    def settle(self, row: Row) -> int | None:
        """At the purge's own entry: None when it commits to exactly what was collected, else the first emptied entry."""
        claim = self.open.pop(row.sequence)
        try:
            facts = json.loads(row.body or b"")
            said = (facts["action"], facts["payload_sha256"], facts["count"])
        except (ValueError, KeyError, TypeError):
            return claim.first
        return None if said == (Action.ENTRIES_PURGED.value, claim.digest.hexdigest(), claim.count) else claim.first

    def first_unsettled(self) -> int | None:
        """The first emptied entry whose purge has no entry in the log."""
        return min((claim.first for claim in self.open.values()), default=None)
