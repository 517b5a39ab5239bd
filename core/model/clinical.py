"""The case and what is sent about the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

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


@dataclass(frozen=True, slots=True, repr=False)
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


@dataclass(frozen=True, slots=True, repr=False)
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
