"""What the words around a finding say, values with reference ranges by age and sex, and what is read but not weighed."""

from __future__ import annotations

import pytest

from core.model import Demographics, Sex, age_range_of
from core.reference import CaseReading, Chip, ReferenceEngine
from core.reference.detail import detail_of
from core.reference.knowledge import load

KB = load()
ENGINE = ReferenceEngine(KB)
VITALS = {"heart_rate", "respiratory_rate", "temperature", "oxygen_saturation", "blood_pressure", "gcs"}


def who(years: int = 40, sex: str = "female") -> Demographics:
    """A person."""
    return Demographics(age_range_of(years), Sex(sex), years)


def read(text: str, years: int = 40, sex: str = "female") -> CaseReading:
    """What is read in a text."""
    return ENGINE.read({"symptoms": text}, who(years, sex))


@pytest.mark.parametrize(
    ("text", "quote", "side", "onset", "duration"),
    [
        ("Sudden crushing chest pain for 2 hours, radiating", "chest pain", "", "sudden", "2 hours"),
        ("Left calf swelling since Monday, right arm fine", "calf swelling", "left", "", "since Monday"),
        ("gradually worsening headache x 3 weeks", "headache", "", "gradual", "3 weeks"),
        ("severe headache 2 days ago. Sudden", "headache", "", "", "2 days ago"),
        ("pain and weakness in the right leg since [3 days before]", "weakness", "right", "", "since [3 days before]"),
        ("both ankles swell", "ankles swell", "both", "", ""),
        ("cough for a couple of weeks", "cough", "", "", "a couple of weeks"),
        ("nausea", "nausea", "", "", ""),
    ],
    ids=["sudden", "side-since", "gradual", "ago", "tag", "both", "words", "nothing"],
)
def test_details_around_a_finding(text: str, quote: str, side: str, onset: str, duration: str) -> None:
    """Side, onset and duration of the clause around the quote, in the text's own words."""
    found = detail_of(text, text.index(quote), len(quote))
    assert (found.side, found.onset, found.duration) == (side, onset, duration)


def chip(found: CaseReading, name: str) -> Chip:
    """The chip of a finding."""
    return next(one for one in found.chips if one.finding == name)


def test_a_chip_carries_words_and_doubt() -> None:
    """Quote, details and half weight for a doubtful finding."""
    found = read("Possible seizure this morning. Sudden left leg weakness for 2 hours.")
    assert chip(found, "seizure").weight == 0.5
    assert chip(found, "focal_weakness").detail.words() == "left, sudden, 2 hours"


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("Her brother has chest pain.", "Chest pain", "of a relative"),
        ("History of syncope.", "Syncope", "in the past"),
        ("Return if fever.", "Fever", "a plan or a precaution"),
    ],
    ids=["family", "past", "plan"],
)
def test_what_is_not_weighed_is_shown_with_its_reason(text: str, name: str, why: str) -> None:
    """A relative's, a past or a conditional finding is read, set aside and not a chip."""
    found = read(text)
    assert (name, why) in {(one.name, one.why) for one in found.asides}
    assert name not in {one.name for one in found.chips}


def test_at_least_120_laboratory_values() -> None:
    """Each has a unit and a reference range; many have ranges by age and by sex, and most a finding that a value means."""
    labs = [measure for ident, measure in KB.measures.items() if ident not in VITALS]
    assert len(labs) >= 120
    assert all(measure.units and measure.usual[0] <= measure.usual[1] for measure in labs)
    assert sum({"male", "female"} & set(m.usual_by) != set() for m in labs) >= 15
    assert sum({"infant", "child", "senior"} & set(m.usual_by) != set() for m in labs) >= 25
    assert sum(bool(measure.limits) for measure in labs) >= 90


@pytest.mark.parametrize(
    ("text", "years", "sex", "flag", "finding"),
    [
        ("Hb 12.3 g/dL", 40, "male", "low", "anemia_lab"),
        ("Hb 12.3 g/dL", 40, "female", "", None),
        ("Hct 31%", 0, "female", "", None),
        ("Ferritin 18 ng/mL", 40, "male", "low", "microcytosis"),
        ("Testosterone 180 ng/dL", 40, "male", "low", "testosterone_low"),
        ("Testosterone 180 ng/dL", 40, "female", "high", "testosterone_high"),
        ("Prolactin 30 ng/mL", 40, "male", "high", "prolactin_high"),
        ("Phosphate 6.5 mg/dL", 0, "male", "", None),
        ("Phosphate 6.5 mg/dL", 50, "male", "high", "hyperphosphatemia_lab"),
        ("INR 4.2", 70, "male", "high", "pt_prolonged"),
        ("CK 24,000 U/L", 30, "male", "high", "ck_high"),
        ("Albumin 21 g/L", 50, "female", "low", "albumin_low"),
        ("CSF WBC 1,200/mm3", 20, "male", "high", "csf_pleocytosis"),
        ("CSF glucose 22 mg/dL", 20, "male", "low", None),
        ("Ionized calcium 0.95 mmol/L", 50, "female", "low", "hypocalcemia_lab"),
        ("ANC 400/uL", 50, "female", "low", "neutropenia"),
        ("Ammonia 180 umol/L", 50, "male", "high", "ammonia_high"),
        ("UPCR 6.2 g/g", 30, "female", "high", "nephrotic_proteinuria"),
        ("LVEF 25%", 60, "male", "low", "low_ejection_fraction"),
        ("Lithium level 2.4 mmol/L", 60, "male", "high", "lithium_level"),
    ],
)
def test_a_value_is_judged_for_age_and_sex(text: str, years: int, sex: str, flag: str, finding: str | None) -> None:
    """Unit, reference range and the finding that a value means, for the person."""
    found = read(text, years, sex)
    assert [value.flag for value in found.values] == [flag]
    present = {one.finding for one in found.chips if one.present}
    assert (finding in present) if finding else not present


def test_csf_glucose_is_not_blood_glucose() -> None:
    """A value of another fluid isn't the blood's."""
    assert "hypoglycemia_lab" not in {one.finding for one in read("CSF glucose 22 mg/dL").chips}
