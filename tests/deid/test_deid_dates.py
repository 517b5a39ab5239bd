"""Dates: found in every spelling, told from scores, and turned into intervals."""

from datetime import date

import pytest

from core.deid import deidentify, detect
from core.model import Identity

ENCOUNTER = date(2026, 1, 5)

SPELLINGS = [
    "01/02/2026",
    "1/2/26",
    "1-2-2026",
    "1.2.2026",
    "2026-01-02",
    "2026/01/02",
    "2026-01-02T14:30",
    "January 2, 2026",
    "Jan 2 2026",
    "Jan. 2nd, 2026",
    "2 January 2026",
    "2nd of January 2026",
    "02-Jan-2026",
    "2Jan2026",
    "Fri Jan 2, 2026",
    "January 2",
    "2 Jan",
    "the 2nd of January",
    "Friday, January 2nd",
]


def redact(text: str) -> str:
    """One field through the redactor with nothing known of the patient."""
    return deidentify({"history": text}, identity=Identity(), encounter=ENCOUNTER).fields["history"].text


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_day_becomes_the_same_interval(spelling: str) -> None:
    """However a day is written, the model reads how long before the encounter it was."""
    article = "the " if spelling.startswith("the ") else ""  # which tells nothing, and stays
    assert redact(f"Fell at home on {spelling} and was fine.") == f"Fell at home on {article}[3 days before] and was fine."


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("seen on 1/5/2026", "seen on [day 0]"),
        ("seen on 1/4/2026", "seen on [1 day before]"),
        ("appointment on 1/7/2026", "appointment on [2 days after]"),
        ("appointment on 2/1", "appointment on [27 days after]"),
        ("f/u 1/20 in clinic", "f/u [15 days after] in clinic"),
        ("seen on 12/20", "seen on [16 days before]"),
        ("surgery on April 3, 2020", "surgery on [about 5 years 9 months before]"),
        ("surgery in April 2020", "surgery in [about 5 years 9 months before]"),
        ("admitted in October", "admitted in [about 3 months before]"),
        ("DOB 3/4/1931", "DOB [more than 89 years before]"),
        ("seen 6-7 Sept 2023 at home", "seen [about 2 years 4 months before] at home"),
        ("in bed 3rd-5th March, then up", "in bed [about 10 months before], then up"),
        ("away from Dec 26-28 and ill", "away from [10 days before] and ill"),
        ("seen on 17 janv. and well", "seen on [12 days after] and well"),
        ("discharge on Thursday the twenty second", "discharge on [DATE_1]"),
        ("wounded 11 0542Z JUL, at role 2", "wounded [DATE_1], at role 2"),
        ("lifted 110612LJUL25 by air", "lifted [DATE_1] by air"),
        ("born 1931", "born [DATE_1]"),
        ("born 1958", "born 1958"),
        ("stroke in 2019", "stroke in 2019"),
        ("DOB: 19580704", "DOB: [about 67 years 6 months before]"),
        ("a 93-year-old", "a [90 or older]-year-old"),
    ],
    ids=lambda v: v.replace(" ", "-").replace("/", "."),
)
def test_date_becomes_its_distance_from_the_encounter(text: str, redacted: str) -> None:
    """Exact days when near, months when far, nothing that tells an age over 89."""
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    ["strength 4/5", "pain 3/10", "2/6 murmur", "BP 130/85", "1/2 tablet", "10/325 mg", "20/40 vision", "reflexes 2/4", "6/10 in severity"],
)
def test_scores_and_doses_are_no_dates(text: str) -> None:
    """A fraction without a date's context stays."""
    assert detect(text) == ()


def test_two_days_with_the_same_vague_interval_get_tags_of_their_own() -> None:
    """Different days never share a tag, and both are restored."""
    result = deidentify({"history": "Stents on April 3, 2020 and on April 9, 2020."}, identity=Identity(), encounter=ENCOUNTER)
    assert sorted(result.originals.values()) == ["April 3, 2020", "April 9, 2020"]


@pytest.mark.parametrize("year", [2026, 2027, 2028, 2097, 2104])
@pytest.mark.parametrize("written", ["2/29", "Feb 29", "29 February"])
def test_a_leap_day_without_a_year_is_read_in_every_year(written: str, year: int) -> None:
    """The last one before the encounter, however far back the leap year lies."""
    field = deidentify({"history": f"Seen on {written} for a cough."}, identity=Identity(), encounter=date(year, 6, 1)).fields["history"]
    assert "29" not in field.text
    assert "Seen on [" in field.text
