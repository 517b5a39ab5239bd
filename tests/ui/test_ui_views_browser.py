"""The views in a real Chromium: hostile text stays text, nothing is fetched from elsewhere, narrow screens do not scroll sideways."""

import pytest
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


def test_hostile_answer_on_a_narrow_screen(browser: Browser, gallery: str) -> None:
    """Markup in an answer is shown as text; no dialog, no foreign request, no image, and the page is as wide as the screen."""
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("dialog", lambda d: asked.append(f"dialog {d.message}"))
    page.goto(f"{gallery}/hostile")
    expect(page.get_by_text("Casegate end")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(300)
    main = page.locator("[data-testid=stMain]")
    assert main.locator("img, script, a[href*=evil]").count() == 0
    assert page.get_by_text("<img src=x onerror=alert(1)>").count() > 5
    assert not [url for url in asked if not url.startswith((gallery, "blob:", "data:", gallery.replace("http", "ws")))]
    assert main.evaluate("e => e.scrollWidth - e.clientWidth") == 0
    page.close()
