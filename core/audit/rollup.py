"""Usage figures by hour and by day: what an entry adds to them, and which rows cover a period. Pure.

Four scopes keep the rows few. `all` knows provider, model, outcome and error class; `unit` knows tier, role and department instead of
the error class; `tier` sums whole days of `unit` over roles and departments, without the times taken; `person` knows who asked and from
where, by day only, and neither the model nor the times taken: nobody's speed is kept by name. A case counts where it was first asked
about: `cases` in the whole log, `model_cases` at that model.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from operator import add
from typing import Any, NamedTuple

from core.audit.actions import CALL_ENDINGS, Action, Outcome
from core.audit.event import Event
from core.audit.histogram import Histogram
from core.model import USAGE_SUMS

HOURS_A_DAY = 24
ACCEPTED = "accepted"
FACT_ACTIONS: tuple[Action, ...] = (*CALL_ENDINGS, Action.PREFLIGHT_BLOCKED, Action.DECISION_RECORDED)
SUMS = USAGE_SUMS
DIMENSIONS = ("provider", "model", "simulated", "outcome", "error_class", "tier", "role", "department", "actor")
_FACTS, _CALLS = (frozenset(action.value for action in actions) for actions in (FACT_ACTIONS, CALL_ENDINGS))
_DECISION, _OK = Action.DECISION_RECORDED.value, Outcome.OK.value
_ENDINGS = {Action.REQUEST_CANCELLED.value: Outcome.CANCELLED.value, Action.DIAGNOSIS_REQUEST_FAILED.value: Outcome.FAILED.value}


class Scope(StrEnum):
    """Which facts a row tells apart."""

    ALL = "all"
    UNIT = "unit"
    TIER = "tier"
    PERSON = "person"


class Grain(StrEnum):
    """How long a row's time is; days are UTC days."""

    HOUR = "hour"
    DAY = "day"


KEPT: Mapping[Scope, frozenset[str]] = {
    Scope.ALL: frozenset({"provider", "model", "simulated", "outcome", "error_class"}),
    Scope.UNIT: frozenset({"provider", "model", "simulated", "outcome", "tier", "role", "department"}),
    Scope.TIER: frozenset({"provider", "model", "simulated", "outcome", "tier"}),
    Scope.PERSON: frozenset({"simulated", "outcome", "role", "department", "actor"}),
}
ROWS_OF: tuple[tuple[Scope, Grain], ...] = (
    (Scope.ALL, Grain.HOUR),
    (Scope.ALL, Grain.DAY),
    (Scope.UNIT, Grain.HOUR),
    (Scope.UNIT, Grain.DAY),
    (Scope.TIER, Grain.DAY),
    (Scope.PERSON, Grain.DAY),
)
TIMED: frozenset[Scope] = frozenset({Scope.ALL, Scope.UNIT})
"""The scopes whose rows keep the times taken."""


class Fact(NamedTuple):
    """What one entry says about usage: a call's end, a blocked prompt or an accepted differential. Unknown text is "".

    `sums` as in SUMS, without the two that count cases.
    """

    sequence: int
    hour: int
    action: str
    provider: str
    model: str
    simulated: bool
    outcome: str
    error_class: str
    tier: str
    role: str
    department: str
    actor: str
    case_ref: str
    sums: tuple[int, ...]
    latency_ms: int | None
    ttft_ms: int | None


_CELL = slice(Fact._fields.index("hour"), Fact._fields.index("actor") + 1)


class Key(NamedTuple):
    """One row's place: `start` in hours since 1970 UTC; what its scope does not know is ""."""

    scope: str
    grain: str
    start: int
    provider: str
    model: str
    simulated: bool
    outcome: str
    error_class: str
    tier: str
    role: str
    department: str
    actor: str


