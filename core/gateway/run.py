"""One logical request on its way: the chain of models, attempts at each, waits between them, all under one deadline.

1. a model whose breaker is open is passed over
2. an attempt is reported before it is sent, from the second on, and after it failed
3. a passing fault is tried again at the same model, after full jitter or its Retry-After, while attempts, time and the retry budget last
4. then the next model of the chain is asked, unless the fault lies in the request itself or an answer has begun
5. a slow first attempt may be hedged by the next model, within a budget of its own
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.errors import AllProvidersError, GatewayError, ProviderError
from core.gateway.answer import Answer
from core.gateway.attempt import Attempt, Leg, Report
from core.gateway.breaker import Health, Permit
from core.gateway.exchange import Receive
from core.gateway.failures import Elsewhere, Failure
from core.gateway.race import Race, Side
from core.gateway.retry import RetryPolicy
from core.gateway.watch import SLICE_S, Cancel, OutOfTimeError, StoppedError, Watch
from core.model import Clock


@dataclass(frozen=True)
class Means:
    """What every run of one gateway works with. `sleep` takes seconds, `random` gives a number in [0, 1)."""

    clock: Clock
    sleep: Callable[[float], None]
    random: Callable[[], float]
    policy: RetryPolicy
    health: Health


@dataclass
class Run:
    """One request. After `go`: `attempts` made, and in `lost` what those that failed cost."""

    means: Means
    legs: Sequence[Leg]
    watch: Watch
    receive: Receive
    report: Report
    hedge_after_s: float | None = None
    attempts: int = 0
    lost: list[Attempt] = field(default_factory=list)
    _failures: list[tuple[Leg, Failure]] = field(default_factory=list)
    _last: Failure | None = None

    def go(self) -> tuple[Leg, Answer]:
        """The answer and who gave it. Raises GatewayError."""
        for index, leg in enumerate(self.legs):
            if index and not self._may_follow(leg):
                continue
            found = self._at(leg, self.legs[index + 1 :])
            if isinstance(found, Failure):
                self._failures.append((leg, found))
                if found.elsewhere is Elsewhere.NOWHERE or self.watch.remaining_s() <= 0:
                    break
            else:
                return found
        raise self._error() from None

    def _may_follow(self, leg: Leg) -> bool:
        before, failure = self._failures[-1]
        return failure.elsewhere is Elsewhere.ANOTHER_MODEL or leg.provider.id != before.provider.id

    def _error(self) -> GatewayError:
        errors = [failure.error(leg.provider, self.attempts) for leg, failure in self._failures]
        if len(errors) == 1 or not all(isinstance(e, ProviderError) for e in errors):
            return errors[-1]
        names = ", then ".join(f"{leg.model.name} at {leg.provider.name}" for leg, _ in self._failures)
        tried = [e for e in errors if isinstance(e, ProviderError)]
        return AllProvidersError(f"No model answered: {names} were tried. {errors[0].user_message}", tried)

    def _at(self, leg: Leg, behind: Sequence[Leg]) -> tuple[Leg, Answer] | Failure:
        """Attempts at one model."""
        most = self.means.policy.per_model if behind else self.means.policy.attempts
        self.means.health.retries[leg.target].earn()
        if self.hedge_after_s is not None and not self.attempts:
            self.means.health.hedges[leg.target].earn()
        here = 0
        while True:
            permit = self.means.health.breaker[leg.target].admit()
            if permit is None:
                resting = leg.exchange.phrases.resting(self.means.health.breaker[leg.target].resting_s())
                return self._failures_here(resting, here)
            here += 1
            who, outcome = self._attempt(leg, behind, permit, last=here >= most and not behind)
            if isinstance(outcome, Answer):
                return who, outcome
            if not outcome.retryable or (behind and outcome.timed_out) or not self._wait(leg, outcome, here, most, bool(behind)):
                return self._stopped_or(leg, outcome)

    def _failures_here(self, resting: Failure, here: int) -> Failure:
        """What to tell when the breaker opened between two attempts is what went wrong, not that it opened."""
        return self._last if here and self._last is not None else resting

    def _stopped_or(self, leg: Leg, outcome: Failure) -> Failure:
        try:
            self.watch.slice_s()
        except StoppedError:
            return leg.exchange.phrases.stopped()
        except OutOfTimeError:
            pass
        return outcome

    def _wait(self, leg: Leg, outcome: Failure, here: int, most: int, more: bool) -> bool:
        """Whether another attempt may be made here, after the wait before it."""
        if here >= most:
            return False
        remaining = self.watch.remaining_s()
        delay = self.means.policy.delay_s(
            here,
            draw=self.means.random(),
            remaining_s=remaining / 2 if more else remaining,  # a long wait leaves the next model no time
            retry_after_s=outcome.retry_after_s,
        )
        if delay is None or not self.means.health.retries[leg.target].spend():
            return False
        return self._pause(delay)

    def _pause(self, seconds: float) -> bool:
        """Sleep in slices; False when stopped meanwhile. A delay was chosen to end before the deadline."""
        try:
            while seconds > 0:
                self.watch.slice_s()
                self.means.sleep(min(SLICE_S, seconds))
                seconds -= SLICE_S
        except StoppedError:
            return False
        except OutOfTimeError:
            return True
        return True

    def _attempt(self, leg: Leg, behind: Sequence[Leg], permit: Permit, *, last: bool) -> tuple[Leg, Answer | Failure]:
        self.attempts += 1
        number = self.attempts
        if number > 1:
            self._announce(leg, number, permit)
        if self.hedge_after_s is not None and number == 1:
            return self._raced(leg, behind, permit, last=last)
        started, answer = self.means.clock.monotonic(), Answer()
        try:
            outcome = leg.exchange.attempt(self.watch, self.receive, last=last, answer=answer)
        except BaseException:
            permit.end(None)
            raise
        return leg, self._judged(leg, number, permit, outcome, answer, started)

    def _announce(self, leg: Leg, number: int, permit: Permit) -> None:
        try:
            self.report(leg.started(number))
        except BaseException:
            permit.end(None)
            raise

    def _judged(self, leg: Leg, number: int, permit: Permit, outcome: Answer | Failure, answer: Answer, started: float) -> Answer | Failure:
        if isinstance(outcome, Answer):
            permit.end(True)
            return outcome
        permit.end(None if outcome.cancelled else not outcome.ill)
        self._last = outcome
        self._lose(leg.ended(number, outcome, answer, self.means.clock.monotonic() - started))
        return outcome

    def _lose(self, attempt: Attempt) -> None:
        self.lost.append(attempt)
        self.report(attempt)

    def _raced(self, leg: Leg, behind: Sequence[Leg], permit: Permit, *, last: bool) -> tuple[Leg, Answer | Failure]:
        """The first attempt, hedged by the next model, or by the same one when there is no other."""
        race = Race(self.means.clock, self.watch, self.receive, last=last)

        def second() -> Side | None:
            other = behind[0] if behind else leg
            if not self.means.health.hedges[leg.target].spend():
                return None
            pass_ = self.means.health.breaker[other.target].admit()
            if pass_ is None:
                return None
            self.attempts += 1
            self._announce(other, self.attempts, pass_)
            return Side(other, self.attempts, pass_, Cancel(), self.means.clock.monotonic())

        first = Side(leg, self.attempts, permit, Cancel(), self.means.clock.monotonic())
        try:
            won = race.run(first, second, self.hedge_after_s or 0.0)
        except BaseException:
            for side in race.sides:
                side.permit.end(None)
            raise
        for side in race.sides:
            if side is not won:
                self._lost_race(side, answered=isinstance(won.outcome, Answer))
        assert won.outcome is not None  # noqa: S101 - for the type checker: a race sets every outcome
        return won.leg, self._judged(won.leg, won.number, won.permit, won.outcome, won.answer, won.started)

    def _lost_race(self, side: Side, *, answered: bool) -> None:
        failure = side.outcome if isinstance(side.outcome, Failure) else side.leg.exchange.phrases.stopped()
        superseded = answered and failure.cancelled
        side.permit.end(None if failure.cancelled else not failure.ill)
        self._lose(side.leg.ended(side.number, failure, side.answer, self.means.clock.monotonic() - side.started, superseded=superseded))
