"""What the tagger suspects and nothing covers becomes a flag."""

from __future__ import annotations

import numpy as np
import pytest

from core.deid.found import Found
from core.deid.note import Note
from core.deid.swept import swept
from core.deid.tagger import Opinion, load
from core.model import Category

BAR = 0.3


def opinion_of(note: Note, suspected: dict[str, tuple[str, float]]) -> Opinion:
    """An opinion that suspects these words, each under a label with a score, and nothing else."""
    labels = load().labels
    scores, kinds = np.zeros(len(note.tokens), np.float32), np.zeros(len(note.tokens), np.int64)
    for i, token in enumerate(note.tokens):
        label, score = suspected.get(token.text, ("NAME", 0.0))
        scores[i], kinds[i] = score, labels.index(label)
    return Opinion(scores, kinds, labels)


def flags(text: str, suspected: dict[str, tuple[str, float]], *found: Found, bar: float = BAR) -> list[tuple[str, Category]]:
    """Text and category of what is flagged."""
    note = Note(text)
    made = list(swept(note, found, opinion_of(note, suspected), bar))
    assert {f.state for f in made} <= {"flagged"}
    return [(text[f.start : f.end], f.category) for f in made]


def test_neighbours_under_one_label_are_one_flag() -> None:
    """Words side by side, a mark between them or not; the score is the highest."""
    assert flags("seen with Arlo Quimby-Tate", dict.fromkeys(("Arlo", "Quimby", "Tate"), ("NAME", 0.32))) == [
        ("Arlo Quimby-Tate", Category.NAME)
    ]


def test_another_label_or_line_begins_another_flag() -> None:
    """Runs end with their label and their line."""
    suspected = {"Arlo": ("NAME", 0.32), "Elmcrest": ("FACILITY", 0.32), "Quimby": ("NAME", 0.32)}
    assert flags("Arlo Elmcrest", suspected) == [("Arlo", Category.NAME), ("Elmcrest", Category.FACILITY)]
    assert flags("Arlo\nQuimby", suspected) == [("Arlo", Category.NAME), ("Quimby", Category.NAME)]


def test_below_the_bar_and_within_a_find_nothing_is_flagged() -> None:
    """A find covers its words, and ends a run."""
    find = Found(0, 4, Category.NAME, 0.9, "title")
    assert flags("Arlo Quimby", {"Arlo": ("NAME", 0.8), "Quimby": ("NAME", 0.29)}, find) == []
    assert flags("Arlo Quimby", {"Arlo": ("NAME", 0.9), "Quimby": ("NAME", 0.31)}, find) == [("Quimby", Category.NAME)]


def test_what_identifies_nobody_is_passed_over() -> None:
    """A lone year, a state, a date without a figure, an age, a single character of which little is made, a number that is a word."""
    suspected = {
        "2019": ("DATE", 0.8),
        "Utah": ("REGION", 0.8),
        "Thursday": ("DATE", 0.8),
        "93": ("AGE", 0.8),
        "7": ("ID", 0.09),
        "Q": ("NAME", 0.09),
        "PRN": ("ID", 0.8),
    }
    for word in suspected:
        assert flags(f"about {word} there", suspected) == []


@pytest.mark.parametrize(("word", "label"), [("27", "ID"), ("B", "NAME"), ("7", "ID")])
def test_what_is_slight_is_flagged_where_the_tagger_makes_something_of_it(word: str, label: str) -> None:
    """A door's code of two figures, an initial alone: the clinician's to decide, and masked only beside a find."""
    assert [found for found, _ in flags(f"about {word} there", {word: (label, 0.5)})] == [word]
    assert flags(word, {word: (label, 0.5)}) == []


