"""The views drawn by Streamlit's own test harness."""

from collections.abc import Callable

import pytest
import ui_samples as samples
from streamlit.testing.v1 import AppTest


def drawn(script: Callable[[], None]) -> AppTest:
    """The script run once, without an exception."""
    at = AppTest.from_function(script, default_timeout=20).run()
    assert not at.exception
    return at


def html_of(at: AppTest) -> str:
    """All of st.html on the page."""
    return "".join(node.proto.body for node in at.get("html"))


def answer_script() -> None:
    """A whole answer, with hostile names and an abstention."""
    import ui_samples as samples

    from core.ui import views

    checked = samples.checked()
    hostile = samples.assessment(samples.HOSTILE).model_copy(update={"abstained": True, "abstain_reason": samples.HOSTILE})
    views.install_styles()
    views.draw_answer(
        type(checked)(hostile, checked.concerns),
        sent_case=samples.SENT_CASE,
        restore=samples.restore,
        provenance=samples.provenance(),
        describe_code=samples.CODES.get,
        find_quote=samples.find_quote,
    )


def test_answer_is_whole_and_inert() -> None:
    """Banner, note, concerns, cannot-miss strip, cards, gaps and provenance are there; hostile text is nowhere markup."""
    at = drawn(answer_script)
    page = html_of(at)
    for words in (
        "standing in for deepseek-v3.2",
        "decisions belong to the physician",
        "ICD-10-CM code does not exist",
        "Cannot miss",
        "The model abstained.",
        "Missing information",
        "Limitations",
        "Residual probability",
        "SAFE_HARBOR/1",
        samples.provenance().payload_sha256,
    ):
        assert words in page
    assert "<img" not in page
    assert "<script" not in page
    assert not at.markdown


def test_choosing_a_diagnosis_opens_its_card() -> None:
    """The select box offers every diagnosis; the chosen one's card is the open one."""
    at = drawn(answer_script)
    assert len(at.selectbox[0].options) == 5
    at.selectbox[0].select_index(2).run()
    assert not at.exception
    shown = [card.partition("</details>")[0] for card in html_of(at).split("<details")[1:]]
    opened = [card for card in shown if card.startswith(' class="cg-card" open')]
    assert len(opened) == 1
    assert "Acute pulmonary embolism" in opened[0]


def outgoing_script() -> None:
    """What will be sent."""
    import ui_samples as samples

    from core.ui import views

    sha256 = samples.provenance().payload_sha256
    views.draw_outgoing(samples.prompt(), sha256=sha256, counts=samples.COUNTS, estimate=samples.ESTIMATE, cost_note="Output at $0.42.")


def test_outgoing_shows_marks_hash_bytes_and_estimate() -> None:
    """Replaced parts are marked, the system prompt is folded, hash and exact bytes can be copied."""
    at = drawn(outgoing_script)
    page = html_of(at)
    assert '<mark class="cg-mark cg-blue" title="name">[PATIENT]</mark>' in page
    assert "2 × name" in page
    assert page.count("<details") - page.count('open=""') == 1
    assert [m.value for m in at.metric] == ["$0.0007", "4.5 s", "2,884"]
    assert [c.value for c in at.code] == [samples.provenance().payload_sha256, samples.prompt().body().decode()]


def usage_script() -> None:
    """Real and simulated calls."""
    import ui_samples as samples

    from core import analytics
    from core.ui.views.usage import draw_usage

    draw_usage(analytics.frame(samples.calls()), zone="Europe/Berlin")


def test_usage_keeps_simulated_apart() -> None:
    """Real and simulated calls have metrics of their own, and the simulated ones say so."""
    at = drawn(usage_script)
    labels = [m.label for m in at.metric]
    assert labels == ["Calls", "Cost", "p50", "p95", "p99", "Failures"] * 2
    assert [at.metric[0].value, at.metric[6].value] == ["60", "40"]
    assert "Simulated calls:" in html_of(at)
    assert "ProviderTimeoutError" in html_of(at)


def empty_usage_script() -> None:
    """No calls."""
    from core import analytics
    from core.ui.views.usage import draw_usage

    draw_usage(analytics.frame([]))


def test_usage_without_calls_says_so() -> None:
    """An empty period is a sentence, not empty charts."""
    at = drawn(empty_usage_script)
    assert "No calls in this period" in html_of(at)
    assert not at.metric


def failures_only_script() -> None:
    """Nothing but failed calls."""
    import ui_samples as samples

    from core import analytics
    from core.ui.views.usage import draw_usage

    draw_usage(analytics.frame([c for c in samples.calls() if c.outcome == "failed"]))


def test_usage_with_failures_only_draws() -> None:
    """Without an answered call there is no latency, and the page says so."""
    at = drawn(failures_only_script)
    assert "No answered call yet." in html_of(at)


def compare_script() -> None:
    """Three columns, a stream, and the standing notes."""
    import ui_samples as samples

    from core.ui import views

    views.page_header("Compare", "<i>")
    views.demo_banner(public=True)
    views.draw_comparison(samples.columns())
    views.draw_partial(samples.assessment().differential[:2], elapsed_s=1.0, characters=10)
    views.draw_partial([])
    views.footer("0.1.0")


def test_comparison_shows_each_answer_and_the_failure() -> None:
    """Answers, cost, latency, the failed column's reason and the agreement table are there."""
    page = html_of(drawn(compare_script))
    for words in (
        "GPT-4.1",
        "$0.0131",
        "No answer within 30 s.",
        "Rank of each diagnosis by model",
        "2 of 2",
        "invented cases only",
        "&lt;i&gt;",
    ):
        assert words in page


@pytest.mark.parametrize("number", [1, 5])
def test_comparison_refuses_other_numbers(number: int) -> None:
    """One or five answers are our own misuse."""
    from core.ui.views import draw_comparison

    with pytest.raises(ValueError, match="2 to 4"):
        draw_comparison((samples.columns() * 2)[:number])


def editor_script() -> None:
    """An editor whose text the program changes."""
    import streamlit as st

    from core.model import TEXT_FIELDS
    from core.ui.editor import live_editor

    draft = st.session_state.setdefault("draft", {"symptoms": "a\r\nb"})
    if st.button("Clear"):
        draft["symptoms"] = ""
    value = live_editor(TEXT_FIELDS[1], value=draft["symptoms"], token="t", key="e", problem=lambda text: f"{len(text)}")
    draft["symptoms"] = value.text
    st.text(repr(value))


def test_editor_gives_back_the_callers_text_until_something_is_typed() -> None:
    """Line breaks are plain, the preview counts as well until it has failed, and a programmatic change is taken."""
    at = drawn(editor_script)
    assert at.text[0].value == "EditorValue(text='a\\nb', rev=0, preview_ok=True)"
    at.button[0].click().run()
    assert at.text[0].value == "EditorValue(text='', rev=0, preview_ok=True)"
