"""Usage rows in the store's own database, kept in step by the writer's transactions.

`mark` says through which entry the rows are complete. The writer moves it on in a moment without work, once FOLD_WHEN_IDLE entries
have come since, and at the latest after FOLD_EVERY, in the same transaction as the entry that made it due; a question adds the entries
after the mark to the rows, in one view of the database. So an answer is exact at every moment, whatever process died when, and an
entry costs the writer next to nothing. What this process recorded it folds from memory, anything else from the stored bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.audit.actions import Outcome
from core.audit.entry import Entry
from core.audit.histogram import Histogram
from core.audit.rollup import (
    DIMENSIONS,
    SUMS,
    TIMED,
    Asked,
    Fact,
    Grain,
    Key,
    Scope,
    Tally,
    asked_about,
    fact_of_event,
    fold,
    hour_of,
    time_of,
)
from core.audit.store.kept import CASE, HOUR, MARK, USAGE, kept
from core.audit.store.kept import forget as forget_rows
from core.audit.store.lookup import PLACE, note_entries, note_stored
from core.audit.store.schema import ENTRY, SCHEMA_STEP, SCHEMA_VERSION
from core.audit.store.tail import AFTER, NO_TAIL, Tail, facts_of, is_counted, mark_of, read_tail, seen
from core.audit.usage import (
    Group,
    Question,
    Share,
    Stretch,
    Taken,
    UsageTable,
    narrowed,
    shared_out,
    shares_of,
    sums_together,
    times_together,
    widest,
)

FOLD_EVERY = 5_000
FOLD_WHEN_IDLE = 500
CHUNK = 5_000
_TOLD, _NO_ROWS = ("place", "scope", "grain", "first", "last"), (0, "", "", 0, 0)
_STATEMENTS = 64  # kept: a page asks the same at each of its runs, and building a statement takes milliseconds
_KEY = ("scope", "grain", "start", *DIMENSIONS)
_COLUMNS = (*_KEY, *SUMS, "latency", "ttft")
_TIME = re.compile(r'"time":"(\d{4}-\d\d-\d\dT\d\d):')
_DEPARTMENT = re.compile(r'"department":"([^"]+)"')
_REMEMBER = {
    backend: f"INSERT INTO usage_case (case_ref, provider, model, since) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
    for backend, places in (("sqlite", "?, ?, ?, ?"), ("postgresql", "%s, %s, %s, %s"))
}
_ASKED = ("case_ref", "provider", "model")
_DATED = (*(f"asked_{name}" for name in _ASKED), "hour")


class Rollups:
    """Keeps the rows in step. One per writer."""

    def __init__(self) -> None:
        self._due = 0  # no lower than what the next fold is due at, so that most batches cost one comparison
        self._tried = 0  # how far a fold has come, or was to come
        self._recent: list[Entry] = []  # what this process recorded last, one after the other

    def due(self, through: int) -> bool:
        """Whether the mark has to move with this entry."""
        return through >= self._due

    def __call__(self, connection: sa.Connection, entries: Sequence[Entry]) -> None:
        """Called in the writer's transaction with the entries that were added."""
        if self.due(entries[-1].sequence):
            mark = mark_of(connection)
            self._reached(self._fold(connection, mark, entries) if entries[-1].sequence - mark >= FOLD_EVERY else mark)

    def recorded(self, entries: Sequence[Entry]) -> None:
        """Told of every batch once it is committed."""
        if self._recent and self._recent[-1].sequence + 1 != entries[0].sequence:
            self._recent = []
        self._recent += entries

    def idle(self) -> bool:
        """Whether a moment without work should be used."""
        return bool(self._recent) and self._recent[-1].sequence - self._tried >= FOLD_WHEN_IDLE

    def put_off(self) -> None:
        """Ask for no such moment before as many entries have come again."""
        self._tried = self._recent[-1].sequence

    def settle(self, connection: sa.Connection) -> None:
        """Use it, in a transaction of the writer's that is alone among writers."""
        self._reached(self._fold(connection, mark_of(connection), ()))

    def _reached(self, mark: int) -> None:
        self._due, self._tried = mark + FOLD_EVERY, max(mark, self._tried)

    def _fold(self, connection: sa.Connection, mark: int, entries: Sequence[Entry]) -> int:
        """From memory, if this process recorded everything after the mark; what is before it is forgotten. Gives the new mark."""
        known = self._recent
        if known and entries and known[-1].sequence + 1 != entries[0].sequence:
            known = []
        both = [*known, *entries]
        if not both or both[0].sequence > mark + 1:
            self._recent = []
            return fold_chunk(connection, CHUNK)
        skip = mark + 1 - both[0].sequence
        self._recent = known[skip:]
        return _fold_entries(connection, both[skip:]) if both[skip:] and not _is_outdated(connection) else mark


