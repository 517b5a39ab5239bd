"""The log histogram: within 1 %, merging without loss, few bytes, the same bytes everywhere."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.audit.histogram import BINS, MAX_VALUE, Histogram, bin_of, bounds_of, merged, value_of

values = st.lists(st.integers(0, 10**7) | st.integers(0, 60) | st.integers(0, MAX_VALUE), max_size=60)
modest = settings(max_examples=40, deadline=None)


def exact(numbers: list[int], share: float) -> int:
    """The smallest value that at least `share` percent do not exceed."""
    return sorted(numbers)[max(math.ceil(len(numbers) * share / 100), 1) - 1]


@modest
@given(values.filter(bool), st.sampled_from([0, 1, 50, 95, 99, 100]))
@example([1000] * 99 + [9000], 99)
def test_percentiles_are_within_one_percent(numbers: list[int], share: float) -> None:
    """Every percentile lies within 1 % (and the half of rounding) of the exact one."""
    found, wanted = Histogram.of(numbers).percentile(share), exact(numbers, share)
    assert found is not None
    assert 200 * abs(found - wanted) <= 2 * wanted + 100


@modest
@given(values, values, values)
def test_merging_is_the_same_as_counting_all_at_once(a: list[int], b: list[int], c: list[int]) -> None:
    """Associative, commutative, with the empty one as identity, and without any loss."""
    one, two, three = map(Histogram.of, (a, b, c))
    assert one.merge(two).merge(three) == one.merge(two.merge(three)) == Histogram.of([*a, *b, *c])
    assert one.merge(two) == two.merge(one)
    assert one.merge(Histogram()) == one


@modest
@given(st.lists(values, max_size=12))
def test_many_are_merged_as_one_by_one(parts: list[list[int]]) -> None:
    """The fast way over encoded parts gives what the plain way gives; each part comes back from its bytes."""
    histograms = [Histogram.of(part) for part in parts]
    assert [Histogram.decode(h.encode()) for h in histograms] == histograms
    assert merged([h.encode() for h in histograms]) == Histogram.of([n for part in parts for n in part])


def test_every_bin_is_narrow_and_none_is_missing() -> None:
    """Bins touch without gaps; both ends are within 1 % of what a bin stands for; below 50 each number has its own."""
    for place in range(BINS - 1):
        low, high = bounds_of(place)
        assert (bin_of(low), bin_of(high), bin_of(high + 1)) == (place, place, place + 1)
        assert all(200 * abs(end - value_of(place)) <= 2 * end + 100 for end in (low, high))
    assert [value_of(bin_of(n)) for n in range(50)] == list(range(50))


def test_a_days_latencies_take_few_bytes() -> None:
    """Ten thousand calls around two seconds take less than a kilobyte."""
    chance = random.Random(1)
    latencies = [int(chance.lognormvariate(7.6, 0.4)) for _ in range(10_000)]
    assert len(Histogram.of(latencies).encode()) < 600


def test_the_bytes_are_part_of_the_format() -> None:
    """Known values, known bytes: a stored rollup stays readable."""
    assert Histogram.of([0, 3, 3, 1000, 12_345]).encode().hex() == "00010302b001017d01"


def test_counts_up_to_a_bound() -> None:
    """For cumulative buckets: values at or below the bound."""
    assert [Histogram.of([0, 10, 20, 5000]).at_most(bound) for bound in (0, 10, 19, 10_000)] == [1, 2, 2, 4]


@pytest.mark.parametrize(
    "data", [b"\x01", b"\x80", b"\x01\x00", b"\xff\xff\x03\x01"], ids=["half a pair", "cut short", "no count", "no bin"]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    """What is not a histogram is a ValueError, on both ways of reading."""
    with pytest.raises(ValueError, match="histogram"):
        Histogram.decode(data)
    with pytest.raises(ValueError, match="histogram"):
        merged([data])


def test_a_negative_duration_is_our_own_mistake() -> None:
    """Nothing takes less than no time."""
    with pytest.raises(ValueError, match="from 0"):
        Histogram.of([-1])
