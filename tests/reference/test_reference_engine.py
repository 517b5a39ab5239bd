"""The engine's promises: sums, order, verbatim quotes, determinism, abstention and sane answers to bad input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.assessment import Assessment
from core.model import AgeRange, Demographics, Sex, age_range_of
from core.reference import ReferenceEngine
from core.reference.extraction import Reading
from core.reference.knowledge import load
from core.reference.posterior import posterior, prior_per_10000, score

KB = load()
ENGINE = ReferenceEngine(KB)
ADULT = Demographics(AgeRange.ADULT, Sex.MALE, 58)
CASE = {
    "chief_complaint": "Chest pain",
    "symptoms": "[PATIENT] has had crushing chest pain since [3 days before], sweaty, nauseated. Denies fever, cough or calf pain.",
    "history": "HTN, smoker",
    "examination": "HR 104, BP 150/90, SpO2 97%",
    "labs": "troponin elevated",
}
PHRASES = [p for f in KB.findings.values() for p in (f.name.lower(), f.phrases[-1]) if "~" not in p and "/" not in p]
DEMOGRAPHICS = st.builds(lambda years, sex: Demographics(age_range_of(years), sex, years), st.integers(0, 90), st.sampled_from(Sex))
TEXTS = st.lists(
    st.one_of(st.sampled_from(PHRASES), st.sampled_from(PHRASES).map("denies {}".format), st.text(max_size=12)), min_size=0, max_size=12
).map(". ".join)


def check(found: Assessment, texts: dict[str, str]) -> None:
    """Assert what holds of every answer."""
    shares = [d.probability for d in found.differential]
    assert sum(shares) + found.residual_probability == pytest.approx(1, abs=1e-9)
    assert shares == sorted(shares, reverse=True)
    assert [d.rank for d in found.differential] == list(range(1, len(shares) + 1))
    assert found.abstained is (not shares)
    assert bool(found.abstain_reason) is found.abstained
    quotes = [e.quote for d in found.differential for e in (*d.supporting_findings, *d.opposing_findings)]
    assert all(quote and any(quote in text for text in texts.values()) for quote in quotes)


@settings(max_examples=120, deadline=None)
@given(TEXTS, TEXTS, DEMOGRAPHICS, st.integers(1, 12))
def test_every_answer_holds_water(symptoms: str, labs: str, who: Demographics, top: int) -> None:
    """Any text gives probabilities that sum to 1, in order, with verbatim quotes, or an abstention with its reason; twice the same."""
    texts = {"symptoms": symptoms, "labs": labs}
    found = ENGINE.assess(texts, who, top=top)
    check(found, texts)
    assert len(found.differential) <= top
    assert ENGINE.assess(texts, who, top=top) == found


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KB.conditions), st.lists(st.sampled_from(sorted(KB.findings)), max_size=10, unique=True), st.data())
def test_denied_finding_never_raises_its_condition(condition: object, others: list[str], data: st.DataObject) -> None:
    """Adding a stated absence of a finding that a condition makes likelier never raises that condition's score."""
    from core.reference.entries import Condition

    assert isinstance(condition, Condition)
    typical = sorted(f for f, share in condition.findings.items() if share > KB.findings[f].base and f not in others)
    if not typical:
        return
    denied = data.draw(st.sampled_from(typical))
    base = [Reading(f, data.draw(st.booleans()), "symptoms", f) for f in others]
    before = score(KB, condition, 1.0, base).score
    assert score(KB, condition, 1.0, [*base, Reading(denied, False, "symptoms", denied)]).score <= before + 1e-9


def test_denial_lowers_the_probability() -> None:
    """Denying a cardinal symptom lowers its condition in the whole answer."""
    texts = {"symptoms": "Cough with green sputum, short of breath. Crackles at right base."}
    with_denial = {"symptoms": texts["symptoms"] + " Denies fever."}
    assert probability(ENGINE.assess(with_denial, ADULT), "J18.9") < probability(ENGINE.assess(texts, ADULT), "J18.9")


def probability(found: Assessment, code: str) -> float:
    """A condition's probability in an answer, 0 when it isn't listed."""
    return next((d.probability for d in found.differential if d.icd10cm == code), 0.0)


def test_a_full_answer_has_every_part() -> None:
    """The first diagnosis carries evidence for and against, next steps, a rationale that names contributions, and the limits are stated."""
    found = ENGINE.assess(CASE, ADULT)
    first = found.differential[0]
    check(found, CASE)
    assert first.icd10cm == "I24.9"
    assert first.cannot_miss
    assert first.discriminating_next_steps
    assert "×" in first.rationale
    assert found.missing_information
    said = " ".join(found.limitations)
    assert all(words in said for words in ("not an AI model", KB.version, "clinically unreviewed", "Decisions belong to the physician"))


def test_stated_absence_is_evidence_against() -> None:
    """What the text denies stands among the opposing findings with its quote."""
    texts = {"symptoms": "Cough, short of breath, crackles at right base. No fever, no chills."}
    pneumonia = next(d for d in ENGINE.assess(texts, ADULT).differential if d.icd10cm == "J18.9")
    assert "fever" in [e.quote for e in pneumonia.opposing_findings]