def _is_outdated(connection: sa.Connection) -> bool:
    """Whether another process has brought the store to a schema that this one does not know.

    While processes are replaced one by one, those before record acts, and leave the rows to those that know them.
    """
    if connection.dialect.name == "sqlite":  # whose file has one process
        return False
    return int(connection.scalar(sa.select(sa.func.max(SCHEMA_STEP.c.version))) or 0) > SCHEMA_VERSION


def fold_chunk(connection: sa.Connection, most: int) -> int:
    """Move the mark on by `most` entries at the most, in a transaction that is alone among writers. Gives the new mark."""
    mark = mark_of(connection)
    rows = [] if _is_outdated(connection) else connection.execute(AFTER.limit(most), {"mark": mark}).all()
    if not rows:
        return mark
    through = int(rows[-1].sequence)
    note_stored(connection, mark + 1, through)
    return _fold(connection, facts_of(rows)[0], _hours(rows), through)


def date_cases(connection: sa.Connection) -> None:
    """Say of cases counted before their hours were kept in which they were first asked about, as far as bodies tell."""
    at = sa.and_(*(CASE.c[name] == sa.bindparam(f"asked_{name}") for name in _ASKED))
    dated = CASE.update().where(at, CASE.c.since == 0).values(since=sa.bindparam("hour"))
    mark, done = mark_of(connection), 0
    while rows := connection.execute(AFTER.where(ENTRY.c.sequence <= mark).limit(CHUNK), {"mark": done}).all():
        done = int(rows[-1].sequence)
        first = [dict(zip(_DATED, (*one, hour), strict=True)) for one, hour in asked_about(facts_of(rows)[0]).items()]
        if first:
            connection.execute(dated, first)


def _fold_entries(connection: sa.Connection, entries: Sequence[Entry]) -> int:
    """The same for entries at hand."""
    hours: dict[int, tuple[int, int]] = {}
    facts: list[Fact | None] = []
    begin, hour = entries[0].time, 0
    end = begin  # of the hour that the entry before was in; most of them share it
    for entry in entries:
        if not begin <= entry.time < end:
            hour = hour_of(entry.time)
            begin = time_of(hour)
            end = begin + timedelta(hours=1)
        hours[hour] = (hours[hour][0] if hour in hours else entry.sequence, entry.sequence)
        facts.append(fact_of_event(entry.sequence, hour, entry.event))
    note_entries(connection, entries)
    return _fold(connection, [fact for fact in facts if fact is not None], hours, entries[-1].sequence)


def _fold(connection: sa.Connection, facts: Sequence[Fact], hours: Mapping[int, tuple[int, int]], through: int) -> int:
    facts = kept(connection).without(facts) if facts else facts
    if facts:
        asked = asked_about(facts)
        before = set(seen(connection, {case for case, _, _ in asked}))
        _add(connection, fold(facts, lambda _: before))
        _remember(connection, {one: hour for one, hour in asked.items() if one not in before})
    _note_hours(connection, hours)
    connection.execute(MARK.update().values(through=through))
    return through


def behind(connection: sa.Connection) -> int:
    """Entries after the mark."""
    last = connection.scalar(sa.select(sa.func.max(ENTRY.c.sequence))) or 0
    return int(last) - mark_of(connection)


def forget(connection: sa.Connection) -> None:
    """Empty the rows, but for what purged entries left there; they are then rebuilt from the entries chunk by chunk."""
    forget_rows(connection)
    connection.execute(PLACE.delete())


