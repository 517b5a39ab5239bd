"""The audit log: append, verify, browse.

Threads that append at the same time share one durable transaction: whoever holds the writer's lock commits all
that wait. Processes take turns through the database's own write lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from core.audit import store_rollup
from core.audit.actions import CALL_ACTIONS, CALL_ENDINGS, Action, Outcome
from core.audit.anchor import read_anchor, write_anchor
from core.audit.browse import Browser
from core.audit.calls import call_row
from core.audit.entry import Entry, Head, Row, seal, time_text
from core.audit.event import Event
from core.audit.figures import Figures
from core.audit.store import ENTRY, Store
from core.audit.verify import Progress, Reason, Verification, verify_rows
from core.errors import AuditError
from core.model import CallRow, Clock

_Built = TypeVar("_Built")
MAX_PAGE = 1_000
ANCHOR_EVERY = 64


class _Ticket:
    """One event on its way in."""

    __slots__ = ("entry", "error", "event")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.entry: Entry | None = None
        self.error: BaseException | None = None

    @property
    def waiting(self) -> bool:
        return self.entry is None and self.error is None

    def result(self) -> Entry:
        if self.entry is not None:
            return self.entry
        message = self.error.user_message if isinstance(self.error, AuditError) else "The audit entry could not be written."
        raise AuditError(message) from self.error


class AuditLog:
    """An append-only, hash-chained log in one database. Safe to use from several threads and processes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._queue: deque[_Ticket] = deque()
        self._writer = threading.Lock()
        self._anchored = 0
        self._last: Head | None = None
        self.figures = Figures(store.reading, store.changing)
        self.browser = Browser(store, self.figures.places)
        with store.changing() as connection:
            store_rollup.create(connection)
        store.projections.append(store_rollup.Rollups().apply)

    @classmethod
    def open(cls, database: str | Path, *, clock: Clock, read_only: bool = False, busy_timeout_s: float = 5.0) -> Self:
        """Open or make the store at a path or SQLite URL; `read_only` opens what exists and changes nothing.

        Raises AuditError (unwritable, damaged, made by a newer version, not an audit store) or ConfigError (bad URL).
        """
        return cls(Store.open(database, read_only=read_only, busy_timeout_s=busy_timeout_s), clock)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._store.path

    def append(self, event: Event) -> Entry:
        """Record an event; returns when it is durable. Raises AuditError: then it was not recorded, and the act must not happen."""
        ticket = _Ticket(event)
        self._queue.append(ticket)
        with self._writer:
            if ticket.waiting:
                self._commit_waiting()
        return ticket.result()

    def _commit_waiting(self) -> None:
        batch: list[_Ticket] = []
        while self._queue:
            batch.append(self._queue.popleft())
        entries: list[Entry] = []
        try:
            self._store.append(lambda head: self._chain(head, batch, entries))
        except BaseException as error:
            for ticket in batch:
                ticket.error = error
            if not isinstance(error, Exception):
                raise
            return
        for ticket, entry in zip(batch, entries, strict=True):
            ticket.entry = entry
        self._last = entries[-1].head
        if self._last.sequence - self._anchored >= ANCHOR_EVERY:
            self._anchor()

    def _chain(self, head: Head, batch: Sequence[_Ticket], entries: list[Entry]) -> list[Row]:
        rows = []
        for ticket in batch:
            entry, row = seal(head, self._clock.now(), ticket.event)
            entries.append(entry)
            rows.append(row)
            head = entry.head
        return rows

    def _anchor(self) -> None:
        """Keep the head beside the store, unless the kept one contradicts the store: then it is evidence and stays."""
        if self._last is None:
            return
        kept = read_anchor(self.path)
        if kept is not None and (kept.sequence > self._last.sequence or self._store.hash_at(kept.sequence) != kept.entry_hash):
            return
        with suppress(OSError):  # the entry itself is durable; a head kept late only narrows what a cut tail can hide
            write_anchor(self.path, self._last)
        self._anchored = self._last.sequence

    def writable(self) -> bool:
        """Whether an entry could be written now; asks the database and the disk, writes nothing."""
        try:
            self._store.require_writable()
        except (AuditError, OSError):
            return False
        return True

    def head(self) -> Head:
        """The last entry's sequence and hash, to be kept elsewhere. Raises AuditError."""
        return self._store.head()

    def verify(self, progress: Progress | None = None, *, expected_head: Head | None = None) -> Verification:
        """Recompute the chain from raw bodies, and compare with `expected_head`, or else with the head kept beside the store.

        `progress` gets the number of entries done. Never raises for an altered or damaged store: that is the result.
        """
        done = Head(0, "")

        def passing() -> Any:
            nonlocal done
            for row in self._store.rows():
                yield row
                done = Head(row.sequence, row.entry_hash)

        try:
            return verify_rows(passing(), expected=expected_head or read_anchor(self.path), progress=progress)
        except AuditError:
            return Verification(False, done.sequence, done, done.sequence + 1, Reason.UNREADABLE)

    def entries(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        actor: str | None = None,
        action: Action | None = None,
        case_ref: str | None = None,
        model: str | None = None,
        outcome: Outcome | None = None,
        before_sequence: int | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """A page of entries, newest first: since ≤ time < until, every given filter met, sequence below `before_sequence`.

        `limit` is 1 to 1,000. Raises AuditError, also when an entry can't be read: verify then.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        wanted = {"actor_id": actor, "action": action, "case_ref": case_ref, "model": model, "outcome": outcome}
        conditions = [ENTRY.c[name] == str(value) for name, value in wanted.items() if value is not None]
        if before_sequence is not None:
            conditions.append(ENTRY.c.sequence < before_sequence)
        return self._read(Entry.from_row, [*conditions, *_between(since, until)], newest_first=True, limit=limit)

    def calls(self, since: datetime | None = None, until: datetime | None = None) -> list[CallRow]:
        """How every model call ended, oldest first: since ≤ time < until. Raises AuditError."""
        endings = ENTRY.c.action.in_([action.value for action in CALL_ENDINGS])
        return self._read(call_row, [endings, *_between(since, until)], newest_first=False, limit=None)

    def unfinished_calls(self) -> list[Event]:
        """Model calls begun since the last start of the service that no entry ends, oldest first. Raises AuditError."""
        starts = self.entries(action=Action.SERVICE_STARTED, limit=1)
        acts = ENTRY.c.action.in_([action.value for action in CALL_ACTIONS])
        since = ENTRY.c.sequence > (starts[0].sequence if starts else 0)
        begun: dict[str | None, Event] = {}
        for entry in self._read(Entry.from_row, [acts, since], newest_first=False, limit=None):
            if entry.event.action is Action.DIAGNOSIS_REQUEST_INITIATED:
                begun[entry.event.request_id] = entry.event
            else:
                begun.pop(entry.event.request_id, None)
        return list(begun.values())

    def _read(self, build: Callable[[Row], _Built], conditions: list[Any], *, newest_first: bool, limit: int | None) -> list[_Built]:
        try:
            return [build(row) for row in self._store.find(conditions, newest_first=newest_first, limit=limit)]
        except ValueError:
            raise AuditError("An audit entry can't be read; the store was altered. Run the verification.") from None

    def close(self) -> None:
        """Keep the head and let go of the database."""
        with self._writer, suppress(AuditError):
            self._anchor()
        self._store.close()


def _between(since: datetime | None, until: datetime | None) -> list[Any]:
    return [*([] if since is None else [ENTRY.c.time >= time_text(since)]), *([] if until is None else [ENTRY.c.time < time_text(until)])]