def test_few_findings_are_not_near_certain() -> None:
    """Three findings never give more than .70."""
    found = ENGINE.assess({"symptoms": "Barking cough, hoarse, stridor"}, Demographics(AgeRange.CHILD, Sex.MALE, 2))
    assert found.differential[0].icd10cm == "J05.0"
    assert found.differential[0].probability <= 0.70


def test_sex_excludes() -> None:
    """No pregnancy for a man, no testis for a woman; "other" keeps both."""
    named = {c.id: c for c in KB.conditions}
    assert prior_per_10000(named["ectopic_pregnancy"], Demographics(AgeRange.ADULT, Sex.MALE, 30)) == 0
    assert prior_per_10000(named["testicular_torsion"], Demographics(AgeRange.CHILD, Sex.FEMALE, 14)) == 0
    other = Demographics(AgeRange.ADULT, Sex.OTHER, 30)
    assert all(prior_per_10000(named[i], other) > 0 for i in ("ectopic_pregnancy", "testicular_torsion"))


def test_without_readings_everything_else_is_likeliest() -> None:
    """The prior alone sums to 1 and leaves a share outside the knowledge base."""
    found = posterior(KB, (), ADULT)
    assert sum(one.probability for one in found.ranked) + found.rest + found.other == pytest.approx(1)
    assert found.other > 0.05


BAD = [
    ("empty", {}, None),
    ("blank", {"chief_complaint": "", "symptoms": "   \n"}, "findings"),
    ("recipe", {"symptoms": "Mix 200 g flour with one cup of sugar, bake at 180 C for 40 minutes and serve hot with cream."}, "findings"),
    (
        "spanish",
        {"symptoms": "El paciente refiere dolor de pecho desde ayer con fiebre 39.2 y tos, sin disnea. HR 120, SpO2 88%"},
        "English",
    ),
    (
        "german",
        {"symptoms": "Der Patient klagt seit zwei Tagen und heute mit Fieber 39,5 und Husten, die Atmung ist schnell. RR 28"},
        "English",
    ),
    ("veterinary", {"symptoms": "8-year-old neutered Labrador with vomiting, diarrhea and fever since yesterday"}, "animal"),
    ("risk-only", {"history": "hypertension, diabetes, smoker, high cholesterol"}, "risk factors"),
    ("chart-noise", {"symptoms": "Here for a form. Feels well."}, "findings"),
    ("one-word", {"symptoms": "x" * 5_000}, "findings"),
    ("control", {"symptoms": "\x00\u202e\u200b💉 [PATIENT] [90 or older] [3 days before]"}, "findings"),
]


@pytest.mark.parametrize(("texts", "word"), [pytest.param(t, w, id=i) for i, t, w in BAD])
def test_bad_input_abstains_and_says_why(texts: dict[str, str], word: str | None) -> None:
    """What can't be answered is an abstention with its reason and what it would need."""
    found = ENGINE.assess(texts, ADULT)
    check(found, texts)
    assert found.abstained
    assert found.missing_information
    assert (word or "") in str(found.abstain_reason)


def test_a_long_case_is_read_to_its_end() -> None:
    """Just under the limit, the last sentence counts."""
    texts = {
        "symptoms": "The day was long and nothing hurt him then. " * 440 + "Crushing chest pain to the left arm, sweaty. Troponin elevated."
    }
    found = ENGINE.assess(texts, ADULT)
    check(found, texts)
    assert found.differential[0].icd10cm == "I24.9"


def test_contradictory_findings_abstain() -> None:
    """A case that says and denies its findings abstains, names them, and asks which of them hold."""
    texts = {"symptoms": "Fever, cough, short of breath. No fever, no cough, not short of breath.", "examination": "T 36.5"}
    answer = ENGINE.assess(texts, ADULT)
    check(answer, texts)
    assert answer.abstained
    assert "contradicts itself" in str(answer.abstain_reason)
    assert "Cough" in answer.missing_information[0].item


def test_one_contradiction_among_many_findings_is_answered() -> None:
    """A single finding said both ways counts half and stops nothing."""
    texts = CASE | {"history": "HTN, smoker. Nausea yesterday. No nausea."}
    assert not ENGINE.assess(texts, ADULT).abstained


def test_a_case_of_20000_characters_abstains() -> None:
    """Too long to be one patient told of once: it says so, and what it would need."""
    texts = {"symptoms": "Crushing chest pain, sweaty, nausea. Troponin elevated. " * 400}
    assert len(texts["symptoms"]) >= 20_000
    answer = ENGINE.assess(texts, ADULT)
    check(answer, texts)
    assert answer.abstained
    assert "characters" in str(answer.abstain_reason)
    assert "summary" in answer.missing_information[0].item


def test_top_must_be_positive() -> None:
    """Asking for no diagnosis is a misuse."""
    with pytest.raises(ValueError, match="at least 1"):
        ENGINE.assess(CASE, ADULT, top=0)
