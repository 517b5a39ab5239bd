"""The live editor in a real Chromium, under the product's content security policy."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
CASE = "Mr. Arlo Quimby, MRN 448812, born 03/04/1957, call (555) 010-4477"


def marks(page: Page, label: str = "Symptoms") -> list[tuple[str, str, str]]:
    """Text, category and state of each mark of a field."""
    return page.get_by_label(label).evaluate(
        "t => [...t.parentElement.querySelectorAll('mark')].map(m => [m.textContent, m.dataset.category, m.dataset.state])"
    )


def runs(page: Page) -> int:
    """How often the script has run."""
    return int(re.search(r"runs: (\d+)", page.get_by_text("runs:").inner_text())[1])


def test_marks_identifiers_where_they_stand(form: Page, complaints: list[str]) -> None:
    """Every identifier typed is marked at its place, with nothing against the content security policy."""
    form.get_by_label("Symptoms").press_sequentially("Mr. Arlo Quimby, MRN 448812 in Springfield")
    expect(form.get_by_text("2 identifiers will be removed: 1 name, 1 record number · 1 to decide: 1 place")).to_be_visible()
    assert [tuple(m) for m in marks(form)] == [
        ("Arlo Quimby", "name", "masked"),
        ("MRN 448812", "record number", "masked"),
        ("Springfield", "place", "flagged"),
    ]
    assert not [c for c in complaints if "_stcore" not in c]


def test_marks_follow_characters_beyond_the_basic_plane(form: Page) -> None:
    """Emoji and other astral characters before an identifier do not move its mark."""
    form.get_by_label("Symptoms").fill("🫀🩺 𝒳 Mr. Arlo Quimby\t🧬 on 03/04/2026")
    form.get_by_label("Symptoms").press("End")
    expect(form.get_by_text("2 identifiers will be removed")).to_be_visible()
    assert [m[0] for m in marks(form)] == ["Arlo Quimby", "03/04/2026"]


def test_marks_lie_exactly_under_the_text(form: Page) -> None:
    """Backdrop and textarea wrap alike: equal width and height with long words, tabs and right-to-left text, and no inner scrolling."""
    text = f"{CASE}\n" + "שלום עולם MRN 448812 " * 6 + "\n\ttab " + "x" * 400 + "\n" + "palpitations and dyspnoea " * 60 + "\n"
    area = form.get_by_label("Symptoms")
    area.fill(text)
    expect(form.get_by_text(re.compile(r"identifiers will be removed"))).to_be_visible()
    sizes = area.evaluate(
        "t => { const p = t.parentElement.querySelector('pre'); return [t.scrollHeight - t.clientHeight, t.clientWidth - p.clientWidth,"
        " t.clientHeight - p.clientHeight] }"
    )
    assert sizes == [0, 0, 0]


def test_marks_shift_with_the_text_while_the_answer_is_outstanding(form: Page, fare) -> None:
    """With a slow redactor, typing before a mark moves it at once and it never covers other words."""
    area = form.get_by_label("Symptoms")
    area.fill("seen Mr. Arlo Quimby today")
    expect(form.get_by_text("1 identifier will be removed: 1 name")).to_be_visible()
    fare(delay_s=1.5)
    area.press("Home")
    area.press_sequentially("Was ", delay=5)
    assert area.input_value() == "Was seen Mr. Arlo Quimby today"
    assert [m[0] for m in marks(form)] == ["Arlo Quimby"]


def test_text_reaches_python_and_nothing_is_lost_over_reruns(form: Page) -> None:
    """Typing on while reruns happen loses no character, and the pause commits the whole text."""
    area = form.get_by_label("Symptoms")
    area.press_sequentially("first half, ", delay=10)
    expect(form.get_by_text("symptoms='first half, ' ok=True")).to_be_visible()
    area.press_sequentially("second half while it reruns", delay=25)
    expect(form.get_by_text("symptoms='first half, second half while it reruns' ok=True")).to_be_visible()
    form.get_by_role("button", name="Just rerun").click()
    form.wait_for_timeout(300)
    assert area.input_value() == "first half, second half while it reruns"


def test_a_click_elsewhere_sends_the_text_first(form: Page) -> None:
    """Send pressed right after the last key sees that key."""
    form.get_by_label("Symptoms").press_sequentially("typed just now")
    form.get_by_role("button", name="Send", exact=True).click()
    expect(form.get_by_text("SENT 'typed just now'")).to_be_visible()


def test_one_commit_per_pause(form: Page) -> None:
    """A burst of typing costs one run of the script, not one per key."""
    before = runs(form)
    form.get_by_label("Symptoms").press_sequentially(CASE, delay=8)
    expect(form.get_by_text("symptoms='Mr. Arlo Quimby")).to_be_visible()
    form.wait_for_timeout(600)
    assert runs(form) == before + 1


def test_programmatic_change_wins_and_pasted_line_breaks_are_plain(form: Page) -> None:
    """An example and Clear replace the text, even right after typing; CRLF arrives as LF."""
    area = form.get_by_label("Symptoms")
    form.get_by_role("button", name="Try a case").click()
    expect(area).to_have_value(re.compile("Arlo Quimby"))
    area.fill("one\r\ntwo")
    area.blur()
    expect(form.get_by_text(r"symptoms='one\ntwo' ok=True")).to_be_visible()
    form.get_by_role("button", name="Clear", exact=True).click()
    expect(area).to_have_value("")
    expect(form.get_by_text("symptoms='' ok=True")).to_be_visible()


def test_a_failing_preview_is_said_and_told_to_python(form: Page, fare) -> None:
    """With the route down the reader is told, Python learns it, and both recover by themselves."""
    fare(answer=503)
    form.get_by_label("Symptoms").fill("Mr. Arlo Quimby")
    expect(form.get_by_text("Preview not available: the redaction service answered 503")).to_be_visible()
    expect(form.get_by_text("symptoms='Mr. Arlo Quimby' ok=False")).to_be_visible()
    fare(answer=200)
    expect(form.get_by_text("symptoms='Mr. Arlo Quimby' ok=True")).to_be_visible(timeout=60_000)
    assert [m[0] for m in marks(form)] == ["Arlo Quimby"]


def test_labels_problems_and_counter_are_accessible(form: Page) -> None:
    """The exact label names the field, the problem is an alert that describes it, and the counter warns when over."""
    area = form.get_by_label("Chief complaint", exact=True)
    area.fill("abc")
    area.blur()
    expect(form.get_by_role("alert").filter(has_text="Write at least 5 characters.")).to_be_visible()
    expect(area).to_have_accessible_description(re.compile("Write at least 5 characters."))
    assert area.get_attribute("aria-invalid") == "true"
    area.fill("x" * 501)
    expect(form.get_by_text("501 / 500")).to_have_class(re.compile("over"))


def test_a_mark_explains_itself(form: Page) -> None:
    """Hovering a mark, or placing the caret in it, says what it is, why, and what it becomes."""
    area = form.get_by_label("Symptoms")
    area.fill("Mr. Arlo Quimby")
    expect(form.get_by_text("1 identifier will be removed")).to_be_visible()
    area.hover(position={"x": 60, "y": 20})
    expect(form.get_by_role("dialog", name=re.compile("Arlo Quimby: Name"))).to_contain_text("Name becomes [PATIENT]")
    area.press("End")
    area.press("ArrowLeft")
    expect(form.get_by_role("status").filter(has_text="found by the rule “cue title”")).to_be_visible()


def test_a_mark_is_kept_with_a_reason_by_pointer(form: Page) -> None:
    """A click on a mark opens its card; Keep wants one of the reasons; Python hears term, reason and the text that is on screen."""
    area = form.get_by_label("Symptoms")
    area.fill("Mr. Arlo Quimby, MRN 448812")
    expect(form.get_by_text("2 identifiers will be removed")).to_be_visible()
    area.click(position={"x": 60, "y": 20})
    card = form.get_by_role("dialog", name=re.compile("Arlo Quimby"))
    card.get_by_role("button", name="Keep in clear").click()
    card.get_by_role("group", name="Why it may stay").get_by_role("button", name="Measurement").click()
    expect(form.get_by_text("DECIDED symptoms keep 'Arlo Quimby' measurement of 27")).to_be_visible()
    expect(card).to_be_hidden()
    assert area.input_value() == "Mr. Arlo Quimby, MRN 448812"


def test_a_flag_is_decided_from_the_list_by_keyboard_alone(form: Page) -> None:
    """Without a pointer: the list of marks, a mark, its card, a decision; Escape leads back to the field."""
    area = form.get_by_label("Symptoms")
    area.fill("near Springfield")
    expect(form.get_by_text("1 to decide: 1 place")).to_be_visible()
    area.press("Tab")
    form.keyboard.press("Enter")
    mark = form.get_by_role("button", name="Springfield: place, keep or redact: you decide")
    expect(mark).to_be_visible()
    form.keyboard.press("Tab")
    form.keyboard.press("Enter")
    expect(form.get_by_role("button", name="Redact", exact=True)).to_be_focused()
    form.keyboard.press("Escape")
    expect(area).to_be_focused()
    area.press("End")
    area.press("ArrowLeft")
    area.press("Alt+Enter")
    form.keyboard.press("Enter")
    expect(form.get_by_text("DECIDED symptoms redact 'Springfield' None of 16")).to_be_visible()


def test_a_selection_is_redacted_as_whole_words(form: Page) -> None:
    """Half a word selected means the word, characters beyond the basic plane before it or in it notwithstanding."""
    area = form.get_by_label("Symptoms")
    area.fill("🫀🩺 the 𝒳ylo clinic today")
    area.evaluate("t => { const i = t.value.indexOf('ylo'); t.focus(); t.setSelectionRange(i + 1, i + 6) }")
    form.get_by_role("button", name="Redact “𝒳ylo clinic” everywhere in this case").click()
    expect(form.get_by_text("DECIDED symptoms redact '𝒳ylo clinic' None of 24")).to_be_visible()
    expect(form.get_by_role("dialog")).to_have_count(0)


def test_a_changed_context_asks_for_the_marks_again(form: Page) -> None:
    """When something else the redactor knows has changed, marks are refreshed without a key being pressed."""
    form.get_by_label("Symptoms").fill("Springfield")
    expect(form.get_by_text("1 to decide: 1 place")).to_be_visible()
    with form.expect_request("**/preview"):
        form.get_by_role("button", name="Change context").click()
    assert [m[2] for m in marks(form)] == ["flagged"]
