"""The packed word table says what the lists say."""

from __future__ import annotations

import pytest

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
