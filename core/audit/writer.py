"""Group commit: one thread per process records what all others hand in, many events in one durable transaction.

A thread that appends writes its entry's bytes, and puts it onto the chain's end as it will be once everything before is recorded; so
the writer has nothing to do between two transactions but to take what has come. When that end turns out to be another, because a
batch failed or another process has written, what was handed in is put onto the true end anew, within the transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import NamedTuple, cast

from core.audit.canonical import draft_of
from core.audit.entry import Chain, Entry, Row
from core.audit.event import Event
from core.audit.store import Batch, Connection, Projection, Store
from core.errors import AuditError
from core.model import Clock

LOOK_EVERY_S = 0.01
QUIET_S = 0.05  # without an append, until what can wait is done
MAX_BATCH = 512
JOIN_S = 60.0  # at the end, for what is still on its way to a server that does not answer


class Deed(NamedTuple):
    """An event that is found within its own transaction, and what else that transaction does. Recorded in a batch of its own."""

    event: Callable[[Connection], Event]
    then: Projection


class _Ticket:
    """One event on its way in. Its lock is held until it is recorded or refused."""

    __slots__ = ("done", "draft", "error", "event", "sealed")

    def __init__(self, event: Event | Deed) -> None:
        self.event = event
        self.draft = None if isinstance(event, Deed) else draft_of(event)
        self.sealed: tuple[Entry, Row] | None = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def seal(self, chain: Chain, clock: Clock, connection: Connection | None = None) -> tuple[Entry, Row]:
        """Put it onto the chain's end."""
        event = self.event
        if isinstance(event, Deed):
            event = event.event(cast(Connection, connection))  # it is sealed within its transaction and nowhere else
        self.sealed = chain.seal(clock.now(), event, self.draft)
        return self.sealed

    def result(self) -> Entry:
        self.done.acquire()
        if self.error is None and self.sealed is not None:
            return self.sealed[0]
        message = self.error.user_message if isinstance(self.error, AuditError) else "The audit entry could not be written."
        raise AuditError(message) from self.error


class Writer:
    """Takes events from any thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()  # over all that follows
        self._waiting: list[_Ticket] = []
        self._chain: Chain | None = None  # its end once everything that waits is recorded; None while that is not known
        self._thread: threading.Thread | None = None
        self._idle = True  # nobody is recording
        self._watching = False  # the thread waits for a quiet moment, or is about to
        self._deeds = 0  # among those that wait
        self._look_at = 0.0
        self._closed = False
        self._bell = threading.Lock()  # released to make the thread the one who records
        self._bell.acquire()

    def append(self, event: Event | Deed) -> Entry:
        """Return when the event is durable. Raises AuditError when it is not."""
        ticket = _Ticket(event)
        with self._lock:
            if self._closed:
                raise AuditError("The audit store is closed; Casegate is shutting down.")
            if self._thread is None:
                self._thread = self._started()
            self._hand_in(ticket)
            idle, self._idle = self._idle, False
            if idle and threading.current_thread() is threading.main_thread():
                self._bell.release()  # Ctrl-C must not come in the middle of a transaction
                idle = False
        if idle:
            self._stand_in()
        return ticket.result()

    def _started(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise AuditError("The audit entry could not be written: the server has no thread left for it. Try again.") from error
        return thread

    def _hand_in(self, ticket: _Ticket) -> None:
        if isinstance(ticket.event, Deed):
            self._deeds += 1
            self._chain = None  # what it will say is not known yet
        elif self._chain is not None:
            try:
                ticket.seal(self._chain, self._clock)
            except Exception:  # noqa: BLE001 – it will be told so within its transaction, where it is tried anew
                self._chain = None
        self._waiting.append(ticket)

    def close(self) -> None:
        """Record what was handed in, then end; not later than after JOIN_S."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
            idle, self._idle = self._idle, False
            if idle:
                self._bell.release()
        if thread is not None:
            thread.join(JOIN_S)

    def _stand_in(self) -> None:
        """Record once in place of the thread, and wake it only if there is more: alone, an append waits for no other thread."""
        with self._lock:
            batch, known = self._take()
            self._look_at = 0.0
        self._record(batch, known)
        with self._lock:
            more = bool(self._waiting) or self._closed or (self._store.unsettled and not self._watching)
            self._idle = not more
            if more:
                self._bell.release()

    def _run(self) -> None:
        ended = False
        while not ended:
            if not self._bell.acquire(timeout=QUIET_S if self._watching else -1):
                self._settle()
                continue
            self._look_at = 0.0
            while True:
                with self._lock:
                    batch, known = self._take()
                    ended = not batch and self._closed
                    self._idle = not batch and not ended
                    self._watching = self._idle and self._store.unsettled
                if not batch:
                    break
                self._record(batch, known)

    def _settle(self) -> None:
        """Nobody appended for a while: do what entries wait for, unless somebody records at this very moment."""
        with self._lock:
            if not self._idle:
                return
            self._idle = False
        with suppress(Exception):  # whatever it was, nothing is lost by it, and the writer goes on
            self._store.settle()
        with self._lock:
            self._watching = self._store.unsettled
            more = bool(self._waiting) or self._closed
            self._idle = not more
            if more:
                self._bell.release()

    def _take(self) -> tuple[list[_Ticket], bool]:
        """The next batch, and whether it is sealed onto the end that the one before it left."""
        waiting, count = self._waiting, MAX_BATCH
        if self._deeds:
            deed = next(at for at, ticket in enumerate(waiting) if isinstance(ticket.event, Deed))
            self._deeds -= not deed
            count = min(deed or 1, MAX_BATCH)
        batch, self._waiting = waiting[:count], waiting[count:]
        return batch, self._chain is not None

    def _record(self, batch: list[_Ticket], known: bool) -> None:
        error: BaseException | None = None
        deed = batch[0].event
        then = deed.then if isinstance(deed, Deed) else None
        sealed = [ticket.sealed for ticket in batch if ticket.sealed] if known else []
        try:
            self._look()
            end = self._store.append(lambda chain, connection: self._seal(batch, chain, connection), then, sealed)
        except BaseException as fault:  # noqa: BLE001 – whatever it was, somebody waits for each ticket
            error, end = fault, None
        try:
            if error or not known or end:
                self._go_on_from(end)
        finally:
            for ticket in batch:
                ticket.error = error
                ticket.done.release()

    def _look(self) -> None:
        """Make sure of the file: before the first batch after a pause, and while one follows the other every LOOK_EVERY_S.

        Not before each: for a look at the disk this thread would give up its turn to every thread that it has just let go.
        """
        now = monotonic()
        if now >= self._look_at:
            self._store.require_same_file()
            self._look_at = now + LOOK_EVERY_S

    def _seal(self, batch: Sequence[_Ticket], chain: Chain, connection: Connection) -> Batch:
        return [ticket.seal(chain, self._clock, connection) for ticket in batch]

    def _go_on_from(self, end: Chain | None) -> None:
        """Put what waits onto another end; when that is not known, the next batch will find it."""
        with self._lock:
            self._chain = None
            if end is None or self._deeds:
                return
            with suppress(Exception):  # as when it is handed in
                for ticket in self._waiting:
                    ticket.seal(end, self._clock)
                self._chain = end
