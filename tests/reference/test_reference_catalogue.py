"""What the engine says it knows, and how much of a case it reads."""

from core.model import AgeRange, Demographics, Sex
from core.reference import ReferenceEngine

ENGINE = ReferenceEngine.load()
ADULT = Demographics(AgeRange.ADULT, Sex.FEMALE, 40)


def test_catalogue_is_complete() -> None:
    """One record a condition, each with a name and a code, no name twice."""
    known = ENGINE.catalogue()
    assert len(known) == ENGINE.summary().conditions == len({one.name for one in known})
    assert all(one.name and one.icd10cm for one in known)


def test_findings_read_counts_presence_and_absence() -> None:
    """A finding and a denied finding count; a text without any counts none."""
    assert ENGINE.findings_read({"symptoms": "Fever. No cough."}, ADULT) == 2
    assert ENGINE.findings_read({"symptoms": "Nothing of note here at all."}, ADULT) == 0
