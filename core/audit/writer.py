"""Group commit: one thread per process records what all others hand in, many events in one durable transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import NamedTuple

from core.audit.entry import Chain, Entry, Row
from core.audit.event import Event
from core.audit.store import Connection, Projection, Store
from core.errors import AuditError
from core.model import Clock

LINGER_S = 0.0005  # how long a batch waits for the threads that the last one let go; alone, nobody waits
MAX_BATCH = 512


class Deed(NamedTuple):
    """An event that is found within its own transaction, and what else that transaction does. Recorded in a batch of its own."""

    event: Callable[[Connection], Event]
    then: Projection


class _Ticket:
    """One event on its way in. Its lock is held until it is recorded or refused."""

    __slots__ = ("done", "entry", "error", "event")

    def __init__(self, event: Event | Deed) -> None:
        self.event = event
        self.entry: Entry | None = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def result(self) -> Entry:
        self.done.acquire()
        if self.entry is not None:
            return self.entry
        message = self.error.user_message if isinstance(self.error, AuditError) else "The audit entry could not be written."
        raise AuditError(message) from self.error


class Writer:
    """Takes events from any thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._queue: SimpleQueue[_Ticket | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._expected = 1

    def append(self, event: Event | Deed) -> Entry:
        """Return when the event is durable. Raises AuditError when it is not."""
        ticket = _Ticket(event)
        with self._lock:
            if self._closed:
                raise AuditError("The audit store is closed; Casegate is shutting down.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
                self._thread.start()
            self._queue.put(ticket)
        return ticket.result()

    def close(self) -> None:
        """Record what was handed in, then end."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._gather()
            deeds = [ticket for ticket in batch if isinstance(ticket.event, Deed)]
            for part in ([ticket for ticket in batch if ticket not in deeds], *([deed] for deed in deeds)):
                if part:
                    self._commit(part)

    def _gather(self) -> tuple[list[_Ticket], bool]:
        first = self._queue.get()
        if first is None:
            return [], False
        batch, until = [first], perf_counter() + LINGER_S
        while len(batch) < MAX_BATCH:
            wait = until - perf_counter() if len(batch) < self._expected else 0
            try:
                ticket = self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
            except Empty:
                break
            if ticket is None:
                return batch, False
            batch.append(ticket)
        return batch, True

    def _commit(self, batch: list[_Ticket]) -> None:
        sealed: list[tuple[Entry, Row]] = []

        def build(chain: Chain, connection: Connection) -> list[tuple[Entry, Row]]:
            events = (ticket.event.event(connection) if isinstance(ticket.event, Deed) else ticket.event for ticket in batch)
            sealed[:] = [chain.seal(self._clock.now(), event) for event in events]
            return sealed

        deed = batch[0].event
        try:
            self._store.append(build, deed.then if isinstance(deed, Deed) else None)
        except BaseException as error:  # noqa: BLE001 – whatever it was, somebody waits for each ticket
            for ticket in batch:
                ticket.error = error
        else:
            for ticket, (entry, _) in zip(batch, sealed, strict=True):
                ticket.entry = entry
        self._expected = len(batch) + self._queue.qsize()
        for ticket in batch:
            ticket.done.release()
