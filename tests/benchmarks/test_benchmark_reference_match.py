"""When a line names the reference, and how cases are read from JSON lines."""

import json
from pathlib import Path

import pytest

from benchmarks.reference_cases import person, read_samples
from benchmarks.reference_match import Matcher, described, name_of, names_of
from core.model import AgeRange, Sex
from core.reference import Known

KNOWN = (
    Known("Ménière disease", ("endolymphatic hydrops",), "H81.09", False),
    Known("Pulmonary embolism", ("PE", "lung embolism"), "I26.99", True),
    Known("Gout", (), "M10.9", False),
)
MATCHER = Matcher(KNOWN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Crohn\u2019s disease", "Crohn disease"),
        ("Acute appendicitis", "appendicitis"),
        ("Torsion of the testis", "testis torsion"),
        ("Hemorrhoids", "haemorrhoid"),
        ("Esophageal tumor", "oesophageal tumour"),
        ("Necrotising fasciitis", "Necrotizing Fasciitis"),
        ("Guillain-Barré syndrome", "guillain barre syndrome"),
    ],
)
def test_same_name(one: str, other: str) -> None:
    """Spelling, possessives, order and "acute" make no difference."""
    assert name_of(one) == name_of(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Acute pancreatitis", "Chronic pancreatitis"), ("Crohn disease", "Celiac disease"), ("Gout", "Pseudogout")]
)
def test_other_name(one: str, other: str) -> None:
    """What tells two diseases apart stays."""
    assert name_of(one) != name_of(other)


def test_brackets_are_names_of_their_own() -> None:
    """An abbreviation in brackets is a name beside the long one."""
    assert names_of(["Chronic lymphocytic leukemia (CLL)"]) == {name_of("chronic lymphocytic leukaemia"), name_of("CLL")}
    assert names_of(["()", " "]) == frozenset()


@pytest.mark.parametrize(
    ("diagnosis", "acceptable", "code", "line", "line_code", "how"),
    [
        ("Meniere's disease", (), "", "Ménière disease", "H81.09", "name"),
        ("Lung embolism", (), "", "Pulmonary embolism", "I26.99", "name"),
        ("Podagra", ("Gout",), "", "Gout", "M10.9", "name"),
        ("Podagra", (), "M10.071", "Gout", "M10.9", "category"),
        ("Podagra", (), "", "Gout", "M10.9", None),
        ("Gout", (), "", "Idiopathic gout of the knee", "M10.069", "category"),
        ("Gout", (), "", "Pulmonary embolism", "I26.99", None),
        ("Gout", (), "", "Something", None, None),
    ],
)
def test_right_line(diagnosis: str, acceptable: tuple[str, ...], code: str, line: str, line_code: str | None, how: str | None) -> None:
    """By name, synonym, acceptable alternative or category, and by nothing else."""
    assert MATCHER.right(MATCHER.reference(diagnosis, acceptable, code), line, line_code) == how


def test_alternatives_do_not_widen_the_category() -> None:
    """An acceptable alternative counts by its name, its whole ICD-10 category doesn't."""
    reference = MATCHER.reference("Podagra", ("Pulmonary embolism",), "M10.9")
    assert reference.categories == {"M10"}


def test_known() -> None:
    """Coverage: the conditions that would be right."""
    assert [one.name for one in MATCHER.known(MATCHER.reference("PE"))] == ["Pulmonary embolism"]
    assert MATCHER.known(MATCHER.reference("Hirschsprung disease")) == ()


def test_codes_by_description() -> None:
    """A diagnosis that the knowledge base doesn't hold gets the code of the ICD-10-CM entry of that name."""
    assert described()[name_of("Hirschsprung's disease")] == "Q43.1"


@pytest.mark.parametrize(
    ("words", "years", "sex"),
    [
        ("35-year-old female", 35, Sex.FEMALE),
        ("8-month-old boy", 0, Sex.MALE),
        ("18 months old girl", 1, Sex.FEMALE),
        ("2-week-old female newborn", 0, Sex.FEMALE),
        ("Newborn, 3050-g male, six hours post delivery", 0, Sex.MALE),
        ("32-year-old woman, gravida 2, at 38 weeks' gestation", 32, Sex.FEMALE),
        ("102-year-old man", 90, Sex.MALE),
        ("adult", None, Sex.OTHER),
    ],
)
def test_person(words: str, years: int | None, sex: Sex) -> None:
    """Age and sex from the words of a vignette; 90 and over are one."""
    found = person(words)
    assert (found.age_years, found.sex) == (years, sex)
    assert (found.age_range is AgeRange.CHILD) == (years is not None and years < 18)


def test_samples_from_a_file(tmp_path: Path) -> None:
    """The seven fields are needed or empty; what else the demographics say is read with the history."""
    path = tmp_path / "cases.jsonl"
    entry = {
        "id": "a",
        "demographics": "30-year-old woman at 9 weeks",
        "symptoms": "Nausea",
        "diagnosis": "Gout",
        "acceptable": ["Podagra"],
    }
    path.write_text(json.dumps(entry) + "\n\n")
    (sample,) = read_samples(path)
    assert (sample.id, sample.texts["history"], sample.texts["labs"]) == ("a", "30-year-old woman at 9 weeks. ", "")
    assert (sample.acceptable, sample.code, sample.cannot_miss) == (("Podagra",), "", None)


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "a"}'])
def test_bad_line_is_named(tmp_path: Path, line: str) -> None:
    """A line that is no case is named by its number."""
    path = tmp_path / "cases.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(ValueError, match="line 2 is no case"):
        read_samples(path)
