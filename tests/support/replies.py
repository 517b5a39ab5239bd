"""A well-formed reply to a case of chest pain."""

from __future__ import annotations

import json
from typing import Any


def answer(**changes: Any) -> str:
    """A well-formed reply to CASE."""
    diagnosis = {
        "rank": 1,
        "diagnosis": "Acute myocardial infarction",
        "icd10cm": "I21.9",
        "probability": 0.8,
        "cannot_miss": True,
        "urgency": "emergent",
        "supporting_findings": [{"finding": "chest pain", "quote": "crushing chest pain", "strength": "strong"}],
        "opposing_findings": [],
        "expected_but_absent": ["ECG"],
        "discriminating_next_steps": [{"action": "ECG", "kind": "other", "would_raise_if": "ST elevation", "would_lower_if": "normal"}],
        "rationale": "Typical pain and raised troponin.",
    }
    whole = {
        "case_summary": "Chest pain in [PATIENT].",
        "differential": [diagnosis],
        "residual_probability": 0.2,
        "missing_information": [],
        "abstained": False,
        "abstain_reason": None,
        "limitations": ["Decisions belong to the physician; consult a physician."],
    }
    return json.dumps(whole | changes)
