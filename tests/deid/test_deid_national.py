"""Foreign national numbers: checks hold, and written forms go."""

from collections.abc import Callable

import pytest

from core.deid import detect, national

CHECKS: list[tuple[str, Callable[[str], bool], str]] = [
    ("nhs", national.nhs, "9434765919"),
    ("aadhaar", national.aadhaar, "234123412346"),
    ("cpf", national.cpf, "52998224725"),
    ("bsn", national.bsn, "111222333"),
    ("pesel", national.pesel, "44051401359"),
    ("dni", national.dni, "12345678Z"),
    ("nir", national.nir, "255081416802538"),
    ("personnummer", national.personnummer, "8112189876"),
    ("ahv", national.ahv, "7569217076985"),
    ("rut", national.rut, "303867K"),
    ("belgian", national.belgian, "85073003328"),
    ("tfn", national.tfn, "123456782"),
]


@pytest.mark.parametrize(("check", "number"), [c[1:] for c in CHECKS], ids=[c[0] for c in CHECKS])
def test_check_tells_a_number_from_its_neighbour(check: Callable[[str], bool], number: str) -> None:
    """The published example passes, and one digit more or less does not."""
    at = next(i for i, c in enumerate(number) if c.isdigit() and i > 2)
    wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
    assert check(number)
    assert not check(wrong)


WRITTEN = [
    ("nhs", "943 476 5919"),
    ("aadhaar", "4991 2208 7716"),
    ("sin", "046 454 286"),
    ("cpf", "529.982.247-25"),
    ("nir", "2 55 08 14 168 025 38"),
    ("dni", "00000014Z"),
    ("nie", "X1234567L"),
    ("personnummer", "811218-9876"),
    ("cpr", "211062-5629"),
    ("hetu", "131052-308T"),
    ("belgian", "85.07.30-033.28"),
    ("ahv", "756.9217.0769.85"),
    ("rut", "12.531.909-2"),
    ("nino", "AB 12 34 56 C"),
    ("codice", "RSSMRA85T10A562S"),
    ("nric", "S1234567D"),
    ("hkid", "A123456(3)"),
    ("cnic", "35202-1234567-1"),
]


@pytest.mark.parametrize("number", [c[1] for c in WRITTEN], ids=[c[0] for c in WRITTEN])
def test_written_form_goes_without_a_cue(number: str) -> None:
    """A national number is masked whole where nothing announces it."""
    text = f"The sheet says {number} and nothing else."
    start = text.index(number)
    masked = {i for s in detect(text) if s.state == "masked" for i in range(s.start, s.end)}
    assert {i for i in range(start, start + len(number)) if text[i].isalnum()} <= masked
