"""Reading findings out of text: phrases, negation, other people, the past, values with units."""

from __future__ import annotations

import pytest

from core.reference.extraction import Reading, read_case
from core.reference.knowledge import load

KB = load()


def read(text: str, field: str = "symptoms", band: str = "adult") -> dict[str, Reading]:
    """The readings of one text by finding."""
    return {r.finding: r for r in read_case(KB, {field: text}, band)}


PRESENT = [
    ("lay-breath", "I can't catch my breath", "dyspnea"),
    ("abbreviation-sob", "SOB for 2 days", "dyspnea"),
    ("british", "Dyspnoea and oedema of both ankles", "dyspnea"),
    ("british-2", "haemoptysis this morning", "hemoptysis"),
    ("plural", "headaches", "headache"),
    ("possessive", "pain in her chest", "chest_pain"),
    ("gap", "pain in the lower right chest", "chest_pain"),
    ("radiation", "radiates down the left arm", "radiation_arm_jaw"),
    ("contraction-inside", "she can't smell or taste anything", "loss_of_smell"),
    ("no-inside", "no appetite since Monday", "anorexia"),
    ("not-passing", "not passing gas", "obstipation"),
    ("but", "denies fever but reports chills", "chills"),
    ("however", "No cough, however wheezing heard", "wheeze"),
    ("semicolon", "No fever; vomiting twice", "vomiting"),
    ("sentence", "No fever. Headache.", "headache"),
    ("except", "denies all except nausea", "nausea"),
    ("fresh-segment", "no fever, severe headache since Monday", "headache"),
    ("fresh-verb", "no vomiting, has diarrhea", "diarrhea"),
    ("pseudo-relief", "no relief of abdominal pain with antacids", "abdominal_pain"),
    ("not-only", "not only fever but also cough", "fever"),
    ("duration-history", "3 day history of diarrhea", "diarrhea"),
    ("month-history", "1-month history of double vision", "diplopia"),
    ("mother-reports", "Mother reports fever and cough", "fever"),
    ("tag", "[PATIENT] has had vomiting since [3 days before]", "vomiting"),
    ("plus-after-minus", "(-) fever, (+) cough", "cough"),
    ("plus-behind", "cough (+), rash (-)", "cough"),
    ("answer-yes", "fever: no, cough: yes", "cough"),
    ("risk-past", "PMH: hypertension, asthma", "asthma_history"),
    ("family-cad", "Father had heart attack at 48", "family_cad"),
    ("hr", "HR 120", "tachycardia"),
    ("pulse-words", "pulse of 118/min", "tachycardia"),
    ("bp-low", "BP 82/50", "hypotension"),
    ("bp-high-diastolic", "Blood pressure: 138/95 mmHg", "hypertension_reading"),
    ("temp-c", "T 39.2", "fever"),
    ("temp-f", "temp 102.5 F", "fever"),
    ("temp-bare-f", "Temperature 101.3", "fever"),
    ("temp-unit-only", "39.6°C on arrival", "high_fever"),
    ("sat", "SpO2 88%", "severe_hypoxia"),
    ("sat-words", "saturating 91% on room air", "hypoxia"),
    ("sat-bare", "88% on RA", "hypoxia"),
    ("rr", "RR 28", "tachypnea"),
    ("gcs", "GCS 13", "low_gcs"),
    ("wbc", "WBC 14.2", "leukocytosis"),
    ("wbc-mm3", "WBC: 14,200/mm3", "leukocytosis"),
    ("wbc-k", "white count 17.5 K/uL", "leukocytosis"),
    ("potassium", "K 7.1", "hyperkalemia_lab"),
    ("potassium-word", "Potassium: 2.8 mmol/L", "hypokalemia_lab"),
    ("troponin-word", "troponin elevated", "troponin_high"),
    ("troponin-ng-ml", "Troponin I 0.8 ng/mL", "troponin_high"),
    ("troponin-ng-l", "hs-troponin 120 ng/L", "troponin_high"),
    ("d-dimer", "D-dimer 1800", "dimer_high"),
    ("d-dimer-mg", "D-dimer 1.8 mg/L", "dimer_high"),
    ("lipase", "lipase 900", "lipase_high"),
    ("glucose", "glucose 480", "hyperglycemia_lab"),
    ("glucose-mmol", "blood glucose 27 mmol/L", "hyperglycemia_lab"),
    ("glucose-low-mmol", "BG 2.1 mmol/L", "hypoglycemia_lab"),
    ("hemoglobin", "Hb 7.4 g/dL", "anemia_lab"),
    ("hemoglobin-g-l", "Haemoglobin 74 g/L", "anemia_lab"),
    ("platelets", "Platelets 22,000/mm3", "thrombocytopenia"),
    ("creatinine-umol", "creatinine 280 umol/L", "creatinine_high"),
    ("ph", "pH 7.12", "acidosis"),
    ("pregnancy-test", "pregnancy test positive", "pregnant"),
    ("hcg", "beta-hCG 2,400 mIU/mL", "pregnant"),
    ("lactate", "Lactate of 4.8", "lactate_high"),
    ("sodium", "Na 121", "hyponatremia_lab"),
    ("esr", "ESR 92 mm/hr", "esr_very_high"),
]

