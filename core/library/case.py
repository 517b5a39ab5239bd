"""One case of the library, checked at birth, and the rule that splits the library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Literal, get_args

from core.model import MAX_AGE_YEARS, ClinicalCase, Demographics, Identity, Sex, Tier, age_range_of, text_problems

Part = Literal["demo", "evaluation"]
Voice = Literal["triage", "referral", "ward", "lay", "ems", "dictated"]
Difficulty = Literal["easy", "medium", "hard"]
SPECIALTIES: tuple[str, ...] = (
    "Emergency medicine",
    "Cardiology",
    "Pulmonology",
    "Gastroenterology",
    "Surgery",
    "Neurology",
    "Pediatrics",
    "Obstetrics and gynecology",
    "Infectious disease",
    "Psychiatry",
    "Dermatology",
    "Hematology and oncology",
    "Endocrinology",
    "Rheumatology",
    "Nephrology and urology",
    "Toxicology",
    "Ear, nose and throat",
    "Ophthalmology",
    "Orthopedics",
    "Geriatrics",
    "Primary care",
)
DEMO_IN = 3
_ID = re.compile(r"[a-z]{2}-\d\d")
_CODE = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?")


def part_of(case_id: str) -> Part:
    """The part a case belongs to, by its id alone: the SHA-256 of the id, read as a number, divides by 3 → demo; else evaluation."""
    return "demo" if int(sha256(case_id.encode()).hexdigest(), 16) % DEMO_IN == 0 else "evaluation"


@dataclass(frozen=True)
class LibraryCase:
    """An invented case. `texts` has every field name of the form; `identifiers` says that the texts hold invented identifiers.

    Raises ValueError, naming the rule, for anything that the form or a scorer could not take.
    """

    id: str
    title: str
    voice: Voice
    specialty: str
    difficulty: Difficulty
    cannot_miss: bool
    diagnosis: str
    icd10cm: str
    acceptable: tuple[str, ...]
    age_years: int
    sex: Sex
    tier: Tier
    texts: Mapping[str, str]
    identity: Identity = Identity()
    identifiers: bool = False

    def __post_init__(self) -> None:
        for broken, rule in self._rules():
            if broken:
                raise ValueError(rule)

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        names = (self.title, self.diagnosis, *self.acceptable)
        problems = text_problems(self.texts)
        return (
            (not _ID.fullmatch(self.id), "an id is two letters, a hyphen and two digits"),
            (not all(name and name == name.strip() for name in names), "title, diagnosis and alternatives must not be empty or padded"),
            (self.voice not in get_args(Voice), f"voice is one of {', '.join(get_args(Voice))}"),
            (self.specialty not in SPECIALTIES, "the specialty is not one of SPECIALTIES"),
            (self.difficulty not in get_args(Difficulty), f"difficulty is one of {', '.join(get_args(Difficulty))}"),
            (not _CODE.fullmatch(self.icd10cm), "icd10cm does not have the shape of an ICD-10-CM code"),
            (not 0 <= self.age_years <= MAX_AGE_YEARS, f"age is whole years from 0 to {MAX_AGE_YEARS}"),
            (bool(problems), "; ".join(f"{p.field}: {p.message}" for p in problems)),
            (self.diagnosis.casefold() in self.title.casefold(), "the title gives the diagnosis away"),
            (bool(self.identity.values()) and not self.identifiers, "an identity panel needs identifiers in the texts"),
        )

    @property
    def part(self) -> Part:
        """Demo or evaluation, by `part_of`."""
        return part_of(self.id)

    def clinical(self, encounter: date) -> ClinicalCase:
        """The case as the form would make it, seen on `encounter`. What the identity panel holds is `identity`."""
        told: dict[str, Any] = dict(self.texts)
        return ClinicalCase(
            **told,
            age_range=age_range_of(self.age_years),
            sex=self.sex,
            encounter=encounter,
            age_years=self.age_years,
            tier=self.tier,
        )

    def demographics(self) -> Demographics:
        """What is sent about the person."""
        return Demographics(age_range_of(self.age_years), self.sex, min(self.age_years, 90))
