"""The editor's marks over a text that is being edited, by its own functions in a real Chromium, and what that does on screen."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
SOURCE = "".join((Path(__file__).parents[2] / "core" / "ui" / "editor" / name).read_text() for name in ("card.js", "spans.js"))
ALPHABET = "ab 9\nß𝒳́-"


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """An empty page to compute in."""
    page = browser.new_page()
    yield page
    page.close()


def told(page: Page, function: str, rows: list[list[Any]]) -> list[Any]:
    """The results of one of the editor's functions for many rows of arguments."""
    return list(page.evaluate(f"(rows) => {{ {SOURCE}; return rows.map((row) => {function}(...row)); }}", rows))


def utf16(text: str) -> int:
    """A length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


SHIFTS = {
    "a word goes on": ("Mr. Quimb", "Mr. Quimby", "Quimby"),
    "a number goes on": ("MRN 4488", "MRN 44881", "44881"),
    "a letter beyond the basic plane": ("the 𝒳yl", "the 𝒳yl𝒳", "𝒳yl𝒳"),
    "a combining accent": ("the Jose", "the Jose\u0301", "Jose\u0301"),
    "a word goes on and ends": ("Mr. Quim", "Mr. Quimby has", "Quimby"),
    "a space": ("Mr. Quimby", "Mr. Quimby ", "Quimby"),
    "a comma": ("Mr. Quimby", "Mr. Quimby, well", "Quimby"),
    "a letter taken away": ("Mr. Quimby", "Mr. Quimb", "Quimb"),
    "something before it": ("Mr. Quimby", "was Mr. Quimby", "Quimby"),
    "a letter in the middle": ("Mr. Quiby", "Mr. Quimby", "Quimby"),
}


@pytest.mark.parametrize(("before", "after", "marked"), SHIFTS.values(), ids=SHIFTS.keys())
def test_the_last_words_mark_follows_one_edit(blank: Page, before: str, after: str, marked: str) -> None:
    """The mark over the last word covers the word as it is now, and nothing beyond it."""
    start = utf16(before[: before.rindex(" ") + 1])
    (spans,) = told(blank, "shift", [[[{"start": start, "end": utf16(before)}], before, after]])
    assert [after.encode("utf-16-le")[2 * s["start"] : 2 * s["end"]].decode("utf-16-le") for s in spans] == [marked]


def test_marks_stay_a_partition_over_any_edit(blank: Page) -> None:
    """After any edit the spans are inside the text, in order and apart, and the pieces between them make up the text."""
    draw = random.Random(20261127)
    rows = [_edit(draw) for _ in range(2_000)]
    moved = told(blank, "shift", rows)
    cut = told(blank, "pieces", [[after, spans] for (_, _, after), spans in zip(rows, moved, strict=True)])
    for (_, _, after), spans, pieces in zip(rows, moved, cut, strict=True):
        edges = [0, *(edge for s in spans for edge in (s["start"], s["end"])), utf16(after)]
        assert edges == sorted(edges), json.dumps([after, spans])
        assert all(a["start"] < a["end"] <= b["start"] for a, b in pairwise(spans))
        assert "".join(pieces).encode("utf-16-le", "surrogatepass") == (after + "\u200b").encode("utf-16-le")


def _edit(draw: random.Random) -> list[Any]:
    """Spans of a text, the text, and what one edit makes of it."""
    before = "".join(draw.choices(ALPHABET, k=draw.randint(0, 20)))
    at, to = sorted(draw.choices(range(len(before) + 1), k=2))
    after = before[:at] + "".join(draw.choices(ALPHABET, k=draw.randint(0, 4))) + before[draw.choice((at, to)) :]
    edges = sorted(draw.sample(range(utf16(before) + 1), k=min(utf16(before) + 1, 6)))
    spans = [{"start": a, "end": b} for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return [spans, before, after]


def test_a_word_under_way_is_marked_before_the_redactor_answers(form: Page, fare: Any) -> None:
    """With a slow redactor the mark keeps up with its word and does not run on into the next."""
    area = form.get_by_label("Symptoms")
    area.fill("seen Mr. Arlo Quim")
    expect(form.get_by_text("1 identifier will be removed: 1 name")).to_be_visible()
    fare(delay_s=1.5)
    area.press("End")
    area.press_sequentially("by at", delay=5)
    form.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert area.evaluate("t => [...t.parentElement.querySelectorAll('mark')].map(m => m.textContent)") == ["Arlo Quimby"]


def test_an_answer_that_changes_nothing_touches_nothing(form: Page, fare: Any) -> None:
    """When the redactor confirms what is marked already, the document is left as it is."""
    area = form.get_by_label("Symptoms")
    area.fill("Mr. Arlo Quimby")
    expect(form.get_by_text("1 identifier will be removed: 1 name")).to_be_visible()
    area.evaluate(
        "t => { window.touched = 0; new MutationObserver((all) => { window.touched += all.length; })"
        ".observe(t.closest('.cg-editor'), { subtree: true, childList: true, characterData: true, attributes: true }); }"
    )
    fare(delay_s=0.5)
    with form.expect_response("**/preview"):
        area.press("!")
        typed = form.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(() => done(window.touched))))")
    form.wait_for_timeout(200)
    assert typed > 0
    assert form.evaluate("window.touched") == typed


def test_each_editor_is_a_form_of_its_own(form: Page) -> None:
    """A browser that offers to fill in forms reads the whole form again at every key: one field, not every field of the page."""
    assert form.get_by_label("Symptoms").evaluate("t => [...t.form.elements].filter(e => e.tagName !== 'BUTTON').length") == 1


def test_long_typing_is_committed_without_a_pause(form: Page) -> None:
    """Python gets the text now and then while the typing goes on."""
    form.clock.install()
    area = form.get_by_label("Symptoms")
    area.press_sequentially("a")
    for _ in range(31):
        form.clock.run_for(1_000)
        area.press_sequentially("b")
    form.clock.resume()
    expect(form.get_by_text("symptoms='a" + "b" * 29)).to_be_visible()


MOUNTS = """(calls) => {
  SOURCE
  const parent = document.getElementById("parent");
  for (const call of calls) mount({ parentElement: parent, data: call, setStateValue() {}, setTriggerValue() {} });
  return parent.querySelector("textarea").value;
}"""


def test_what_an_earlier_run_said_does_not_undo_a_later_one(blank: Page) -> None:
    """Streamlit calls mounts out of order while a page begins: the text of the later run stays, until another session speaks."""
    folder = Path(__file__).parents[2] / "core" / "ui" / "editor"
    editor = (folder / "editor.js").read_text().replace("export default ", "")
    source = SOURCE.replace('"__HUES__"', "{}", 1).replace('"__REASONS__"', "[]", 1) + editor
    plain = {"id": "e", "field": "history", "label": "History", "max": 90, "required": False, "rev": 0, "token": "t", "url": "/preview"}
    plain |= {"problem": "", "rows": 2, "disabled": False, "placeholder": "", "context": "", "decides": True}
    before = plain | {"value": "the draft", "nonce": 9, "session": "a", "order": 1}
    after = plain | {"value": "the example", "nonce": 10, "session": "a", "order": 2}
    restarted = plain | {"value": "restored", "nonce": 4, "session": "b", "order": 1}
    for calls, shown in (([before, after], "the example"), ([after, before], "the example"), ([after, restarted], "restored")):
        blank.set_content(f"<div id=parent>{(folder / 'editor.html').read_text()}</div>")
        assert blank.evaluate(MOUNTS.replace("SOURCE", source), calls) == shown
