"""Is the store whole? Recomputed from raw bodies alone. Pure.

1. every row stands where the row before it says: its leaf is the hash of its body, its link that of the link before it
   and its leaf, its node that of the tree; a body may be missing where a lawful purge names it
2. at the first that does not: which kind of change explains it
3. the purged bodies are those that each purge's entry commits to
4. every signed tree head has the root recomputed at its size
5. the last row is the expected head, when one is known from elsewhere

The rows alone cannot show that the tail was cut off or that all was rewritten; steps 4 and 5 do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from types import MappingProxyType

from core.audit.entry import DOMAIN, EMPTY, Chain, Head, Row, TreeHead, body_sequence, chain_hash
from core.audit.merkle import leaf_hash
from core.audit.purging import Purged

PROGRESS_EVERY = 5_000
Progress = Callable[[int], None]


class Reason(StrEnum):
    """What was done to the first bad entry."""

    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    DUPLICATED = "duplicated"
    REORDERED = "reordered"
    TRUNCATED = "tail cut off"
    REWRITTEN = "rewritten"
    EMPTIED = "body removed without a purge"
    UNREADABLE = "unreadable"
    FORGED = "signed tree head forged"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result: `entries` read and found good, `head` the last good one, `first_bad` a sequence number."""

    ok: bool
    entries: int
    head: Head
    first_bad: int | None = None
    reason: Reason | None = None
    tree: TreeHead | None = None
    purged: int = 0

    def describe(self) -> str:
        """One sentence for a person."""
        if self.ok:
            gone = f" {self.purged:,} of them hold no body any more, after a recorded purge." if self.purged else ""
            return f"All {self.entries:,} entries are intact.{gone}"
        where = f"The audit store was altered: entry {self.first_bad} is the first bad one ({self.reason})."
        return f"{where} {self.entries:,} entries before it are intact."


