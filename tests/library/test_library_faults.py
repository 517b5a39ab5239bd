"""Planted faults: a broken library file is refused with its file, entry and rule."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.library.case import part_of
from core.library.shelf import read_library

GOOD = """specialty = "Cardiology"
[[case]]
id = "zz-01"
title = "A title"
voice = "ward"
difficulty = "easy"
cannot_miss = false
diagnosis = "Angina"
icd10cm = "I20.9"
acceptable = ["Stable angina"]
age = 60
sex = "male"
tier = "routine"
identifiers = true
chief_complaint = "Tight chest on hills"
symptoms = "Tight chest on hills, gone after resting."
[case.identity]
name = "Odo Fennick"
"""
FAULTS = {
    'icd10cm = "I20.9"\n|': "'icd10cm' is missing",
    'age = 60|age = "60"': "'age' must be a int",
    "age = 60|age = 60\ncolour = 1": "unknown key 'colour'",
    "age = 60|age = 131": "age is whole years",
    'id = "zz-01"|id = "z1"': "two letters",
    'title = "A title"|title = "Angina, clearly"': "gives the diagnosis away",
    'title = "A title"|title = " A title"': "empty or padded",
    '["Stable angina"]|[""]': "empty or padded",
    'voice = "ward"|voice = "poem"': "voice is one of",
    'difficulty = "easy"|difficulty = "so-so"': "difficulty is one of",
    '"I20.9"|"20.9"': "shape of an ICD-10-CM code",
    'sex = "male"|sex = "m"': "'m' is not a valid Sex",
    'tier = "routine"|tier = "soon"': "'soon' is not a valid Tier",
    'specialty = "Cardiology"|specialty = "Astrology"': "not one of SPECIALTIES",
    'specialty = "Cardiology"|': "nothing else",
    '"Tight chest on hills"|"x"': "write at least 5 characters",
    "identifiers = true\n|": "identity panel needs identifiers",
    'name = "Odo Fennick"|shoe = "44"': "shoe",
    'specialty = "Cardiology"|specialty = ': "can't be read",
}


def library(folder: Path, text: str, name: str = "one.toml") -> Path:
    """A folder with one library file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_good_file(tmp_path: Path) -> None:
    """The file that the faults are planted in is itself accepted."""
    (case,) = read_library(library(tmp_path, GOOD)).values()
    assert (case.id, case.identity.name, case.texts["labs"], case.acceptable) == ("zz-01", "Odo Fennick", "", ("Stable angina",))


@pytest.mark.parametrize(("change", "rule"), FAULTS.items())
def test_fault_is_named(tmp_path: Path, change: str, rule: str) -> None:
    """Each fault is a ConfigError that names the file and the broken rule."""
    old, new = change.split("|")
    assert old in GOOD
    with pytest.raises(ConfigError, match=r"one\.toml") as caught:
        read_library(library(tmp_path, GOOD.replace(old, new)))
    assert rule in str(caught.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    """The same id in two files is refused."""
    library(tmp_path, GOOD)
    with pytest.raises(ConfigError, match=r"two\.toml.*zz-01.*twice"):
        read_library(library(tmp_path, GOOD, "two.toml"))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """No files, no library."""
    with pytest.raises(ConfigError, match="no cases"):
        read_library(tmp_path)


def test_part_depends_on_the_id_alone() -> None:
    """The split is a fixed rule: these ids fall where they always fell."""
    assert [part_of(name) for name in ("em-01", "em-03", "ca-01", "pc-01")] == ["demo", "evaluation", "demo", "evaluation"]
