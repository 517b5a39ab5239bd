"""The writer when something goes wrong around it: nobody waits for ever, and nothing is recorded twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.audit import AuditLog, Event, writer
from core.audit.entry import Chain
from core.errors import AuditError
from core.model import FixedClock

Make = Callable[..., Event]
PATIENCE_S = 60


class FailingClock(FixedClock):
    """Tells no time once when asked to."""

    broken = False

    def now(self) -> datetime:
        if self.broken:
            self.broken = False
            raise OSError
        return super().now()


class Gate:
    """Stands before every batch until it is opened."""

    def __init__(self, log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        append = log._store.append

        def held(*batch: Any) -> Chain | None:
            self.reached.set()
            assert self.open.wait(PATIENCE_S)
            return append(*batch)

        monkeypatch.setattr(log._store, "append", held)


def test_a_clock_that_fails_between_two_batches_harms_neither(database: Path, event: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recorded is confirmed, what waits is recorded next."""
    clock = FailingClock()
    log = AuditLog.open(database, clock=clock)
    gate = Gate(log, monkeypatch)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(log.append, event(1))
        assert gate.reached.wait(PATIENCE_S)
        second = threads.submit(log.append, event(2))
        while not log._writer._waiting:
            pass

        def broken_after(chain: Chain | None, go_on: Callable[[Chain | None], None] = log._writer._go_on_from) -> None:
            clock.broken = True
            go_on(chain)

        monkeypatch.setattr(log._writer, "_go_on_from", broken_after)
        gate.open.set()
        assert [done.result(PATIENCE_S).sequence for done in (first, second)] == [1, 2]
    clock.broken = False
    assert log.verify().entries == 2
    log.close()


def test_a_clock_that_fails_at_the_door_refuses_nothing_else(database: Path, event: Make) -> None:
    """The moment is asked for again within the transaction."""
    clock = FailingClock()
    log = AuditLog.open(database, clock=clock)
    log.append(event(1))
    clock.broken = True
    assert log.append(event(2)).sequence == 2
    log.close()


def test_a_thread_that_does_not_start_is_tried_again(log: AuditLog, event: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The act is refused, with words; the next one is not left to a thread that never was."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(AuditError, match="no thread left"):
            log.append(event(1))
    assert log.append(event(2)).sequence == 1


def test_the_end_is_not_awaited_for_ever(log: AuditLog, event: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing goes on when a batch does not come back; what it held is recorded once it does."""
    monkeypatch.setattr(writer, "JOIN_S", 0.01)
    log.append(event(1))
    gate = Gate(log, monkeypatch)
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(log.append, event(2))
        assert gate.reached.wait(PATIENCE_S)
        recorder = log._writer._thread
        log._writer.close()
        assert not done.done()
        gate.open.set()
        assert done.result(PATIENCE_S).sequence == 2
    assert recorder is not None
    recorder.join(PATIENCE_S)


def test_a_batch_that_arrives_late_is_not_recorded_twice(postgres_log: AuditLog, event: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server was thought gone, and still commits what it was sent, just before the writer has the lock again."""
    postgres_log.append(event(1))
    appender = postgres_log._store._appender
    run, end = appender._run, appender._end
    late: list[Any] = []

    def lost(batch: Any) -> bool:
        late.append(batch)
        return False

    def arrived(connection: sa.Connection) -> Chain:
        if late:
            assert run(late.pop())
        return end(connection)

    monkeypatch.setattr(appender, "_run", lost)
    monkeypatch.setattr(appender, "_end", arrived)
    assert postgres_log.append(event(2)).sequence == 2
    assert [entry.event.request_id for entry in postgres_log.entries()] == ["req-2", "req-1"]
    assert postgres_log.append(event(3)).sequence == 3
    assert postgres_log.verify().entries == 3


def test_a_server_that_vanishes_is_noticed(postgres_log: AuditLog) -> None:
    """Connections ask whether the other side is still there."""
    with postgres_log._store._engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        told = driver.info.get_parameters()
    assert (told["tcp_user_timeout"], told["keepalives_idle"], told["keepalives_count"]) == ("15000", "5", "2")
