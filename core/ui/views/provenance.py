"""Where an answer comes from, as the screen shows it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.model import Usage
from core.ui.views.figures import dollars, seconds
from core.ui.views.markup import Html, draw, escaped, facts, tag


@dataclass(frozen=True, slots=True)
class Provenance:
    """All that is known of one call. Times in seconds, `cost_usd` None when a price is unknown, hashes in hex."""

    provider: str
    model: str
    simulated: bool
    prompt_version: str
    policy: str
    usage: Usage
    cost_usd: Decimal | None
    latency_s: float
    ttft_s: float | None
    attempts: int
    request_id: str
    payload_sha256: str
    finish_reason: str = ""
    answered_at: str = ""
    asked_first: str = ""
    cost_partial: bool = False


def draw_provenance(provenance: Provenance) -> None:
    """Draw it, folded away."""
    summary = tag("summary", escaped("Provenance of this answer"))
    draw(tag("details", Html(summary + facts(_rows(provenance))), "cg-fold"))


def _rows(p: Provenance) -> list[tuple[str, Html]]:
    tokens = f"{p.usage.prompt_tokens:,} in, {p.usage.completion_tokens:,} out" + (" (estimated)" if p.usage.estimated else "")
    tokens += f", {p.usage.reasoning_tokens:,} of them reasoning that is not shown" if p.usage.reasoning_tokens else ""
    texts = [
        ("Model", p.model),
        ("Asked first", p.asked_first),
        ("Provider", p.provider),
        ("Kind of answer", "simulated: reference engine standing in" if p.simulated else "model answer"),
        ("Prompt version", p.prompt_version),
        ("De-identification policy", p.policy),
        ("Tokens", tokens),
        ("Cost", ("≥ " if p.cost_partial and p.cost_usd is not None else "") + dollars(p.cost_usd)),
        ("Latency", seconds(p.latency_s)),
        ("Time to first token", seconds(p.ttft_s)),
        ("Attempts", str(p.attempts)),
        ("Finish reason", p.finish_reason),
        ("Answered", p.answered_at),
    ]
    rows = [(name, escaped(text)) for name, text in texts if text]
    hashes = [("Request id", p.request_id), ("Payload SHA-256", p.payload_sha256)]
    return rows + [(name, tag("span", escaped(text), "cg-mono")) for name, text in hashes]
