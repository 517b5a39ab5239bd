"""The figures of the reference benchmark, by their properties and by hand-made cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.reference_score import Share, brier, calibration_error, mean_reciprocal_rank, top

RANKS = st.lists(st.none() | st.integers(1, 10), max_size=40)
BELIEFS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40)


@given(st.integers(0, 500), st.integers(0, 500))
def test_interval_holds_the_share(first: int, second: int) -> None:
    """Wilson's interval lies within 0 and 1 and around the share."""
    share = Share(min(first, second), max(first, second))
    low, high = share.interval
    assert 0 <= low <= share.value <= high <= 1


@given(st.integers(1, 60), st.integers(0, 60))
def test_more_cases_narrow_the_interval(total: int, hits: int) -> None:
    """The same share over ten times the cases has a narrower interval."""
    small, large = Share(min(hits, total), total), Share(10 * min(hits, total), 10 * total)
    assert large.interval[1] - large.interval[0] < small.interval[1] - small.interval[0]


def test_interval_by_hand() -> None:
    """Wilson's interval of 8 of 10, from the textbook."""
    assert Share(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert Share(0, 0).interval == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "total"), [(-1, 3), (4, 3)])
def test_no_share(hits: int, total: int) -> None:
    """Hits outside the cases are refused."""
    with pytest.raises(ValueError, match="is no share"):
        Share(hits, total)


@given(RANKS)
def test_deeper_finds_no_less(ranks: list[int | None]) -> None:
    """Top-k grows with k; MRR lies between top-1 and top-10."""
    hits = [top(ranks, k).hits for k in range(1, 11)]
    assert hits == sorted(hits)
    assert top(ranks, 1).value - 1e-9 <= mean_reciprocal_rank(ranks) <= top(ranks, 10).value + 1e-9


@given(RANKS.filter(bool), st.randoms())
def test_order_of_cases_does_not_matter(ranks: list[int | None], random: object) -> None:
    """The figures are about the set of cases."""
    mixed = sorted(ranks, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert top(mixed, 5) == top(ranks, 5)
    assert mean_reciprocal_rank(mixed) == pytest.approx(mean_reciprocal_rank(ranks))


@given(BELIEFS)
def test_beliefs_are_bounded(beliefs: list[tuple[float, bool]]) -> None:
    """Brier and calibration error lie in 0 to 1."""
    assert 0 <= brier(beliefs) <= 1
    assert 0 <= calibration_error(beliefs) <= 1 + 1e-9


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_certain_and_right(rights: list[bool]) -> None:
    """Who says 1 to what is right and 0 to what is wrong has no error; the opposite has all of it."""
    assert brier([(float(right), right) for right in rights]) == calibration_error([(float(right), right) for right in rights]) == 0
    assert brier([(float(not right), right) for right in rights]) == 1


def test_calibration_by_hand() -> None:
    """Two bins: four at .75 with two right (gap .25), one at .2 wrong (gap .2)."""
    beliefs = [(0.75, True), (0.75, True), (0.75, False), (0.75, False), (0.2, False)]
    assert calibration_error(beliefs) == pytest.approx((4 * 0.25 + 0.2) / 5)
    assert mean_reciprocal_rank([1, 2, None, 4]) == pytest.approx((1 + 0.5 + 0.25) / 4)
