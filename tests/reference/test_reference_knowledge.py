"""The knowledge base: sizes, real codes, and a clear refusal of every planted fault."""

from __future__ import annotations

import re
import shutil
import warnings
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.reference import ReferenceEngine
from core.reference.knowledge import DATA, load

KB = load()


def test_size() -> None:
    """The knowledge base holds at least 250 conditions, each with 8 to 25 findings, next steps and a source, and 1,200 findings."""
    assert len(KB.conditions) >= 250
    assert len(KB.findings) >= 1200
    assert [c.id for c in KB.conditions if not 8 <= len(c.findings) <= 25 or not c.steps or not c.source] == []


def test_every_code_exists() -> None:
    """Every ICD-10-CM code is in the code list, and no two conditions share one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # The code list reads its own file the old way.
        import simple_icd_10_cm as icd
    codes = [c.icd10cm for c in KB.conditions]
    assert [code for code in codes if not icd.is_valid_item(code)] == []
    assert len(set(codes)) == len(codes)


def test_names_share_words_with_their_codes() -> None:
    """At most one name in twenty shares no word with the description of its code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm as icd
    alien = [c.id for c in KB.conditions if not _words(c.name) & _words(icd.get_description(c.icd10cm))]
    assert len(alien) <= len(KB.conditions) / 20, alien


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower())) - {"of", "the", "and", "with", "in", "to", "unspecified", "other", "disease", "acute"}


def test_card() -> None:
    """The card carries version, date, sizes and the notice."""
    card = ReferenceEngine(KB).summary()
    assert (card.conditions, card.findings, card.version) == (len(KB.conditions), len(KB.findings), KB.version)
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", card.date)
    assert "not clinically reviewed" in card.notice
    assert "not for patient care" in card.notice


def test_cannot_miss_conditions_are_marked() -> None:
    """The emergencies nobody may miss carry the mark."""
    marked = {c.id for c in KB.conditions if c.cannot_miss}
    assert {"acute_coronary_syndrome", "aortic_dissection", "pulmonary_embolism", "meningitis", "sepsis", "ectopic_pregnancy"} <= marked


