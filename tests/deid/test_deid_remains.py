"""The rest of a find that lists had cut, several people of one name, and what is suspected in a short text."""

from __future__ import annotations

import numpy as np
import pytest

from core.deid.found import Found
from core.deid.note import Note
from core.deid.remains import SHORT_TEXT, remains
from core.deid.tagger import Opinion, load
from core.model import Category

PADDING = "\n" + "walks daily " * SHORT_TEXT


def opinion_of(note: Note, suspected: dict[str, tuple[str, float]]) -> Opinion:
    """An opinion that suspects these words, each under a label with a score, and nothing else."""
    labels = load().labels
    told = [suspected.get(token.text, ("NAME", 0.0)) for token in note.tokens]
    return Opinion(np.array([t[1] for t in told], np.float32), np.array([labels.index(t[0]) for t in told], np.int64), labels)


def left(text: str, suspected: dict[str, tuple[str, float]], *found: Found) -> list[tuple[str, Category, str]]:
    """Text, category and state of what remains."""
    note = Note(text)
    return [(text[f.start : f.end], f.category, f.state) for f in remains(note, found, opinion_of(note, suspected))]


def test_the_rest_of_a_find_goes_with_it() -> None:
    """A letter behind a masked number, of which the tagger is as good as sure, takes the number's category."""
    number = Found(12, 19, Category.LICENSE, 0.9, "cue")
    assert left("Passport GT 2204178 K" + PADDING, {"K": ("ID", 0.95)}, number) == [("K", Category.LICENSE, "masked")]


def test_what_stands_alone_is_flagged() -> None:
    """Nothing masked touches it: somebody should look."""
    assert left("extension twelve please" + PADDING, {"twelve": ("CONTACT", 0.97)}) == [("twelve", Category.PHONE, "flagged")]


def test_another_line_is_not_beside() -> None:
    """A find at the end of a line has no rest on the next."""
    name = Found(0, 4, Category.NAME, 0.9, "title")
    assert left("Arlo\nQuimby came" + PADDING, {"Quimby": ("NAME", 0.9)}, name) == [("Quimby", Category.NAME, "flagged")]


@pytest.mark.parametrize(("word", "label"), [("the", "DATE"), ("extension", "CONTACT"), ("2019", "DATE"), ("Utah", "REGION")])
def test_articles_labels_years_and_states_stay(word: str, label: str) -> None:
    """They say nothing by themselves."""
    assert left(f"since {word} we" + PADDING, {word: (label, 0.95)}) == []


def test_several_of_one_name() -> None:
    """The plural of a masked name goes; that of an unmasked word stays."""
    name = Found(18, 23, Category.NAME, 0.9, "title")
    assert left("Two PRICEs today, PRICE is in bed 4", {}, name) == [("PRICEs", Category.NAME, "masked")]
    assert left("Two PRICEs today, PRICE is in bed 4", {}) == []


def test_a_short_text_is_looked_at_more_closely() -> None:
    """What the tagger merely suspects is flagged in a message, and passed over in a letter."""
    suspected = {"Quimby": ("NAME", 0.1)}
    assert left("please ask Quimby first about it, he was there", suspected) == [("Quimby", Category.NAME, "flagged")]
    assert left("please ask Quimby first about it, he was there" + PADDING, suspected) == []
    assert left("Quimby", suspected) == []  # a cell


@pytest.mark.parametrize(
    ("text", "suspected"),
    [
        ("soft 2/6 murmur", {"2": ("DATE", 0.15)}),
        ("Apgar 8/9 today", {"8": ("DATE", 0.15), "9": ("DATE", 0.15)}),
        ("Ringer's lactate 1 L", {"Ringer": ("NAME", 0.15)}),
        ("give NACL now", {"NACL": ("NAME", 0.15)}),
        ("call tomorrow then", {"tomorrow": ("NAME", 0.15)}),
    ],
)
def test_what_says_itself_is_no_doubt(text: str, suspected: dict[str, tuple[str, float]]) -> None:
    """A score, an eponym with its noun, short capitals and everyday words of which the tagger makes little."""
    assert left(text + ", as was said at the round this week", suspected) == []
