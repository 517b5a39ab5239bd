"""Thirty days of a hospital, drawn once: what `benchmarks.audit_usage` fills a store with. Pure.

A call is three entries: what came before it (a review, a blocked prompt or an accepted differential), its start, its end. Two hundred
people in twelve departments ask four models at two providers; one call in seven does not end well. The same facts come as events,
for the product's own appending, and as the canonical bytes of a store's bodies, made from the product's encoding of one event a shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from core.audit import Action, Event, Outcome
from core.audit.entry import body_bytes
from core.audit.event import MAX_INT
from core.model import Role, Tier

START, DAYS = datetime(2026, 1, 5, tzinfo=UTC), 30
ENTRIES_A_CALL = 3
MODELS = ("deepseek-v3.2", "gemini-2.5-flash", "gpt-4.1", "claude-sonnet-4.5")
TARGETS = tuple((provider, model) for provider in ("holysheep", "sandbox") for model in MODELS)
TIERS = tuple(Tier)
PEOPLE, DEPARTMENTS = 200, 12
BEFORE = (Action.PREVIEW_REVIEWED, Action.PREFLIGHT_BLOCKED, Action.DECISION_RECORDED)
ENDS = (
    (Action.DIAGNOSIS_RESPONSE_RECEIVED, Outcome.OK, None),
    (Action.REQUEST_CANCELLED, Outcome.CANCELLED, None),
    (Action.DIAGNOSIS_REQUEST_FAILED, Outcome.FAILED, "ProviderTimeoutError"),
    (Action.DIAGNOSIS_REQUEST_FAILED, Outcome.REFUSED, "TrustError"),
)
# So often that a million entries show every kind at every model in almost every hour, as ten million do: what tells the two apart is size.
_END_SHARES = (0.86, 0.05, 0.05, 0.04)
NUMBERS = ("attempt", "prompt_tokens", "completion_tokens", "cost_nano_usd", "latency_ms", "ttft_ms")
_TOLD_APART = ("before", "target", "end", "fallback")
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Workload:
    """Calls by number from 0, column by column; `step_us` lies between two entries. `target` is a place in TARGETS."""

    step_us: int
    columns: dict[str, Ints]

    @classmethod
    def drawn(cls, calls: int, seed: int = 7) -> Workload:
        """So many calls, spread evenly over the days."""
        chance, number = np.random.default_rng(seed), np.arange(calls)
        completion = chance.integers(900, 2_000, calls)
        prompt = chance.integers(1_100, 2_000, calls)
        columns = {
            "call": number,
            "case": number // 2,
            "user": chance.integers(0, PEOPLE, calls),
            "target": chance.integers(0, len(TARGETS), calls),
            "before": chance.choice(len(BEFORE), calls, p=(0.7, 0.02, 0.28)),
            "end": chance.choice(len(ENDS), calls, p=_END_SHARES),
            "fallback": (chance.random(calls) < 0.02).astype(np.int64),
            "attempt": 1 + (chance.random(calls) < 0.05),
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "cost_nano_usd": 420 * completion + 280 * prompt,
            "latency_ms": np.minimum(chance.lognormal(8.3, 0.5, calls), 120_000).astype(np.int64),
            "ttft_ms": np.minimum(chance.lognormal(6.2, 0.4, calls), 60_000).astype(np.int64),
        }
        step = DAYS * 86_400_000_000 // (calls * ENTRIES_A_CALL)
        return cls(step, {name: np.asarray(column, dtype=np.int64) for name, column in columns.items()})

    def at(self, entry: int) -> datetime:
        """When the entry of this place (from 0) was written."""
        return START + timedelta(microseconds=entry * self.step_us)

    def events(self, first: int, last: int) -> list[Event]:
        """The entries of calls first ≤ number < last, as events."""
        found = []
        for number in range(first, last):
            facts = {name: int(column[number]) for name, column in self.columns.items()}
            shape, told = [facts[name] for name in _TOLD_APART], facts | _words(facts["call"], facts["user"])
            found += [_event(kind, shape, told) for kind in range(ENTRIES_A_CALL)]
        return found

    def bodies(self, first: int, last: int) -> list[bytes]:
        """The same entries as a store holds them."""
        part = {name: column[first:last] for name, column in self.columns.items()}
        told = _texts(part)
        begins = ENTRIES_A_CALL * np.arange(first, last)
        found: npt.NDArray[Any] = np.empty(ENTRIES_A_CALL * (last - first), dtype=object)
        for kind in range(ENTRIES_A_CALL):
            places = begins + kind
            told["sequence"] = places + 1
            told["time"] = _times(places * self.step_us)
            for shape in _shapes(kind, part):
                chosen = np.flatnonzero(shape.holds(part))
                rows = zip(*(told[name][chosen].tolist() for name in shape.names), strict=True)
                found[ENTRIES_A_CALL * chosen + kind] = _objects([shape.template % row for row in rows])
        return list(found)


@dataclass(frozen=True)
class _Shape:
    """Entries that differ in nothing but the facts of `names`, which stand in this order in their bodies."""

    where: dict[str, int]
    names: tuple[str, ...]
    template: bytes

    def holds(self, part: dict[str, Ints]) -> npt.NDArray[np.bool_]:
        """Which calls have it."""
        met = np.ones(len(part["call"]), dtype=bool)
        for name, value in self.where.items():
            met &= part[name] == value
        return met


def _shapes(kind: int, part: dict[str, Ints]) -> list[_Shape]:
    told_apart = (("before",), ("target",), ("target", "end", "fallback"))[kind]
    there = np.unique(np.stack([part[name] for name in told_apart], axis=1), axis=0)
    return [_shape(kind, dict(zip(told_apart, map(int, values), strict=True))) for values in there]


_MADE: dict[tuple[int, tuple[tuple[str, int], ...]], _Shape] = {}


def _shape(kind: int, where: dict[str, int]) -> _Shape:
    """From the product's own encoding of an event whose varying facts are marks that stand nowhere else."""
    if (made := _MADE.get((kind, tuple(where.items())))) is not None:
        return made
    numbers = {name: MAX_INT - place for place, name in enumerate(("sequence", *NUMBERS))}
    words = {name: f"mark-{name}" for name in ("actor_id", "department", "case_ref", "request_id")} | {"payload_sha256": "e" * 64}
    at = datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    event = _event(kind, [where.get(name, 0) for name in _TOLD_APART], words | numbers)
    body = body_bytes(numbers["sequence"], at, event)
    marks = {name: str(number).encode() for name, number in numbers.items()} | {name: word.encode() for name, word in words.items()}
    marks["time"] = b"2199-12-31T23:59:59.999999Z"
    names = sorted((name for name, mark in marks.items() if mark in body), key=lambda name: body.index(marks[name]))
    body = body.replace(b"%", b"%%")
    for name in names:
        body = body.replace(marks[name], b"%d" if name in numbers else b"%b", 1)
    made = _MADE[kind, tuple(where.items())] = _Shape(where, tuple(names), body)
    return made


