"""The README's pictures, taken from the app itself: `python -m tools.screenshots` writes docs/images/*.png.

Starts the app in an empty data folder, loads an invented case, and takes the work-up page and the answer as a clinician sees them.
"""

from __future__ import annotations

import os
import re
import signal
import tempfile
from pathlib import Path
from shutil import which

from playwright.sync_api import Page, sync_playwright

from benchmarks.startup import FLAGS, ROOT, free_port, start, wait_for_health

IMAGES = ROOT / "docs" / "images"
EXAMPLE = "Right lower abdominal pain"


def take(page: Page, url: str, folder: Path) -> None:
    """Work-up with its review, then the answer."""
    page.goto(url)
    page.get_by_role("button", name=re.compile("Try a case")).click(timeout=60_000)
    page.get_by_role("button", name=EXAMPLE).click()
    page.keyboard.press("Escape")
    page.locator("mark").first.wait_for(state="attached", timeout=30_000)
    page.get_by_text("I have reviewed what will be sent").click(timeout=30_000)
    page.mouse.move(0, 0)
    page.wait_for_timeout(1_500)
    page.screenshot(path=folder / "workup-light.png")
    page.get_by_role("button", name=re.compile("Send redacted case$")).click()
    page.get_by_role("button", name=re.compile("Edit case")).wait_for(timeout=60_000)
    page.wait_for_timeout(2_500)
    page.screenshot(path=folder / "answer-light.png")


def main() -> None:
    """Start, take, stop."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        process = start(port, data)
        try:
            wait_for_health(port)
            with sync_playwright() as p:
                browser = p.chromium.launch(executable_path=which("chromium") or which("google-chrome"), args=list(FLAGS))
                page = browser.new_page(viewport={"width": 1440, "height": 960}, color_scheme="light")
                take(page, f"http://127.0.0.1:{port}", IMAGES)
                browser.close()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


if __name__ == "__main__":
    main()
