"""The nouns every part of Casegate shares. Frozen values, checked at birth; no behaviour beyond that.

Texts of a case are addressed by field name (`chief_complaint`, `symptoms`, `history`, `medications`,
`examination`, `labs`). Offsets count Python code points, start inclusive, end exclusive.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, Protocol

from core.errors import CaseError, FieldProblem


class Sex(StrEnum):
    """Sex as sent to a model."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class AgeRange(StrEnum):
    """Age band as sent to a model: under 18, 18 to 64, 65 and older."""

    CHILD = "child"
    ADULT = "adult"
    SENIOR = "senior"


class Tier(StrEnum):
    """What the clinician wants of the model; proposes a model, never forces one."""

    ROUTINE = "routine"
    TIME_SENSITIVE = "time-sensitive"
    COMPLEX = "complex"
    DOCUMENTATION = "documentation"


@dataclass(frozen=True, slots=True)
class TextField:
    """One free-text field of the form: its name, exact label and length limits in characters."""

    name: str
    label: str
    min_chars: int
    max_chars: int


TEXT_FIELDS: tuple[TextField, ...] = (
    TextField("chief_complaint", "Chief complaint", 5, 500),
    TextField("symptoms", "Symptoms", 10, 5_000),
    TextField("history", "History", 0, 3_000),
    TextField("medications", "Medications and allergies", 0, 5_000),
    TextField("examination", "Examination", 0, 5_000),
    TextField("labs", "Lab results", 0, 5_000),
)
MAX_AGE_YEARS = 130


def age_range_of(age_years: int) -> AgeRange:
    """The band of an age in whole years."""
    if age_years < 18:
        return AgeRange.CHILD
    return AgeRange.ADULT if age_years < 65 else AgeRange.SENIOR


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the patient is. Never leaves; tells the redactor what to look for. Empty means not given."""

    name: str = ""
    record_number: str = ""
    date_of_birth: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    ssn: str = ""

    def values(self) -> dict[str, str]:
        """The fields that hold something, by name."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name).strip())}


@dataclass(frozen=True, slots=True)
class Demographics:
    """All that is sent about the person: band, years (90 stands for "90 or older"), sex."""

    age_range: AgeRange
    sex: Sex
    age_years: int | None = None

    def age_words(self) -> str:
        """Age in words fit to send, e.g. `54 years`, `90 years or older`; empty when only the band is known."""
        if self.age_years is None:
            return ""
        return "90 years or older" if self.age_years >= 90 else f"{self.age_years} years"


