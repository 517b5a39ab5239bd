"""PostgreSQL shared by processes: rows that follow from the entries are made by one at a time, and a question sees one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.audit_logs import open_postgres

from core.audit import AuditLog, Event, Question, UsageFilter, hour_of
from core.audit.store import ENTRY, rollups
from core.audit.store.schema import SCHEMA_STEP, SCHEMA_VERSION
from core.audit.store.tail import Tail
from core.errors import AuditError
from core.model import FixedClock

Make = Callable[..., Event]
HOUR = hour_of(FixedClock().now())
EVERYTHING = Question((HOUR, HOUR + 24), (), UsageFilter())


def calls(log: AuditLog) -> int:
    """How many the figures know of."""
    (table,), _ = log.figures.ask([EVERYTHING])
    return int(table.rows[0][1])


@pytest.fixture
def other(postgres_url: str, postgres_log: AuditLog, event: Make, tmp_path: Path) -> Iterator[AuditLog]:
    """The same store as another process sees it, with nine calls that are in no row yet; it waits for nobody."""
    for number in range(9):
        postgres_log.append(event(number))
    with closing(open_postgres(postgres_url, tmp_path, busy_timeout_s=0.1)) as opened:
        yield opened


@pytest.mark.parametrize("act", [lambda log: log.figures.catch_up(), lambda log: log.figures.rebuild()], ids=["catch-up", "rebuild"])
def test_one_folds_at_a_time(postgres_log: AuditLog, other: AuditLog, act: Callable[[AuditLog], object]) -> None:
    """Whoever comes while another is at it waits; then nothing is added twice."""
    with postgres_log._store.folding() as connection:
        assert rollups.fold_chunk(connection, 5) == 5
        with pytest.raises(AuditError, match="locked by another session"):
            act(other)
    act(other)
    assert (calls(postgres_log), postgres_log.figures.behind()) == (9, 0)


def test_an_entry_waits_for_a_fold(postgres_log: AuditLog, other: AuditLog, event: Make) -> None:
    """The writer's own rows are made under the same lock."""
    with postgres_log._store.folding() as connection:
        rollups.fold_chunk(connection, 5)
        with pytest.raises(AuditError, match="locked by another session"):
            other.append(event(10))
    assert other.append(event(10)).sequence == 10


def test_a_question_sees_one_moment(postgres_log: AuditLog, other: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process folds between the reading of the tail and that of the rows is not counted twice."""
    tail = rollups.read_tail

    def then_folded(connection: sa.Connection, known: Tail) -> Tail:
        found = tail(connection, known)
        other.figures.catch_up()
        return found

    monkeypatch.setattr(rollups, "read_tail", then_folded)
    assert calls(postgres_log) == 9
    assert other.figures.behind() == 0


def test_a_process_from_before_an_upgrade_leaves_the_rows(
    postgres_log: AuditLog, other: AuditLog, event: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on to record acts, and its figures stay exact; the rows of a schema it does not know are not its to make."""
    monkeypatch.setattr(rollups, "FOLD_EVERY", 3)
    with postgres_log._store.changing() as connection:
        connection.execute(SCHEMA_STEP.insert().values(version=SCHEMA_VERSION + 1))
    before = other.figures.behind()
    for number in range(10, 18):
        other.append(event(number))
    assert other.figures.catch_up() == 9 - before
    assert other.figures.behind() == before + 8
    assert calls(other) == calls(postgres_log) == 17


def test_a_view_does_not_change(postgres_log: AuditLog, other: AuditLog, event: Make) -> None:
    """As a backup needs it: no signed head in it is of more entries than it has."""
    last = sa.select(sa.func.max(ENTRY.c.sequence))
    with postgres_log._store.reading() as connection:
        assert connection.scalar(last) == 9
        other.append(event(10))
        assert connection.scalar(last) == 9
    with postgres_log._store.changing() as connection:
        assert connection.scalar(last) == 10
        other.append(event(11))
        assert connection.scalar(last) == 11
