"""Rows of usage figures: what a fact adds, whatever the order of the parts, and how rows cover a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from audit.conftest import make_event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_audit_event import events

from core.audit import Action, Event, Outcome
from core.audit.entry import body_bytes
from core.audit.histogram import Histogram
from core.audit.rollup import ROWS_OF, SUMS, Fact, Grain, Scope, Tally, cover, fact_of, fact_of_event, fold, hour_of, time_of
from core.model import Role

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
Triple = tuple[str, str, str]


def fact(event: Event, sequence: int = 1, at: datetime = AT) -> Fact | None:
    """What an event recorded at a time says."""
    return fact_of(sequence, body_bytes(sequence, at, event))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events, st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 – it asks for none
def test_an_entry_at_hand_says_what_its_body_says(event: Event, at: datetime) -> None:
    """The writer folds what it recorded from memory, and a rebuild reads the bodies: both are the same facts, plain text and all."""
    at_hand = fact_of_event(5, hour_of(at), event)
    assert at_hand == fact(event, 5, at)
    assert at_hand is None or all(type(value) in (str, int, bool, tuple, type(None)) for value in at_hand)


def nothing(_: Collection[str]) -> Collection[Triple]:
    """No case was asked about before."""
    return ()


def named(tally: Tally) -> dict[str, int]:
    """Sums by name."""
    return dict(zip(SUMS, tally.sums, strict=True))


facts = st.lists(
    st.builds(
        lambda number, hours, model, outcome, latency: (
            make_event(
                number,
                model=model,
                outcome=outcome,
                latency_ms=latency,
                action=Action.DIAGNOSIS_RESPONSE_RECEIVED if outcome == "ok" else Action.DIAGNOSIS_REQUEST_FAILED,
                error_class=None if outcome == "ok" else "TimeoutError",
            ),
            AT + timedelta(hours=hours),
        ),
        st.integers(0, 8),
        st.integers(0, 60),
        st.sampled_from(["gpt-4.1", "deepseek-v3.2"]),
        st.sampled_from(["ok", "ok", "failed"]),
        st.none() | st.integers(0, 10**6),
    ),
    max_size=25,
).map(lambda pairs: [f for n, (event, at) in enumerate(pairs, 1) if (f := fact(event, n, at))])


@settings(max_examples=30, deadline=None)
@given(facts, st.integers(0, 25))
def test_folding_in_parts_is_folding_all(all_facts: list[Fact], cut: int) -> None:
    """Two folds, the second knowing what the first saw, sum to one fold of everything: calls, cases, cost and histograms."""
    whole = fold(all_facts, nothing)
    known = {(f.case_ref, f.provider, f.model) for f in all_facts[:cut]}
    parts = (fold(all_facts[:cut], nothing), fold(all_facts[cut:], lambda cases: {k for k in known if k[0] in cases}))
    for key, tally in whole.items():
        found = [part[key] for part in parts if key in part]
        assert tuple(map(sum, zip(*(t.sums for t in found), strict=True))) == tally.sums
        merged = Histogram()
        for part in found:
            merged = merged.merge(part.histograms()[0])
        assert merged == tally.histograms()[0]


@settings(max_examples=30, deadline=None)
@given(facts)
def test_every_scope_counts_every_call_once(all_facts: list[Fact]) -> None:
    """Whatever the scope and grain, its rows together hold each call, token, cent and case exactly once."""
    rows = fold(all_facts, nothing)
    for scope, grain in ROWS_OF:
        mine = [named(t) for k, t in rows.items() if (k.scope, k.grain) == (scope.value, grain.value)]
        assert sum(s["calls"] for s in mine) == len(all_facts)
        assert sum(s["cost_nano_usd"] for s in mine) == 378_000 * len(all_facts)
        assert sum(s["cases"] for s in mine) == len({f.case_ref for f in all_facts})
        assert sum(s["model_cases"] for s in mine) == len({(f.case_ref, f.model) for f in all_facts})


def test_what_a_scope_does_not_know_is_empty() -> None:
    """The person is in rows of the day alone, and nobody's speed is kept by name."""
    keys = list(fold([f for f in [fact(make_event())] if f], nothing))
    assert {(k.scope, k.grain) for k in keys} == {(s.value, g.value) for s, g in ROWS_OF}
    assert {(k.scope, k.grain, k.model) for k in keys if k.actor} == {(Scope.PERSON.value, Grain.DAY.value, "")}
    assert {k.tier for k in keys if k.scope == Scope.ALL.value} == {""}
    assert {k.start % 24 for k in keys if k.grain == Grain.DAY.value} == {0}


