"""Closed lists and shapes: credentials, roles, criteria, brands and figures stay; the people and days beside them go."""

import pytest

from core.deid import detect


def masked(text: str) -> str:
    """The masked pieces of a text, joined by a bar."""
    return "|".join(text[s.start : s.end] for s in detect(text) if s.state == "masked")


STAYS = """
within Milan, listed for transplant
long segment, C3M5 by Prague, biopsied
Hertel 21/20, no diplopia
moderate BPD by Jensen
CN VII palsy with vesicles, Ramsay Hunt suspected
hepatic encephalopathy, West Haven grade 3
ALS, El Escorial probable
Pavlik harness for the left hip
Considered: Canavan, Alexander, Krabbe
Ex-preterm on Tri-Vi-Sol and Kate Farms by tube
MRI on the Siemens Avanto, 1.5 T
port: Bard PowerPort, left chest
flu vaccine: Vaxigrip Tetra, left deltoid
scope: Olympus PCF-H190DL, cecum reached
heart rate by Apple Watch 58
notes are in Cerner and MyChart
prednisone 40-30-20-10, three days each
Trelegy 200/62.5/25 once daily
weight 25th-50th centile
Boston bowel prep 3-2-3 = 8
BIMS 11/15, CPOT 2/8
needs help in 5/6 ADLs
recheck in 3-4 weeks
TSH went from 2.1 to 8.4. Feels well.
SVR 900-1300, CI 2.1
night shift 1900-0730, quiet
ETA 0415 by ground
CRP down from one ninety to seventy eight
flare in December, none since
GCDH p.Ala298Thr and p.Arg402Trp
order form CB-17 rev 3
""".strip().splitlines()


@pytest.mark.parametrize("text", STAYS)
def test_what_the_lists_and_shapes_settle_stays(text: str) -> None:
    """Scales, criteria, makers, brands, doses, ranges and hours identify nobody."""
    assert masked(text) == ""


BESIDE = [
    ("Dr Farida Holloway MRCGP DRCOG", "Farida Holloway"),
    ("read by Sylvia Tomczak, MD FRCPC today", "Sylvia Tomczak"),
    ("discussed with Dr Okpara (FACEM) at ten", "Okpara"),
    ("Clinician: Jordan Feinwick, PMHNP-BC", "Jordan Feinwick"),
    ("SURGEON: Gregory P. Lindholm, M.D., F.A.C.S.", "Gregory P. Lindholm"),
    ("Seen by Dr Jensen in clinic", "Jensen"),
    ("Mrs Palmer's knee is better", "Palmer"),
    ("Mr. Milan Novak was seen", "Milan Novak"),
    ("she was born in July", "July"),
    ("Dr Hunt saw her; no Ramsay Hunt", "Hunt"),
]


@pytest.mark.parametrize(("text", "gone"), BESIDE, ids=[c[1] for c in BESIDE])
def test_the_name_beside_a_credential_goes_alone(text: str, gone: str) -> None:
    """A title or a label beats the lists, and only the name is masked."""
    assert masked(text) == gone