ABSENT = [
    ("denies", "denies chest pain", "chest_pain"),
    ("no", "no fever", "fever"),
    ("without", "without vomiting", "vomiting"),
    ("neg-for", "neg for cough", "cough"),
    ("negative-for", "negative for rash", "rash"),
    ("list-or", "denies fever, chills, or cough", "cough"),
    ("list-comma", "No fever, chills, cough.", "cough"),
    ("list-nor", "no vomiting nor diarrhea", "diarrhea"),
    ("list-and", "no nausea and vomiting", "vomiting"),
    ("w/o", "headache w/o photophobia", "photophobia"),
    ("hasn't", "she hasn't had a fever", "fever"),
    ("does-not", "pain does not radiate, not radiating to the arm", "radiation_arm_jaw"),
    ("colon-no", "Fever: no", "fever"),
    ("colon-denied", "chills: denied", "chills"),
    ("after-absent", "Fever is absent", "fever"),
    ("paren", "cough (-ve)", "cough"),
    ("minus-before", "(-) fever, (+) cough", "fever"),
    ("minus-behind", "cough (+), rash (-)", "rash"),
    ("dash-no", "Palpitations - no.", "palpitations"),
    ("neither", "neither fever nor chills", "fever"),
    ("result-colon", "Rapid strep: negative", "strep_test_positive"),
    ("afebrile", "afebrile", "fever"),
    ("lungs-clear", "Lungs clear to auscultation", "wheeze"),
    ("supple", "neck supple", "neck_stiffness"),
    ("wrapped-line", "denies chest pain,\nfever or cough", "cough"),
    ("no-evidence", "no evidence of rebound", "rebound_guarding"),
    ("troponin-negative", "troponin negative x2", "troponin_high"),
    ("troponin-low", "Troponin 0.01 ng/mL", "troponin_high"),
    ("wbc-normal", "WBC: within normal limits", "leukocytosis"),
    ("temp-normal", "Temperature: 36.8°C (98.2°F)", "fever"),
    ("hr-normal", "HR 72", "tachycardia"),
    ("pregnancy-negative", "urine pregnancy test negative", "pregnant"),
    ("no-history-risk", "no history of diabetes", "diabetes"),
    ("ros", "Review of Systems: patient denies any palpitations, syncope, or rash", "syncope"),
    ("no-known", "no known asthma", "asthma_history"),
    ("no-history-named", "no history of kidney stones", "stone_history"),
    ("no-signs", "no signs of dehydration", "dehydration_signs"),
    ("no-elevated", "no elevated troponin", "troponin_high"),
    ("unlikely-position", "pt. denies headache", "headache"),
]