@pytest.mark.parametrize(
    ("event", "sums"),
    [
        (make_event(attempt=3), {"calls": 1, "retried": 1}),
        (make_event(cost_nano_usd=None), {"calls": 1, "cost_nano_usd": 0, "cost_partial": 1}),
        (make_event(cost_partial=True), {"cost_partial": 1, "cost_nano_usd": 378_000}),
        (make_event(action=Action.REQUEST_CANCELLED), {"calls": 1}),
        (make_event(action=Action.PREFLIGHT_BLOCKED), {"blocked": 1}),
        (make_event(action=Action.DECISION_RECORDED, subject="accepted"), {"accepted": 1}),
    ],
    ids=["retried", "price unknown", "price partly known", "cancelled", "blocked", "accepted"],
)
def test_what_an_entry_adds(event: Event, sums: dict[str, int]) -> None:
    """Retries, unknown prices, stopped calls, blocked prompts and accepted differentials each count where they belong."""
    found = fact(event)
    assert found is not None
    told = dict(zip(SUMS, found.sums, strict=False))
    assert {name: told[name] for name in sums} == sums
    assert (found.outcome == "") == (told["calls"] == 0)


@pytest.mark.parametrize(
    "event",
    [
        make_event(action=Action.SIGN_IN),
        make_event(action=Action.DIAGNOSIS_REQUEST_INITIATED),
        make_event(action=Action.DECISION_RECORDED, subject="rejected"),
        Event(actor_id="u-1", actor_role=Role.ADMIN, action=Action.EXPORT_MADE),
    ],
    ids=["sign-in", "begun", "rejected", "export"],
)
def test_other_acts_add_nothing(event: Event) -> None:
    """Only ends of calls, blocked prompts and accepted differentials are usage."""
    assert fact(event) is None


def test_times_are_of_answered_calls() -> None:
    """A time-out would measure the deadline: a failed call adds no latency, and its class instead."""
    failed = fact(make_event(action=Action.DIAGNOSIS_REQUEST_FAILED, outcome=Outcome.FAILED, error_class="ProviderTimeoutError"))
    assert failed is not None
    assert (failed.latency_ms, failed.error_class) == (None, "ProviderTimeoutError")


@pytest.mark.parametrize("body", [b"{}", b"[]", b"nonsense", b'{"action":"request_cancelled"}'], ids=str)
def test_what_is_no_entry_is_refused(body: bytes) -> None:
    """A body that is not an entry's is a ValueError."""
    with pytest.raises(ValueError, match=r"audit entry|Expecting value"):
        fact_of(1, body)


@pytest.mark.parametrize("may_subtract", [False, True], ids=["added", "taken-away"])
@settings(max_examples=60, deadline=None)
@given(edges=st.lists(st.integers(0, 400), min_size=2, max_size=6, unique=True).map(sorted))
def test_a_period_is_covered_exactly_once(may_subtract: bool, edges: list[int]) -> None:
    """In the end every hour between the edges counts once, in its own bucket; days stand on UTC midnights; nothing else is covered."""
    hours: Counter[tuple[int, int]] = Counter()
    for bucket, grain, first, last, sign in cover(edges, may_subtract=may_subtract):
        assert may_subtract or sign == 1
        if grain == Grain.DAY.value:
            assert (first % 24, last % 24) == (0, 0)
        hours.update(dict.fromkeys(((bucket, hour) for hour in range(first, last)), sign))
    wanted = {(b, h): 1 for b, (first, last) in enumerate(pairwise(edges)) for h in range(first, last)}
    assert {place: times for place, times in hours.items() if times} == wanted


def test_a_day_off_utc_takes_few_rows() -> None:
    """Five hours off: each of thirty days is one UTC day, five hours less at its beginning, five more at its end."""
    parts = cover([5 + 24 * day for day in range(31)], may_subtract=True)
    assert sum(1 if s.grain == Grain.DAY.value else s.last - s.first for s in parts) == 30 * 11


def test_days_alone_are_those_that_begin_in_a_bucket() -> None:
    """With rows of days only, a bucket takes the UTC days that begin in it."""
    assert [(s.first, s.last) for s in cover([5, 30, 80], days_only=True)] == [(24, 48), (48, 96)]


def test_hours_and_times_are_inverse() -> None:
    """Whole hours since 1970, and never a time without a zone."""
    assert time_of(hour_of(AT)) == AT.replace(minute=0)
    with pytest.raises(ValueError, match="zone"):
        hour_of(AT.replace(tzinfo=None))
