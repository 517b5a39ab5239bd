"""Every figure equals what plain Python makes of the same calls, and money is exact."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics import (
    COLUMNS,
    by_actor,
    by_day,
    by_day_and_model,
    by_model,
    by_tier,
    failures,
    frame,
    latency_by_day_and_model,
    latency_percentiles,
    outcome_mix,
    totals,
)
from core.model import CallRow, Role, Tier

NEW_YORK = ZoneInfo("America/New_York")
GROUPED = (by_model, by_tier, by_actor, lambda df: by_day(df, NEW_YORK), lambda df: by_day_and_model(df, NEW_YORK))
milliseconds = st.none() | st.integers(0, 10**7)
tokens = st.none() | st.integers(0, 10**9)
rows = st.builds(
    CallRow,
    time=st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 6), timezones=st.just(UTC)),  # noqa: DTZ001
    provider=st.sampled_from(["holysheep", "sandbox"]),
    model=st.sampled_from(["gpt-4.1", "deepseek-v3.2"]),
    tier=st.none() | st.sampled_from(Tier),
    actor=st.sampled_from(["u-1", "u-2"]),
    role=st.sampled_from([Role.CLINICIAN, Role.RESEARCHER]),
    outcome=st.sampled_from(["ok", "ok", "failed", "cancelled", "refused"]),
    error_class=st.none() | st.sampled_from(["RateLimitError", "ProviderTimeoutError"]),
    http_status=st.none() | st.sampled_from([200, 429, 503]),
    attempt=st.none() | st.integers(1, 3),
    latency_ms=milliseconds,
    ttft_ms=milliseconds,
    prompt_tokens=tokens,
    completion_tokens=tokens,
    tokens_estimated=st.booleans(),
    cost_usd=st.none() | st.integers(0, 10**16).map(lambda nano: nano * Decimal("1e-9")),
    cost_partial=st.booleans(),
    simulated=st.booleans(),
    request_id=st.sampled_from(["r-1", "r-2"]),
    case_ref=st.sampled_from(["c-1", "c-2", "c-3"]),
)
many = st.lists(rows, max_size=25)


def group(calls: Iterable[CallRow], key: Callable[[CallRow], Hashable]) -> dict[Hashable, list[CallRow]]:
    """Calls by key."""
    found: dict[Hashable, list[CallRow]] = defaultdict(list)
    for call in calls:
        found[key(call)].append(call)
    return found


def facts(calls: list[CallRow]) -> tuple[object, ...]:
    """Counts, tokens, exact cost and its completeness, the plain way."""
    outcomes = Counter(call.outcome for call in calls)
    return (
        len(calls),
        *(outcomes[name] for name in ("ok", "failed", "cancelled", "refused")),
        sum(call.prompt_tokens or 0 for call in calls),
        sum(call.completion_tokens or 0 for call in calls),
        sum((call.cost_usd or Decimal(0) for call in calls), Decimal(0)),
        any(call.cost_partial or (call.outcome == "ok" and call.cost_usd is None) for call in calls),
    )


def table(df: pd.DataFrame, keys: int) -> dict[Hashable, tuple[object, ...]]:
    """A summary's rows by their key columns."""
    found = {tuple(row[:keys]): tuple(row[keys:]) for row in df.itertuples(index=False)}
    assert len(found) == len(df)
    return found


def expected(calls: list[CallRow], key: Callable[[CallRow], Hashable]) -> dict[Hashable, tuple[object, ...]]:
    """What a summary's rows should be."""
    return {k: facts(v) for k, v in group(calls, key).items()}


