"""How the reference engine stands in for a tier: its depth, its pace and its token counts. Deterministic in the request.

Nothing here imitates a model's judgement. All tiers give the same engine's ranking; they differ in how many lines
and how much evidence they show, and in simulated times and token counts, so that cost and latency charts have
something to draw. Every answer says so among its limitations.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

from core.assessment import Assessment, Diagnosis
from core.model import AgeRange, Demographics, Message, Sex
from core.prompting import read_case

CHARS_PER_TOKEN = 4.0
_TICK_S = 0.03
_UNKNOWN = Demographics(AgeRange.ADULT, Sex.OTHER)


class Assessing(Protocol):
    """What a stand-in needs of the reference engine."""

    def assess(self, texts: Mapping[str, str], demographics: Demographics, *, top: int = 8) -> Assessment:
        """Rank the differential of a case."""
        ...


@dataclass(frozen=True, slots=True)
class Depth:
    """How much of the engine's assessment is shown: lines of the differential, then items per line."""

    top: int
    evidence: int
    steps: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Simulated speed: seconds to the first token, then tokens per second."""

    first_token_s: float
    tokens_per_s: float

    def scaled(self, speed: float) -> Pace:
        """This pace, `speed` times as fast."""
        return Pace(self.first_token_s / speed, self.tokens_per_s * speed)

    def whole_s(self, tokens: int) -> float:
        """Seconds until the last of `tokens`."""
        return self.first_token_s + tokens / self.tokens_per_s


@dataclass(frozen=True, slots=True)
class StandIn:
    """One tier's profile; the pace is the median of what is drawn."""

    depth: Depth
    pace: Pace


STANDINS: dict[str, StandIn] = {
    "deepseek-v3.2": StandIn(Depth(4, 2, 2), Pace(0.70, 240)),
    "gemini-2.5-flash": StandIn(Depth(5, 3, 2), Pace(0.30, 450)),
    "gpt-4.1": StandIn(Depth(7, 4, 3), Pace(0.60, 280)),
    "claude-sonnet-4.5": StandIn(Depth(8, 6, 4), Pace(0.90, 220)),
}
_SHALLOWER = (Depth(8, 3, 2), Depth(8, 2, 1), Depth(5, 2, 1), Depth(4, 1, 1), Depth(3, 1, 1), Depth(2, 1, 1), Depth(1, 1, 1))


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished stand-in answer. `seed` is the hex digest that everything drawn for it came from."""

    text: str
    seed: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    pace: Pace

    def usage(self) -> dict[str, int]:
        """Token counts in OpenAI's form."""
        total = self.prompt_tokens + self.completion_tokens
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": self.completion_tokens, "total_tokens": total}

    def pieces(self, pace: Pace) -> Iterator[tuple[str, float]]:
        """The text in order, in pieces of about a thirtieth of a second each, with the seconds each takes."""
        tokens = max(1, math.ceil(pace.tokens_per_s * _TICK_S))
        size = max(1, math.ceil(tokens * len(self.text) / max(1, self.completion_tokens)))
        size = min(size, max(24, len(self.text) // 20))
        seconds = self.completion_tokens / pace.tokens_per_s * size / max(1, len(self.text))
        for start in range(0, len(self.text), size):
            yield self.text[start : start + size], seconds


def answer_for(model: str, messages: Sequence[Message], engine: Assessing, *, seed_of: bytes, token_limit: int | None = None) -> Answer:
    """What `model`'s stand-in says to a conversation that holds a user's message. The same `seed_of` gives the same answer."""
    seed = hashlib.sha256(seed_of + b"\0" + model.encode()).hexdigest()
    random = Random(int(seed, 16))  # noqa: S311 - simulation, not secrecy
    profile = STANDINS[model]
    texts, demographics = _case_of(messages)
    whole = engine.assess(texts, demographics, top=profile.depth.top)
    density = random.uniform(0.96, 1.06) / CHARS_PER_TOKEN
    limit = math.inf if token_limit is None else token_limit
    text = _fitting(whole, model, profile.depth, max_chars=limit / density)
    fits = len(text) * density <= limit
    return Answer(
        text=text if fits else text[: int(limit / density)],
        seed=seed,
        prompt_tokens=_prompt_tokens(messages, random),
        completion_tokens=max(1, round(len(text) * density)) if fits else int(limit),
        finish_reason="stop" if fits else "length",
        pace=_drawn(profile.pace, random),
    )


def _case_of(messages: Sequence[Message]) -> tuple[Mapping[str, str], Demographics]:
    """The case in the last user message before any answer: a repair round asks about the same case."""
    first_answer = next((at for at, m in enumerate(messages) if m.role == "assistant"), len(messages))
    asked = [m.content for m in messages[:first_answer] if m.role == "user"] or [m.content for m in messages if m.role == "user"]
    sent = read_case(asked[-1])
    texts = sent.texts if any(text.strip() for text in sent.texts.values()) else {"symptoms": asked[-1]}
    return texts, sent.demographics or _UNKNOWN


def _fitting(whole: Assessment, model: str, depth: Depth, *, max_chars: float) -> str:
    """The deepest form of the assessment that fits; the shallowest when none does."""
    text = ""
    for shallower in (depth, *_SHALLOWER):
        least = Depth(min(depth.top, shallower.top), min(depth.evidence, shallower.evidence), min(depth.steps, shallower.steps))
        text = _shown(whole, model, least).model_dump_json()
        if len(text) <= max_chars:
            break
    return text


def _shown(whole: Assessment, model: str, depth: Depth) -> Assessment:
    lines = tuple(_line(d, depth) for d in whole.differential[: depth.top])
    dropped = sum(d.probability for d in whole.differential[depth.top :])
    return whole.model_copy(
        update={
            "differential": lines,
            "residual_probability": min(1.0, round(whole.residual_probability + dropped, 6)),
            "missing_information": whole.missing_information[: depth.evidence],
            "limitations": (_disclosure(model), *whole.limitations),
        }
    )


def _line(diagnosis: Diagnosis, depth: Depth) -> Diagnosis:
    return diagnosis.model_copy(
        update={
            "supporting_findings": diagnosis.supporting_findings[: depth.evidence],
            "opposing_findings": diagnosis.opposing_findings[: depth.evidence],
            "expected_but_absent": diagnosis.expected_but_absent[: depth.evidence],
            "discriminating_next_steps": diagnosis.discriminating_next_steps[: depth.steps],
        }
    )


def _disclosure(model: str) -> str:
    return (
        f"Simulated: this answer was computed by the reference engine, which stands in for {model}. No AI model was asked, and it says "
        f"nothing about how {model} would answer. A physician must review it."
    )


def _prompt_tokens(messages: Sequence[Message], random: Random) -> int:
    chars = sum(len(m.content) for m in messages)
    return max(1, round(chars / CHARS_PER_TOKEN * random.uniform(0.97, 1.05)) + 4 * len(messages))


def _drawn(median: Pace, random: Random) -> Pace:
    return replace(
        median,
        first_token_s=median.first_token_s * random.lognormvariate(0.0, 0.25),
        tokens_per_s=median.tokens_per_s * random.uniform(0.85, 1.15),
    )
