"""What redaction takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal


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


@dataclass(frozen=True, slots=True, repr=False)
class Redacted:
    """One text after redaction, with the places of the tags in it."""

    text: str
    marks: tuple[Mark, ...] = ()


class KeepReason(StrEnum):
    """Why what would be masked may stay in clear, as a code fit for the audit store; there are no others, and no words of one's own."""

    CLINICAL_TERM = "clinical-term"
    MEASUREMENT = "measurement"
    ORDINARY_WORD = "ordinary-word"
    WIDE_AREA = "wide-area"
    PUBLIC_NAME = "public-name"

    @property
    def words(self) -> str:
        """The reason as it is read on screen."""
        return _REASONS[self]


_REASONS = {
    KeepReason.CLINICAL_TERM: "Disease, drug, device or test",
    KeepReason.MEASUREMENT: "Measurement, dose or score",
    KeepReason.ORDINARY_WORD: "Ordinary word, no name",
    KeepReason.WIDE_AREA: "State, country or larger area",
    KeepReason.PUBLIC_NAME: "Public name, nobody of this patient's circle",
}


@dataclass(frozen=True, slots=True, repr=False)
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
