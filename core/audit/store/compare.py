"""Do the runs of `entry_place` lead to exactly the entries that have their values? Every search by a fact begins with them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, islice, pairwise
from operator import itemgetter

import sqlalchemy as sa

from core.audit.store.lookup import MARK, PLACE, RUN, Run, readable, stored_runs
from core.audit.store.schema import ENTRY

_ASKED_AT_ONCE = 500


def places_hold(connection: sa.Connection) -> bool:
    """Whether every run is there as the bodies up to the mark make it, and no other, and the mark is at no entry to come.

    `connection` is in a transaction that sees no later changes; a few thousand entries are held at a time.
    """
    mark = connection.scalar(sa.select(MARK.c.through))
    last = connection.scalar(sa.select(sa.func.max(ENTRY.c.sequence))) or 0
    starts = sorted({1, *connection.scalars(sa.select(PLACE.c.start).distinct())})
    if mark is None or not 0 <= mark <= last or starts[0] < 1 or starts[-1] > mark + 1:
        return False
    count = 0
    for first, after in pairwise([*starts, mark + 1]):
        made = stored_runs(connection, first, min(first + RUN, after) - 1)
        if not _are_stored(connection, made) or _any_body(connection, first + RUN, after - 1):
            return False
        count += len(made)
    return count == connection.scalar(sa.select(sa.func.count()).select_from(PLACE))


def _are_stored(connection: sa.Connection, made: Iterable[Run]) -> bool:
    """Whether all of these are among the rows; they have one start."""
    for (fact, start), alike in groupby(sorted(made), key=itemgetter(0, 2)):
        while part := {value: offsets for _, value, _, offsets in islice(alike, _ASKED_AT_ONCE)}:
            at = (PLACE.c.fact == fact, PLACE.c.value.in_(list(part)), PLACE.c.start == start)
            found = connection.execute(sa.select(PLACE.c.value, PLACE.c.offsets).where(*at))
            if {value: bytes(offsets) for value, offsets in found} != part:
                return False
    return True


def _any_body(connection: sa.Connection, first: int, last: int) -> bool:
    """Whether an entry stands where no run reaches; after a purge there may be many without a body."""
    if first > last:
        return False
    at = (ENTRY.c.sequence.between(first, last), *readable(connection))
    return connection.execute(sa.select(ENTRY.c.sequence).where(*at).limit(1)).first() is not None
