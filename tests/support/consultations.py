"""An answered case of anybody's, as the vault keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from core.assessment import Assessment, CheckedAssessment
from core.consultation import Consultation
from core.model import Reply, Target, Tier, Usage
from support.replies import answer

ORIGINALS = {"[PATIENT]": "Harold Whitcombe"}


class Putting(Protocol):
    """A vault, as far as it is needed here."""

    def put(self, kind: str, record_id: str, owner: str, payload: Mapping[str, Any]) -> None:
        """Store."""


def consultation(owner: str, request_id: str = "req-1") -> Consultation:
    """Chest pain of a person whose name was removed."""
    return Consultation(
        case_ref="case-of-a-colleague",
        request_id=request_id,
        owner=owner,
        at=datetime(2026, 1, 5, tzinfo=UTC),
        tier=Tier.ROUTINE,
        sent_case="[PATIENT] has crushing chest pain.",
        originals=ORIGINALS,
        checked=CheckedAssessment(Assessment.model_validate(json.loads(answer())), ()),
        reply=Reply(
            text=answer(),
            target=Target("sandbox", "gpt-4.1"),
            usage=Usage(10, 20),
            latency_s=1.0,
            ttft_s=0.2,
            attempts=1,
            finish_reason="stop",
            cost_usd=None,
            simulated=True,
        ),
        repaired=False,
        payload_sha256="ab" * 32,
        policy_version="SAFE_HARBOR/1",
        prompt_version="ddx/1",
    )


def put(vault: Putting, done: Consultation) -> Consultation:
    """Into the vault, as `consult.submit` does."""
    vault.put("consultation", done.request_id, done.owner, done.to_payload())
    vault.put("reidentification_map", done.request_id, done.owner, dict(done.originals))
    return done
