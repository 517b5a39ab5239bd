"""Is the chain whole? Recomputed from raw bodies alone. Pure.

1. every row stands where the row before it says, and hashes to what it says
2. at the first that does not: which kind of change explains it
3. the last row is the expected head, when one is known from elsewhere

A chain alone cannot show that its tail was cut off or that all of it was rewritten; a head kept elsewhere can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from core.audit.entry import EMPTY, Head, Row, body_sequence, chain_hash

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
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result: `entries` read and found good, `head` the last good one, `first_bad` a sequence number."""

    ok: bool
    entries: int
    head: Head
    first_bad: int | None = None
    reason: Reason | None = None

    def describe(self) -> str:
        """One sentence for a person."""
        if self.ok:
            return f"All {self.entries:,} entries are intact."
        where = f"The audit store was altered: entry {self.first_bad} is the first bad one ({self.reason})."
        return f"{where} {self.entries:,} entries before it are intact."


def verify_rows(rows: Iterable[Row], *, expected: Head | None = None, progress: Progress | None = None) -> Verification:
    """Verify rows given in order of their sequence. `progress` gets the number of entries done, now and then."""
    rest, head, before = iter(rows), EMPTY, None
    for row in rest:
        if not _follows(row, head):
            return _diagnose(row, head, before, rest)
        head, before = Head(row.sequence, row.entry_hash), row
        if expected is not None and head.sequence == expected.sequence and head != expected:
            return _bad(Head(head.sequence - 1, row.prev_hash), Reason.REWRITTEN)
        if progress is not None and head.sequence % PROGRESS_EVERY == 0:
            progress(head.sequence)
    if expected is not None and head.sequence < expected.sequence:
        return _bad(head, Reason.TRUNCATED)
    return Verification(True, head.sequence, head)


def _follows(row: Row, head: Head) -> bool:
    place = head.sequence + 1
    return (
        row.sequence == place
        and row.prev_hash == head.entry_hash
        and row.entry_hash == chain_hash(head.entry_hash, row.body)
        and b'"sequence":%d,' % place in row.body
    )


def _bad(good: Head, reason: Reason) -> Verification:
    return Verification(False, good.sequence, good, good.sequence + 1, reason)


def _diagnose(row: Row, head: Head, before: Row | None, rest: Iterator[Row]) -> Verification:
    place = head.sequence + 1
    if row.sequence < place:
        return Verification(False, head.sequence, head, row.sequence, Reason.INSERTED)
    claimed = body_sequence(row.body)
    if row.sequence > place or (claimed is not None and claimed > place):
        moved = any(body_sequence(other.body) == place for other in chain([row], rest))
        return _bad(head, Reason.REORDERED if moved else Reason.DELETED)
    if claimed is not None and claimed < place:
        return _shifted(row, head, before, claimed)
    return _edited(row, head, before, next(rest, None))


def _shifted(row: Row, head: Head, before: Row | None, claimed: int) -> Verification:
    """A row with an earlier entry's body: a copy, or pushed back by a forged entry just before it."""
    if before is not None and claimed == head.sequence and row.body != before.body:
        return _bad(_previous(before), Reason.INSERTED)
    return _bad(head, Reason.DUPLICATED)


def _edited(row: Row, head: Head, before: Row | None, following: Row | None) -> Verification:
    if following is not None and body_sequence(following.body) == head.sequence + 1:
        return _bad(head, Reason.INSERTED)
    fits_here = row.prev_hash == head.entry_hash or row.entry_hash == chain_hash(head.entry_hash, row.body)
    if before is not None and not fits_here:
        # This entry was made for another predecessor: the one before was changed and its own hash made to fit.
        return _bad(_previous(before), Reason.EDITED)
    return _bad(head, Reason.EDITED)


def _previous(row: Row) -> Head:
    return Head(row.sequence - 1, row.prev_hash)
