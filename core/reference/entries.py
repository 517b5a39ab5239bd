"""What the knowledge base holds: findings, measures and conditions, each checked at birth by its reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

BANDS = ("infant", "child", "teen", "young", "adult", "senior")
KINDS = frozenset({"symptom", "sign", "vital", "lab", "imaging", "ecg", "risk", "course"})
Urgency = Literal["emergent", "urgent", "routine"]
StepKind = Literal["history", "exam", "lab", "imaging", "other"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of the vocabulary. `base` is its share of all presentations; findings of one `group` tell much the same."""

    id: str
    kind: str
    base: float
    group: str
    implies: tuple[str, ...]
    name: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """A value beyond `limit(band)` means `finding`; `second` is the limit of the diastolic pressure."""

    finding: str
    over: bool
    default: float
    by_band: Mapping[str, float]
    second: float | None = None

    def met(self, value: float, second: float | None, band: str) -> bool:
        """Whether a value in the first unit lies beyond the limit for an age band."""
        limit = self.by_band.get(band, self.default)
        if not self.over:
            return value < limit
        return value > limit or (self.second is not None and second is not None and second > self.second)


@dataclass(frozen=True, slots=True)
class Measure:
    """A vital sign or laboratory value: its words, units (name, factor to the first unit) and limits."""

    id: str
    name: str
    words: tuple[str, ...]
    units: tuple[tuple[str, float], ...]
    fahrenheit: tuple[str, ...]
    bare_over: tuple[float, float] | None
    bare_under: tuple[float, float] | None
    plausible: tuple[float, float]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A next step and what its result would do."""

    kind: StepKind
    action: str
    raises: str
    lowers: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: presentations per 10,000 by age band, sex factors, and P(finding | condition)."""

    id: str
    name: str
    also: tuple[str, ...]
    icd10cm: str
    per_10000: tuple[float, ...]
    female: float
    male: float
    cannot_miss: bool
    urgency: Urgency
    findings: Mapping[str, float]
    steps: tuple[Step, ...]
    source: str