@dataclass(frozen=True)
class Expected:
    """What is known from elsewhere: chain heads, and roots of the tree by its size."""

    heads: tuple[Head, ...] = ()
    roots: Mapping[int, frozenset[bytes]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def last(self) -> int:
        """The largest size anything is known of."""
        return max((*(head.sequence for head in self.heads), *self.roots), default=0)


def verify_rows(rows: Iterable[Row], *, expected: Head | Expected | None = None, progress: Progress | None = None) -> Verification:
    """Verify rows given in order of their sequence. `progress` gets the number of entries done, now and then."""
    known = Expected((expected,)) if isinstance(expected, Head) else expected or Expected()
    return _Walk(known, progress).over(iter(rows))


class _Walk:
    """One pass over the rows."""

    def __init__(self, known: Expected, progress: Progress | None) -> None:
        self._hashes = {head.sequence: head.entry_hash for head in known.heads}
        self._roots = known.roots
        self._stops = sorted({*self._hashes, *known.roots} - {0})
        self._last = known.last
        self._progress = progress
        self._purged = Purged()
        self.end = Chain()

    def over(self, rest: Iterator[Row]) -> Verification:
        before: Row | None = None
        stops = iter([*self._stops, -1])
        stop, end, emptied = next(stops), self.end, self._purged.open
        prev, push, sha256, progress = end.entry_hash, end.frontier.push, hashlib.sha256, self._progress
        for place, row in enumerate(rest, 1):
            sequence, body, leaf, node, row_prev, row_hash, purge = row
            # The common case in one breath, for there are many.
            if not (
                sequence == place
                and body is not None
                and purge is None
                and leaf == sha256(b"\x00" + body).digest()
                and row_prev == prev
                and row_hash == sha256(DOMAIN + prev + leaf).digest()
                and b'"sequence":%d,' % place in body
            ) and not self._emptied(row, place, prev):
                return self._diagnose(row, before, rest)
            if node != push(leaf):
                pushed_in = body_sequence(getattr(next(rest, None), "body", None)) == place
                return self._bad(place - 1, prev, Reason.INSERTED if pushed_in else Reason.EDITED)
            prev = end.entry_hash = row_hash
            before = row
            if place == stop:
                if not self._as_known(row):
                    return self._bad(place - 1, row_prev, Reason.REWRITTEN)
                stop = next(stops)
            if emptied and place in emptied:
                wrong = self._purged.settle(row)
                if wrong is not None:
                    return self._bad(wrong - 1, None, Reason.EMPTIED)
            if progress is not None and place % PROGRESS_EVERY == 0:
                progress(place)
        return self._finish()

    def _emptied(self, row: Row, place: int, prev: bytes) -> bool:
        """A row whose body was purged: all but the body holds, and the purge is checked at the end."""
        linked = row.sequence == place and row.prev_hash == prev and row.entry_hash == chain_hash(prev, row.leaf_hash)
        if row.body is not None or row.purge is None or row.purge <= place or not linked:
            return False
        self._purged.add(row.purge, place, row.leaf_hash)
        return True

    def _as_known(self, row: Row) -> bool:
        """Whether the store has at this size what is known from elsewhere."""
        wanted, roots = self._hashes.get(row.sequence), self._roots.get(row.sequence)
        return wanted in (None, row.entry_hash.hex()) and (roots is None or roots == {self.end.frontier.root()})

    def _finish(self) -> Verification:
        head = self.end.head
        if head.sequence < self._last:
            return self._bad(head.sequence, self.end.entry_hash, Reason.TRUNCATED)
        unsettled = self._purged.first_unsettled()
        if unsettled is not None:
            return self._bad(unsettled - 1, None, Reason.EMPTIED)
        return Verification(True, head.sequence, head, tree=self.end.tree_head, purged=self._purged.count)

    def _bad(self, good: int, link: bytes | None, reason: Reason, *, at: int | None = None) -> Verification:
        head = Head(good, "" if link is None else link.hex()) if good else EMPTY
        return Verification(False, good, head, good + 1 if at is None else at, reason)

    def _diagnose(self, row: Row, before: Row | None, rest: Iterator[Row]) -> Verification:
        good, link = self.end.sequence, self.end.entry_hash
        place = good + 1
        if row.sequence < place:
            return self._bad(good, link, Reason.INSERTED, at=row.sequence)
        claimed = body_sequence(row.body)
        if row.sequence > place or (claimed is not None and claimed > place):
            moved = any(body_sequence(other.body) == place for other in chain([row], rest))
            return self._bad(good, link, Reason.REORDERED if moved else Reason.DELETED)
        if claimed is not None and claimed < place:
            return self._shifted(row, before, claimed)
        if row.body is None:
            return self._bad(good, link, Reason.EMPTIED)
        return self._edited(row, before, next(rest, None))

    def _shifted(self, row: Row, before: Row | None, claimed: int) -> Verification:
        """A row with an earlier entry's body: a copy, or pushed back by a forged entry just before it."""
        good = self.end.sequence
        if before is not None and claimed == good and row.body != before.body:
            return self._bad(good - 1, before.prev_hash, Reason.INSERTED)
        return self._bad(good, self.end.entry_hash, Reason.DUPLICATED)

    def _edited(self, row: Row, before: Row | None, following: Row | None) -> Verification:
        good, link = self.end.sequence, self.end.entry_hash
        if following is not None and body_sequence(following.body) == good + 1:
            return self._bad(good, link, Reason.INSERTED)
        sound = row.body is not None and row.leaf_hash == leaf_hash(row.body)
        if before is not None and sound and row.prev_hash != link and row.entry_hash != chain_hash(link, row.leaf_hash):
            # This entry was made for another predecessor: the one before was changed and its own hashes made to fit.
            return self._bad(good - 1, before.prev_hash, Reason.EDITED)
        return self._bad(good, link, Reason.EDITED)
