"""Names: where they stand, and in which role."""

import pytest

from core.deid import detect

NAMES = [
    ("label-patient", "Patient: Jane Mai", "Jane Mai", "patient"),
    ("label-pt", "Pt: Mai, Jane", "Mai, Jane", "patient"),
    ("label-name", "Name: JANE MAI", "JANE MAI", "patient"),
    ("label-lower", "patient: jane mai", "jane mai", "patient"),
    ("label-attending", "Attending: Robert Stark", "Robert Stark", "clinician"),
    ("signed", "Electronically signed by: Nora Feld, MD", "Nora Feld", "clinician"),
    ("dr", "Dr. Graves saw her", "Graves", "clinician"),
    ("dr-lower", "dr. okafor saw her", "okafor", "clinician"),
    ("dr-two", "Dr. Will Young called", "Will Young", "clinician"),
    ("mr-eponym", "Mr. Graves has a cough", "Graves", "person"),
    ("mrs-drug-like", "Mrs. Parkinson has a cough", "Parkinson", "person"),
    ("seen-by", "seen by Nora Feld yesterday", "Nora Feld", "clinician"),
    ("rn", "discussed with Bill Case, RN", "Bill Case", "clinician"),
    ("daughter", "her daughter Melody is here", "Melody", "relative:daughter"),
    ("wife", "his wife, Sandra, drove him", "Sandra", "relative:wife"),
    ("pt-noun", "Pt Sarah Palmer was admitted", "Sarah Palmer", "patient"),
    ("initial", "a 67-year-old woman, Sarah P., with COPD", "Sarah P.", None),
    ("pair", "We saw Robert Brown in clinic", "Robert Brown", None),
    ("lower-pair", "we saw robert feldman in clinic", "robert feldman", None),
    ("last-first", "STARK, ROBERT A", "STARK, ROBERT A", None),
    ("accents", "We saw José Muñoz again", "José Muñoz", None),
    ("hyphen", "Dr. Anna Stark-Young called", "Anna Stark-Young", "clinician"),
    ("initials", "J.M. verbalized understanding", "J.M", None),
    ("initial-surname", "seen with J. Feldman today", "J. Feldman", None),
    ("named", "a man named Tobias came", "Tobias", None),
    ("husband-unlisted", "Her husband, Tunde, says she fell", "Tunde", "relative:husband"),
    ("son-lower", "lives w/ son mike", "mike", "relative:son"),
    ("shouted", "BROUGHT IN BY HIS DAUGHTER ELA FROM HOME", "ELA", "relative:daughter"),
    ("hl7", "PID|1||77^^^MRN||OKAFOR^JANE^M||F", "OKAFOR^JANE^M", None),
    ("per", "Per Sandy, she fell", "Sandy", None),
]


@pytest.mark.parametrize(("text", "name", "role"), [c[1:] for c in NAMES], ids=[c[0] for c in NAMES])
def test_name_is_masked_in_its_role(text: str, name: str, role: str | None) -> None:
    """Each name is covered whole, with the role its cue gives."""
    start = text.index(name)
    spans = [s for s in detect(text) if s.state == "masked" and s.start < start + len(name) and start < s.end]
    covered = {i for s in spans for i in range(s.start, s.end)}
    assert {i for i in range(start, start + len(name)) if text[i].isalnum()} <= covered
    assert role is None or role in {s.role for s in spans}


def test_a_name_found_once_is_masked_wherever_a_part_of_it_stands() -> None:
    """A cue in one line carries to bare mentions elsewhere."""
    text = "Patient: Jane Okafor\nOkafor slept well. OKAFOR ate. okafor left."
    assert sum(text[s.start : s.end].lower() == "okafor" for s in detect(text)) == 3


def test_an_unknown_capitalised_pair_is_masked() -> None:
    """A name that is in no list goes by its place in the sentence."""
    spans = detect("He was given it by Zorvek Blanqui on the way.")
    assert [s.state for s in spans] == ["masked"]


def test_a_rare_surname_that_may_be_an_instrument_is_flagged() -> None:
    """What only looks like a name waits for the clinician."""
    assert [s.state for s in detect("He was given Tessler today.")] == ["flagged"]


def test_a_six_digit_number_goes_and_a_count_stays() -> None:
    """A long bare number is an identifier unless a unit says what it counts."""
    assert [s.state for s in detect("The slip said 482913 and nothing else.")] == ["masked"]
    assert detect("We counted 482913 cells in the chamber.") == ()
