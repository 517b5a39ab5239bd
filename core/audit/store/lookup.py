"""Where entries with a given fact stand: kept by the thousand, not entry by entry.

An index on each fact would make every commit write a page for each of its values. `entry_place` takes in a run of entries at once, with
the usage rows and under the same mark: for each value of a fact, how far behind the run's start its entries stand. What came after
the mark is read through. Every entry found is asked again by its own body, so a place too many shows nothing; one too few hides an
entry from a search, which the verification finds (`compare`). The table holds no truth and is made anew with the usage rows.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators

from core.audit.actions import Outcome
from core.audit.entry import Entry
from core.audit.store.schema import ENTRY, tables

Run = tuple[int, str, int, bytes]  # fact, value, start, offsets
FACTS = ("case_ref", "actor_id", "model", "action", "outcome")  # the rarer a value, the earlier; their places are the stored numbers
RUN = 5_000  # entries at the most; an offset has two bytes
PLACE, MARK = (tables("postgresql").tables[name] for name in ("entry_place", "usage_mark"))
_THROUGH = sa.select(sa.func.coalesce(sa.func.max(MARK.c.through), 0))
_INSERT = {
    backend: f"INSERT INTO entry_place (fact, value, start, offsets) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
    for backend, places in (("sqlite", "?, ?, ?, ?"), ("postgresql", "%s, %s, %s, %b"))
}
_TOLD: Callable[[Any], tuple[Any, ...]] = attrgetter(*FACTS)
_STORED = sa.select(ENTRY.c.sequence, *(ENTRY.c[name] for name in FACTS))
_FETCHED = 8  # runs
_PART = 400  # places that are asked for at once


def note_entries(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Take in a run of entries at hand."""
    for at in range(0, len(entries), RUN):
        part = entries[at : at + RUN]
        told = [_TOLD(entry.event) for entry in part]
        _note(connection, _runs(part[0].sequence, range(len(part)), list(zip(*told, strict=True))))


def note_stored(connection: sa.Connection, first: int, last: int) -> None:
    """Take in stored entries, as their bodies say. None that can't be read: it is the verification's to name it."""
    for start in range(first, last + 1, RUN):
        _note(connection, stored_runs(connection, start, min(start + RUN - 1, last)))


def stored_runs(connection: sa.Connection, first: int, last: int) -> list[Run]:
    """The runs of up to RUN entries, made of their bodies."""
    inside = ENTRY.c.sequence.between(first, last)
    told = connection.execute(_STORED.where(inside, *readable(connection)).order_by(ENTRY.c.sequence)).all()
    if not told:
        return []
    sequences, *columns = zip(*told, strict=True)
    return _runs(first, [sequence - first for sequence in sequences], columns)


def readable(connection: sa.Connection) -> list[Any]:
    """The condition for a body that facts can be taken from."""
    there: list[Any] = [ENTRY.c.body.is_not(None)]
    if connection.dialect.name == "sqlite":  # which takes the facts out of the body when asked for them
        there.append(sa.func.json_valid(ENTRY.c.body))
    return there


def _note(connection: sa.Connection, runs: Sequence[Run]) -> None:
    if runs:
        connection.exec_driver_sql(_INSERT[connection.dialect.name], sorted(runs))


def _runs(start: int, offsets: Sequence[int], columns: Sequence[Sequence[str | None]]) -> list[Run]:
    rows = []
    for number, column in enumerate(columns):
        places: defaultdict[str | None, list[int]] = defaultdict(list)
        for offset, value in zip(offsets, column, strict=True):
            places[value].append(offset)
        places.pop(None, None)
        rows += [(number, str(value), start, struct.pack(f"<{len(own)}H", *own)) for value, own in places.items()]
    return rows


def note_again(connection: sa.Connection, last: int) -> None:
    """Make the places of entries up to this one anew, after some of them were emptied."""
    mark = int(connection.scalar(_THROUGH) or 0)
    after = connection.scalar(sa.select(sa.func.min(PLACE.c.start)).where(PLACE.c.start > last))
    connection.execute(PLACE.delete().where(PLACE.c.start <= last))
    note_stored(connection, 1, mark if after is None else after - 1)


