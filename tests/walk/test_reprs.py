"""What holds case text or an identifier never shows it in a `repr`: those end in logs, tracebacks and debuggers' screenshots."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.api.assist_schema import AssistRequest
from core.api.preview import PreviewContext, PreviewRequest
from core.model import AgeRange, ClinicalCase, Decisions, Identity, Redacted, Sex
from core.ui.desk.drafts import Draft

SECRET = "Quillon Zarathorn"
IDENTITY = Identity(name=SECRET)
HOLDERS: dict[str, Any] = {
    "identity": IDENTITY,
    "case": ClinicalCase(SECRET, SECRET, AgeRange.ADULT, Sex.OTHER, date(2026, 1, 5), identity=IDENTITY),
    "decisions": Decisions(frozenset({SECRET}), frozenset({SECRET})),
    "redacted": Redacted(SECRET),
    "draft": Draft("u-1", texts={"symptoms": SECRET}, identity=IDENTITY, keep=frozenset({SECRET})),
    "preview context": PreviewContext({"symptoms": SECRET}, IDENTITY, date(2026, 1, 5), Decisions()),
    "preview request": PreviewRequest(field="symptoms", text=SECRET, rev=1),
    "REST request": AssistRequest(
        chief_complaint=SECRET,
        symptoms=SECRET,
        medical_history=SECRET,
        lab_results=SECRET,
        patient_name=SECRET,
        mrn=SECRET,
        patient_age_range=AgeRange.ADULT,
        patient_sex=Sex.OTHER,
    ),
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS.keys())
def test_a_holder_of_case_text_does_not_show_it(holder: Any) -> None:
    """Neither as `repr` nor as `str`, nor inside another value's."""
    assert "Zarathorn" not in f"{holder!r} {holder} {[holder]!r}"
