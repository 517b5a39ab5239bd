"""The case library as it ships: counts, split, codes, identifiers, and that every case passes de-identification and preflight."""

from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

import core.library
from core.deid import clear, deidentify, term_key
from core.library import SPECIALTIES, LibraryCase, cases, find, study_cases
from core.model import ClinicalCase, Decisions, Target, age_range_of
from core.prompting import build_prompt, describe_code

ALL = cases()
ENCOUNTER = date(2026, 11, 23)
SHEET = (Path(core.library.__file__).parent / "DATASHEET.md").read_text(encoding="utf-8")
each_case = pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)


def test_counts() -> None:
    """Eighty or more cases, four in each specialty, in the order of SPECIALTIES."""
    assert len(ALL) >= 80
    assert Counter(case.specialty for case in ALL) == dict.fromkeys(SPECIALTIES, 4)
    assert [case.specialty for case in ALL] == sorted((case.specialty for case in ALL), key=SPECIALTIES.index)


def test_variety() -> None:
    """Every voice and every difficulty is there, both sexes, children and the old."""
    assert min(Counter(case.voice for case in ALL).values()) >= 5
    assert len({case.voice for case in ALL}) == 6
    assert min(Counter(case.difficulty for case in ALL).values()) >= 10
    assert min(Counter(case.sex for case in ALL).values()) >= 30
    assert {age_range_of(case.age_years) for case in ALL} == {"child", "adult", "senior"}


def test_half_of_the_cases_carry_invented_identifiers() -> None:
    """At least half of the cases, and a third of the demo part, hold identifiers."""
    assert sum(case.identifiers for case in ALL) * 2 >= len(ALL)
    assert sum(case.identifiers for case in cases("demo")) * 3 >= len(cases("demo"))


def test_parts() -> None:
    """Demo and evaluation are disjoint, complete and follow the hash of the id."""
    demo, evaluation = cases("demo"), cases("evaluation")
    assert {case.id for case in demo} == {c.id for c in ALL if int.from_bytes(sha256(c.id.encode()).digest()) % 3 == 0}
    assert len(demo) >= 20
    assert len(evaluation) >= 50
    assert len(demo) + len(evaluation) == len(ALL)
    assert not {case.id for case in demo} & {case.id for case in evaluation}


def test_find() -> None:
    """A case is found by id; an unknown id is a KeyError."""
    assert find(ALL[7].id) is ALL[7]
    with pytest.raises(KeyError):
        find("zz-99")


@pytest.mark.parametrize(
    "line",
    [
        f"{len(ALL)}: {len(cases('demo'))} demo, {len(cases('evaluation'))} evaluation",
        f"| cannot-miss diagnoses | {sum(c.cannot_miss for c in ALL)} |",
        f"{sum(c.identifiers for c in ALL)}, of which {sum(bool(c.identity.values()) for c in ALL)} carry an identity panel",
        "easy {easy}, medium {medium}, hard {hard}".format(**Counter(c.difficulty for c in ALL)),
        f"Children ({sum(c.age_years < 18 for c in ALL)})",
        f"to {max(c.age_years for c in ALL)} years",
    ],
)
def test_datasheet_speaks_of_this_library(line: str) -> None:
    """The counts in the datasheet are those of the data."""
    assert line in SHEET


@each_case
def test_code_exists(case: LibraryCase) -> None:
    """The reference diagnosis has a code that ICD-10-CM knows."""
    assert describe_code(case.icd10cm)


@each_case
def test_length(case: LibraryCase) -> None:
    """A vignette is long enough to be worth a differential and short enough to read."""
    assert 400 <= sum(len(text) for text in case.texts.values()) <= 1_200


@each_case
def test_reference_diagnosis_is_not_in_the_texts(case: LibraryCase) -> None:
    """No text of the case names its own reference diagnosis."""
    assert case.diagnosis.casefold() not in " ".join(case.texts.values()).casefold()


@each_case
def test_identity_panel_is_about_the_texts(case: LibraryCase) -> None:
    """What an identity panel holds stands in the texts, so that the case shows something."""
    told = " ".join(case.texts.values())
    assert all(word in told for value in case.identity.values().values() for word in value.split())


@each_case
def test_case_fits_the_form(case: LibraryCase) -> None:
    """Every case is a case that the form accepts."""
    made = case.clinical(ENCOUNTER)
    assert made.demographics() == case.demographics()
    assert (made.encounter, made.tier, made.chief_complaint) == (ENCOUNTER, case.tier, case.texts["chief_complaint"])


def test_cases_for_a_study() -> None:
    """A study gets a part's cases with their reference, of one specialty when it wants; an unknown one is refused."""
    pairs = study_cases("evaluation", ENCOUNTER)
    assert [case for case, _ in pairs] == list(cases("evaluation"))
    assert all(isinstance(made, ClinicalCase) and made.sex is case.sex for case, made in pairs)
    assert {case.specialty for case, _ in study_cases("evaluation", ENCOUNTER, specialty="Neurology")} == {"Neurology"}
    with pytest.raises(ValueError, match="SPECIALTIES"):
        study_cases("demo", ENCOUNTER, specialty="Alchemy")


@each_case
def test_case_passes_deidentification_and_preflight(case: LibraryCase) -> None:
    """Once its flags are kept, a case clears; what the panel names is gone from the message."""
    first = deidentify(case.texts, identity=case.identity, encounter=ENCOUNTER)
    keep = frozenset(term_key(case.texts[name][span.start : span.end]) for name, span in first.flags)
    safe = deidentify(case.texts, identity=case.identity, encounter=ENCOUNTER, decisions=Decisions(keep=keep))
    prompt = build_prompt(safe, case.demographics(), Target("sandbox", "sandbox"))
    cleared = clear(prompt, safe, identity=case.identity)
    told = cleared.prompt.messages[1].content
    assert not [value for value in case.identity.values().values() if value in told]
