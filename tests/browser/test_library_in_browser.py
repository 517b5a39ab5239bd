"""A library case in a real browser: loaded with one click and masked before anything can be sent."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from support.serving import Served
from support.workup import settled

from core.library import LibraryCase, cases

pytestmark = pytest.mark.browser


def with_identity() -> LibraryCase:
    """A demo case that brings an identity panel."""
    return next(case for case in cases("demo") if case.identity.name)


def test_a_library_case_is_loaded_with_one_click(page: Page, app: Served) -> None:
    """A click on a title fills the form, and the case as sent does not hold the patient's name."""
    case = with_identity()
    page.goto(app.url)
    settled(page)
    page.get_by_role("button", name=re.compile("Try a case")).click(timeout=60_000)
    page.get_by_role("button", name=re.compile(re.escape(case.title))).click(timeout=60_000)
    expect(page.get_by_label("Chief complaint", exact=True)).to_have_value(case.texts["chief_complaint"], timeout=60_000)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Case as sent")).to_be_visible(timeout=60_000)
    sent = page.locator("mark", has_text="PATIENT").first
    expect(sent).to_be_visible(timeout=60_000)
