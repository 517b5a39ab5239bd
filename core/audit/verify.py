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
from itertools import chain, islice
from types import MappingProxyType

from core.audit.entry import DOMAIN, EMPTY, Chain, Head, RawRow, Row, TreeHead, body_sequence, chain_hash
from core.audit.merkle import leaf_hash, leaf_hashes
from core.audit.purging import Purged

PROGRESS_EVERY = 5_000
CHUNK = 256  # rows looked at together: a power of two, for the tree's sake, that fits a processor's cache
Progress = Callable[[int], object]


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


def verify_rows(rows: Iterable[RawRow], *, expected: Head | Expected | None = None, progress: Progress | None = None) -> Verification:
    """Verify rows (Row, or plain tuples of the same fields) given in order of their sequence.

    `progress` gets the number of entries done, now and then.
    """
    known = Expected((expected,)) if isinstance(expected, Head) else expected or Expected()
    source = iter(rows)
    return Walk(known, progress).over(iter(lambda: list(islice(source, CHUNK)), []))


class Walk:
    """One pass over the rows. `end` is how far it came: all before that is good."""

    def __init__(self, known: Expected, progress: Progress | None = None) -> None:
        self._hashes = {head.sequence: head.entry_hash for head in known.heads}
        self._roots = known.roots
        self._stops = sorted({*self._hashes, *known.roots} - {0}, reverse=True)
        self._last = known.last
        self._progress = progress
        self._purged = Purged()
        self._before: RawRow | None = None
        self.end = Chain()

    def over(self, chunks: Iterator[list[RawRow]]) -> Verification:
        """Verify them, given in lists of CHUNK."""
        for chunk in chunks:
            done = self.end.sequence
            if not self._all_good(chunk):
                bad = self._one_by_one(chunk, chain.from_iterable(chunks))
                if bad is not None:
                    return bad
            if self._progress is not None and self.end.sequence // PROGRESS_EVERY > done // PROGRESS_EVERY:
                self._progress(self.end.sequence)
        return self._finish()

    def _all_good(self, chunk: list[RawRow]) -> bool:
        """The common case in bulk, column by column, for there are many: nothing amiss, nothing purged, nothing to compare with.

        When it holds the walk has moved on; when not, nothing has changed, and the rows are looked at one by one.
        """
        first, last = self.end.sequence + 1, self.end.sequence + len(chunk)
        if (self._stops and self._stops[-1] <= last) or self._purged.open:
            return False
        sha256 = hashlib.sha256
        numbers, bodies, leaves, nodes, prevs, links, purges = zip(*chunk, strict=True)
        if numbers != tuple(range(first, last + 1)) or None in bodies or purges.count(None) != len(purges):
            return False
        if leaves != leaf_hashes(bodies) or prevs != (self.end.entry_hash, *links[:-1]):
            return False
        if -1 in map(bytes.rfind, bodies, [b'"sequence":%d,' % number for number in numbers]):
            return False
        if links != tuple([sha256(DOMAIN + prev + leaf).digest() for prev, leaf in zip(prevs, leaves, strict=True)]):
            return False
        frontier = self.end.frontier.copy()
        if nodes != tuple(frontier.extend(leaves)):
            return False
        self.end, self._before = Chain(frontier, links[-1]), chunk[-1]
        return True

    def _one_by_one(self, chunk: list[RawRow], after: Iterator[RawRow]) -> Verification | None:
        rest = iter(chunk)
        for raw in rest:
            row, place, prev = Row._make(raw), self.end.sequence + 1, self.end.entry_hash
            if not self._in_place(row, place, prev) and not self._emptied(row, place, prev):
                return self._diagnose(row, chain(rest, after))
            if row.node_hash != self.end.frontier.push(row.leaf_hash):
                pushed_in = body_sequence(next(chain(rest, after), (0, None))[1]) == place
                return self._bad(place - 1, prev, Reason.INSERTED if pushed_in else Reason.EDITED)
            self.end.entry_hash, self._before = row.entry_hash, raw
            if self._stops and self._stops[-1] == place:
                self._stops.pop()
                if not self._as_known():
                    return self._bad(place - 1, prev, Reason.REWRITTEN)
            if place in self._purged.open:
                wrong = self._purged.settle(row)
                if wrong is not None:
                    return self._bad(wrong - 1, None, Reason.EMPTIED)
        return None

    @staticmethod
    def _in_place(row: Row, place: int, prev: bytes) -> bool:
        return (
            row.sequence == place
            and row.body is not None
            and row.purge is None
            and row.leaf_hash == leaf_hash(row.body)
            and row.prev_hash == prev
            and row.entry_hash == chain_hash(prev, row.leaf_hash)
            and b'"sequence":%d,' % place in row.body
        )

    def _emptied(self, row: Row, place: int, prev: bytes) -> bool:
        """A row whose body was purged: all but the body holds, and the purge is checked at the end."""
        linked = row.sequence == place and row.prev_hash == prev and row.entry_hash == chain_hash(prev, row.leaf_hash)
        if row.body is not None or row.purge is None or row.purge <= place or not linked:
            return False
        self._purged.add(row.purge, place, row.leaf_hash)
        return True

    def _as_known(self) -> bool:
        """Whether the store has at this size what is known from elsewhere."""
        size, entry_hash = self.end.head
        wanted, roots = self._hashes.get(size), self._roots.get(size)
        return wanted in (None, entry_hash) and (roots is None or roots == {self.end.frontier.root()})

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

    def _diagnose(self, row: Row, rest: Iterator[RawRow]) -> Verification:
        good, link = self.end.sequence, self.end.entry_hash
        place = good + 1
        if row.sequence < place:
            return self._bad(good, link, Reason.INSERTED, at=row.sequence)
        claimed = body_sequence(row.body)
        if row.sequence > place or (claimed is not None and claimed > place):
            moved = any(body_sequence(other[1]) == place for other in chain([row], rest))
            return self._bad(good, link, Reason.REORDERED if moved else Reason.DELETED)
        if claimed is not None and claimed < place:
            return self._shifted(row, claimed)
        if row.body is None:
            return self._bad(good, link, Reason.EMPTIED)
        return self._edited(row, next(rest, None))

    def _shifted(self, row: Row, claimed: int) -> Verification:
        """A row with an earlier entry's body: a copy, or pushed back by a forged entry just before it."""
        good, before = self.end.sequence, self._before
        if before is not None and claimed == good and row.body != before[1]:
            return self._bad(good - 1, before[4], Reason.INSERTED)
        return self._bad(good, self.end.entry_hash, Reason.DUPLICATED)

    def _edited(self, row: Row, following: RawRow | None) -> Verification:
        good, link = self.end.sequence, self.end.entry_hash
        if following is not None and body_sequence(following[1]) == good + 1:
            return self._bad(good, link, Reason.INSERTED)
        sound = row.body is not None and row.leaf_hash == leaf_hash(row.body)
        if self._before is not None and sound and row.prev_hash != link and row.entry_hash != chain_hash(link, row.leaf_hash):
            # This entry was made for another predecessor: the one before was changed and its own hashes made to fit.
            return self._bad(good - 1, self._before[4], Reason.EDITED)
        return self._bad(good, link, Reason.EDITED)
