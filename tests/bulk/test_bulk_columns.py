"""What column names say."""

from __future__ import annotations

import pytest

from core.bulk.columns import category_of, panel_field
from core.model import Category

NAMES = {
    "MRN": ("record_number", Category.MRN),
    "patient_id": ("", Category.OTHER_ID),
    "PatientLastName": ("name", Category.NAME),
    "date of birth": ("date_of_birth", Category.DATE),
    "homePhone": ("phone", Category.PHONE),
    "ZIP code": ("", Category.ZIP),
    "attending_physician": ("", Category.NAME),
    "Provider Name": ("", Category.NAME),
    "hospital name": ("", Category.FACILITY),
    "provider_email": ("", Category.NAME),
    "drug_name": ("", None),
    "test name": ("", None),
    "study_id": ("", Category.OTHER_ID),
    "notes": ("", None),
    "diagnosis": ("", None),
    "troponin": ("", None),
    "placid": ("", None),
}


@pytest.mark.parametrize(("name", "field", "category"), [(n, f, c) for n, (f, c) in NAMES.items()], ids=NAMES.keys())
def test_a_column_is_known_by_its_name(name: str, field: str, category: Category | None) -> None:
    """The patient's own data teach the redactor; other people's are masked whole; the rest is read as text."""
    assert (panel_field(name), category_of(name)) == (field, category)
