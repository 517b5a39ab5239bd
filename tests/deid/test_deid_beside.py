"""What stands beside a sure find: days of the same weeks, letters and slashes of numbers, departments, landmarks."""

import pytest
from support.redacted import masked

from core.deid import detect

GOES = [
    ("day-behind-event", "Seen 6/15. Shin tear healed 6/11. Continent with prompting.", "6/11"),
    ("day-line", "R IJ 6/10, L rad a-line 6/8, seen on 6/12.", "6/8"),
    ("day-out", "Ureteric stent out 9/4, seen 9/12.", "9/4"),
    ("two-digit-year-before-a-stop", "Landed at noon on feb 7 21. No smoke.", "21"),
    ("dutch-month", "Brief van 3 mrt van dr. de Boer", "3 mrt"),
    ("hebrew-month", "born 4 Kislev 5711 in Haifa", "Kislev 5711"),
    ("serial", "Pump (s/n 50713), rate 3 mL/h.", "50713"),
    ("badge", "Report taken by officer, bdg 6614.", "6614"),
    ("ticket", "tkt 0517 grey coat", "0517"),
    ("resident", "Resident # 3306. Lives on the second floor.", "3306"),
    ("slash-figure", "HISTO\nK21-220714 / 3\nLungs", "/ 3"),
    ("annexed-service", "Seen at Barrowmere Health Service for wound care.", "Service"),
    ("landmark", "Lives at 14 Palmer Road, near Corona Plaza.", "near Corona"),
    ("prefix", "Vest GXK-2201, mouthguard QRV 55127: 68 g peak. Seen by Dr. Hale", "QRV 55127"),
    ("unit-before-a-place", "Lives at Plot 7, Ballinasloe, with her son.", "Plot 7"),
    ("postcode-of-four", "Home: Polokwane 0699 - no car", "0699"),
    ("box", "Hospital, P.M.B. 4410, Ibadan", "P.M.B. 4410"),
    ("numbered-street", "lives 2207 n 38th, rear", "2207 n 38th"),
    ("constable", "Brought in by PC Underwood 6614.", "6614"),
    ("relative-of-a-common-word", "Home with her father Win and sister Posy.", "Win"),
    ("chat", "Mo: is he up\nDee: yes\nMo: pain?\nDee: some, gave the tablet\nMo: ok", "Dee"),
    ("said-email", "His e-mail is jo dot mai at example dot org, thanks.", "jo dot mai at example dot org"),
    ("three-words", "Found at ///spoon.river.candle by the crew.", "spoon.river.candle"),
    ("said-day", "Back on duty the twenty-second.", "twenty-second"),
    ("week", "Stent removal KW 26, control in July.", "KW 26"),
    ("feast", "Drug ran out after Sallah.", "Sallah"),
    ("cell-age", "PT MARISOL OKONEDO  97  UHC DUAL", "97"),
    ("dial", "Call the ward, speed-dial 6614.", "6614"),
    ("of-town", "Accepted by Villa of Modesto today. Seen at Villa of Modesto.", "Villa of"),
]


@pytest.mark.parametrize(("text", "value"), [c[1:] for c in GOES], ids=[c[0] for c in GOES])
def test_neighbour_goes(text: str, value: str) -> None:
    """The neighbour is masked together with what it stands beside."""
    at = text.index(value)
    assert not any(c.isalnum() for c in masked(text)[at : at + len(value)])


STAYS = [
    ("score", "Seen 5/4/2024: strength 4/5, pain from 6/10 to 3/10", ["4/5", "6/10", "3/10"]),
    ("miles", "Seen on 3/2/24. Ran 1/4 mile.", ["1/4"]),
    ("drops", "Seen on 11/2/24. Takes 10-20 drops.", ["10-20"]),
    (
        "lower-word",
        "Came with Mara Okonedo by commuter rail in the snow. Fell in the bath; Theo had cake.",
        ["rail", "snow", "bath", "cake"],
    ),
    ("role", "Seen with nurse Okonedo on 3/2/24.", ["nurse"]),
    ("catheter", "Through a 6 Fr Slenderguide sheath on 3/2/24.", ["Slenderguide"]),
    ("kin-and-medicine", "Her mother Medicaid number is unknown; father Diabetes.", ["Diabetes"]),
    ("clinical-prefix", "MRN 4471920, WBC 11400", ["WBC", "11400"]),
]


@pytest.mark.parametrize(("text", "kept"), [c[1:] for c in STAYS], ids=[c[0] for c in STAYS])
def test_clinical_neighbour_stays(text: str, kept: list[str]) -> None:
    """Scores, doses and tests beside a sure find are left alone."""
    seen = masked(text)
    assert all(value in seen for value in kept)


POSTER = (
    "SIZES AND SCORES ON THE WALL. WAGNER 2, BALLARD 38, BISHOP 9, GLEASON 7, MALLAMPATI 3, CORMACK 2. "
    "Formula: Nutralon 350, Pepticare AR, Althera. Kocher 3 of 4. Blades: Macintosh, Miller, Magill. "
    "Drains: Redon, Penrose, Jackson. Stock 54420918 and 91722 in the corner. "
    "Turn the lamp off; close the cabinet; wipe the tray and the rail; sign nothing here; write no names on the wall; refill weekly; "
    "report what is short; keep the key inside; wash hands before and after; leave the door as it was; nothing else to do here."
)


def test_what_tells_of_nobody_is_left_readable() -> None:
    """A long text without any firm cue, of which the tagger is nowhere sure, is not masked for eponyms and makers."""
    assert not any(s.state == "masked" for s in detect(POSTER))


def test_a_column_of_days_goes_and_one_of_strengths_stays() -> None:
    """Without a header; the months agree in the one, the denominators in the other."""
    days = "Aguinaldo, Perla | 9-2 | 2.4 | 9-16\nTesfaye, Gebre | 9-2 | 5.8 | 9-4\nRamsbottom, Cyril | 9-3 | 1.7 | 10-1\n"
    assert not any(day in masked(days) for day in ("9-2", "9-3", "9-16", "9-4", "10-1"))
    strengths = "1 | 4/5 | 5/5 | 2-3\n2 | 3/5 | 4/5 | 2-3\n3 | 5/5 | 2/5 | 2-3\n4 | 4/5 | 3/5 | 2-3"
    assert masked(strengths) == strengths


def test_one_named_patient_makes_a_text_tell() -> None:
    """The same text with a patient's data in it is no such text, and the data are masked."""
    seen = masked(f"{POSTER}\nPatient: Marisol Okonedo, DOB 03/04/1957, MRN 4471920, seen 05/06/2024 by Dr. Hale.")
    assert not any(part in seen for part in ("Marisol", "Okonedo", "1957", "4471920", "05/06", "Hale"))
