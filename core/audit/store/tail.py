"""The newest entries as usage rows that are not stored yet: read once, and carried on from one question to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.audit.actions import Action
from core.audit.rollup import ACCEPTED, FACT_ACTIONS, Asked, Fact, Key, Tally, asked_about, fact_of, fold
from core.audit.store.kept import CASE, MARK, NOTHING, Kept, kept
from core.audit.store.schema import ENTRY

THROUGH = sa.select(MARK.c.through)
AFTER = sa.select(ENTRY.c.sequence, ENTRY.c.body).where(ENTRY.c.sequence > sa.bindparam("mark")).order_by(ENTRY.c.sequence)
_ASKED_AT_ONCE = 5_000  # cases
_ACT = '{"action":"'  # the first fact of a canonical body
_DECIDED = f'{_ACT}{Action.DECISION_RECORDED.value}"'
_FACT_ACTS = tuple(f'{_ACT}{action.value}"' for action in FACT_ACTIONS)
_NEVER = -1


class Tail(NamedTuple):
    """Rows of the entries after `mark` and up to `through`, and the cases they asked about. Never changed once it is given out."""

    mark: int = _NEVER
    through: int = _NEVER
    keeping: Kept = NOTHING
    rows: Mapping[Key, Tally] = MappingProxyType({})
    asked: frozenset[Asked] = frozenset()


NO_TAIL = Tail()


def read_tail(connection: sa.Connection, known: Tail) -> Tail:
    """The tail as it is now; what `known` holds of it is not read again. A tail with an unreadable body is read anew each time."""
    mark, keeping = mark_of(connection), kept(connection)
    if (known.mark, known.keeping) != (mark, keeping):
        known = Tail(mark, mark, keeping)
    stored = connection.execute(AFTER, {"mark": known.through}).all()
    if not stored:
        return known
    told, unread = facts_of(stored)
    facts = keeping.without(told)

    def seen_before(cases: Collection[str]) -> Collection[Asked]:
        return {*seen(connection, cases), *(one for one in known.asked if one[0] in cases)}

    rows = _joined(known.rows, fold(facts, seen_before)) if facts else known.rows
    return Tail(_NEVER if unread else mark, int(stored[-1].sequence), keeping, rows, known.asked | asked_about(facts).keys())


def _joined(before: Mapping[Key, Tally], added: Mapping[Key, Tally]) -> Mapping[Key, Tally]:
    """Both, as rows of their own where they differ: another thread may be reading those before."""
    rows = dict(before)
    for key, tally in added.items():
        whole = Tally()
        for part in (rows.get(key), tally):
            if part is not None:
                whole.add(part.sums, part.latency, part.ttft)
        rows[key] = whole
    return rows


def mark_of(connection: sa.Connection) -> int:
    """Through which entry the stored rows are complete."""
    return int(connection.scalar(THROUGH) or 0)


def facts_of(rows: Iterable[Any]) -> tuple[list[Fact], int]:
    """What the rows say, and how many could not be read: those are the verification's to name, and must not stop the writer."""
    found, unread = list[Fact](), 0
    for row in rows:
        if row.body is None or (row.body.startswith(_ACT) and not row.body.startswith(_FACT_ACTS)):
            continue
        try:
            fact = fact_of(row.sequence, row.body)
        except ValueError:
            unread += 1
        else:
            found += [] if fact is None else [fact]
    return found, unread


def is_counted(body: str) -> bool:
    """Whether a canonical body says something about usage; without reading all of it."""
    return body.startswith(_FACT_ACTS) and (not body.startswith(_DECIDED) or f'"subject":"{ACCEPTED}"' in body)


def seen(connection: sa.Connection, cases: Collection[str]) -> Sequence[Asked]:
    """Which of the cases the stored rows count, with provider and model.

    Asked in parts: after a restore the tail is all entries, and a database takes some ten thousand values at once.
    """
    rest, found = iter(sorted(cases)), list[Asked]()
    while part := list(islice(rest, _ASKED_AT_ONCE)):
        query = sa.select(CASE.c.case_ref, CASE.c.provider, CASE.c.model).where(CASE.c.case_ref.in_(part))
        found += [(case, provider, model) for case, provider, model in connection.execute(query)]
    return found
