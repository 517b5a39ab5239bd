"""ASC X12 claims: elements by position; codes and names of segments stay."""

from __future__ import annotations

import pytest
from support.redacted import masked

from core.deid.x12 import x12_values
from core.model import Category

CLAIM = """CLM*PCN-0091-77*412.00***11:B:1*Y*A*Y
NM1*IL*1*SALDIVAR*REYNA*G***MI*XQB004177193
N3*3309 CR 4470 LOT B
N4*VAN ALSTYNE*TX*75495
DMG*D8*19610412*F
REF*SY*219099981
NM1*PR*2*BLUE CROSS*****PI*00621
NM1*85*2*PECAN GROVE FAMILY CARE*****XX*1457300912
PER*IC*TONI MARSH*TE*9035550144
DTP*472*RD8*20240611-20240613
HI*ABK:E119
SBR*P*18*GRP-55100
TRN*1*7712204"""
VALUES = {
    "PCN-0091-77": Category.ACCOUNT,
    "SALDIVAR*REYNA*G": Category.NAME,
    "XQB004177193": Category.HEALTH_PLAN,
    "3309 CR 4470 LOT B": Category.STREET,
    "VAN ALSTYNE": Category.PLACE,
    "75495": Category.ZIP,
    "19610412": Category.DATE,
    "219099981": Category.SSN,
    "PECAN GROVE FAMILY CARE": Category.FACILITY,
    "1457300912": Category.LICENSE,
    "TONI MARSH": Category.NAME,
    "9035550144": Category.PHONE,
    "20240611": Category.DATE,
    "20240613": Category.DATE,
    "GRP-55100": Category.HEALTH_PLAN,
    "7712204": Category.OTHER_ID,
}

STAYS = ["CLM*", "*412.00*", "NM1*IL*1*", "*MI*", "N3*", "N4*", "*TX*", "DMG*D8*", "*BLUE", "PER*IC*", "*TE*", "ABK:E119", "SBR*P*18*"]
NOTHING = ["", "REF*see note*", "N3 | alert and oriented | N4", "NM1*\nNM1*IL", "N3*~N4*~DMG*~PER*~REF*", "NM1|IL|1"]


@pytest.mark.parametrize("make", [str, lambda t: t.replace("*", "|"), lambda t: t.replace("\n", "~")], ids=["stars", "pipes", "one line"])
def test_each_element_is_what_its_place_says(make) -> None:
    """Whatever separates elements and segments."""
    text = make(CLAIM)
    values, _ = x12_values(text)
    assert {text[f.start : f.end].replace("|", "*"): f.category for f in values} == VALUES


def test_codes_stay() -> None:
    """Names of segments, qualifiers, amounts, diagnoses, the payer."""
    left = masked(CLAIM)
    for stays in STAYS:
        assert stays in left
    assert not any(value in left for value in VALUES)


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_claim_gives_nothing(text: str) -> None:
    """One segment alone, words, and segments cut short."""
    assert x12_values(text)[0] == []
