"""Every figure equals what plain Python makes of the same sums, and money is exact."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics import (
    ModelPrice,
    Span,
    Unit,
    burn,
    days_in_month,
    failures,
    month_to_date,
    monthly_volume,
    outcome_mix,
    over_time,
    period,
    summed_by,
    totals,
    usage_frame,
)
from core.analytics.usage import SUMS

COLUMNS = ("bucket", "provider", "model", "outcome", "error_class", *SUMS)
NEW_YORK, KOLKATA = ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["holysheep", "other"]),
        st.sampled_from(["gpt-4.1", "deepseek-v3.2"]),
        st.sampled_from(["ok", "failed", "cancelled", "refused", ""]),
        st.sampled_from(["", "RateLimitError"]),
        *(st.integers(0, 10**12) for _ in SUMS),
    ),
    max_size=15,
)
modest = settings(max_examples=25, deadline=None)
Rows = list[tuple[object, ...]]


def column(found: Rows, name: str) -> list[int]:
    """One column of plain rows."""
    return [int(str(row[COLUMNS.index(name)])) for row in found]


def calls_where(found: Rows, outcomes: set[str]) -> int:
    """Calls of rows with one of the outcomes."""
    return sum(n for row, n in zip(found, column(found, "calls"), strict=True) if row[3] in outcomes)


@modest
@given(rows)
def test_totals_are_the_sums(found: Rows) -> None:
    """Counts by outcome, tokens, and dollars to the last nano-dollar; quotients only where there is something to divide by."""
    total = totals(usage_frame(COLUMNS, found))
    for name in ("calls", "retried", "fallbacks", "blocked", "accepted", "cases", "prompt_tokens", "completion_tokens"):
        assert getattr(total, name) == sum(column(found, name))
    assert total.cost_usd == sum(column(found, "cost_nano_usd")) * Decimal("1e-9")
    for outcome in ("ok", "failed", "cancelled", "refused"):
        assert getattr(total, outcome) == calls_where(found, {outcome})
    assert (total.cost_per_case_usd is None) == (total.cases == 0)
    assert totals(usage_frame(COLUMNS, found), one_model=True).cases == sum(column(found, "model_cases"))


@modest
@given(rows)
def test_groups_and_courses_lose_nothing(found: Rows) -> None:
    """Rows by model, by outcome, over time and by error class add up to the calls they are made of."""
    df = usage_frame(COLUMNS, found)
    calls = calls_where(found, {"ok", "failed", "cancelled", "refused"})
    assert summed_by(df, ["provider", "model"])["calls"].sum() == calls
    assert sum(summed_by(df, ["model"])["cost_usd"], Decimal(0)) == totals(df[df["outcome"] != ""]).cost_usd
    assert outcome_mix(df[df["outcome"] != ""])["calls"].sum() == calls
    course = over_time(df, ["model"], "calls", ["a", "b", "c", "d"])
    assert course["calls"].sum() == sum(column(found, "calls"))
    assert len(course) == 4 * df["model"].nunique()
    assert Counter(course["label"]) == Counter({label: df["model"].nunique() for label in "abcd"})
    assert failures(df)["calls"].sum() == calls_where(found, {"failed", "refused"})


@pytest.mark.parametrize(
    ("span", "unit", "buckets"),
    [
        (Span.TODAY, Unit.HOUR, 23),
        (Span.WEEK, Unit.DAY, 7),
        (Span.MONTH, Unit.DAY, 30),
        (Span.QUARTER, Unit.WEEK, 13),
        (Span.YEAR, Unit.MONTH, 12),
    ],
)
def test_periods_are_the_viewers(span: Span, unit: Unit, buckets: int) -> None:
    """On the day the clocks go forward in New York, 23 hours long; every period ends with that day, whatever UTC says."""
    now = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)  # the evening of 8 March there
    found = period(span, now, NEW_YORK)
    assert (found.unit, len(found.starts)) == (unit, buckets)
    assert found.since <= now < found.until
    assert list(found.edges) == sorted(found.edges)
    assert len({found.label(n) for n in range(buckets)}) == buckets
    if span is Span.WEEK:
        assert found.starts[-1].isoformat() == "2026-03-08T00:00:00-05:00"


def test_a_month_to_date_and_its_length() -> None:
    """From the first through today where the viewer is."""
    now = datetime(2026, 2, 28, 20, 0, tzinfo=UTC)
    assert len(month_to_date(now, KOLKATA).starts) == 1  # the first of March there
    assert len(month_to_date(now, NEW_YORK).starts) == 28
    assert [days_in_month(date(2026, m, 1)) for m in (1, 2, 4, 12)] == [31, 28, 30, 31]


def test_a_steady_month_ends_where_it_should() -> None:
    """Ten dollars a day, noon of the eleventh: 300 at the end of a month of thirty, and a budget of 200 ends on the twentieth."""
    found = burn([Decimal(10)] * 10 + [Decimal(5)], 30, Decimal(200), today_share=Decimal("0.5"))
    assert (found.so_far, found.projected, found.low, found.high) == (105, 300, 300, 300)
    assert found.exhausted_on == 20
    assert found.used == Decimal("0.525")
    assert burn([Decimal(10)] * 11, 30, Decimal(400), today_share=Decimal(1)).exhausted_on is None


@pytest.mark.parametrize(("spent", "budget", "day"), [([90, 20, 1], 100, 2), ([1, 1], 100, None), ([1, 1, 1], None, None)])
def test_what_a_young_month_knows(spent: list[int], budget: int | None, day: int | None) -> None:
    """Too early for a projection; an overspent budget has its day all the same."""
    found = burn([Decimal(n) for n in spent], 31, None if budget is None else Decimal(budget), today_share=Decimal(0))
    assert (found.projected, found.exhausted_on) == (None, day)


@modest
@given(st.lists(st.integers(0, 1000), min_size=5, max_size=31), st.integers(0, 100))
def test_a_projection_holds_what_is_spent(spent: list[int], passed: int) -> None:
    """Low ≤ projected ≤ high, and none below what is already gone."""
    found = burn([Decimal(n) for n in spent], 31, None, today_share=Decimal(passed) / 100)
    assert found.projected is not None
    assert found.low is not None
    assert found.high is not None
    assert found.so_far <= found.low <= found.projected <= found.high


def prices(*outputs: str | None) -> list[ModelPrice]:
    """Models of 1,000 tokens out and a known or unknown price."""
    return [ModelPrice(f"m{n}", f"M{n}", "routine", None, None if o is None else Decimal(o), 500, 1_000) for n, o in enumerate(outputs)]


def test_the_guides_hospital() -> None:
    """Ten thousand requests at the four published prices, a quarter each: dollars and both kinds of yuan, exactly."""
    found = monthly_volume(10_000, dict.fromkeys(("m0", "m1", "m2", "m3"), 25), prices("0.42", "2.50", "8.00", "15.00"))
    assert [row.requests for row in found.rows] == [2_500] * 4
    assert found.cost_usd == Decimal("64.80")
    assert (found.platform_cny, found.market_cny) == (Decimal("64.80"), Decimal("473.040"))
    assert found.per_request_usd == Decimal("0.00648")
    assert found.partial


@modest
@given(st.integers(0, 10**6), st.lists(st.integers(0, 100), min_size=4, max_size=4))
def test_every_request_goes_to_one_model(requests: int, weights: list[int]) -> None:
    """Shares are rounded so that none is lost or made, unless no model has a share at all."""
    found = monthly_volume(requests, {f"m{n}": w for n, w in enumerate(weights)}, prices("1", "2", "3", None))
    assert found.requests == (requests if sum(weights) else 0)
    assert all(row.requests == 0 for row, weight in zip(found.rows, weights, strict=True) if not weight)


def test_negative_numbers_are_our_own_mistake() -> None:
    """No hospital sends fewer than no requests."""
    with pytest.raises(ValueError, match="never negative"):
        monthly_volume(-1, {}, prices("1"))
