"""Spellings and surroundings that hid a value from the redactor."""

from datetime import date

import pytest

from core.deid import clear, deidentify
from core.errors import PreflightError
from core.model import AgeRange, Demographics, Identity, Sex, Target
from core.prompting import build_prompt

HIDDEN = {
    "a table with commas": ("mrn,phone\n4471902,5550142,x", ("4471902", "5550142"), Identity()),
    "heavy minus signs": ("SSN 219➖09➖9999", ("219", "9999"), Identity()),
    "a name in Chinese": ("患者李伟胸痛三天", ("李伟",), Identity(name="李伟")),
    "a name in Korean with its particle": ("김민준은 흉통이 있다", ("김민준",), Identity(name="김민준")),
    "a family, all of them": ("The Whitcombes came. Whitcombes Haus.", ("Whitcombe",), Identity(name="Harold Whitcombe")),
    "a short name that is a word": ("Seen today: Mr. An has pain; Mrs. Will too.", ("Mr. An", "Mrs. Will"), Identity(name="Will An")),
}


@pytest.mark.parametrize(("text", "values", "identity"), HIDDEN.values(), ids=HIDDEN.keys())
def test_a_value_is_found_in_surroundings_that_hid_it(text: str, values: tuple[str, ...], identity: Identity) -> None:
    """Nothing of the value is left in what would be sent."""
    done = deidentify({"symptoms": text}, identity=identity, encounter=date(2026, 1, 5))
    assert [value for value in values if value in done.fields["symptoms"].text] == []


@pytest.mark.parametrize("typed", ["[RELATIVE_1: whitcombe] has pain", "[ID_02139] has pain"])
def test_a_value_of_the_panel_cannot_hide_in_a_typed_tag(typed: str) -> None:
    """Preflight looks inside what only looks like one of our tags."""
    identity = Identity(name="Harold Whitcombe", address="Millbrook, MA 02139")
    done = deidentify({"symptoms": typed}, identity=identity, encounter=date(2026, 1, 5))
    prompt = build_prompt(done, Demographics(AgeRange.ADULT, Sex.MALE, 54), Target("sandbox", "m"))
    with pytest.raises(PreflightError):
        clear(prompt, done, identity=identity)


def test_a_tag_given_out_is_no_finding() -> None:
    """A panel value that reads like a word in our own tag does not block the case."""
    identity = Identity(name="Patient Daughter")
    done = deidentify({"symptoms": "Her daughter Jane Roe says she has pain"}, identity=identity, encounter=date(2026, 1, 5))
    prompt = build_prompt(done, Demographics(AgeRange.ADULT, Sex.MALE, 54), Target("sandbox", "m"))
    assert clear(prompt, done, identity=identity).body


def test_thousands_in_a_laboratory_table_stay() -> None:
    """Numbers written in groups of three are no identifiers."""
    text = "Platelets 1,250,000 and WBC 11,200, CK 1,234"
    done = deidentify({"labs": text}, identity=Identity(), encounter=date(2026, 1, 5))
    assert done.fields["labs"].text == text
