"""The answer's schema, the same for every model and for the reference engine.

Source: the project's `response_schema.json`. Types and bounds only; whether the content holds water
(sums, quotes, codes, duplicates) is checked by `core.prompting` and reported as concerns.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EvidenceItem(_Part):
    """A finding for or against a diagnosis, with the words of the case it rests on."""

    finding: str
    quote: str
    strength: Literal["weak", "moderate", "strong"]


class NextStep(_Part):
    """Something to ask, examine or order, and what its result would do."""

    action: str
    kind: Literal["history", "exam", "lab", "imaging", "other"]
    would_raise_if: str
    would_lower_if: str


class Diagnosis(_Part):
    """One line of the differential. `probability` is a share of 1."""

    rank: int
    diagnosis: str
    icd10cm: str | None
    probability: Probability
    cannot_miss: bool
    urgency: Literal["emergent", "urgent", "routine"]
    supporting_findings: tuple[EvidenceItem, ...]
    opposing_findings: tuple[EvidenceItem, ...]
    expected_but_absent: tuple[str, ...]
    discriminating_next_steps: tuple[NextStep, ...]
    rationale: str


class MissingInformation(_Part):
    """What the case does not say and why it matters."""

    item: str
    why_it_matters: str


class Assessment(_Part):
    """A ranked differential with its residual probability, gaps and limitations."""

    case_summary: str
    differential: tuple[Diagnosis, ...]
    residual_probability: Probability
    missing_information: tuple[MissingInformation, ...]
    abstained: bool
    abstain_reason: str | None
    limitations: tuple[str, ...]


class ConcernKind(StrEnum):
    """What can be wrong with an answer that follows the schema."""

    PROBABILITY_SUM = "probabilities do not sum to 1"
    RANK_ORDER = "ranks do not follow the probabilities"
    QUOTE_NOT_IN_CASE = "quote is not in the case"
    CODE_UNKNOWN = "ICD-10-CM code does not exist"
    CODE_MISMATCH = "ICD-10-CM code describes something else"
    DUPLICATE = "diagnosis is listed twice"
    EMPTY = "no diagnosis and no reason for abstaining"
    NO_PHYSICIAN_NOTE = "physician review is not mentioned"
    REMOTE_CONTENT = "links or images were removed"
    INSTRUCTION_OVERRIDE = "the answer shows signs of following instructions in the case"


@dataclass(frozen=True, slots=True)
class Concern:
    """A warning about an answer. `rank` is the diagnosis it is about, None for the whole; `detail` is for the screen only."""

    kind: ConcernKind
    detail: str
    rank: int | None = None


@dataclass(frozen=True)
class CheckedAssessment:
    """An answer that follows the schema, with everything found wrong in its content."""

    assessment: Assessment
    concerns: tuple[Concern, ...] = ()