def test_an_eponym_that_may_be_a_surname_is_flagged() -> None:
    """Written as a name, and suspected: worth a look, though a list speaks against it; not in lower case, not with less."""
    assert flags("RN BRADEN took over", {"BRADEN": ("NAME", 0.22)}, bar=0.07) == [("BRADEN", Category.NAME)]
    assert flags("RN BRADEN took over", {"BRADEN": ("NAME", 0.15)}, bar=0.07) == []
    assert flags("braden 19, foley out", {"braden": ("NAME", 0.22), "foley": ("NAME", 0.22)}, bar=0.07) == []


def test_near_certainty_masks() -> None:
    """What rules and lists let go although the tagger is nearly certain is masked, a single character only beside a find."""
    text = "seen by nlb at noon"
    note = Note(text)
    assert [(f.state, text[f.start : f.end]) for f in swept(note, (), opinion_of(note, {"nlb": ("NAME", 0.9)}), BAR)] == [("masked", "nlb")]
    text = "born O 3/14/1950 or O there"
    note = Note(text)
    found = [Found(7, 16, Category.DATE, 0.97, "date")]
    made = list(swept(note, found, opinion_of(note, {"O": ("DATE", 0.95)}), BAR))
    assert [(f.start, f.end, f.state) for f in made] == [(5, 6, "masked")]
    text = "tag O 714"
    note = Note(text)
    made = list(swept(note, [Found(6, 9, Category.OTHER_ID, 0.9, "cue")], opinion_of(note, {"O": ("NAME", 0.95)}), BAR))
    assert [(f.start, f.end, f.state) for f in made] == [(4, 5, "masked")]


def test_a_pair_of_figures_is_no_small_number() -> None:
    """`5/5` as a day, of which each part alone would be passed over."""
    assert flags("TTE 5/5 done", {"5": ("DATE", 0.32)}) == [("5/5", Category.DATE)]


def test_what_the_tagger_believes_is_masked_and_what_it_suspects_flagged() -> None:
    """Beside a find or away from it; where a list or a shape speaks against it, belief makes no more than a flag."""
    text = "at Tubman K-8 today"
    note = Note(text)
    found = [Found(3, 11, Category.FACILITY, 0.9, "facility")]
    made = list(swept(note, found, opinion_of(note, {"8": ("FACILITY", 0.9), "today": ("NAME", 0.32)}), BAR))
    assert [(text[f.start : f.end], f.state) for f in made] == [("8", "masked"), ("today", "flagged")]
    text = "at Corvane Genetics"
    note = Note(text)
    found = [Found(3, 10, Category.FACILITY, 0.9, "facility")]
    made = list(swept(note, found, opinion_of(note, {"Genetics": ("FACILITY", 0.6)}), BAR))
    assert [(text[f.start : f.end], f.state) for f in made] == [("Genetics", "masked")]
    assert flags("Apgar 8/9 then", {"8": ("DATE", 0.85), "9": ("DATE", 0.85)}) == [("8/9", Category.DATE)]
    assert flags("WBC 11400 now", {"WBC": ("ID", 0.5), "11400": ("ID", 0.5)}) == []


def test_a_weekday_alone_is_passed_over_but_not_a_feast() -> None:
    """Words that name a day of a year are worth a look."""
    assert flags("due xmas day", {"xmas": ("DATE", 0.32), "day": ("DATE", 0.32)}) == [("xmas day", Category.DATE)]
    assert flags("due Tuesday", {"Tuesday": ("DATE", 0.8)}) == []


def test_a_word_of_no_list_behind_a_name_may_be_its_surname() -> None:
    """`UME` behind `CHIDERA`: short capitals are nobody's name once in thirty doubts, but not beside one; an abbreviation is none."""
    name = Found(4, 11, Category.NAME, 0.99, "tagger")
    assert flags("RM5 CHIDERA UME 34/40", {"UME": ("NAME", 0.12)}, name, bar=0.05) == [("UME", Category.NAME)]
    assert flags("RM5 BEDROOM UME 34/40", {"UME": ("NAME", 0.12)}, bar=0.05) == []
    assert flags("RM5 CHIDERA DNR 34/40", {"DNR": ("NAME", 0.12)}, name, bar=0.05) == []
