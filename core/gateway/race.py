"""A hedge: when the first attempt is slow to begin, a second one runs beside it, and whichever speaks first is the answer.

Both run in threads of their own; what they say is handed on in the caller's thread, and the loser's connection is closed at once.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from core.gateway.answer import Answer
from core.gateway.attempt import Leg
from core.gateway.breaker import Permit
from core.gateway.exchange import Receive
from core.gateway.failures import Failure
from core.gateway.watch import Cancel, Watch
from core.model import Clock

JOIN_S = 2.0


@dataclass(eq=False)
class Side:
    """One attempt of a race."""

    leg: Leg
    number: int
    permit: Permit
    cancel: Cancel
    started: float
    answer: Answer = field(default_factory=Answer)
    outcome: Answer | Failure | None = None
    thread: threading.Thread | None = None


Second = Callable[[], "Side | None"]
_Word = tuple[Side, str, "Answer | Failure | BaseException | None"]


class Race:
    """Runs a first side, and after `after_s` without a word from it whatever `second` gives, if anything."""

    def __init__(self, clock: Clock, watch: Watch, receive: Receive, *, last: bool) -> None:
        self._clock, self._watch, self._receive, self._last = clock, watch, receive, last
        self._words: queue.SimpleQueue[_Word] = queue.SimpleQueue()
        self.sides: list[Side] = []

    def run(self, first: Side, second: Second, after_s: float) -> Side:
        """The side that answered, or the first side when none did; each side's `outcome` is set. Raises what `receive` raises."""
        begun = self._clock.monotonic()
        self._start(first)
        leader: Side | None = None
        waiting = True
        try:
            while leader is None or leader.outcome is None:
                left = begun + after_s - self._clock.monotonic()
                if waiting and leader is None and left <= 0:
                    waiting = False
                    if (side := second()) is not None:
                        self._start(side)
                try:
                    side, text, outcome = self._words.get(timeout=max(0.001, left) if waiting else None)
                except queue.Empty:
                    continue
                leader = self._heard(leader, side, text, outcome)
                if leader is None and all(s.outcome is not None for s in self.sides):
                    break
        finally:
            self._settle(leader)
        return leader if leader is not None else first

    def _start(self, side: Side) -> None:
        self.sides.append(side)
        side.thread = threading.Thread(target=self._ask, args=(side,), name="casegate-hedge", daemon=True)
        side.thread.start()

    def _ask(self, side: Side) -> None:
        def hear(text: str) -> None:
            self._words.put((side, text, None))

        try:
            watch = self._watch.under(side.cancel)
            self._words.put((side, "", side.leg.exchange.attempt(watch, hear, last=self._last, answer=side.answer)))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._words.put((side, "", error))

    def _heard(self, leader: Side | None, side: Side, text: str, outcome: Answer | Failure | BaseException | None) -> Side | None:
        if isinstance(outcome, BaseException):
            raise outcome
        side.outcome = outcome if outcome is not None else side.outcome
        if leader is None and (text or isinstance(outcome, Answer)):
            leader = side
            for other in self.sides:
                if other is not side:
                    other.cancel.cancel()
        if side is leader and text:
            self._receive(text)
        return leader

    def _settle(self, leader: Side | None) -> None:
        """Every side has ended; those that did not answer by Stop, if nothing else ended them."""
        for side in self.sides:
            if side is not leader or side.outcome is None:
                side.cancel.cancel()
            if side.thread is not None:
                side.thread.join(JOIN_S)
        for side in self.sides:
            if side.outcome is None:
                side.outcome = side.leg.exchange.phrases.stopped()
