"""The nouns every part of Casegate shares. Frozen values, checked at birth; no behaviour beyond that.

Texts of a case are addressed by field name (`chief_complaint`, `symptoms`, `history`, `medications`,
`examination`, `labs`). Offsets count Python code points, start inclusive, end exclusive.
"""

from core.model.clinical import (
    MAX_AGE_YEARS,
    TEXT_FIELDS,
    AgeRange,
    ClinicalCase,
    Demographics,
    Identity,
    Sex,
    TextField,
    Tier,
    age_range_of,
    text_problems,
)
from core.model.clock import Clock, FixedClock
from core.model.exchange import ClearedPrompt, Estimate, Message, Prompt, PromptMark, Reply, Target, Usage
from core.model.people import CallRow, Principal, Role
from core.model.redaction import Category, Decisions, Deidentified, KeepReason, Mark, Redacted, Span, State
from core.model.usage import USAGE_SUMS

__all__ = [
    "MAX_AGE_YEARS",
    "TEXT_FIELDS",
    "USAGE_SUMS",
    "AgeRange",
    "CallRow",
    "Category",
    "ClearedPrompt",
    "ClinicalCase",
    "Clock",
    "Decisions",
    "Deidentified",
    "Demographics",
    "Estimate",
    "FixedClock",
    "Identity",
    "KeepReason",
    "Mark",
    "Message",
    "Principal",
    "Prompt",
    "PromptMark",
    "Redacted",
    "Reply",
    "Role",
    "Sex",
    "Span",
    "State",
    "Target",
    "TextField",
    "Tier",
    "Usage",
    "age_range_of",
    "text_problems",
]
