"""Escaping and the small pieces of markup, and figures in words."""

import itertools
from decimal import Decimal

import pytest
import ui_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from core.assessment import Concern, ConcernKind
from core.ui.views.case_text import quote_places
from core.ui.views.comparison import agreement
from core.ui.views.diagnosis import concern_words, diagnosis_card
from core.ui.views.figures import counted, dollars, percent, rate, seconds, signed
from core.ui.views.markup import Highlight, escaped, tag, with_marks
from core.ui.views.partial import live_rows
from core.ui.views.ranking import RESIDUAL, Bar, caution_intervals, ranking_bars


@given(st.text(alphabet="<>&\"'a\n", max_size=30))
def test_escaped_text_holds_no_markup(text: str) -> None:
    """Whatever comes in, no angle bracket or quote comes out."""
    assert not set("<>\"'") & set(escaped(text))


def test_invisible_controls_are_dropped() -> None:
    """Bidirectional overrides and NUL cannot reorder or hide words; line breaks and accents stay."""
    assert escaped("a\u202eb\x00c\n\té\u2066") == "abc\n\té"


def test_attributes_are_escaped() -> None:
    """An attribute value cannot end its own quotes."""
    assert tag("p", escaped("x"), title='" onclick="y') == '<p title="&quot; onclick=&quot;y">x</p>'


def test_marks_stand_at_code_points() -> None:
    """A mark after an astral character covers exactly its words, and everything is escaped."""
    html = with_marks("🫀 <[PATIENT]>", [Highlight(3, 12, "blue", "name")])
    assert html == '🫀 &lt;<mark class="cg-mark cg-blue" title="name">[PATIENT]</mark>&gt;'


def test_overlapping_and_outlying_marks_are_ignored() -> None:
    """Of two overlapping marks the first stays; one beyond the text is left out, no text is lost."""
    html = with_marks("abcdef", [Highlight(1, 4, "blue"), Highlight(3, 5, "red"), Highlight(5, 9, "red")])
    assert html == 'a<mark class="cg-mark cg-blue">bcd</mark>ef'


def test_hostile_diagnosis_stays_text() -> None:
    """Markup in any text of a diagnosis comes out inert."""
    card = diagnosis_card(samples.diagnosis(1, samples.HOSTILE, "<b>", 0.5), restore=samples.restore, describe=lambda _: samples.HOSTILE)
    assert "<img" not in card
    assert "<script" not in card
    assert "&lt;img src=x onerror=alert(1)&gt;" in card


def test_card_says_what_there_is() -> None:
    """Evidence, absent findings, steps, code with its description and the badges are on the card; tags are restored."""
    card = diagnosis_card(samples.assessment().differential[0], restore=samples.restore, describe=samples.CODES.get)
    for words in (
        "Evidence for",
        "Evidence against",
        "Expected but absent",
        "Next step",
        "I21.19",
        "inferior wall",
        "cannot miss",
        "emergent",
    ):
        assert words in card
    assert "[PATIENT]" not in card


def test_unknown_code_is_said() -> None:
    """A code without a description is marked as not in the list."""
    card = diagnosis_card(samples.assessment().differential[3], restore=samples.restore, describe=samples.CODES.get)
    assert "not in the code list" in card


def test_quotes_are_placed_in_order_and_disjoint() -> None:
    """Quotes' places do not overlap and hold the quoted words; quotes that are not in the case have none."""
    d = samples.assessment().differential[0]
    places = quote_places(samples.SENT_CASE, d, samples.find_quote)
    assert [samples.SENT_CASE[s:e] for s, e, _, _ in places][:2] == [
        "crushing substernal chest pain radiating to the left arm",
        "No pleuritic component",
    ]
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(places))


def test_ranking_bars_end_with_the_residual() -> None:
    """One bar per diagnosis in order of rank, the residual last and without an interval."""
    bars = ranking_bars(samples.assessment(), samples.restore, {1: (0.5, 0.7)})
    assert [b.rank for b in bars] == ["1", "2", "3", "4", "5", ""]
    assert bars[0] == Bar("1", "Acute inferior ST-elevation myocardial infarction", 0.62, True, (0.5, 0.7))
    assert bars[-1] == Bar("", RESIDUAL, 0.09)


def test_the_caution_stays_within_nought_and_one() -> None:
    """13 points to either side, clipped."""
    intervals = caution_intervals(samples.assessment())
    assert intervals[1] == pytest.approx((0.49, 0.75))
    assert intervals[5] == pytest.approx((0.0, 0.18))


@pytest.mark.parametrize(
    ("concern", "words"),
    [
        (Concern(ConcernKind.QUOTE_NOT_IN_CASE, "Not in the case: “sharp pain”", 1), "Quote is not in the case: “sharp pain”"),
        (Concern(ConcernKind.QUOTE_NOT_IN_CASE, "No quote given for “fever”", 1), "Quote is not in the case: No quote given for “fever”"),
        (Concern(ConcernKind.CODE_UNKNOWN, "I30.99X is not an ICD-10-CM code.", 1), "I30.99X is not an ICD-10-CM code."),
        (Concern(ConcernKind.DUPLICATE, "", 2), "Diagnosis is listed twice"),
    ],
)
def test_a_concern_says_it_once(concern: Concern, words: str) -> None:
    """The kind and the detail do not repeat each other."""
    assert concern_words(concern, str) == words


def test_agreement_counts_a_disease_once() -> None:
    """The same code category under another wording is the same row; failed columns are left out."""
    columns = samples.columns()
    head, rows = agreement(columns)
    assert head == ["Diagnosis", "DeepSeek V3.2", "GPT-4.1", "Listed by"]
    assert rows[0] == ["Acute inferior ST-elevation myocardial infarction", "1", "1", "2 of 2"]
    assert rows[-1] == ["Gastro-oesophageal reflux disease", "5", "–", "1 of 2"]


def test_partial_rows_take_hostile_and_missing_values() -> None:
    """A name still streaming in is escaped, a missing or absurd probability does no harm."""
    html = live_rows([("<b>Acute", None, ""), ("x", 7.0, "cannot")])
    assert "&lt;b&gt;Acute" in html
    assert "width:100%" in html


@pytest.mark.parametrize(
    ("amount", "words"),
    [(None, "price unknown"), ("0", "$0.0000"), ("0.00001", "< $0.0001"), ("0.00069", "$0.0007"), ("1234.5", "$1,234.50")],
)
def test_money_in_words(amount: str | None, words: str) -> None:
    """Fractions of a cent are shown, an unknown price is said."""
    assert dollars(None if amount is None else Decimal(amount)) == words


@pytest.mark.parametrize(("share", "words"), [(0, "0 %"), (0.004, "< 1 %"), (0.615, "62 %"), (0.999, "> 99 %"), (1, "100 %")])
def test_shares_in_words(share: float, words: str) -> None:
    """Small and large shares are not rounded to nothing or certainty."""
    assert percent(share) == words


def test_durations_and_counts_in_words() -> None:
    """Units and plurals are right."""
    assert [seconds(0.42), seconds(4.31), seconds(None)] == ["420 ms", "4.3 s", "not measured"]
    assert [counted(1, "case"), counted(2_000, "case")] == ["1 case", "2,000 cases"]
    assert [rate(143.7), rate(0.042)] == ["144", "0.042"]
    assert [signed(0.5), signed(-0.17)] == ["+0.50", "−0.17"]
