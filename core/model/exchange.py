"""What goes to a model and what comes back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from core.model.redaction import Category


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class PromptMark:
    """A replaced part inside `messages[message].content`."""

    message: int
    start: int
    end: int
    category: Category


@dataclass(frozen=True, slots=True)
class Target:
    """Where a prompt goes: provider id and model id as in providers.toml."""

    provider: str
    model: str


@dataclass(frozen=True)
class Prompt:
    """Exactly what will be sent: `body()` is the HTTP request's body, byte for byte.

    `answer_schema` is the JSON text of a schema that the provider is asked to hold the answer to; empty asks for JSON mode, if `json_mode`.
    """

    target: Target
    messages: tuple[Message, ...]
    version: str
    marks: tuple[PromptMark, ...] = ()
    temperature: float = 0.3
    max_tokens: int = 2000
    stream: bool = True
    json_mode: bool = True
    answer_schema: str = ""

    def body(self) -> bytes:
        """The request body as UTF-8 JSON; the same prompt always gives the same bytes."""
        payload: dict[str, object] = {
            "model": self.target.model,
            "messages": [{"role": m.role, "content": m.content} for m in self.messages],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "stream": self.stream,
        }
        if self.stream:
            payload["stream_options"] = {"include_usage": True}
        if self.answer_schema:
            wanted = {"name": "assessment", "strict": True, "schema": json.loads(self.answer_schema)}
            payload["response_format"] = {"type": "json_schema", "json_schema": wanted}
        elif self.json_mode:
            payload["response_format"] = {"type": "json_object"}
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class ClearedPrompt:
    """A prompt that passed preflight. Only `core.deid.preflight` makes one; the gateway takes nothing else."""

    prompt: Prompt
    body: bytes
    policy: str

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of the body."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `estimated` when the provider reported none; `reasoning_tokens` are part of the completion's, and not shown."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    estimated: bool = False
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        """Both calls' tokens; estimated when either is."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
            self.estimated or other.estimated,
            self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True)
class Reply:
    """A model's answer to one request. Times in seconds; `cost_usd` is None when a price is unknown."""

    text: str = field(repr=False)
    target: Target
    usage: Usage
    latency_s: float
    ttft_s: float | None
    attempts: int
    finish_reason: str
    cost_usd: Decimal | None
    simulated: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a call is expected to take, before it is sent. None where a price is unknown."""

    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal | None
    latency_s: float