def percentile(values: list[int], share: int) -> int | None:
    """The smallest value that at least `share` percent do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * share / 100), 1) - 1] if values else None


@settings(max_examples=25, deadline=None)
@given(many)
def test_groups_equal_a_plain_recomputation(calls: list[CallRow]) -> None:
    """By model, tier, actor, day, and day and model: every count, token and cent."""
    df = frame(calls)
    assert table(by_model(df), 3) == expected(calls, lambda c: (c.provider, c.model, c.simulated))
    assert table(by_tier(df), 1) == expected(calls, lambda c: (c.tier.value if c.tier else "",))
    assert table(by_actor(df), 2) == expected(calls, lambda c: (c.actor, c.role.value))
    assert table(by_day(df, NEW_YORK), 1) == expected(calls, lambda c: (c.time.astimezone(NEW_YORK).date(),))
    day = expected(calls, lambda c: (c.time.astimezone(NEW_YORK).date(), c.provider, c.model, c.simulated))
    assert table(by_day_and_model(df, NEW_YORK), 4) == day


@settings(max_examples=25, deadline=None)
@given(many)
def test_totals_equal_a_plain_recomputation(calls: list[CallRow]) -> None:
    """Over all calls, with the cost per distinct case."""
    found, cases = totals(frame(calls)), len({call.case_ref for call in calls})
    got = (found.calls, found.ok, found.failed, found.cancelled, found.refused, found.prompt_tokens, found.completion_tokens)
    assert (*got, found.cost_usd, found.cost_partial) == facts(calls)
    assert (found.cases, found.simulated) == (cases, sum(call.simulated for call in calls))
    assert found.tokens == found.prompt_tokens + found.completion_tokens
    assert found.error_rate == (found.failed / len(calls) if calls else None)
    if cases:
        assert found.cost_per_case_usd is not None
        assert abs(found.cost_per_case_usd * cases - found.cost_usd) <= Decimal("0.5e-9") * cases
    else:
        assert found.cost_per_case_usd is None


@settings(max_examples=25, deadline=None)
@given(many)
def test_percentiles_equal_a_plain_recomputation(calls: list[CallRow]) -> None:
    """Answered calls only, each percentile an observed value, missing where nothing was measured."""
    answered = group([c for c in calls if c.outcome == "ok"], lambda c: (c.provider, c.model, c.simulated))
    plain = {}
    for key, members in answered.items():
        measured = ([getattr(c, name) for c in members if getattr(c, name) is not None] for name in ("latency_ms", "ttft_ms"))
        plain[key] = (len(members), *(percentile(values, share) for values in measured for share in (50, 95, 99)))
    found = table(latency_percentiles(frame(calls)), 3)
    assert {k: tuple(None if v is pd.NA else v for v in row) for k, row in found.items()} == plain


@settings(max_examples=25, deadline=None)
@given(many)
def test_failures_and_mix_equal_a_plain_recomputation(calls: list[CallRow]) -> None:
    """Failures by class with count, share and latest time, most first; the mix always names all four outcomes."""
    df = frame(calls)
    classes = group([c for c in calls if c.outcome in ("failed", "refused")], lambda c: (c.error_class or "unknown",))
    plain = {k: (len(v), len(v) / len(calls), max(c.time for c in v)) for k, v in classes.items()}
    assert table(failures(df), 1) == plain
    assert list(failures(df)["calls"]) == sorted((len(v) for v in classes.values()), reverse=True)
    mix = Counter(call.outcome for call in calls)
    assert table(outcome_mix(df), 1) == {
        (name,): (mix[name], mix[name] / max(len(calls), 1)) for name in ("ok", "failed", "cancelled", "refused")
    }


@settings(max_examples=25, deadline=None)
@given(many)
def test_a_frame_holds_every_call(calls: list[CallRow]) -> None:
    """One row per call in order, the documented columns and types, unknown values missing."""
    df = frame(calls)
    assert list(df.columns) == list(COLUMNS)
    assert {name: str(kind) for name, kind in df.dtypes.items()} == dict(COLUMNS)
    assert [t.to_pydatetime() for t in df["time"]] == [c.time for c in calls]
    assert [None if v is pd.NA else int(v) for v in df["latency_ms"]] == [c.latency_ms for c in calls]
    assert [None if v is pd.NA else v * Decimal("1e-9") for v in df["cost_nano_usd"]] == [c.cost_usd for c in calls]


def by_day_latency(df: pd.DataFrame) -> pd.DataFrame:
    """Days of New York."""
    return latency_by_day_and_model(df, NEW_YORK)


@settings(max_examples=25, deadline=None)
@given(many)
def test_a_days_percentiles_are_those_of_its_calls(calls: list[CallRow]) -> None:
    """Each day's figures are what the same calls give on their own; a call just after midnight UTC is the evening before."""
    found = by_day_latency(frame(calls))
    days = group(calls, lambda c: (c.time.astimezone(NEW_YORK).date(),))
    for (day,), members in days.items():
        alone = table(latency_percentiles(frame(members)), 3)
        assert table(found[found["day"] == day].drop(columns="day"), 3) == alone
    assert list(found["day"]) == sorted(found["day"])