def answers(
    connection: sa.Connection, sums: Sequence[Question], times: Sequence[Question] = (), known: Tail = NO_TAIL
) -> tuple[list[UsageTable], list[dict[Group, Taken]], Tail]:
    """Counts, tokens and money, exact, for each of `sums`; for each of `times` how long answered calls took, over all its buckets.

    One view of the database: `connection` is in a transaction that sees no later changes. Times are within 1 %; no person's are kept.
    The tail is what to give as `known` the next time: of the entries after the mark, those that it holds are not read again.
    """
    tail = read_tail(connection, known)
    stored = {(wide.scope, wide.where): (wide, _stored_sums(connection, wide)) for wide in widest(sums)}
    summed = [sums_together(question, narrowed(question, *stored[question.scope, question.where]), tail.rows) for question in sums]
    return summed, [_times(connection, question, tail.rows) for question in times], tail


def _stored_sums(connection: sa.Connection, question: Question) -> list[Group]:
    query, shares = _summing(question)
    return shared_out(connection.execute(query).all(), shares, width=1 + len(question.by))


@lru_cache(maxsize=_STATEMENTS)
def _summing(question: Question) -> tuple[sa.Select[Any], list[list[Share]]]:
    """Sums by stretch, and which buckets each stretch is part of."""
    stretches, shares = shares_of(question.segments(may_subtract=True))
    columns = [USAGE.c[name] for name in question.by]
    told, query = _asked(question, stretches, question.scope_of)
    whole = (sa.cast(sa.func.sum(USAGE.c[name]), sa.BigInteger).label(name) for name in SUMS)
    return query.add_columns(told.c.place, *columns, *whole).group_by(told.c.place, *columns), shares


def _times(connection: sa.Connection, question: Question, tail: Mapping[Key, Tally]) -> dict[Group, Taken]:
    if question.scope is Scope.PERSON:
        return {}
    return times_together(question, connection.execute(_timing(question)).all(), tail)


@lru_cache(maxsize=_STATEMENTS)
def _timing(question: Question) -> sa.Select[Any]:
    _, query = _asked(question, shares_of(question.segments())[0], lambda _: question.scope)
    times = query.add_columns(*(USAGE.c[name] for name in question.by), USAGE.c.latency, USAGE.c.ttft)
    return times.where(USAGE.c.outcome == Outcome.OK.value)


def places(connection: sa.Connection, since: int | None, until: int | None) -> tuple[int | None, int | None]:
    """The first and last sequence at which entries of these hours (since ≤ hour ≤ until) can stand, wherever the clock went meanwhile."""
    asked = [*([] if since is None else [HOUR.c.hour >= since]), *([] if until is None else [HOUR.c.hour <= until])]
    first, last = connection.execute(sa.select(sa.func.min(HOUR.c.first), sa.func.max(HOUR.c.last)).where(*asked)).one()
    mark = mark_of(connection)
    newest = _hours(connection.execute(AFTER, {"mark": mark}).all())
    told = [place for hour, place in newest.items() if (since is None or hour >= since) and (until is None or hour <= until)]
    ends = [number for place in told for number in place] + [int(number) for number in (first, last) if number is not None]
    return (min(ends), max(ends)) if ends else (0, 0)


def _hours(rows: Iterable[Any]) -> dict[int, tuple[int, int]]:
    """Hour → first and last sequence among rows in order."""
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        with suppress(ValueError):
            if row.body is not None and (told := _TIME.search(row.body)):
                hour = hour_of(datetime.fromisoformat(f"{told[1]}:00:00Z"))
                found[hour] = (found.get(hour, (row.sequence,))[0], row.sequence)
    return found


def _note_hours(connection: sa.Connection, hours: Mapping[int, tuple[int, int]]) -> None:
    if hours:
        rows = [{"hour": hour, "first": first, "last": last} for hour, (first, last) in hours.items()]
        connection.execute(_notes_hour(connection.dialect.name), rows)


class Departments(NamedTuple):
    """Codes of departments that have figures, complete through an entry."""

    through: int = -1
    codes: frozenset[str] = frozenset()


def departments(connection: sa.Connection, known: Departments) -> tuple[list[str], Departments]:
    """Every department that has figures, and what to give the next time: then only entries since are read, unless they are many."""
    mark = mark_of(connection)
    if known.through < 0 or mark > known.through + FOLD_EVERY:
        at = (USAGE.c.scope == Scope.UNIT.value, USAGE.c.grain == Grain.DAY.value, USAGE.c.department != "")
        known = Departments(mark, frozenset(connection.scalars(sa.select(USAGE.c.department).where(*at).distinct())))
    newest = connection.execute(AFTER, {"mark": known.through}).all()
    if newest:
        told = (_DEPARTMENT.search(row.body) for row in newest if row.body is not None and is_counted(row.body))
        known = Departments(int(newest[-1].sequence), known.codes | {found[1] for found in told if found is not None})
    return sorted(known.codes), known


