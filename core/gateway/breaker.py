"""When to leave a model alone for a while: a breaker with half-open probes, and budgets for what is sent on top. Pure but for the clock.

One breaker and one retry budget per provider and model, held by `Health`. All of it is thread-safe.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.model import Clock, Target

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Opens when, of the newest `window_calls` attempts of the last `window_s`, at least `least_calls`, this share failed.

    Rests `rest_s` after opening and twice as long after each probe that fails, up to `longest_rest_s`. The figures leave a provider
    that fails three times in ten in use (8 of 10 is opened by chance once in a thousand windows) and stop at an outage's third request.
    """

    window_s: float = 60.0
    window_calls: int = 32
    least_calls: int = 8
    open_share: float = 0.8
    rest_s: float = 5.0
    longest_rest_s: float = 60.0


BREAKER = BreakerPolicy()


class Breaker:
    """Closed, open, or half-open: then one probe at a time goes through, and its end decides."""

    def __init__(self, policy: BreakerPolicy, clock: Clock) -> None:
        self._policy, self._clock = policy, clock
        self._lock = threading.Lock()
        self._recent: deque[tuple[float, bool]] = deque(maxlen=policy.window_calls)
        self._open_until: float | None = None
        self._rest_s = policy.rest_s
        self._probing = False

    def admit(self) -> Permit | None:
        """Leave for one attempt, or None while the model rests or its probe is under way. Every permit must be ended once."""
        with self._lock:
            if self._open_until is None:
                return Permit(self, probe=False)
            if self._probing or self._clock.monotonic() < self._open_until:
                return None
            self._probing = True
            return Permit(self, probe=True)

    def resting_s(self) -> float:
        """Seconds until a probe may go; 0 when closed or when one may go now."""
        with self._lock:
            return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock.monotonic())

    def _ended(self, *, probe: bool, ok: bool | None) -> None:
        now = self._clock.monotonic()
        with self._lock:
            if probe:
                self._probed(now, ok)
            elif ok is not None and self._open_until is None:
                self._recent.append((now, ok))
                if not ok and self._failing(now):
                    self._open(now)

    def _probed(self, now: float, ok: bool | None) -> None:
        self._probing = False
        if ok:
            self._open_until, self._rest_s = None, self._policy.rest_s
            self._recent.clear()
        elif ok is False:
            self._rest_s = min(self._policy.longest_rest_s, self._rest_s * 2)
            self._open(now)

    def _open(self, now: float) -> None:
        self._open_until = now + self._rest_s
        self._recent.clear()

    def _failing(self, now: float) -> bool:
        since = now - self._policy.window_s
        outcomes = [ok for at, ok in self._recent if at >= since]
        return len(outcomes) >= self._policy.least_calls and outcomes.count(False) >= self._policy.open_share * len(outcomes)


class Permit:
    """Leave for one attempt. `end(True)` or `end(False)` says whether the model is well; `end(None)` that the attempt tells nothing."""

    __slots__ = ("_breaker", "_ended", "probe")

    def __init__(self, breaker: Breaker, *, probe: bool) -> None:
        self._breaker = breaker
        self._ended = False
        self.probe = probe

    def end(self, ok: bool | None) -> None:
        """Give it back; more than once does no harm."""
        if not self._ended:
            self._ended = True
            self._breaker._ended(probe=self.probe, ok=ok)


class Allowance:
    """What may be sent on top of first attempts: each of those earns a share of one, time earns a little, and a purse holds `most`."""

    def __init__(self, clock: Clock, *, share: float, most: float, per_s: float = 0.0) -> None:
        self._clock, self._share, self._most, self._per_s = clock, share, most, per_s
        self._lock = threading.Lock()
        self._held, self._at = most, clock.monotonic()

    def earn(self) -> None:
        """A first attempt was sent."""
        with self._lock:
            self._accrue(self._share)

    def spend(self) -> bool:
        """Take one; False when there is none."""
        with self._lock:
            self._accrue(0.0)
            if self._held < 1:
                return False
            self._held -= 1
            return True

    def _accrue(self, earned: float) -> None:
        now = self._clock.monotonic()
        self._held = min(self._most, self._held + earned + (now - self._at) * self._per_s)
        self._at = now


class _PerTarget(Generic[T]):
    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[Target, T] = {}
        self._lock = threading.Lock()

    def __getitem__(self, target: Target) -> T:
        if (found := self._made.get(target)) is not None:
            return found
        with self._lock:
            return self._made.setdefault(target, self._make())


RETRY_SHARE = 0.5  # upstream load stays under 1.5 times the requests, whatever happens upstream
HEDGE_SHARE = 0.05


class Health:
    """How each model fares: its breaker, what it may be sent again, what it may be sent twice."""

    def __init__(self, clock: Clock, policy: BreakerPolicy = BREAKER) -> None:
        self.breaker = _PerTarget(lambda: Breaker(policy, clock))
        self.retries = _PerTarget(lambda: Allowance(clock, share=RETRY_SHARE, most=20, per_s=0.2))
        self.hedges = _PerTarget(lambda: Allowance(clock, share=HEDGE_SHARE, most=2, per_s=0.01))