@pytest.mark.parametrize("summary", [*GROUPED, latency_percentiles, by_day_latency, failures, outcome_mix], ids=range(9))
def test_empty_in_gives_the_same_columns_and_types_out(summary: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """A page can draw a period without calls as it draws any other."""
    empty, full = summary(frame([])), summary(frame([one(), one(outcome="failed", error_class="RateLimitError")]))
    assert empty["calls"].sum() == 0
    assert list(empty.columns) == list(full.columns)
    assert dict(empty.dtypes) == dict(full.dtypes)


def one(**changes: object) -> CallRow:
    """An answered call."""
    values: dict[str, object] = {
        "time": datetime(2026, 3, 8, 4, 30, tzinfo=UTC),
        "provider": "holysheep",
        "model": "gpt-4.1",
        "tier": Tier.COMPLEX,
        "actor": "u-1",
        "role": Role.CLINICIAN,
        "outcome": "ok",
        "error_class": None,
        "http_status": 200,
        "attempt": 1,
        "latency_ms": 900,
        "ttft_ms": 200,
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "tokens_estimated": False,
        "cost_usd": Decimal("0.003"),
        "cost_partial": False,
        "simulated": False,
        "request_id": "r-1",
        "case_ref": "c-1",
    }
    return CallRow(**(values | changes))  # type: ignore[arg-type]


def test_ten_dimes_are_a_dollar() -> None:
    """Sums of money carry no binary fractions."""
    assert totals(frame([one(cost_usd=Decimal("0.1"))] * 10)).cost_usd == Decimal(1)
    assert by_model(frame([one(cost_usd=Decimal("0.1"))] * 3))["cost_usd"].item() == Decimal("0.3")


def test_days_are_the_viewers() -> None:
    """A call late in the evening counts for that evening, also on the day the clocks change."""
    times = [datetime(2026, 3, 8, 4, 30, tzinfo=UTC) + timedelta(hours=h) for h in (0, 1, 23, 24)]
    days = by_day(frame([one(time=t) for t in times]), NEW_YORK)
    assert [(d.isoformat(), n) for d, n in zip(days["day"], days["calls"], strict=True)] == [
        ("2026-03-07", 1),
        ("2026-03-08", 2),
        ("2026-03-09", 1),
    ]


def test_the_dearest_comes_first() -> None:
    """Models are ordered by cost."""
    df = frame([one(model="cheap", cost_usd=Decimal("0.001")), one(model="dear", cost_usd=Decimal("0.015"))])
    assert list(by_model(df)["model"]) == ["dear", "cheap"]


def test_an_unknown_price_makes_the_sum_partial() -> None:
    """An answered call without a cost makes the sum a lower bound; a failed one does not."""
    assert totals(frame([one(), one(cost_usd=None)])).cost_partial
    assert not totals(frame([one(), one(outcome="failed", cost_usd=None)])).cost_partial


def test_costs_finer_than_a_nano_dollar_are_refused() -> None:
    """Nothing is rounded silently."""
    with pytest.raises(ValueError, match="finer"):
        frame([one(cost_usd=Decimal("1e-10"))])
