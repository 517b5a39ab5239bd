"""The packed word table says what the lists say."""

from __future__ import annotations

import pytest

from core.deid import note
from core.deid.lexicon import TABLE, look_up
from tools.build_word_table import merged, packed


def test_the_table_is_that_of_the_lists() -> None:
    """Built anew it is the same, byte for byte; `python -m tools.build_word_table` mends it after a change to a list."""
    assert packed(merged()) == TABLE.read_bytes()


@pytest.mark.parametrize(
    ("word", "facts"),
    [("mary", "first"), ("garcia", "last"), ("the", "common"), ("warfarin", "clinical"), ("parkinson", "eponym"), ("chicago", "city")],
)
def test_a_word_is_found_under_what_its_list_says(word: str, facts: str) -> None:
    """Each kind of list, by a word of it."""
    assert getattr(look_up(word), facts)


@pytest.mark.parametrize("word", ["", "zzxqv", "qwrtpl", "\ud800", "\U0001f600"])
def test_what_no_list_holds_is_unknown(word: str) -> None:
    """Not in any list, whatever its letters."""
    facts = look_up(word)
    assert facts.unknown
    assert (facts.first, facts.last, facts.city) == (0, 0, 0)


def test_two_words_never_share_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table refuses to be built when they would."""
    monkeypatch.setattr("tools.build_word_table.key_of", lambda _: 7)
    with pytest.raises(ValueError, match="share a key"):
        packed({"a": 1, "b": 2})


def test_what_is_known_between_notes_is_words_of_the_lists_and_signs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name, number or unknown word of a case outlives it; the store of words does not grow past its bound."""
    monkeypatch.setattr(note, "_EVERYDAY", {})
    first = note.Note("Mrs. Quillanova Okafor of Dunmorrow, MRN 4471882, has Zorbitis. The patient was seen with her sister. Rose May Will")
    assert {"The", "patient", "was", "seen", "with"} <= set(note._EVERYDAY)
    assert not {"Quillanova", "Okafor", "Dunmorrow", "4471882", "Zorbitis", "Rose", "May", "Will"} & set(note._EVERYDAY)
    words = {text: look_up(text.lower()) for text in note._EVERYDAY if text.isalpha()}
    assert all(word.common or word.clinical for word in words.values())
    assert all(len(text) == 1 for text in note._EVERYDAY.keys() - words.keys())
    again = note.Note(first.text)
    assert again.tokens == first.tokens
    monkeypatch.setattr(note, "_MOST_EVERYDAY", 2)
    monkeypatch.setattr(note, "_EVERYDAY", {"a": first.known["The"], "b": first.known["The"]})
    note.Note("The patient was seen")
    assert set(note._EVERYDAY) == {"a", "b"}
