"""How many characters of a prompt make a token, per model, measured as calls come back; and how far the estimates were off. Thread-safe."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from core.gateway.pricing import CHARS_PER_TOKEN, TOKENS_PER_MESSAGE, prompt_tokens_of
from core.model import Prompt, Target, Usage

PRIOR_TOKENS = 5_000  # the corpus figure weighs as much as about five prompts: one odd case does not swing the estimate
MEMORY = 0.98  # older calls fade, so that a provider's change of tokenizer is learned


@dataclass(frozen=True, slots=True)
class EstimateError:
    """Of one model: calls compared, and the mean error of the prompt's estimate as a share; signed: above 0 is too high."""

    target: Target
    calls: int
    mean_absolute: float
    mean_signed: float
    chars_per_token: float


@dataclass(slots=True)
class _Sums:
    chars: float = PRIOR_TOKENS * CHARS_PER_TOKEN
    tokens: float = PRIOR_TOKENS
    calls: int = 0
    absolute: float = 0.0
    signed: float = 0.0


class Ratios:
    """Learns from each answer whose provider reported its tokens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[Target, _Sums] = {}

    def chars_per_token(self, target: Target) -> float:
        """Characters of prompt per token at this model, so far."""
        sums = self._sums.get(target)
        return CHARS_PER_TOKEN if sums is None else sums.chars / sums.tokens

    def learn(self, prompt: Prompt, usage: Usage) -> None:
        """Compare the estimate with what was billed, then take the call in. Estimated usage teaches nothing."""
        billed = usage.prompt_tokens - TOKENS_PER_MESSAGE * len(prompt.messages)
        if usage.estimated or billed <= 0:
            return
        with self._lock:
            sums = self._sums.setdefault(prompt.target, _Sums())
            error = prompt_tokens_of(prompt, sums.chars / sums.tokens) / usage.prompt_tokens - 1
            sums.calls += 1
            sums.absolute += abs(error)
            sums.signed += error
            sums.chars = sums.chars * MEMORY + sum(len(m.content) for m in prompt.messages)
            sums.tokens = sums.tokens * MEMORY + billed

    def errors(self) -> tuple[EstimateError, ...]:
        """One per model that has answered."""
        with self._lock:
            return tuple(
                EstimateError(target, s.calls, s.absolute / s.calls, s.signed / s.calls, s.chars / s.tokens)
                for target, s in self._sums.items()
                if s.calls
            )