def find(connection: sa.Connection, query: sa.Select[Any], conditions: Sequence[Any], newest_first: bool, limit: int | None) -> list[Any]:
    """What `query`, on entries, finds under all conditions, in order."""

    low, high = _bounds(conditions)
    others = [condition for condition in conditions if not _of_sequence(condition)]
    order = ENTRY.c.sequence.desc() if newest_first else ENTRY.c.sequence

    def between(first: int, last: int) -> list[Any]:
        # One range: of several bounds on the key a database may take the wider, and read a whole day through for nothing.
        if first > last:
            return []
        inside = query.where(*others, ENTRY.c.sequence.between(first, last)).order_by(order).limit(limit)
        return list(connection.execute(inside))

    wanted = _wanted(conditions)
    if wanted is None:
        return between(low, high)
    mark = int(connection.scalar(_THROUGH) or 0)
    found = between(max(low, mark + 1), high) if newest_first else []
    places = _places(connection, *wanted, (low, min(high, mark)), newest_first)
    size = _PART if limit is None else min(limit, _PART)
    while (limit is None or len(found) < limit) and (part := list(islice(places, size))):
        found += connection.execute(query.where(*others, ENTRY.c.sequence.in_(part)).order_by(order))
        size = min(2 * size, _PART)  # the other conditions turn many down
    if not newest_first and (limit is None or len(found) < limit):
        found += between(max(low, mark + 1), high)
    return found[:limit]


def _places(connection: sa.Connection, fact: int, values: Sequence[str], bounds: tuple[int, int], newest_first: bool) -> Iterator[int]:
    """In order; of each value by itself, then together, for a database asked for several at once would sort them all."""
    low, high = bounds
    inside = (PLACE.c.fact == fact, PLACE.c.start > low - RUN, PLACE.c.start <= high)

    def of(value: str) -> Iterator[int]:
        order = PLACE.c.start.desc() if newest_first else PLACE.c.start
        runs = sa.select(PLACE.c.start, PLACE.c.offsets).where(*inside, PLACE.c.value == value).order_by(order)
        for start, offsets in connection.execute(runs.execution_options(yield_per=_FETCHED)):
            run = [start + offset for (offset,) in struct.iter_unpack("<H", offsets)]
            yield from (place for place in (reversed(run) if newest_first else run) if low <= place <= high)

    return merge(*map(of, values), reverse=newest_first)


def _wanted(conditions: Sequence[Any]) -> tuple[int, list[str]] | None:
    """The rarest fact that is asked for, and its values."""
    asked = {}
    for condition in conditions:
        if isinstance(condition, sa.BinaryExpression) and condition.operator in (operators.eq, operators.in_op):
            asked[condition.left] = condition.right
    found = []
    for number, name in enumerate(FACTS):
        if (right := asked.get(ENTRY.c[name])) is not None:
            values = right.value if isinstance(right.value, list) else [right.value]
            found.append((number if name != "outcome" or Outcome.OK in values else 0.5, number, values))  # few acts fail
    return min(found)[1:] if found else None


def _of_sequence(condition: Any) -> bool:
    """Whether it is one of those that `_bounds` knows."""
    known = (operators.ge, operators.gt, operators.le, operators.lt)
    return isinstance(condition, sa.BinaryExpression) and condition.left is ENTRY.c.sequence and condition.operator in known


def _bounds(conditions: Sequence[Any]) -> tuple[int, int]:
    """The first and the last sequence that the conditions leave open."""
    low, high = 1, 2**62  # any sequence
    for condition in conditions:
        if not isinstance(condition, sa.BinaryExpression) or condition.left is not ENTRY.c.sequence:
            continue
        value = condition.right.value
        match condition.operator:
            case operators.ge:
                low = max(low, value)
            case operators.gt:
                low = max(low, value + 1)
            case operators.le:
                high = min(high, value)
            case operators.lt:
                high = min(high, value - 1)
    return low, high