UNREAD = [
    ("return-if", "Return if fever or vomiting", "fever"),
    ("rule-out", "rule out pneumothorax", "cxr_pneumothorax"),
    ("brother", "His brother has chest pain", "chest_pain"),
    ("family-history", "Family history: stroke, seizures", "seizure"),
    ("family-diabetes", "Family history of diabetes", "diabetes"),
    ("past-symptom", "history of syncope", "syncope"),
    ("allergy", "Allergies: penicillin (rash)", "rash"),
    ("prn", "ibuprofen prn headache", "headache"),
    ("medicine-field", "sumatriptan for headache", "headache"),
    ("childhood", "seizures as a child", "seizure"),
    ("tag-word", "[FEVER CLINIC] called", "fever"),
    ("k-lower", "k 7 runs", "hyperkalemia_lab"),
    ("implausible", "T 180", "fever"),
    ("one-partner", "One sexual partner, no contraception", "men_sex_men"),
    ("a-wifes-partner", "lives with her male partner", "men_sex_men"),
]


@pytest.mark.parametrize(("text", "finding"), [pytest.param(t, f, id=i) for i, t, f in PRESENT])
def test_present(text: str, finding: str) -> None:
    """The finding is read as present and its quote stands in the text."""
    found = read(text).get(finding)
    assert found is not None
    assert found.present
    assert found.quote in text


@pytest.mark.parametrize(("text", "finding"), [pytest.param(t, f, id=i) for i, t, f in ABSENT])
def test_absent(text: str, finding: str) -> None:
    """The finding is read as stated absent, never as present."""
    found = read(text).get(finding)
    assert found is not None
    assert not found.present


@pytest.mark.parametrize(("text", "finding"), [pytest.param(t, f, id=i) for i, t, f in UNREAD])
def test_neither(text: str, finding: str) -> None:
    """What is said of others, of the past or of what may come is no reading."""
    assert finding not in read(text, "medications" if text.startswith("sumatriptan") else "symptoms")


@pytest.mark.parametrize(
    ("text", "band", "present"),
    [
        pytest.param("HR 140", "infant", False, id="infant-140"),
        pytest.param("HR 140", "child", True, id="child-140"),
        pytest.param("RR 40", "infant", False, id="infant-rr-40"),
        pytest.param("RR 40", "adult", True, id="adult-rr-40"),
    ],
)
def test_limits_follow_the_age(text: str, band: str, present: bool) -> None:
    """The same value means different things at different ages."""
    finding = "tachycardia" if text.startswith("HR") else "tachypnea"
    assert read(text, band=band)[finding].present is present


def test_both_stated_counts_half() -> None:
    """A finding stated present and absent stays present at half weight."""
    found = read("Fever yesterday evening. No fever.")["fever"]
    assert (found.present, found.weight) == (True, 0.5)


def test_uncertain_counts_half() -> None:
    """A finding in doubt has half weight."""
    assert read("possible seizure")["seizure"].weight == 0.5


def test_measured_fever_beats_a_denial() -> None:
    """A measured value stands against the patient's word."""
    found = read("Denies fever. T 39.2")["fever"]
    assert (found.present, found.measured, found.weight) == (True, True, 1.0)


def test_specific_finding_implies_the_general_one() -> None:
    """A pleuritic pain is a chest pain too, with the same quote."""
    found = read("pleuritic pain")
    assert found["chest_pain"].implied_by == "pleuritic_chest_pain"


DENIALS = ("Denies {}.", "No {}.", "There is no evidence of {}.", "Review of systems: negative for {}.", "Patient without fever or {}.")
PLAIN = [(f.id, p.lower()) for f in KB.findings.values() for p in (f.name, *f.phrases[2:4]) if "~" not in p and "/" not in p]


@pytest.mark.parametrize("denial", DENIALS)
def test_denied_phrases_are_not_present(denial: str) -> None:
    """Over the whole vocabulary, at most one denied phrase in a hundred is read as present."""
    taken = [phrase for ident, phrase in PLAIN if (found := read(denial.format(phrase)).get(ident)) and found.present]
    assert len(PLAIN) >= 300
    assert len(taken) <= len(PLAIN) / 100, taken


def test_plain_phrases_are_present() -> None:
    """Every plain phrase of the vocabulary is read as its finding."""
    missed = [phrase for ident, phrase in PLAIN if not ((found := read(f"Findings: {phrase}.").get(ident)) and found.present)]
    assert len(missed) <= len(PLAIN) / 100, missed
