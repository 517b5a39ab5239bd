"""Who acts, and the record of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from core.model.clinical import Tier


class Role(StrEnum):
    """What a person may do; permissions are in `core.auth.roles`."""

    CLINICIAN = "clinician"
    RESEARCHER = "researcher"
    PRIVACY_OFFICER = "privacy officer"
    ADMIN = "administrator"
    VIEWER = "viewer"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: an opaque id and a department's code fit for the audit store, a role, and a name for the screen only."""

    user_id: str
    role: Role
    display_name: str = field(default="", repr=False)
    department: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """How one model call ended, for usage figures. Times in milliseconds, `time` in UTC; None where unknown."""

    time: datetime
    provider: str
    model: str
    tier: Tier | None
    actor: str
    role: Role
    outcome: Literal["ok", "failed", "cancelled", "refused"]
    error_class: str | None
    http_status: int | None
    attempt: int | None
    latency_ms: int | None
    ttft_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    tokens_estimated: bool
    cost_usd: Decimal | None
    cost_partial: bool
    simulated: bool
    request_id: str
    case_ref: str
