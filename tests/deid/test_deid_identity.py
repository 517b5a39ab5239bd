"""The identity panel's values, in any spelling and never to be kept."""

from datetime import date

import pytest

from core.deid import deidentify, detect
from core.model import Decisions, Identity

PANEL = Identity(
    name="Jane Marie O'Dell-Reyes",
    record_number="SMH-0766619",
    date_of_birth="1958-07-04",
    phone="(617) 555-0142",
    email="jane.odell@example.org",
    address="12 Quarry Lane, Millbrook, MA 02139",
    ssn="123-45-6789",
)

SPELLINGS = [
    ("full", "Jane Marie O'Dell-Reyes"),
    ("upper", "JANE MARIE O'DELL-REYES"),
    ("lower", "jane marie o'dell-reyes"),
    ("no-hyphen", "Jane Marie ODell Reyes"),
    ("reversed", "O'Dell-Reyes, Jane Marie"),
    ("first-last", "Jane Reyes"),
    ("last-first", "Reyes Jane"),
    ("part", "Reyes"),
    ("part-lower", "reyes"),
    ("initial", "J. Reyes"),
    ("spaced-letters", "R e y e s"),
    ("zero-width", "Re\u200byes"),
    ("full-width", "Ｒｅｙｅｓ"),
    ("mrn", "SMH-0766619"),
    ("mrn-digits", "0766619"),
    ("mrn-spaced", "SMH 0766 619"),
    ("mrn-no-zero", "766619"),
    ("dob-us", "7/4/1958"),
    ("dob-eu", "4.7.1958"),
    ("dob-words", "July 4th, 1958"),
    ("dob-short", "07/04/58"),
    ("dob-compact", "19580704"),
    ("dob-compact-us", "07041958"),
    ("dob-no-year", "July 4"),
    ("phone", "617-555-0142"),
    ("phone-digits", "6175550142"),
    ("phone-local", "555 0142"),
    ("phone-one", "1 617 555 0142"),
    ("email", "Jane.Odell@Example.org"),
    ("email-user", "jane.odell"),
    ("street", "12 Quarry Lane"),
    ("street-name", "Quarry"),
    ("town", "Millbrook"),
    ("zip", "02139"),
    ("ssn", "123-45-6789"),
    ("ssn-digits", "123456789"),
    ("ssn-spaced", "123 45 6789"),
    ("ssn-last", "6789"),
    ("ssn-fullwidth", "１２３-４５-６７８９"),
]


@pytest.mark.parametrize("spelling", [s[1] for s in SPELLINGS], ids=[s[0] for s in SPELLINGS])
def test_panel_value_is_found_in_any_spelling(spelling: str) -> None:
    """Whatever the clinician's spelling, every letter and digit of the value is covered."""
    text = f"today we note that {spelling} was on the form, as said."
    covered = {i for s in detect(text, identity=PANEL) if s.state == "masked" for i in range(s.start, s.end)}
    start = text.index(spelling)
    assert [text[i] for i in range(start, start + len(spelling)) if text[i].isalnum() and i not in covered] == []


def test_panel_value_can_never_be_kept() -> None:
    """A decision to keep has no power over the panel."""
    texts = {"history": "we met reyes and Jane Reyes"}
    result = deidentify(texts, identity=PANEL, encounter=date(2026, 1, 5), decisions=Decisions(keep=frozenset({"reyes", "Jane Reyes"})))
    assert result.fields["history"].text == "we met [PATIENT] and [PATIENT]"


def test_a_name_that_is_a_word_spares_the_word() -> None:
    """A patient called May Hope does not cost the verb or the noun, but her own mentions are masked."""
    who = Identity(name="May Hope")
    text = "It may rain, we hope. Then Hope slept and May Hope left."
    assert [text[s.start : s.end] for s in detect(text, identity=who)] == ["Hope", "May Hope"]


def test_an_empty_panel_finds_nothing() -> None:
    """No value, no search."""
    assert detect("a plain cough for three days", identity=Identity()) == ()


def test_a_number_goes_with_its_opening_bracket() -> None:
    """Nothing of `(617) 555-0142` is left around its tag."""
    found = deidentify({"symptoms": "Call her at (617) 555-0142 today."}, identity=PANEL, encounter=date(2026, 1, 5))
    assert found.fields["symptoms"].text == "Call her at [PHONE] today."


@pytest.mark.parametrize("number", ["00143-9981-75", "NCT01234567", "2054-5", "rs12345"])
def test_a_record_number_that_looks_like_everybodys_still_goes(number: str) -> None:
    """What the panel holds is nobody else's, even when it is written like a drug's, a trial's or a race's code."""
    text = f"Chart {number} was pulled; seen again under {number}."
    assert (
        number
        not in deidentify({"history": text}, identity=Identity(record_number=number), encounter=date(2026, 1, 5)).fields["history"].text
    )
