"""Testing a connection: one tiny request that holds no case, and in one sentence what is wrong, or that all is well.

What is asked is one word of English; nothing of a case, a user or the site goes along.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import ConfigError
from core.gateway.answer import Answer
from core.gateway.failures import Failure
from core.gateway.keys import fingerprint
from core.gateway.provider import Model, Provider
from core.model import Message, Prompt, Target

TEST_S = 10.0
WORDS = "Reply with the word ready."


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of a test. `words` is for the administrator: what is wrong and what to do; it never holds a key."""

    target: Target
    ok: bool
    words: str
    status: int | None = None
    error_class: str | None = None
    latency_s: float | None = None
    key_fingerprint: str = ""


def probe_prompt(target: Target) -> Prompt:
    """The request that a test sends."""
    return Prompt(target, (Message("user", WORDS),), version="test/1", temperature=0.0, max_tokens=16, stream=False, json_mode=False)


def judged(provider: Provider, model: Model, outcome: Answer | Failure, latency_s: float, key: str) -> Check:
    """What an attempt says of the connection."""
    target, shown = model.target, fingerprint(key) if key else ""
    if isinstance(outcome, Answer):
        words = f"{provider.name} answered as {model.name} in {latency_s:.1f} s."
        return Check(target, True, words, latency_s=latency_s, key_fingerprint=shown)
    words = outcome.message.removesuffix(" The case is kept.")
    return Check(target, False, words, outcome.status, outcome.error_class, latency_s, shown)


def unfit(target: Target, error: ConfigError) -> Check:
    """A test that could not begin: a key is missing or wrong."""
    return Check(target, False, error.user_message, error_class=ConfigError.__name__)
