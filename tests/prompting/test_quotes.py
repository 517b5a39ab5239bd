"""Quotes: typography is forgiven, words and numbers are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.prompting import find_quote

TEXT = (
    "Pt says “it’s a crushing pain”\nsince [3 days before] – worse\u00a0at night."
    " K 7.12, SpO2 89%. Painless\ttoday… Café-au-lait. Na 135, not 140."
)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("it's a Crushing PAIN", "it’s a crushing pain"),
        ('"it\'s a crushing pain"', "it’s a crushing pain"),
        ('crushing pain" since', "crushing pain”\nsince"),
        ("[3 days before] - worse at night", "[3 days before] – worse\u00a0at night"),
        ("  spo2 89%.  ", "SpO2 89%"),
        ("cafe\u0301-au-lait", "Café-au-lait"),
        ("Cafe‑au‑lait", "Café-au-lait"),
        ("crushing … worse at night", "crushing pain”\nsince [3 days before] – worse\u00a0at night"),
        ("…worse at night…", "worse\u00a0at night"),
        ("K 7.12", "K 7.12"),
        ("Na 135", "Na 135"),
    ],
)
def test_found_despite_typography(quote: str, found: str) -> None:
    """The span returned covers exactly the words in the text."""
    span = find_quote(quote, TEXT)
    assert span is not None
    assert TEXT[slice(*span)] == found


@pytest.mark.parametrize(
    "quote",
    ["", " … ", '""', "K 7.1", "K 7", "7.12 mmol", "Pain today", "ainless", "Na 13", "140 … 135", "severe pain", "135 … no"],
)
def test_not_found(quote: str) -> None:
    """Blank, altered, clipped and reordered quotes are not in the text."""
    assert find_quote(quote, TEXT) is None


def test_a_word_inside_another_is_passed_over() -> None:
    """The search goes on to the place where the word stands alone."""
    text = "painless, later pain"
    assert find_quote("pain", text) == (16, 20)


def test_decomposed_accents_belong_to_their_letter() -> None:
    """The span ends behind a trailing combining accent."""
    assert find_quote("cafe", "cafe\u0301 noir") == (0, 5)


@given(st.text(max_size=80), st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_spans_are_always_inside_the_text(text: str, quote: str) -> None:
    """Any quote in any text gives None or a non-empty span of that text."""
    span = find_quote(quote, text)
    assert span is None or 0 <= span[0] < span[1] <= len(text)


@given(
    st.lists(st.sampled_from(["fever", "K 7.1", "[PATIENT]", "naïve", "ﬁbrosis", "½", "İ", "ß", "38.5"]), min_size=1, max_size=6), st.data()
)
@settings(max_examples=100, deadline=None)
def test_every_run_of_whole_words_is_found(words: list[str], data: st.DataObject) -> None:
    """Quoting whole words of a text always succeeds, whatever their letters expand to when folded."""
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    assert find_quote(" ".join(words[start:end]).upper(), "  ".join(words)) is not None
