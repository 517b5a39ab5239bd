"""Looking entries up: filters, and pages by place (keyset), so that the millionth page costs what the first does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple, Protocol

from core.audit.actions import Action, Outcome
from core.audit.entry import Entry, Head, Row, time_text
from core.audit.store import ENTRY
from core.errors import AuditError

MAX_PAGE = 1_000


class Places(NamedTuple):
    """The first and last sequence at which entries of a time can stand; None without bound."""

    first: int | None = None
    last: int | None = None


class Finding(Protocol):
    """What browsing needs of the store."""

    def head(self) -> Head:
        """The last entry's sequence and hash."""
        ...

    def find(self, conditions: Sequence[Any], *, newest_first: bool, limit: int | None) -> list[Row]:
        """Rows with a body that meet all conditions."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """since ≤ time < until, one of `actions` if any are given, and each other fact that is given."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    actions: tuple[Action, ...] = ()
    case_ref: str | None = None
    model: str | None = None
    outcome: Outcome | None = None

    def conditions(self, places: Places) -> list[Any]:
        """All but the actions. Times are compared so that no index on them is taken: entries stand in order of their place."""
        given = {"actor_id": self.actor, "case_ref": self.case_ref, "model": self.model, "outcome": self.outcome}
        found: list[Any] = [ENTRY.c[name] == str(value) for name, value in given.items() if value is not None]
        at, place = ENTRY.c.time.concat(""), ENTRY.c.sequence
        found += [] if self.since is None else [at >= time_text(self.since)]
        found += [] if self.until is None else [at < time_text(self.until)]
        found += [] if places.first is None else [place >= places.first]
        return found + ([] if places.last is None else [place <= places.last])


class Browser:
    """Pages of entries. Safe to use from several threads."""

    def __init__(self, store: Finding, places: Callable[[datetime | None, datetime | None], Places]) -> None:
        self._store = store
        self._places = places

    def page(self, wanted: EntryFilter, *, before: int | None = None, limit: int = 100) -> list[Entry]:
        """The newest entries that meet the filter, below the place `before`. `limit` is 1 to 1,000.

        Raises AuditError, also when an entry can't be read: verify then.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        conditions = wanted.conditions(self._places(wanted.since, wanted.until))
        if before is not None:
            conditions.append(ENTRY.c.sequence < before)
        if len(wanted.actions) > 1:  # each is asked in a moment of its own; what comes meanwhile must not show before what came first
            conditions.append(ENTRY.c.sequence <= self._store.head().sequence)
        # One query an action: a database asked for several at once would sort them all.
        each = [[ENTRY.c.action == action.value] for action in wanted.actions] or [[]]
        found = [self._store.find([*conditions, *one], newest_first=True, limit=limit) for one in each]
        rows = islice(merge(*found, key=lambda row: -row.sequence), limit)
        try:
            return [Entry.from_row(row) for row in rows]
        except ValueError:
            raise AuditError("An audit entry can't be read; the store was altered. Run the verification.") from None

    def every(self, wanted: EntryFilter, *, most: int | None = None) -> Iterator[Entry]:
        """All that meet the filter, newest first, fetched page by page; `most` at the most."""
        before, left = None, most
        while left is None or left > 0:
            page = self.page(wanted, before=before, limit=MAX_PAGE if left is None else min(left, MAX_PAGE))
            yield from page
            if len(page) < MAX_PAGE:
                return
            before, left = page[-1].sequence, None if left is None else left - len(page)

    def entry(self, sequence: int) -> Entry | None:
        """One entry by its place; None when it was purged or never was."""
        found = self._store.find([ENTRY.c.sequence == sequence], newest_first=True, limit=1)
        return Entry.from_row(found[0]) if found else None


def with_actions(wanted: EntryFilter, actions: Sequence[Action]) -> EntryFilter:
    """The same filter for other actions."""
    return replace(wanted, actions=tuple(actions))
