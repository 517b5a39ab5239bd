"""Where entries with a given fact stand, on SQLite: kept by the thousand, not entry by entry.

An index on each fact would make every commit write a page for each of its values; `entry_place` takes in many entries at once, in
order, with the usage rows and under the same mark. What came after the mark is read through. Every entry found is asked again by its
own body, so a row too many shows nothing; the table holds no truth and is made anew with the usage rows. PostgreSQL, whose log holds
changes and not pages, has plain indexes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.visitors import replacement_traverse

from core.audit.entry import Entry
from core.audit.store.schema import ENTRY, tables

FACTS = ("case_ref", "actor_id", "model", "action", "outcome")  # the rarer a value, the earlier; their places are the stored numbers
_TABLES = tables("sqlite").tables
PLACE, MARK = _TABLES["entry_place"], _TABLES["usage_mark"]
_THROUGH = sa.select(sa.func.coalesce(sa.func.max(MARK.c.through), 0))
_INSERT = "INSERT OR IGNORE INTO entry_place (fact, value, sequence) VALUES (?, ?, ?)"
_TOLD = attrgetter(*FACTS)
_BODIES = [sa.select(sa.literal(number), ENTRY.c[name], ENTRY.c.sequence) for number, name in enumerate(FACTS)]


def note_entries(connection: sa.Connection, entries: Iterable[Entry]) -> None:
    """Take in entries at hand."""
    _insert(connection, [(n, str(value), e.sequence) for e in entries for n, value in enumerate(_TOLD(e.event)) if value is not None])


def note_stored(connection: sa.Connection, first: int, last: int) -> None:
    """Take in stored entries, as their bodies say. None that can't be read: it is the verification's to name it."""
    inside = (ENTRY.c.sequence >= first, ENTRY.c.sequence <= last, ENTRY.c.body.is_not(None), sa.func.json_valid(ENTRY.c.body))
    told = connection.execute(sa.select(ENTRY.c.sequence, *(ENTRY.c[name] for name in FACTS)).where(*inside))
    _insert(connection, [(n, value, row[0]) for row in told for n, value in enumerate(row[1:]) if isinstance(value, str)])


def _insert(connection: sa.Connection, rows: list[tuple[int, str, int]]) -> None:
    if rows:
        connection.exec_driver_sql(_INSERT, sorted(rows))


def forget_entries(connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]]) -> None:
    """Take out the entries that meet these conditions, while they have their bodies."""
    for facts in _BODIES:
        place = sa.tuple_(PLACE.c.fact, PLACE.c.value, PLACE.c.sequence)
        connection.execute(PLACE.delete().where(place.in_(facts.where(*conditions))))


def find(connection: sa.Connection, query: sa.Select[Any], conditions: Sequence[Any], newest_first: bool, limit: int | None) -> list[Any]:
    """What `query`, on entries, finds under all conditions, in order."""
    wanted = _wanted(conditions)
    if wanted is None:
        return list(connection.execute(_ordered(query.where(*conditions), ENTRY.c.sequence, newest_first, limit)))
    mark = connection.scalar(_THROUGH)
    newest = query.where(*conditions, ENTRY.c.sequence > mark)
    # The plus keeps SQLite from going through the entries and asking for each one's place.
    joined = PLACE.join(ENTRY, sa.literal_column("+entry_place.sequence") == ENTRY.c.sequence)
    at = (PLACE.c.fact == wanted[0], PLACE.c.value.in_(wanted[1]), PLACE.c.sequence <= mark)
    older = query.select_from(joined).where(*at, *conditions, *map(_of_place, conditions))
    parts = [(newest, ENTRY.c.sequence), (older, PLACE.c.sequence)]
    found: list[Any] = []
    for part, place in parts if newest_first else reversed(parts):
        left = None if limit is None else limit - len(found)
        if left != 0:
            found += connection.execute(_ordered(part, place, newest_first, left))
    return found


def _ordered(query: sa.Select[Any], by: sa.ColumnElement[Any], newest_first: bool, limit: int | None) -> sa.Select[Any]:
    return query.order_by(by.desc() if newest_first else by).limit(limit)


def _wanted(conditions: Sequence[Any]) -> tuple[int, list[str]] | None:
    """The rarest fact that is asked for, and its values."""
    asked = {}
    for condition in conditions:
        if isinstance(condition, sa.BinaryExpression) and condition.operator in (operators.eq, operators.in_op):
            asked[condition.left] = condition.right
    for number, name in enumerate(FACTS):
        if (right := asked.get(ENTRY.c[name])) is not None:
            return number, right.value if isinstance(right.value, list) else [right.value]
    return None


def _of_place(condition: Any) -> Any:
    """The same condition on the place, where it is one on the sequence alone: so it narrows what is gone through."""
    if not isinstance(condition, sa.BinaryExpression) or condition.left is not ENTRY.c.sequence:
        return sa.true()
    return replacement_traverse(condition, {}, lambda element, **_: PLACE.c.sequence if element is ENTRY.c.sequence else None)
