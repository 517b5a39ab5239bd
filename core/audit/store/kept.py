"""What a rebuild of the usage rows keeps: the figures of days whose entries were purged, which nothing else tells any more.

A purge reaches back from some moment of a UTC day. The rows up to the end of that day stay as they are, with the cases first asked
about by then; only entries of later days are counted anew. Entries of the kept days that still have a body are in those rows already.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from core.audit.rollup import HOURS_A_DAY, Fact
from core.audit.store.schema import ENTRY, tables

USAGE, CASE, HOUR, MARK = (tables("postgresql").tables[name] for name in ("usage_rollup", "usage_case", "usage_hour", "usage_mark"))


class Kept(NamedTuple):
    """Rows before an hour (since 1970; a UTC midnight) hold all that entries up to a place say of that time; both 0 when none are kept."""

    before: int
    through: int

    def without(self, facts: Iterable[Fact]) -> list[Fact]:
        """Facts that the kept rows do not hold."""
        return [fact for fact in facts if fact.hour >= self.before or fact.sequence > self.through]


NOTHING = Kept(0, 0)


def kept(connection: sa.Connection) -> Kept:
    """What the last rebuild kept."""
    found = connection.execute(sa.select(MARK.c.kept_before, MARK.c.kept_through)).first()
    return NOTHING if found is None else Kept(int(found[0]), int(found[1]))


def to_keep(connection: sa.Connection) -> Kept:
    """What a rebuild has to keep now: all days up to that of the last purged entry, as far as the rows tell where it stood."""
    last = connection.scalar(sa.select(sa.func.max(ENTRY.c.sequence)).where(ENTRY.c.purge.is_not(None)))
    hour = None if last is None else connection.scalar(sa.select(sa.func.max(HOUR.c.hour)).where(HOUR.c.first <= last))
    known = kept(connection)
    if hour is None:
        return known
    before = max((int(hour) // HOURS_A_DAY + 1) * HOURS_A_DAY, known.before)
    mark = int(connection.scalar(sa.select(MARK.c.through)) or 0)
    return Kept(before, max(mark, known.through))  # after a restore, or a rebuild that did not end, the mark is behind


def forget(connection: sa.Connection) -> Kept:
    """Empty the rows but for those that must be kept, and begin at the first entry again."""
    keeping = to_keep(connection)
    connection.execute(USAGE.delete().where(USAGE.c.start >= keeping.before))
    connection.execute(CASE.delete().where(CASE.c.since >= keeping.before))
    connection.execute(HOUR.delete().where(HOUR.c.hour >= keeping.before))
    connection.execute(MARK.delete())  # not an update: the row itself may have been lost
    connection.execute(MARK.insert().values(id=1, through=0, kept_before=keeping.before, kept_through=keeping.through))
    return keeping


def carry_over(here: sa.Connection, there: sa.Connection) -> None:
    """Copy the kept rows into an empty store; the others follow there from the entries."""
    keeping = to_keep(here)
    if not keeping.before:
        return
    for table, start in ((USAGE, USAGE.c.start), (CASE, CASE.c.since), (HOUR, HOUR.c.hour)):
        found = [dict(row._mapping) for row in here.execute(sa.select(table).where(start < keeping.before))]
        if found:
            there.execute(table.insert(), found)
    there.execute(MARK.update().values(kept_before=keeping.before, kept_through=keeping.through))
