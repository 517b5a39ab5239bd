"""What makes the screen pleasant to work at: nothing jumps, Send is at hand, a phone does not scroll sideways, focus is seen."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Page, expect
from support.serving import Served
from support.workup import open_empty

pytestmark = pytest.mark.browser

REVIEWED = "I have reviewed what will be sent"


def load_example(page: Page, name: str) -> None:
    """One of the invented cases, every flag redacted."""
    page.get_by_role("button", name=re.compile("Try a case")).click()
    page.get_by_role("button", name=name).click()
    expect(page.get_by_text("Case as sent")).to_be_visible(timeout=60_000)
    page.keyboard.press("Escape")


def test_the_first_words_do_not_move_the_form(page: Page, app: Served) -> None:
    """A newcomer's hint goes with the first words, New case opens, and the field being typed in keeps the focus."""
    open_empty(page, app.url)
    hint = page.get_by_text("Nothing leaves until you press Send", exact=False)
    expect(hint).to_be_visible()
    box = page.get_by_label("Chief complaint", exact=True)
    box.click()
    page.keyboard.type("Chest pain", delay=20)
    expect(hint).to_have_count(0, timeout=60_000)
    expect(page.get_by_role("button", name=re.compile("New case"))).to_be_enabled(timeout=60_000)
    page.keyboard.type(" since noon", delay=20)
    expect(box).to_have_value("Chest pain since noon")


def test_send_is_in_view_and_flags_update_the_marks(page: Page, app: Served) -> None:
    """With a case loaded, tick and Send are on screen without scrolling; after Keep no mark asks for a decision any more."""
    open_empty(page, app.url)
    load_example(page, "Chest pain in the emergency department")
    expect(page.get_by_role("button", name=re.compile("Send redacted case$"))).to_be_in_viewport(timeout=60_000)
    expect(page.get_by_text(REVIEWED)).to_be_in_viewport()
    keep = page.get_by_role("button", name=re.compile("Keep$"))
    for _ in range(keep.count()):
        left = keep.count()
        keep.first.click()
        expect(keep).to_have_count(left - 1, timeout=60_000)
    expect(page.locator("mark[data-state=flagged]")).to_have_count(0, timeout=60_000)


@pytest.mark.parametrize("path", ["", "compare", "usage"])
def test_a_phone_does_not_scroll_sideways(page: Page, app: Served, path: str) -> None:
    """At 390 pixels nothing is wider than the screen."""
    open_empty(page, app.url)
    load_example(page, "Worst headache")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/{path}")
    expect(page.locator("footer, .cg-footer").first).to_be_attached(timeout=60_000)
    page.wait_for_timeout(500)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_keyboard_focus_is_seen_in_the_navigation(page: Page, app: Served) -> None:
    """A page's link shows a ring when it is reached with Tab."""
    open_empty(page, app.url)
    link = page.get_by_role("link", name="Compare")
    page.get_by_role("link", name="Work-up").focus()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    assert link.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_headings_do_not_skip_a_level(page: Page, app: Served) -> None:
    """The outline of form and answer starts at one and descends step by step."""
    open_empty(page, app.url)
    load_example(page, "Worst headache")
    assert outline_is_sound(page)
    expect(page.get_by_text(REVIEWED)).to_have_count(1, timeout=60_000)
    page.get_by_text(REVIEWED).click()
    page.get_by_role("button", name=re.compile("Send redacted case$")).click(timeout=60_000)
    expect(page.get_by_text("Ranked differential")).to_be_visible(timeout=60_000)
    assert outline_is_sound(page)


def outline_is_sound(page: Page) -> bool:
    """Whether each heading is at most one level below the one before it, and there is one title."""
    levels = [int(name[1]) for name in page.locator("main :is(h1, h2, h3, h4)").evaluate_all("all => all.map(e => e.tagName)")]
    return levels.count(1) == 1 and levels[0] == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))
