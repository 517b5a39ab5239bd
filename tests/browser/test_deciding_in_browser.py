"""The preview's marks in the real app: deciding at a mark, what it does to the payload, the tick and the store."""

import json
import re
import sqlite3

import pytest
from browser.test_walk_in_browser import REVIEWED, SEND, fill, open_app, tick
from playwright.sync_api import Page, expect
from support.serving import Served

pytestmark = pytest.mark.browser


def test_a_decision_at_a_mark_unticks_and_is_on_record(page: Page, app: Served) -> None:
    """A kept name is in the payload and the review is asked for again; the store has category and reason, and not the name."""
    open_app(page, app)
    fill(page, "Mr. Thaddeus Zelenko has crushing chest pain since the morning.")
    tick(page)
    expect(page.get_by_role("button", name=SEND)).to_be_enabled(timeout=60_000)
    page.locator(".roll:visible").first.click()
    page.get_by_role("button", name=re.compile("Thaddeus Zelenko: name")).click()
    page.get_by_role("button", name="Keep in clear").click()
    page.get_by_role("button", name="Public name").click()
    expect(page.get_by_role("region", name="Case as sent")).to_contain_text("Thaddeus Zelenko", timeout=60_000)
    expect(page.get_by_role("checkbox", name=REVIEWED)).not_to_be_checked(timeout=60_000)
    expect(page.get_by_role("button", name=SEND)).to_be_disabled()
    with sqlite3.connect(f"file:{app.audit}?mode=ro", uri=True) as db:
        bodies = [row[0] for row in db.execute("select body from entry")]
    kept = [json.loads(b) for b in bodies if '"mask_kept"' in b]
    assert [(e["subject"], e["phi_counts"], e["policy_version"]) for e in kept] == [("public-name", {"name": 1}, "SAFE_HARBOR/1")]
    assert not [b for b in bodies if "Zelenko" in b]


def test_flags_in_two_fields_are_redacted_with_one_click(page: Page, app: Served) -> None:
    """Nothing waits to be decided any more, and the payload holds neither."""
    open_app(page, app)
    fill(page, "He was given Halsey today. Crushing chest pain for two hours.")
    page.get_by_label("History", exact=True).fill("He was given Tessler today.")
    page.get_by_label("History", exact=True).blur()
    page.get_by_role("button", name="Redact all 2").click(timeout=60_000)
    region = page.get_by_role("region", name="Case as sent")
    expect(region).to_contain_text("[REDACTED_2]")
    expect(region).not_to_contain_text("Halsey")
    expect(region).not_to_contain_text("Tessler")
    expect(page.get_by_text("to decide.")).to_have_count(0)
