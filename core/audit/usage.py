"""What can be asked of the usage figures, and what comes back. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import add, sub
from typing import Any, NamedTuple

from core.audit.histogram import Histogram, merged
from core.audit.rollup import DIMENSIONS, HOURS_A_DAY, KEPT, SUMS, Grain, Key, Scope, Segment, Tally, cover

Group = tuple[Any, ...]
_NOTHING = (0,) * len(SUMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFilter:
    """Facts that calls must have; None for any."""

    provider: str | None = None
    model: str | None = None
    simulated: bool | None = None
    tier: str | None = None
    role: str | None = None
    department: str | None = None
    actor: str | None = None

    def given(self) -> dict[str, str | bool]:
        """The facts that are asked for."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}


class UsageTable(NamedTuple):
    """Sums by bucket and by the dimensions asked for: rows of `columns`, in order of their keys."""

    columns: tuple[str, ...]
    rows: list[Group]


class Taken(NamedTuple):
    """How long answered calls took, in milliseconds."""

    latency: Histogram
    ttft: Histogram


@dataclass(frozen=True, slots=True)
class Question:
    """Sums between ascending `edges` (hours since 1970), told apart by `by`. Raises ValueError for what no row knows."""

    edges: tuple[int, ...]
    by: tuple[str, ...]
    where: UsageFilter

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or list(self.edges) != sorted(set(self.edges)):
            raise ValueError("usage: a period needs ascending edges")
        if set(self.by) - set(DIMENSIONS):
            raise ValueError("usage: not a dimension of the figures")
        if {*self.by, *self.where.given()} - KEPT[self.scope]:
            raise ValueError("usage: these facts are not kept together")

    @property
    def scope(self) -> Scope:
        """The coarsest rows that know what is asked."""
        wanted = {*self.by, *self.where.given()}
        if "actor" in wanted:
            return Scope.PERSON
        return Scope.UNIT if wanted & {"tier", "role", "department"} else Scope.ALL

    def scope_of(self, grain: str) -> Scope:
        """Whose rows of that grain hold the sums asked for in the fewest."""
        in_tiers = grain == Grain.DAY and {*self.by, *self.where.given()} <= KEPT[Scope.TIER]
        return Scope.TIER if in_tiers and self.scope is Scope.UNIT else self.scope

    def segments(self, *, may_subtract: bool = False) -> list[Segment]:
        """The rows to read: for sums with the fewest, for times, which are never taken away again, the plain ones."""
        return cover(self.edges, days_only=self.scope is Scope.PERSON, may_subtract=may_subtract)

    def among(self, tail: Mapping[Key, Tally]) -> Iterator[tuple[int, Group, Tally]]:
        """What is asked for among rows that are not stored yet, with bucket and group. One grain only, so that each fact counts once."""
        scope, given = self.scope, self.where.given().items()
        grain = Grain.DAY if scope is Scope.PERSON else Grain.HOUR
        edges = [-(-e // HOURS_A_DAY) * HOURS_A_DAY for e in self.edges] if scope is Scope.PERSON else self.edges
        for key, tally in tail.items():
            if key.scope != scope or key.grain != grain or any(getattr(key, name) != value for name, value in given):
                continue
            bucket = bisect_right(edges, key.start) - 1
            if 0 <= bucket < len(edges) - 1:
                yield bucket, tuple(getattr(key, name) for name in self.by), tally


def widest(questions: Sequence[Question]) -> list[Question]:
    """Questions, some of them new, whose answers hold those of all: what is asked of the same rows is read once."""
    alike: dict[tuple[Scope, UsageFilter], list[Question]] = {}
    for question in questions:
        alike.setdefault((question.scope, question.where), []).append(question)
    found = []
    for (_, where), asked in alike.items():
        edges = {edge for question in asked for edge in question.edges}
        by = dict.fromkeys(name for question in asked for name in question.by)
        found.append(Question(tuple(sorted(edges)), tuple(by), where))
    return found


class Share(NamedTuple):
    """A stretch of rows is part of this bucket, to be added, or (`sign` -1) taken away again."""

    bucket: int
    sign: int


Stretch = tuple[str, int, int]  # grain, first ≤ start < last


def shares_of(segments: Iterable[Segment]) -> tuple[list[Stretch], list[list[Share]]]:
    """Each stretch of rows once, and the buckets it is part of: a day's first hours are taken from one bucket and given to another."""
    found: dict[Stretch, list[Share]] = {}
    for segment in segments:
        found.setdefault((segment.grain, segment.first, segment.last), []).append(Share(segment.bucket, segment.sign))
    return list(found), list(found.values())


def shared_out(stored: Iterable[Sequence[Any]], shares: Sequence[Sequence[Share]], *, width: int) -> list[Group]:
    """Sums by bucket out of sums by stretch; the first of `width` key columns changes from the one's number to the other's."""
    found: dict[Group, Group] = {}
    for row in stored:
        group, sums = tuple(row[1:width]), tuple(row[width:])
        for bucket, sign in shares[row[0]]:
            before = found.get(place := (bucket, *group), _NOTHING)
            found[place] = tuple(map(add if sign > 0 else sub, before, sums))
    return [(*place, *sums) for place, sums in found.items()]


def narrowed(question: Question, wide: Question, stored: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """The stored sums of a question out of those of one of `widest`."""
    if (question.edges, question.by) == (wide.edges, wide.by):
        return stored
    edges, width = question.edges, 1 + len(wide.by)
    buckets = [bisect_right(edges, edge) - 1 for edge in wide.edges]
    places = [1 + wide.by.index(name) for name in question.by]
    found: dict[Group, Group] = {}
    for row in stored:
        if 0 <= (bucket := buckets[row[0]]) < len(edges) - 1:
            group = (bucket, *[row[place] for place in places])
            before = found.get(group)
            found[group] = tuple(row[width:] if before is None else map(add, before, row[width:]))
    return [(*group, *sums) for group, sums in found.items()]


def sums_together(question: Question, stored: Iterable[Sequence[Any]], tail: Mapping[Key, Tally]) -> UsageTable:
    """Stored sums (bucket, *by, *SUMS) and those of the newest entries; groups of which nothing is left are no groups."""
    width = 1 + len(question.by)
    found: dict[Group, Group] = {tuple(row[:width]): tuple(row[width:]) for row in stored}
    for bucket, group, tally in question.among(tail):
        before = found.get(place := (bucket, *group), _NOTHING)
        found[place] = tuple(map(add, before, tally.sums))
    return UsageTable(("bucket", *question.by, *SUMS), [(*key, *sums) for key, sums in sorted(found.items()) if any(sums)])


def times_together(question: Question, stored: Iterable[Sequence[Any]], tail: Mapping[Key, Tally]) -> dict[Group, Taken]:
    """Stored histograms (*by, latency, ttft) and those of the newest entries, over all buckets; groups without any are left out."""
    parts: dict[Group, tuple[list[bytes], list[bytes]]] = {}
    width = len(question.by)
    for row in stored:
        lists = parts.setdefault(tuple(row[:width]), ([], []))
        lists[0].append(bytes(row[width]))
        lists[1].append(bytes(row[width + 1]))
    for _, group, tally in question.among(tail):
        lists = parts.setdefault(group, ([], []))
        for place, histogram in zip(lists, tally.histograms(), strict=True):
            place.append(histogram.encode())
    taken = {group: Taken(merged(latency), merged(ttft)) for group, (latency, ttft) in sorted(parts.items())}
    return {group: times for group, times in taken.items() if times.latency.counts or times.ttft.counts}
