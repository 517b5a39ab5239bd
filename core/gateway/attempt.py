"""One attempt of a request: at which model, how it ended, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.gateway.answer import Answer
from core.gateway.exchange import Exchange
from core.gateway.failures import Failure
from core.gateway.pricing import cost_usd, estimated_usage, tokens_of
from core.gateway.provider import Model, Provider
from core.model import ClearedPrompt, Target, Usage


class Phase(StrEnum):
    """Where an attempt stands when it is reported."""

    STARTED = "started"  # reported before anything is sent, from the second attempt on: whoever asks knows of the first
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"  # another attempt of the same request answered first


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is told of one attempt. `number` counts from 1 within the request; usage and cost are None when it cost nothing.

    An attempt that answers is not reported: the reply tells of it.
    """

    number: int
    phase: Phase
    target: Target
    payload_sha256: str
    simulated: bool
    error_class: str | None = None
    http_status: int | None = None
    latency_s: float | None = None
    usage: Usage | None = None
    cost_usd: Decimal | None = None


Report = Callable[[Attempt], None]


@dataclass(frozen=True)
class Leg:
    """One model of the chain with everything that an attempt at it needs."""

    provider: Provider
    model: Model
    cleared: ClearedPrompt
    exchange: Exchange

    @property
    def target(self) -> Target:
        """Where it goes."""
        return self.cleared.prompt.target

    def usage(self, answer: Answer) -> Usage:
        """The tokens of an attempt, as reported or else estimated from what was sent and what came."""
        found = answer.usage or estimated_usage(self.cleared.prompt, answer.written_chars)
        if found.reasoning_tokens or not answer.reasoning_chars:
            return found
        reasoning = min(found.completion_tokens, tokens_of(answer.reasoning_chars))
        return Usage(found.prompt_tokens, found.completion_tokens, found.cached_tokens, found.estimated, reasoning)

    def started(self, number: int) -> Attempt:
        """The report before an attempt."""
        return Attempt(number, Phase.STARTED, self.target, self.cleared.sha256, self.provider.simulated)

    def ended(self, number: int, failure: Failure, answer: Answer, latency_s: float, *, superseded: bool = False) -> Attempt:
        """The report after an attempt that gave no answer."""
        usage = self.usage(answer) if failure.charged else None
        phase = Phase.SUPERSEDED if superseded else Phase.CANCELLED if failure.cancelled else Phase.FAILED
        return Attempt(
            number,
            phase,
            self.target,
            self.cleared.sha256,
            self.provider.simulated,
            failure.error_class,
            failure.status,
            latency_s,
            usage,
            None if usage is None else cost_usd(usage, self.model),
        )
