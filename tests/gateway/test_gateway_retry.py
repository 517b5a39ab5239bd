"""When to try again: pure arithmetic."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.gateway.retry import RETRY, RETRYABLE_STATUSES, RetryPolicy, parse_retry_after

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DRAWS = st.floats(0, 1, exclude_max=True)


@given(attempt=st.integers(1, 10_000), draw=DRAWS)
def test_backoff_stays_in_its_bounds(attempt, draw):
    """Full jitter: never negative, never above 0.5·2ⁿ, never above 8 s."""
    delay = RETRY.backoff_s(attempt, draw)
    assert 0 <= delay <= 8
    assert delay <= 0.5 * 2.0 ** min(attempt - 1, 60)


@given(attempt=st.integers(1, 50))
def test_backoff_doubles_until_the_cap(attempt):
    """At the top of the jitter the waits double up to the cap."""
    assert RETRY.backoff_s(attempt + 1, 0.999) == pytest.approx(min(8 * 0.999, 2 * RETRY.backoff_s(attempt, 0.999)))


@given(attempt=st.integers(1, 5), draw=DRAWS, remaining=st.floats(-5, 60), wish=st.none() | st.floats(0, 120))
def test_a_delay_fits_the_deadline_and_the_wish(attempt, draw, remaining, wish):
    """A delay is shorter than the time left and no shorter than Retry-After; without attempts left there is none."""
    delay = RETRY.delay_s(attempt, draw=draw, remaining_s=remaining, retry_after_s=wish)
    if attempt >= RETRY.attempts:
        assert delay is None
    elif delay is None:
        assert max(RETRY.backoff_s(attempt, draw), wish or 0) >= remaining
    else:
        assert (wish or 0) <= delay < remaining


def test_the_statuses_of_the_mission():
    """Exactly the five passing statuses are tried again."""
    assert sorted(RETRYABLE_STATUSES) == [429, 500, 502, 503, 504]


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"base_s": -1}, {"cap_s": -1}], ids=str)
def test_a_policy_must_make_sense(wrong):
    """A policy without attempts or with negative waits is our own mistake."""
    with pytest.raises(ValueError, match="retry policy"):
        RetryPolicy(**wrong)


HEADERS = {
    "seconds": ("7", 7.0),
    "spaces": (" 7 ", 7.0),
    "zero": ("0", 0.0),
    "date": ("Mon, 05 Jan 2026 09:00:30 GMT", 30.0),
    "date without zone": ("Mon, 05 Jan 2026 09:00:30", 30.0),
    "date past": ("Mon, 05 Jan 2026 08:00:00 GMT", 0.0),
    "absent": (None, None),
    "empty": ("", None),
    "words": ("soon", None),
    "negative": ("-5", None),
    "fraction": ("1.5", None),
    "absurd": ("9" * 400, None),
    "other digits": ("²", None),
    "impossible date": ("Mon, 99 Jan 2026 09:00:30 GMT", None),
}


@pytest.mark.parametrize(("value", "seconds"), HEADERS.values(), ids=HEADERS)
def test_retry_after_in_both_forms(value, seconds):
    """Seconds and dates are read; anything else counts as absent."""
    assert parse_retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_is_survived(value):
    """No header text raises or gives a negative wait."""
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0