FAULTS = [
    (
        "unknown-finding",
        "conditions/chest.kb",
        "has: chest_pain 88,",
        "has: chest_pian 88,",
        r"chest\.kb line \d+, entry 'acute_coronary.*not a finding",
    ),
    ("share-range", "conditions/chest.kb", "has: chest_pain 88,", "has: chest_pain 188,", r"acute_coronary_syndrome.*between 0\.1 and 99"),
    ("share-word", "conditions/chest.kb", "has: chest_pain 88,", "has: chest_pain often,", r"must be a number"),
    ("share-twice", "conditions/chest.kb", "has: chest_pain 88,", "has: chest_pain 88, chest_pain 88,", r"stands twice"),
    ("code-shape", "conditions/chest.kb", "icd10: I24.9", "icd10: 24.9", r"shape of an ICD-10-CM code"),
    ("urgency", "conditions/chest.kb", "urgency: emergent", "urgency: soon", r"urgency must be"),
    ("cannot-miss", "conditions/chest.kb", "cannot_miss: yes", "cannot_miss: maybe", r"cannot_miss must be"),
    ("bands", "conditions/chest.kb", "per_10000: 0 0 0.1 8 120 220", "per_10000: 0 0 0.1 8 120", r"needs 6 numbers"),
    ("sex", "conditions/chest.kb", "sex: female 0.8, male 1.2", "sex: women 0.8", r"sex is 'female number"),
    ("step-kind", "conditions/chest.kb", "step: lab |", "step: guess |", r"kind of a step"),
    ("step-parts", "conditions/chest.kb", "step: lab | High", "step: lab High", r"a step is"),
    ("unknown-key", "conditions/chest.kb", "name: Acute coronary", "title: Acute coronary", r"unknown key 'title'"),
    ("stray-line", "conditions/chest.kb", "[acute_coronary_syndrome]", "acute coronary syndrome", r"must be '\[id\]'"),
    ("missing-name", "conditions/chest.kb", "name: Acute coronary syndrome\n", "", r"'name' is missing"),
    ("double-id", "conditions/chest.kb", "[stable_angina]", "[acute_coronary_syndrome]", r"stands already"),
    ("kind", "findings.kb", "chest_pain | symptom", "chest_pain | feeling", r"findings\.kb line \d+, entry 'chest_pain': kind"),
    ("base", "findings.kb", "chest_pain | symptom | 6 |", "chest_pain | symptom | 0 |", r"base rate"),
    ("implied", "findings.kb", "2.5 | chest_pain | chest_pain |", "2.5 | chest_pain | chest_pian |", r"implies 'chest_pian'"),
    ("columns", "findings.kb", "chest_pain | symptom | 6 |", "chest_pain | 6 |", r"needs 7 columns"),
    ("limit", "measures.kb", "over: tachycardia 100", "over: tachycardy 100", r"measures\.kb.*heart_rate.*not a finding"),
    (
        "too-many",
        "conditions/chest.kb",
        "has: hypertension_history 60, diabetes 32",
        "has: fever 1, chills 1, cough 1, rash 1, hypertension_history 60, diabetes 32",
        r"chest\.kb line \d+, entry 'acute_coronary_syndrome': a condition has 8 to 25 findings, this one 28",
    ),
    ("range", "measures.kb", "range: 60-100", "range: 100-60", r"measures\.kb line \d+, entry 'heart_rate': the range '100-60' falls"),
    ("range-shape", "measures.kb", "range: 60-100", "range: 60", r"a range is 'low-high'"),
    ("range-person", "measures.kb", "range: 60-100 infant", "range: 60-100 baby", r"'baby' is not an age band or sex"),
    (
        "plausible-twice",
        "measures_labs.kb",
        "range: 36-46 male 40-52 infant 29-42 child 33-42\n",
        "",
        r"measures_labs\.kb line \d+, entry 'hematocrit': 'range' is missing",
    ),
    (
        "category",
        "conditions/chest.kb",
        "icd10: I24.9",
        "icd10: I29.9",
        r"chest\.kb line \d+, entry 'acute_co.*': 'I29' is no category",
    ),
    ("band", "measures.kb", "infant 160", "baby 160", r"not an age band"),
    ("absence", "absences.kb", "fever, high_fever |", "fever, hot |", r"absences\.kb.*'hot' is not a finding"),
    ("notice", "header.kb", "not clinically reviewed", "reviewed", r"notice must say"),
]


@pytest.mark.parametrize(("file", "old", "new", "rule"), [pytest.param(*f[1:], id=f[0]) for f in FAULTS])
def test_planted_fault_is_named(tmp_path: Path, file: str, old: str, new: str, rule: str) -> None:
    """A broken file is refused with a message that names file, entry and rule."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=rule):
        load(folder)


def test_orphan_finding_is_refused(tmp_path: Path) -> None:
    """A finding that no condition uses is refused by name."""
    shutil.copytree(DATA, tmp_path / "data")
    with (tmp_path / "data" / "findings.kb").open("a", encoding="utf-8") as file:
        file.write("\nhiccups | symptom | 1 | hiccups | - | Hiccups | hiccup\n")
    with pytest.raises(ConfigError, match=r"findings\.kb line \d+, entry 'hiccups': no condition uses it"):
        load(tmp_path / "data")


def test_double_finding_across_files_is_refused(tmp_path: Path) -> None:
    """The same id in two vocabulary files is refused, both places named."""
    shutil.copytree(DATA, tmp_path / "data")
    (tmp_path / "data" / "findings_z.kb").write_text("fever | symptom | 1 | fever | - | Fever again | feverish\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"findings_z\.kb line 1, entry 'fever': the id stands already in findings\.kb line \d+"):
        load(tmp_path / "data")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """A folder without files is refused, not answered from."""
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path)
