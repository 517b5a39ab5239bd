"""Days without a year: told from scores by the words around them and by the note's own rhythm."""

import pytest

from core.deid import detect
from core.model import Category


def days(text: str) -> list[str]:
    """What is masked as a date."""
    return [text[s.start : s.end] for s in detect(text) if s.category is Category.DATE and s.state == "masked"]


GO = [
    ("weekday", "Fri 1/10 at noon", ["Fri 1/10"]),
    ("since", "since 1/4: afebrile", ["1/4"]),
    ("event", "PICC 1/13, tip ok", ["1/13"]),
    ("culture", "bcx 2/13 MSSA", ["2/13"]),
    ("log", "3/12 0730 report\n3/12 1100 seen\n3/13 0200 pulled iv", ["3/12", "3/12", "3/13"]),
    ("weights", "Weekly wt 9/1 121.4, 9/8 120.8, 9/15 118.2, 9/22 116.0 lb", ["9/1", "9/8", "9/15", "9/22"]),
    ("list", "B12 given IM 11/12, 11/13, 11/14", ["11/12", "11/13", "11/14"]),
    ("day-first", "Seen 22/11/2024. Recheck 29/11.", ["22/11/2024", "29/11"]),
    ("dotted", "Geb. 23.02.1941, vom 03.12. bis 09.12.2024", ["23.02.1941", "03.12.", "09.12.2024"]),
    ("nth", "appt is tuesday the 14th", ["tuesday the 14th"]),
    ("weekday-nth", "Booked with us Thurs 6th", ["Thurs 6th"]),
    ("roman", "Date 14/XI/2024", ["14/XI/2024"]),
    ("range", "CERT PERIOD 03/18/24-05/16/24", ["03/18/24", "05/16/24"]),
    ("spaced-iso", "born 1962 03 30 in town", ["1962 03 30"]),
    ("spanish", "Acude el 5 de marzo de 2025", ["5 de marzo de 2025"]),
    ("french", "CXR 23 août 2024", ["23 août 2024"]),
    ("compact", "Discharged 21Sep2024", ["21Sep2024"]),
    ("spelled", "the 3rd of May", ["3rd of May"]),
    ("wed", "admitted Wed 11 Nov for falls", ["Wed 11 Nov"]),
    ("iso-time", "at 2024-08-30T10:15:00Z", ["2024-08-30T10:15:00Z"]),
    ("german", "DOB 07.12.1958", ["07.12.1958"]),
]


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in GO], ids=[c[0] for c in GO])
def test_day_goes(text: str, expected: list[str]) -> None:
    """Every day is found whole, up to a final dot."""
    found = days(text)
    assert [d.rstrip(".") for d in found] == [e.rstrip(".") for e in expected]


STAY = [
    "pain 3/10, strength 4/5, murmur 2/6",
    "Norco 10/325, Percocet 5/325, Sinemet 25/100",
    "BP 130/85 then 120/80",
    "Lawton 6/8, Katz ADL 4/6, NEXUS 0/5",
    "1/2 tab, 3/7 days, 24/7 alarm",
    "adenosine 6/12, BIPAP 12/6, Epworth 9/24",
    "worse in March, better by summer",
    "She may 5 minutes later march in place",
    "MMSE 26/30, GCS 14/15, vision 20/40",
    "the 40th percentile, the 5th metatarsal, 2nd degree",
    "Apgar 8/9, gravida 2/1",
    "EF 55-60, 4-6 h, 10-20 drops",
]


@pytest.mark.parametrize("text", STAY, ids=range(len(STAY)))
def test_score_is_no_day(text: str) -> None:
    """Scores, strengths, doses, pressures, fractions and seasons stay."""
    assert days(text) == []


AGES = [
    ("is", "Pt is 101, lives alone", "101"),
    ("brackets", "her sister Trudy (92) visits", "92"),
    ("alive", "grandmother alive at 96", "96"),
    ("after-name", "Mamie Crabtree, 99, was seen", "99"),
    ("words", "a ninety-four year old woman", "ninety-four"),
    ("unit", "97yo from home", "97"),
    ("word-alone", "My mother lives with me. She's ninety. She takes nothing.", "ninety"),
    ("behind-birth", "Halvorsdottir Signy\t08/04/1931\t92\t40117", "92"),
    ("spaced", "D.O.B. 1 9 / 0 3 / 1 9 3 1    AGE  9 3\nWARD 4", "9 3"),
]


@pytest.mark.parametrize(("text", "age"), [c[1:] for c in AGES], ids=[c[0] for c in AGES])
def test_age_over_89_goes(text: str, age: str) -> None:
    """An age over 89 goes in figures and words, with and without its unit."""
    assert age in [text[s.start : s.end] for s in detect(text) if s.category is Category.AGE]


@pytest.mark.parametrize(
    "text",
    ["SpO2 is 95, HR 98, sat (96)", "She is 62, BP 130/90", "Weight 95, 92 and 90", "born 3/4/1988 95 kg", "seen 3/4/1938 (95 mg)"],
    ids=range(5),
)
def test_a_measurement_is_no_age(text: str) -> None:
    """Saturations, rates and weights of ninety and more stay."""
    assert [s for s in detect(text) if s.category is Category.AGE] == []
