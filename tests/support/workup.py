"""The work-up page in a browser, brought to where a test begins."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def settled(page: Page) -> None:
    """Wait until no run of the page is under way: what moves under a click loses it, and a form that is about to go loses what is typed."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)


def open_empty(page: Page, url: str) -> None:
    """The form without a case. The button above it is ready before the form beneath is another."""
    page.goto(url)
    page.get_by_label("Chief complaint", exact=True).wait_for(timeout=60_000)
    settled(page)
    anew = page.get_by_role("button", name=re.compile("New case"))
    if anew.is_enabled():
        anew.click()
        expect(anew).to_be_disabled(timeout=60_000)
        settled(page)
    # The form of the case before may still be fading out beside the new one.
    expect(page.get_by_label("Age", exact=True)).to_have_count(1, timeout=60_000)