@dataclass(slots=True)
class Tally:
    """What a row holds: sums in whole units as in SUMS, and the times taken by answered calls."""

    sums: tuple[int, ...] = (0,) * len(SUMS)
    latency: list[int] = field(default_factory=list)
    ttft: list[int] = field(default_factory=list)

    def add(self, sums: Iterable[int], latency: Iterable[int], ttft: Iterable[int]) -> None:
        """More of the same."""
        self.sums = tuple(map(add, self.sums, sums))
        self.latency.extend(latency)
        self.ttft.extend(ttft)

    def histograms(self) -> tuple[Histogram, Histogram]:
        """Latency and time to first token."""
        return Histogram.of(self.latency), Histogram.of(self.ttft)


def hour_of(at: datetime) -> int:
    """Whole hours since 1970 UTC. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("usage times need a time zone")
    return int(at.timestamp() // 3600)


def time_of(hour: int) -> datetime:
    """Inverse of `hour_of`, UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)


def fact_of(sequence: int, body: bytes | str) -> Fact | None:
    """What an entry's body says about usage; None when it says nothing. Raises ValueError when it can't be read."""
    try:
        facts = json.loads(body)
        if facts["action"] not in _FACTS:
            return None
        return _fact(sequence, hour_of(datetime.fromisoformat(facts["time"])), facts)
    except (KeyError, TypeError, AttributeError):
        raise ValueError("not an audit entry") from None


def fact_of_event(sequence: int, hour: int, event: Event) -> Fact | None:
    """The same of an entry at hand."""
    return None if event.action not in _FACTS else _fact(sequence, hour, event.__dict__)


def _fact(sequence: int, hour: int, facts: Mapping[str, Any]) -> Fact | None:
    known, action = facts.get, str(facts["action"])
    is_call = action in _CALLS
    if action == _DECISION and known("subject") != ACCEPTED:
        return None
    outcome = str(facts["outcome"])
    if outcome == _OK:
        outcome = _ENDINGS.get(action, outcome)
    answered = is_call and outcome == _OK
    return Fact(
        sequence,
        hour,
        action,
        known("provider") or "",
        known("model") or "",
        facts["simulated"],
        outcome if is_call else "",
        (known("error_class") or "") if is_call and not answered else "",
        str(known("tier") or ""),
        str(facts["actor_role"]),
        known("department") or "",
        facts["actor_id"],
        known("case_ref") or "",
        _call_sums(facts, answered) if is_call else _BLOCKED if action == Action.PREFLIGHT_BLOCKED else _ACCEPTED,
        known("latency_ms") if answered else None,
        known("ttft_ms") if answered else None,
    )


_BLOCKED = (0, 0, 0, 1, 0, 0, 0, 0, 0)
_ACCEPTED = (0, 0, 0, 0, 1, 0, 0, 0, 0)


def _call_sums(facts: Mapping[str, Any], answered: bool) -> tuple[int, ...]:
    known = facts.get
    cost = known("cost_nano_usd")
    return (
        1,
        int((known("attempt") or 1) > 1),
        int(bool(known("fallback_from"))),
        0,
        0,
        known("prompt_tokens") or 0,
        known("completion_tokens") or 0,
        cost or 0,
        int(facts["cost_partial"] or (answered and cost is None)),
    )


def finest_keys(f: Fact) -> tuple[Key, Key, Key]:
    """The row of each scope in its finest grain: what is summed first; the other rows of a day follow from those of its hours."""
    day = f.hour - f.hour % HOURS_A_DAY
    return (
        Key("all", "hour", f.hour, f.provider, f.model, f.simulated, f.outcome, f.error_class, "", "", "", ""),
        Key("unit", "hour", f.hour, f.provider, f.model, f.simulated, f.outcome, "", f.tier, f.role, f.department, ""),
        Key("person", "day", day, "", "", f.simulated, f.outcome, "", "", f.role, f.department, f.actor),
    )


Asked = tuple[str, str, str]  # case, provider, model


def asked_about(facts: Sequence[Fact]) -> dict[Asked, int]:
    """Which cases were asked about, and of which models; and in which hour first, of facts in order."""
    return {(fact.case_ref, fact.provider, fact.model): fact.hour for fact in reversed(facts) if fact.case_ref and fact.sums[0]}


