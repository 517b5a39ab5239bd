"""What one consultation leaves behind, and its form in the vault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.assessment import Assessment, CheckedAssessment, Concern, ConcernKind
from core.errors import PreflightError
from core.model import ClearedPrompt, Deidentified, Estimate, Principal, Prompt, Reply, Target, Tier, Usage


@dataclass(frozen=True)
class Prepared:
    """A case made ready, for the preview, by and for `principal` alone. `cleared` is None while preflight refuses; `blocked` says why.

    `fallbacks`: who is asked the same, in order, when the target can't answer.
    """

    case_ref: str
    principal: Principal
    tier: Tier
    input_lengths: Mapping[str, int]
    deidentified: Deidentified = field(repr=False)
    prompt: Prompt = field(repr=False)
    estimate: Estimate
    cleared: ClearedPrompt | None = field(repr=False)
    blocked: PreflightError | None
    fallbacks: tuple[Target, ...] = ()

    @property
    def sha256(self) -> str:
        """The payload's SHA-256, empty while it is blocked."""
        return self.cleared.sha256 if self.cleared else ""


@dataclass(frozen=True)
class Consultation:
    """One answered case. Texts are as sent and as received; originals stay in `originals` for the viewer alone.

    `not_stored` says why the vault could not take it; empty when it did. `asked_first`: the model in whose place another one answered.
    """

    case_ref: str
    request_id: str
    owner: str
    at: datetime
    tier: Tier
    sent_case: str = field(repr=False)
    originals: Mapping[str, str] = field(repr=False)
    checked: CheckedAssessment = field(repr=False)
    reply: Reply = field(repr=False)
    repaired: bool
    payload_sha256: str
    policy_version: str
    prompt_version: str
    not_stored: str = ""
    asked_first: Target | None = None

    def to_payload(self) -> dict[str, Any]:
        """JSON-ready, without the map from tags to originals, which has a record of its own."""
        reply, usage = self.reply, self.reply.usage
        return {
            "case_ref": self.case_ref,
            "request_id": self.request_id,
            "owner": self.owner,
            "at": self.at.isoformat(),
            "tier": self.tier.value,
            "sent_case": self.sent_case,
            "assessment": self.checked.assessment.model_dump(mode="json"),
            "concerns": [[c.kind.value, c.detail, c.rank] for c in self.checked.concerns],
            "repaired": self.repaired,
            "payload_sha256": self.payload_sha256,
            "policy_version": self.policy_version,
            "prompt_version": self.prompt_version,
            "asked_first": None if self.asked_first is None else [self.asked_first.provider, self.asked_first.model],
            "reply": {
                "text": reply.text,
                "target": [reply.target.provider, reply.target.model],
                "usage": [usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.estimated, usage.reasoning_tokens],
                "latency_s": reply.latency_s,
                "ttft_s": reply.ttft_s,
                "attempts": reply.attempts,
                "finish_reason": reply.finish_reason,
                "cost_usd": None if reply.cost_usd is None else str(reply.cost_usd),
                "simulated": reply.simulated,
            },
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any], originals: Mapping[str, str]) -> Consultation:
        """Inverse of `to_payload`. Raises KeyError or ValueError on a record of another shape."""
        reply, first = payload["reply"], payload.get("asked_first")
        cost = reply["cost_usd"]
        return cls(
            case_ref=payload["case_ref"],
            request_id=payload["request_id"],
            owner=payload["owner"],
            at=datetime.fromisoformat(payload["at"]),
            tier=Tier(payload["tier"]),
            sent_case=payload["sent_case"],
            originals=originals,
            checked=CheckedAssessment(
                Assessment.model_validate(payload["assessment"]),
                tuple(Concern(ConcernKind(kind), detail, rank) for kind, detail, rank in payload["concerns"]),
            ),
            reply=Reply(
                text=reply["text"],
                target=Target(*reply["target"]),
                usage=Usage(*reply["usage"]),
                latency_s=reply["latency_s"],
                ttft_s=reply["ttft_s"],
                attempts=reply["attempts"],
                finish_reason=reply["finish_reason"],
                cost_usd=None if cost is None else Decimal(cost),
                simulated=reply["simulated"],
            ),
            repaired=payload["repaired"],
            payload_sha256=payload["payload_sha256"],
            policy_version=payload["policy_version"],
            prompt_version=payload["prompt_version"],
            asked_first=None if first is None else Target(*first),
        )
