"""From entries that end a model call to rows for usage figures. Pure; reads bodies without building events, for there are many."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from core.audit.actions import Action, Outcome
from core.audit.entry import Row
from core.audit.event import usd
from core.model import CallRow, Role, Tier

_ENDINGS: Mapping[Action, Outcome] = MappingProxyType(
    {Action.REQUEST_CANCELLED: Outcome.CANCELLED, Action.DIAGNOSIS_REQUEST_FAILED: Outcome.FAILED}
)


def call_row(row: Row) -> CallRow:
    """The usage facts of an entry that ends a call. Raises ValueError when the body is not such an entry's; checks no hash."""
    try:
        return _from_facts(json.loads(row.body or b""))
    except (KeyError, TypeError, AttributeError):
        raise ValueError("not the end of a model call") from None


def _from_facts(facts: Mapping[str, Any]) -> CallRow:
    known = facts.get
    tier = known("tier")
    return CallRow(
        time=datetime.fromisoformat(facts["time"]),
        provider=facts["provider"],
        model=facts["model"],
        tier=None if tier is None else Tier(tier),
        actor=facts["actor_id"],
        role=Role(facts["actor_role"]),
        outcome=_ending(facts).value,
        error_class=known("error_class"),
        http_status=known("http_status"),
        attempt=known("attempt"),
        latency_ms=known("latency_ms"),
        ttft_ms=known("ttft_ms"),
        prompt_tokens=known("prompt_tokens"),
        completion_tokens=known("completion_tokens"),
        tokens_estimated=facts["tokens_estimated"],
        cost_usd=usd(known("cost_nano_usd")),
        cost_partial=facts["cost_partial"],
        simulated=facts["simulated"],
        request_id=facts["request_id"],
        case_ref=facts["case_ref"],
    )


def _ending(facts: Mapping[str, Any]) -> Outcome:
    """The outcome as recorded; a cancelled or failed act left at `ok` by its recorder counts as what it is."""
    outcome = Outcome(facts["outcome"])
    return _ENDINGS.get(Action(facts["action"]), outcome) if outcome is Outcome.OK else outcome