def fold(facts: Sequence[Fact], seen: Callable[[Collection[str]], Collection[Asked]]) -> dict[Key, Tally]:
    """Facts in order of sequence, summed into rows. `seen` tells which (case, provider, model) of these cases were asked about before."""
    before = set(seen({case for case, _, _ in asked_about(facts)}))
    cases = {case for case, _, _ in before}
    cells: dict[Any, list[tuple[Fact, tuple[int, int]]]] = defaultdict(list)  # what differs in numbers alone
    for fact in facts:
        cells[fact[_CELL]].append((fact, _firsts(fact, before, cases)))
    rows: dict[Key, Tally] = defaultdict(Tally)
    for cell in cells.values():
        sums = tuple(map(sum, zip(*((*fact.sums, *firsts) for fact, firsts in cell), strict=True)))
        latency = [fact.latency_ms for fact, _ in cell if fact.latency_ms is not None]
        ttft = [fact.ttft_ms for fact, _ in cell if fact.ttft_ms is not None]
        for key in finest_keys(cell[0][0]):
            rows[key].add(sums, latency, ttft)
    for key, tally in list(rows.items()):
        if key.grain == Grain.HOUR:
            day = key._replace(grain=Grain.DAY.value, start=key.start - key.start % HOURS_A_DAY)
            rows[day].add(tally.sums, tally.latency, tally.ttft)
            if key.scope == Scope.UNIT:
                rows[day._replace(scope=Scope.TIER.value, role="", department="")].add(tally.sums, (), ())
    return dict(rows)


def _firsts(fact: Fact, before: set[Asked], cases: set[str]) -> tuple[int, int]:
    if not fact.case_ref or not fact.sums[0]:
        return 0, 0
    at_model = (fact.case_ref, fact.provider, fact.model)
    if at_model in before:
        return 0, 0
    firsts = int(fact.case_ref not in cases), 1
    before.add(at_model)
    cases.add(fact.case_ref)
    return firsts


class Segment(NamedTuple):
    """Part of a bucket: rows of one grain whose start lies in first ≤ start < last, to be added, or (`sign` -1) taken away again."""

    bucket: int
    grain: str
    first: int
    last: int
    sign: int = 1


def cover(edges: Sequence[int], *, days_only: bool = False, may_subtract: bool = False) -> list[Segment]:
    """Rows that make up the buckets between ascending `edges` (hours since 1970), each hour once: UTC days where they fit, else hours.

    `days_only` takes UTC days alone: those that begin within a bucket. `may_subtract` takes the day without its other hours for the larger
    part of one: fewer rows for a viewer's day that begins at no UTC midnight.
    """
    found = []
    for bucket, (first, last) in enumerate(pairwise(edges)):
        up, down = -(-first // HOURS_A_DAY) * HOURS_A_DAY, last // HOURS_A_DAY * HOURS_A_DAY
        if days_only:
            found.append(Segment(bucket, Grain.DAY.value, up, -(-last // HOURS_A_DAY) * HOURS_A_DAY))
        elif up > down:
            found += _part_of_day(bucket, first, last, may_subtract)
        else:
            found.append(Segment(bucket, Grain.DAY.value, up, down))
            found += [*_part_of_day(bucket, first, up, may_subtract), *_part_of_day(bucket, down, last, may_subtract)]
    return [segment for segment in found if segment.first < segment.last]


def _part_of_day(bucket: int, first: int, last: int, may_subtract: bool) -> list[Segment]:
    """Hours within one UTC day."""
    midnight = first - first % HOURS_A_DAY
    if not may_subtract or last - first <= HOURS_A_DAY // 2:
        return [Segment(bucket, Grain.HOUR.value, first, last)]
    outside = ((midnight, first), (last, midnight + HOURS_A_DAY))
    day = Segment(bucket, Grain.DAY.value, midnight, midnight + HOURS_A_DAY)
    return [day, *(Segment(bucket, Grain.HOUR.value, *hours, sign=-1) for hours in outside)]
