"""The breaker, the allowances on top of first attempts, and their figures."""

import random
import threading

import pytest

from core.gateway.breaker import BREAKER, Allowance, Breaker, BreakerPolicy, Health
from core.model import FixedClock, Target


def feed(breaker, *outcomes):
    """Run that many attempts with those outcomes; those not admitted are left out."""
    for ok in outcomes:
        if (permit := breaker.admit()) is not None:
            permit.end(ok)


def opened(clock):
    """A breaker that has just opened."""
    breaker = Breaker(BREAKER, clock)
    feed(breaker, *[False] * 8)
    return breaker


def test_eight_failures_open_it_and_nothing_less():
    """Seven failures leave it closed, the eighth opens it for five seconds."""
    breaker = Breaker(BREAKER, FixedClock())
    feed(breaker, *[False] * 7)
    assert breaker.resting_s() == 0
    feed(breaker, False)
    assert breaker.resting_s() == 5
    assert breaker.admit() is None


def test_old_failures_are_forgotten():
    """Failures of more than a minute ago do not count."""
    clock = FixedClock()
    breaker = Breaker(BREAKER, clock)
    feed(breaker, *[False] * 7)
    clock.advance(61)
    feed(breaker, False)
    assert breaker.admit() is not None


def test_half_open_lets_one_probe_through():
    """After the rest one probe goes, all others wait for its end; success closes."""
    clock = FixedClock()
    breaker = opened(clock)
    clock.advance(5)
    probe = breaker.admit()
    assert probe.probe
    assert [breaker.admit() for _ in range(3)] == [None] * 3
    probe.end(True)
    assert not breaker.admit().probe


def test_a_failed_probe_doubles_the_rest_up_to_a_minute():
    """5, 10, 20, 40, 60, 60 seconds; a success begins again at five."""
    clock = FixedClock()
    breaker = opened(clock)
    rests = []
    for _ in range(6):
        rests.append(breaker.resting_s())
        clock.advance(breaker.resting_s())
        breaker.admit().end(False)
    assert rests == [5, 10, 20, 40, 60, 60]
    clock.advance(60)
    breaker.admit().end(True)
    feed(breaker, *[False] * 8)
    assert breaker.resting_s() == 5


def test_a_probe_that_tells_nothing_frees_its_place():
    """A stopped probe neither opens nor closes; the next one may go at once."""
    clock = FixedClock()
    breaker = opened(clock)
    clock.advance(5)
    breaker.admit().end(None)
    assert breaker.admit().probe


def test_a_permit_ends_once():
    """Only the first word on an attempt counts."""
    breaker = Breaker(BreakerPolicy(least_calls=1), FixedClock())
    permit = breaker.admit()
    permit.end(True)
    permit.end(False)
    assert breaker.resting_s() == 0


def test_one_probe_among_threads():
    """However many threads ask at the same moment, one gets the probe."""
    clock = FixedClock()
    breaker = opened(clock)
    clock.advance(5)
    gate, got = threading.Barrier(16), []

    def ask():
        gate.wait()
        got.append(breaker.admit())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(p is not None for p in got) == 1


def test_three_failures_in_ten_leave_it_closed():
    """At a failure rate of 30 % it opened in none of 20,000 attempts drawn with a fixed seed."""
    draw, breaker = random.Random(7), Breaker(BREAKER, FixedClock())
    for _ in range(20_000):
        permit = breaker.admit()
        assert permit is not None
        permit.end(draw.random() >= 0.3)


def test_the_retry_budget_bounds_the_load():
    """In an outage, retries stay under half of the first attempts and a purse of twenty."""
    health, target = Health(FixedClock()), Target("p", "m")
    retries = 0
    for _ in range(1_000):
        health.retries[target].earn()
        retries += sum(health.retries[target].spend() for _ in range(4))
    assert 500 <= retries <= 520


@pytest.mark.parametrize("seconds", [0, 10, 1_000])
def test_time_earns_a_little(seconds):
    """An empty purse fills with time, never beyond its most."""
    clock = FixedClock()
    purse = Allowance(clock, share=0.5, most=3, per_s=0.2)
    while purse.spend():
        pass
    clock.advance(seconds)
    got = 0
    while purse.spend():
        got += 1
    assert got == min(3, int(seconds * 0.2))


def test_each_model_has_its_own():
    """One model's faults are not another's."""
    health = Health(FixedClock())
    feed(health.breaker[Target("p", "a")], *[False] * 8)
    assert health.breaker[Target("p", "a")].admit() is None
    assert health.breaker[Target("p", "b")].admit() is not None