def text_problems(texts: Mapping[str, str], required: tuple[TextField, ...] = TEXT_FIELDS) -> tuple[FieldProblem, ...]:
    """What is wrong with the free-text fields, by the limits in TEXT_FIELDS."""
    found = []
    for spec in required:
        length = len(texts.get(spec.name, "").strip())
        if length < spec.min_chars:
            found.append(FieldProblem(spec.label, f"write at least {spec.min_chars} characters (now {length})"))
        elif len(texts.get(spec.name, "")) > spec.max_chars:
            found.append(FieldProblem(spec.label, f"shorten to {spec.max_chars:,} characters (now {len(texts[spec.name]):,})"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ClinicalCase:
    """A case as the clinician typed it, within its limits. Raises CaseError with one problem per field."""

    chief_complaint: str
    symptoms: str
    age_range: AgeRange
    sex: Sex
    encounter: date
    history: str = ""
    medications: str = ""
    examination: str = ""
    labs: str = ""
    age_years: int | None = None
    tier: Tier = Tier.ROUTINE
    identity: Identity = Identity()

    def __post_init__(self) -> None:
        problems = list(text_problems(self.texts()))
        if self.age_years is not None and not 0 <= self.age_years <= MAX_AGE_YEARS:
            problems.append(FieldProblem("Age", f"enter whole years from 0 to {MAX_AGE_YEARS}"))
        elif self.age_years is not None and age_range_of(self.age_years) is not self.age_range:
            problems.append(FieldProblem("Age", "the years and the age range disagree"))
        if problems:
            raise CaseError(problems)

    def texts(self) -> dict[str, str]:
        """Free texts by field name, in form order."""
        return {spec.name: getattr(self, spec.name) for spec in TEXT_FIELDS}

    def demographics(self) -> Demographics:
        """What is sent about the person; 90 or older is one bucket (45 CFR 164.514(b)(2)(i)(C))."""
        years = None if self.age_years is None else min(self.age_years, 90)
        return Demographics(self.age_range, self.sex, years)


class Category(StrEnum):
    """The Safe Harbor categories (45 CFR 164.514(b)(2)(i)) as this product names them, and facilities."""

    NAME = "name"  # A
    STREET = "street"  # B
    PLACE = "place"  # B
    ZIP = "zip"  # B
    DATE = "date"  # C
    AGE = "age over 89"  # C
    PHONE = "phone"  # D
    FAX = "fax"  # E
    EMAIL = "email"  # F
    SSN = "ssn"  # G
    MRN = "record number"  # H
    HEALTH_PLAN = "health plan number"  # I
    ACCOUNT = "account number"  # J
    LICENSE = "licence number"  # K
    VEHICLE = "vehicle"  # L
    DEVICE = "device"  # M
    URL = "url"  # N
    IP = "ip address"  # O
    BIOMETRIC = "biometric"  # P
    PHOTO = "photo"  # Q
    OTHER_ID = "other identifier"  # R
    FACILITY = "facility"


State = Literal["masked", "flagged"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one text that a detector found. `masked` is replaced; `flagged` waits for the clinician.

    `role` refines a name: patient, clinician, relative:daughter, person. Score is 0 to 1.
    """

    start: int
    end: int
    category: Category
    score: float
    detector: str
    state: State = "masked"
    role: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"span {self.start}:{self.end} is empty or backwards")
        if not 0 <= self.score <= 1:
            raise ValueError(f"score {self.score} is outside 0..1")


@dataclass(frozen=True, slots=True)
class Mark:
    """A replaced part of an outgoing text: where its tag stands now."""

    start: int
    end: int
    category: Category


@dataclass(frozen=True, slots=True)
class Redacted:
    """One text after redaction, with the places of the tags in it."""

    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Decisions:
    """The clinician's own word on terms of this case: keep in clear, or redact. Compared casefolded, spaces squeezed."""

    keep: frozenset[str] = frozenset()
    redact: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Deidentified:
    """A whole case after redaction.

    `fields`: field name → redacted text. `spans`: field name → spans in the *original* text, sorted, disjoint.
    `originals`: tag exactly as written in the output (`[PATIENT]`) → original text; stays in the vault.
    `flags`: (field, span) pairs that nobody has decided yet. `policy`: the policy's id and version.
    """

    fields: Mapping[str, Redacted]
    spans: Mapping[str, tuple[Span, ...]]
    originals: Mapping[str, str] = field(repr=False)
    counts: Mapping[Category, int]
    flags: tuple[tuple[str, Span], ...]
    policy: str
    decisions: Decisions = field(default=Decisions(), repr=False)

    def __post_init__(self) -> None:
        for name in ("fields", "spans", "originals", "counts"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


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
    """Exactly what will be sent: `body()` is the HTTP request's body, byte for byte."""

    target: Target
    messages: tuple[Message, ...]
    version: str
    marks: tuple[PromptMark, ...] = ()
    temperature: float = 0.3
    max_tokens: int = 2000
    stream: bool = True
    json_mode: bool = True

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
        if self.json_mode:
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
    """Tokens of one call. `estimated` when the provider reported none."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


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
    """Who acts: an opaque id fit for the audit store, a role, and a name for the screen only."""

    user_id: str
    role: Role
    display_name: str = field(default="", repr=False)


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


class Clock(Protocol):
    """Time, so that tests can hold it."""

    def now(self) -> datetime:
        """Wall clock, timezone-aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


@dataclass
class FixedClock:
    """A clock for tests: stands still until `advance`."""

    at: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    seconds: float = 0.0

    def now(self) -> datetime:
        """The time it was set to."""
        return self.at

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Move both times on."""
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds
