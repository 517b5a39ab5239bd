"""Usage figures, asked of the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from core.audit.browse import Places
from core.audit.rollup import hour_of
from core.audit.store import rollups
from core.audit.store.tail import NO_TAIL
from core.audit.usage import Group, Question, Taken, UsageTable

Session = Callable[[], AbstractContextManager[Any]]
_INSTANT = timedelta(microseconds=1)


class Figures:
    """Reads the usage rows, and rebuilds them. Safe to use from several threads."""

    def __init__(self, reading: Session, folding: Session) -> None:
        self._reading = reading
        self._folding = folding
        self._departments = rollups.Departments()
        self._tail = NO_TAIL

    def ask(self, sums: Sequence[Question], times: Sequence[Question] = ()) -> tuple[list[UsageTable], list[dict[Group, Taken]]]:
        """Answers to all questions, of one moment: sums exact, times within 1 %. Raises AuditError."""
        with self._reading() as connection:
            tables, taken, self._tail = rollups.answers(connection, sums, times, self._tail)
        return tables, taken

    def departments(self) -> list[str]:
        """Every department that has figures. Raises AuditError."""
        with self._reading() as connection:
            codes, self._departments = rollups.departments(connection, self._departments)
        return codes

    def places(self, since: datetime | None, until: datetime | None) -> Places:
        """Where entries of a time can stand, to the hour. Raises AuditError."""
        if since is None and until is None:
            return Places()
        with self._reading() as connection:
            last = None if until is None else hour_of(until - _INSTANT)  # `until` itself is not asked for
            return Places(*rollups.places(connection, None if since is None else hour_of(since), last))

    def rebuild(self, progress: Callable[[int], None] | None = None) -> int:
        """Make all rows anew from the entries; figures stay exact meanwhile, if slower. Gives the entries read. Raises AuditError."""
        with self._folding() as connection:
            rollups.forget(connection)
        return self.catch_up(progress)

    def behind(self) -> int:
        """How many entries the rows do not hold yet; a question reads those. Raises AuditError."""
        with self._reading() as connection:
            return rollups.behind(connection)

    def catch_up(self, progress: Callable[[int], None] | None = None) -> int:
        """Take in entries that are not in the rows yet, some thousand at a time. Gives the entries in the rows. Raises AuditError."""
        through = -1
        while True:
            with self._folding() as connection:
                reached = rollups.fold_chunk(connection, rollups.CHUNK)
            if reached == through:
                return reached
            through = reached
            if progress is not None:
                progress(through)
