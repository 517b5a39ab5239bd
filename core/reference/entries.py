"""What the knowledge base holds: findings, measures and conditions, each checked at birth by its reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

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


SEXES = ("female", "male")
_BOTH_SEXES_ALIKE = frozenset({"infant", "child"})
_T = TypeVar("_T")


def for_person(default: _T, by: Mapping[str, _T], band: str, sex: str) -> _T:
    """What holds for an age band and a sex: the band's own, else the sex's from teen on, else the default."""
    if band in by:
        return by[band]
    return default if band in _BOTH_SEXES_ALIKE else by.get(sex, default)


@dataclass(frozen=True, slots=True)
class Limit:
    """A value beyond the limit for an age band and sex means `finding`; `second` is the limit of the diastolic pressure."""

    finding: str
    over: bool
    default: float
    by: Mapping[str, float]
    second: float | None = None

    def met(self, value: float, second: float | None, band: str, sex: str) -> bool:
        """Whether a value in the first unit lies beyond the limit."""
        limit = for_person(self.default, self.by, band, sex)
        if not self.over:
            return value < limit
        return value > limit or (self.second is not None and second is not None and second > self.second)


Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measure:
    """A vital sign or laboratory value: its words, units (name, factor to the first unit), reference ranges and limits."""

    id: str
    name: str
    words: tuple[str, ...]
    units: tuple[tuple[str, float], ...]
    fahrenheit: tuple[str, ...]
    bare_over: tuple[float, float] | None
    bare_under: tuple[float, float] | None
    plausible: Range
    usual: Range
    usual_by: Mapping[str, Range]
    limits: tuple[Limit, ...]

    def reference(self, band: str, sex: str) -> Range:
        """The reference range, in the first unit, for an age band and sex."""
        return for_person(self.usual, self.usual_by, band, sex)


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
