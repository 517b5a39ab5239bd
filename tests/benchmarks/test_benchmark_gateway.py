"""The gateway's benchmark measures what it says: its upstream fails as told and counts, its contestants ask the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.gateway import count, flaky, latencies, memory_growth, throughput, upstream
from benchmarks.gateway_contestants import bare_httpx, ours


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The benchmark's upstream."""
    with upstream() as found:
        yield found


def test_the_upstream_counts_and_the_contestants_ask_once(port: int) -> None:
    """Each call of each contestant is one request upstream, and Casegate reads the same answer as bare httpx."""
    count(port)
    floor, casegate = bare_httpx(port), ours(port)
    said, reply = floor.ask(), casegate.ask()
    assert said == getattr(reply, "text", None)
    assert count(port) == 2
    floor.close()
    casegate.close()


def test_three_in_ten_fail_and_nearly_all_are_answered(port: int) -> None:
    """The share answered and the load are measured, not assumed: more than one request a call, and never the bound of 1.6."""
    share, load = flaky(port, calls=240)  # sixty all begin at once, and one such burst in a hundred spends its whole retry budget
    assert share >= 0.95
    assert 1.0 < load < 1.6 + 20 / 240  # the retry budget begins with a purse of twenty


def test_the_figures_have_their_forms(port: int) -> None:
    """Median and tail of each contestant, a rate above nought, a difference in memory."""
    floor, casegate = bare_httpx(port), ours(port)
    times = latencies([floor, casegate], calls=50)
    assert set(times) == {"httpx", "casegate"}
    assert all(0 < p50 <= p99 for p50, p99 in times.values())
    assert throughput(casegate, 0.2) > 0
    assert isinstance(memory_growth(casegate, 20), float)
    floor.close()
    casegate.close()