def _asked(question: Question, stretches: Sequence[Stretch], scope_of: Callable[[str], Scope]) -> tuple[sa.CTE, sa.Select[Any]]:
    """Stretches as text: as bound values, some hundred of them, they would take SQLAlchemy longer than the database takes to answer."""
    rows = [(place, scope_of(grain).value, Grain(grain).value, *hours) for place, (grain, *hours) in enumerate(stretches)]
    values = ", ".join(f"({place:d}, '{scope}', '{grain}', {first:d}, {last:d})" for place, scope, grain, first, last in rows or [_NO_ROWS])
    names = ", ".join(f"column{number} AS {name}" for number, name in enumerate(_TOLD, 1))
    text = sa.text(f"SELECT {names} FROM (VALUES {values}) AS stretches")  # noqa: S608 – whole numbers and our own names
    kinds: list[Any] = [sa.column(name, sa.Text if name in ("scope", "grain") else sa.Integer) for name in _TOLD]
    told = text.columns(*kinds).cte("told")
    inside = sa.and_(
        USAGE.c.scope == told.c.scope, USAGE.c.grain == told.c.grain, USAGE.c.start >= told.c.first, USAGE.c.start < told.c.last
    )
    query = sa.select().select_from(told.join(USAGE, inside))
    return told, query.where(*(USAGE.c[name] == value for name, value in question.where.given().items()))


def _remember(connection: sa.Connection, asked: Mapping[Asked, int]) -> None:
    if asked:
        connection.exec_driver_sql(_REMEMBER[connection.dialect.name], [(*one, hour) for one, hour in sorted(asked.items())])


def _add(connection: sa.Connection, rows: Mapping[Key, Tally]) -> None:
    before = _histograms(connection, [key for key in rows if key.scope in TIMED and key.outcome == Outcome.OK])
    connection.execute(_adds(connection.dialect.name), [_row(key, tally, before.get(key)) for key, tally in rows.items()])


def _row(key: Key, tally: Tally, before: tuple[bytes, bytes] | None) -> dict[str, Any]:
    latency, ttft = tally.histograms() if key.scope in TIMED else (Histogram(), Histogram())
    if before is not None:
        latency, ttft = (Histogram.decode(old).merge(new) for old, new in zip(before, (latency, ttft), strict=True))
    return dict(zip(_COLUMNS, (*key, *tally.sums, latency.encode(), ttft.encode()), strict=True))


def _histograms(connection: sa.Connection, keys: Sequence[Key]) -> dict[Key, tuple[bytes, bytes]]:
    """The stored histograms of rows that are about to change."""
    places: dict[tuple[str, str], set[int]] = {}
    for key in keys:
        places.setdefault((key.scope, key.grain), set()).add(key.start)
    wanted, found = set(keys), {}
    for (scope, grain), starts in places.items():
        at = (USAGE.c.scope == scope, USAGE.c.grain == grain, USAGE.c.start.in_(sorted(starts)))
        for row in connection.execute(sa.select(*(USAGE.c[name] for name in _KEY), USAGE.c.latency, USAGE.c.ttft).where(*at)):
            if (key := Key(*row[: len(_KEY)])) in wanted:
                found[key] = (bytes(row.latency), bytes(row.ttft))
    return found


@cache
def _notes_hour(backend: str) -> Any:
    statement = _insert(backend, HOUR)
    return statement.on_conflict_do_update(index_elements=["hour"], set_={"last": statement.excluded.last})


@cache
def _adds(backend: str) -> Any:
    statement = _insert(backend, USAGE)
    changed = {name: USAGE.c[name] + statement.excluded[name] for name in SUMS}
    changed |= {name: statement.excluded[name] for name in ("latency", "ttft")}
    return statement.on_conflict_do_update(index_elements=list(_KEY), set_=changed)


def _insert(backend: str, table: sa.Table) -> Any:
    """The dialects' own INSERT, which both know ON CONFLICT."""
    return (postgresql if backend == "postgresql" else sqlite).insert(table)