def _event(kind: int, shape: Sequence[int], facts: Mapping[str, Any]) -> Event:
    before, target, end, fallback = shape
    words = {name: facts[name] for name in ("actor_id", "department", "case_ref", "payload_sha256")}
    who: dict[str, Any] = words | {"actor_role": Role.CLINICIAN, "policy_version": "SAFE_HARBOR/1"}
    if kind == 0:
        action = BEFORE[before]
        return Event(action=action, subject="accepted" if action is Action.DECISION_RECORDED else None, **who)
    provider, model = TARGETS[target]
    call = who | {"request_id": facts["request_id"], "provider": provider, "model": model, "endpoint": "chat/completions"}
    call |= {"tier": TIERS[target % len(TIERS)], "prompt_version": "assess-2", "simulated": provider == "sandbox"}
    if kind == 1:
        return Event(action=Action.DIAGNOSIS_REQUEST_INITIATED, **call)
    action, outcome, error = ENDS[end]
    if fallback:
        call["fallback_from"] = MODELS[(target + 1) % len(MODELS)]
    if outcome is not Outcome.OK:
        return Event(action=action, outcome=outcome, error_class=error, attempt=facts["attempt"], latency_ms=facts["latency_ms"], **call)
    return Event(action=action, **{name: facts[name] for name in NUMBERS}, **call)


def _words(call: int, user: int) -> dict[str, str]:
    return {
        "actor_id": f"u-{user}",
        "department": f"ward-{user % DEPARTMENTS}",
        "case_ref": f"case-{call // 2}",
        "request_id": f"req-{call}",
        "payload_sha256": f"{call:064x}",
    }


def _texts(part: dict[str, Ints]) -> dict[str, npt.NDArray[Any]]:
    told: dict[str, npt.NDArray[Any]] = {name: part[name] for name in NUMBERS}
    people = [_words(0, user) for user in range(PEOPLE)]
    for name in ("actor_id", "department"):
        told[name] = _objects([person[name].encode() for person in people])[part["user"]]
    told["case_ref"] = _objects([b"case-%d" % number for number in part["case"].tolist()])
    told["request_id"] = _objects([b"req-%d" % number for number in part["call"].tolist()])
    told["payload_sha256"] = _objects([b"%064x" % number for number in part["call"].tolist()])
    return told


def _times(since_start_us: Ints) -> npt.NDArray[Any]:
    begun = np.datetime64(START.replace(tzinfo=None), "us")
    texts = np.datetime_as_string(begun + since_start_us.astype("timedelta64[us]"), unit="us").astype("S26").tolist()
    return _objects([text + b"Z" for text in texts])


def _objects(values: Sequence[Any]) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = np.empty(len(values), dtype=object)
    found[:] = values
    return found
