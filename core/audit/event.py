"""What happened, in a form that prose cannot enter.

Every string is an identifier, a hash or a member of an enumeration, checked at birth; every number is a
bounded whole number; mapping keys come from a closed list. A refused value raises ValueError, and the
message names the field, never the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from core.audit.actions import CALL_ACTIONS, Action, Outcome
from core.model import TEXT_FIELDS, Category, Role, Tier

MAX_INT = 2**53 - 1  # exact in every JSON reader
NANO = Decimal("1e-9")

_ID = re.compile(r"[A-Za-z0-9._:/-]{1,80}")
_REFERENCE = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9._:/-]{1,80}")  # a letter somewhere: no record number, SSN, phone or date
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,79}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "actor_id": _ID,
    "department": _ID,
    "case_ref": _REFERENCE,
    "request_id": _REFERENCE,
    "provider": _ID,
    "model": _ID,
    "fallback_from": _ID,
    "endpoint": re.compile(r"[A-Za-z0-9._:/-]{1,200}"),
    "policy_version": _ID,
    "prompt_version": _ID,
    "payload_sha256": _HEX64,
    "reply_sha256": _HEX64,
    "error_class": _NAME,
    "subject": _NAME,
}
_ENUMS: Mapping[str, type[StrEnum]] = {"actor_role": Role, "action": Action, "tier": Tier, "outcome": Outcome}
_NUMBERS = (
    "attempt",
    "prompt_tokens",
    "completion_tokens",
    "cost_nano_usd",
    "estimate_nano_usd",
    "latency_ms",
    "ttft_ms",
    "http_status",
    "concern_count",
    "count",
)
_FLAGS = ("tokens_estimated", "cost_partial", "simulated")
_KEYS: Mapping[str, frozenset[str]] = {
    "input_lengths": frozenset(spec.name for spec in TEXT_FIELDS),
    "phi_counts": frozenset(Category),
}
_Member = TypeVar("_Member", bound=StrEnum)


def nano_usd(cost_usd: Decimal | None) -> int | None:
    """Money in whole nano-dollars (1e-9 USD, half to even): 0.42 USD per million tokens is 420 a token."""
    return None if cost_usd is None else int((cost_usd / NANO).to_integral_value(ROUND_HALF_EVEN))


def usd(nano: int | None) -> Decimal | None:
    """Inverse of `nano_usd`, exact."""
    return None if nano is None else nano * NANO


@dataclass(frozen=True, kw_only=True)
class Event:
    """One act of one actor. None means that the fact does not apply or is not known.

    `actor_id`: opaque. `department`: the actor's, a code.
    `subject`: what the act was about, named by Casegate's own code (a permission, page,
    setting, export format, role). `count`: how many things it touched. `attempt`: attempts made, from 1.
    `input_lengths`: text field → characters. `phi_counts`: category → replaced spans. `cost_nano_usd`: 1e-9 USD;
    `cost_partial` when part of the cost is unknown; `estimate_nano_usd`: what was expected before the send.
    `fallback_from`: the model that was asked first, where another one answered or was asked last.
    `latency_ms`, `ttft_ms` (time to first token): milliseconds.
    The three acts of a model call, and its cancelling, need case_ref, request_id, provider and model; a failed one
    needs error_class. Raises ValueError that names the field, never the value.
    """

    actor_id: str
    actor_role: Role
    action: Action
    outcome: Outcome = Outcome.OK
    case_ref: str | None = None
    request_id: str | None = None
    attempt: int | None = None
    provider: str | None = None
    model: str | None = None
    fallback_from: str | None = None
    endpoint: str | None = None
    tier: Tier | None = None
    policy_version: str | None = None
    prompt_version: str | None = None
    input_lengths: Mapping[str, int] = field(default_factory=dict)
    phi_counts: Mapping[Category, int] = field(default_factory=dict)
    payload_sha256: str | None = None
    reply_sha256: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    tokens_estimated: bool = False
    cost_nano_usd: int | None = None
    estimate_nano_usd: int | None = None
    cost_partial: bool = False
    latency_ms: int | None = None
    ttft_ms: int | None = None
    error_class: str | None = None
    http_status: int | None = None
    concern_count: int | None = None
    subject: str | None = None
    count: int | None = None
    simulated: bool = False
    department: str | None = None

    def __post_init__(self) -> None:
        for name, pattern in _PATTERNS.items():
            _check_text(name, getattr(self, name), pattern)
        for name, kind in _ENUMS.items():
            object.__setattr__(self, name, _member(name, getattr(self, name), kind))
        for name in _NUMBERS:
            _check_number(name, getattr(self, name))
        for name in _FLAGS:
            _require(isinstance(getattr(self, name), bool), name, "must be True or False")
        for name, keys in _KEYS.items():
            object.__setattr__(self, name, _counts(name, getattr(self, name), keys))
        self._check_presence()

    def _check_presence(self) -> None:
        required = ["actor_id", "actor_role", "action", "outcome"]
        if self.action in CALL_ACTIONS:
            required += ["case_ref", "request_id", "provider", "model"]
        if self.action is Action.DIAGNOSIS_REQUEST_FAILED:
            required.append("error_class")
        for name in required:
            _require(getattr(self, name) is not None, name, "is missing, and this act needs it")

    @property
    def cost_usd(self) -> Decimal | None:
        """The cost in dollars, exact; None when unknown."""
        return usd(self.cost_nano_usd)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready facts; absent ones (None, no counts) left out. `from_json` gives an equal event back."""
        facts = {name: value for name, value in self.__dict__.items() if value is not None}
        for name in _KEYS:
            if facts[name]:
                facts[name] = dict(facts[name])
            else:
                del facts[name]
        return facts

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Event:
        """An event from `to_json`'s form. Raises ValueError on anything else."""
        unknown = facts.keys() - {f.name for f in fields(cls)}
        if unknown or not {"actor_id", "actor_role", "action"} <= facts.keys():
            raise ValueError("not the facts of an audit event")
        return cls(**facts)


def _require(holds: bool, name: str, rule: str) -> None:
    if not holds:
        raise ValueError(f"audit event: {name} {rule}")


def _check_text(name: str, value: object, pattern: re.Pattern[str]) -> None:
    _require(value is None or (isinstance(value, str) and pattern.fullmatch(value) is not None), name, "is not of the allowed form")


def _check_number(name: str, value: object) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INT
    _require(value is None or whole, name, f"must be a whole number from 0 to {MAX_INT}")


def _member(name: str, value: object, kind: type[_Member]) -> _Member | None:
    if value is None:
        return None
    found = next((member for member in kind if member == value), None)
    _require(found is not None, name, f"is not a known {kind.__name__}")
    return found


def _counts(name: str, value: object, keys: frozenset[str]) -> Mapping[Any, int]:
    _require(isinstance(value, Mapping), name, "must be a mapping")
    counts: dict[Any, int] = dict(value)  # type: ignore[call-overload]
    _require(counts.keys() <= keys, name, "has a key that is not allowed")
    for number in counts.values():
        _require(number is not None, name, "has an empty count")
        _check_number(name, number)
    return MappingProxyType({(Category(key) if name == "phi_counts" else key): n for key, n in sorted(counts.items())})
