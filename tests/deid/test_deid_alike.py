"""What is made like something found, addresses without a street, wards, and what a name or a place goes on with."""

from __future__ import annotations

import pytest

from core.deid import detect


def masked(text: str) -> list[str]:
    """Masked parts, in order."""
    return [text[s.start : s.end] for s in detect(text) if s.state == "masked"]


ROWS = """CLINIC 4B DR QUIRKE
0900 Abebe, Tsehay 441-20 new, TRAb 14
0920 Park, Ji-hoon 438-77 pump
0940 Nilsson, Arvid 401-02 sick-day
1000 Kahananui, Leilani 442-61 T4 125"""
GOES = (
    ("rows", ROWS, ["441-20", "438-77", "401-02", "442-61"]),
    ("next", "Samples V230512-0418, -0419 sent", ["V230512-0418", "0419"]),
    ("next-whole", "LOT 2207-19 (3), 2207-21 (1)", ["2207-19", "2207-21"]),
    ("house", "mail info@harrowmere.example.uk\nHarrowmere is smoke free", ["info@harrowmere.example.uk", "Harrowmere"]),
    ("ward", "anyone covering Bluebell? mr in 9 desatting", ["Bluebell"]),
    ("ward-kind", "BED BOARD KINGFISHER ASSESSMENT UNIT SAT", ["KINGFISHER ASSESSMENT UNIT"]),
    ("ward-behind", "he went to Ward Juniper at noon", ["Ward Juniper"]),
    ("corner", "found cnr Hume & Brolga by police", ["cnr Hume & Brolga"]),
    ("rural", "Please confirm: Site 9 Box 14 RR 3", ["Site 9 Box 14 RR 3"]),
    ("quarter", "lives Quartier Haoussa, bloc 5 with father", ["Quartier Haoussa, bloc 5"]),
    ("prison", "HMP Scarrowfield reception screen", ["HMP Scarrowfield"]),
    ("locative", "at the bedside from eMahlabeni", ["eMahlabeni"]),
    ("page", "PORTBEG COMMUNITY DIABETES HUB\nlist of the day", ["PORTBEG COMMUNITY DIABETES HUB"]),
    ("for", "Seen at The Ormathwaite Centre for Neurology today", ["The Ormathwaite Centre for Neurology"]),
    ("owned", "had Td at Dr Looby's surgery", ["Looby's surgery"]),
    ("rest-area", "im in the truck at the exit 97 rest area by now", ["exit 97 rest area"]),
    ("dosed-day", "K 3.9. Ferinject 1 g 31/12.\nObs reg", ["31/12"]),
    ("badge", "following with PC Amir Shafiq 2217\nCrew", ["Amir Shafiq", "2217"]),
    ("mc", "seen, plan as above. PMcK", ["PMcK"]),
    ("country", "NK1|1|B^C||1 High St^^Teller^CO^81299|^PRN^PH^^^1^970^5550188", ["1^970^5550188"]),
    ("ramadan", "had CABG x3 14 Ramadan; creat 210", ["14 Ramadan"]),
    ("awst", "ymweliad 1 Awst gyda mam", ["1 Awst"]),
)


@pytest.mark.parametrize(("text", "gone"), [c[1:] for c in GOES], ids=[c[0] for c in GOES])
def test_it_goes(text: str, gone: list[str]) -> None:
    """Each value is masked whole."""
    found = masked(text)
    assert all(any(value in part for part in found) for value in gone), found


STAYS = (
    ("turned", "Bed 3 Will Power will need power", "will need"),
    ("rose", "Mrs Rose Bush, rose bengal stain", "rose bengal"),
    ("weeks", "RV 6/52, echo booked", "6/52"),
    ("months", "Titrate 2/52. TCU 3/12 with LFT", "3/12"),
    ("always", "line open 24/7 for pts", "24/7"),
    ("hash", "#3 Sept 11 visit", "#3"),
    ("minutes", "Seen Feb 12th, 50 min, interpreter", "50"),
    ("egfr", "eGFR 44, eReferral sent, eConsult done", "eReferral"),
    ("assigner", "PID|1||HM0551934^^^PAS~9430119927^^^NHS||ABDI^HODAN", "NHS"),
    ("coverage", "does not meet LCD L33718. Epworth 9/24", "L33718"),
    ("section", "brought in under Sec 136 by police", "136"),
    ("stands", "sit to stand: Stand 12 times", "12"),
    ("price", "quote of 61 400 $ for transport", "61 400"),
    ("phrase", "Sister Mary Joseph nodule", "Mary Joseph"),
)


@pytest.mark.parametrize(("text", "kept"), [c[1:] for c in STAYS], ids=[c[0] for c in STAYS])
def test_it_stays(text: str, kept: str) -> None:
    """None of it is masked."""
    start = text.index(kept)
    assert not [s for s in detect(text) if s.state == "masked" and s.start < start + len(kept) and s.end > start]


def test_the_day_of_a_month_is_no_always() -> None:
    """`24/7` is a day where a word makes it one."""
    assert masked("Admitted on 24/7, home 29/7.") == ["24/7", "29/7"]


@pytest.mark.parametrize("values", [("0800-1600", "1600-2359", "0000-0800"), ("120/80", "134/72", "118/66")], ids=["hours", "pressures"])
def test_hours_and_pressures_behind_names_stay(values: tuple[str, ...]) -> None:
    """Three rows of names with their shifts or pressures are no list of record numbers."""
    rows = zip(("Nilsson, Arvid", "Park, Ji-hoon", "Abebe, Tsehay"), values, strict=True)
    text = "\n".join(f"{name} {value} on shift" for name, value in rows)
    assert not set(values) & set(masked(text))


def test_two_rows_of_numbers_are_no_list() -> None:
    """Numbers behind two names say nothing yet, nor do those that differ in make."""
    assert not {"441-20", "438-77"} & set(masked("Nilsson, Arvid 441-20 new\nPark, Ji-hoon 438-77 pump"))


@pytest.mark.parametrize("text", ["It began on the third day after admission.", "Worse on the second evening."])
def test_what_is_any_of_its_kind_is_no_doubt(text: str) -> None:
    """A day counted from something identifies nobody."""
    assert detect(text) == ()
