"""Whatever the preview guesses while a word is under way: once the typing rests, it shows what the redactor finds in the whole."""

from __future__ import annotations

import json
import random
from datetime import date

import pytest
from playwright.sync_api import Page, Request
from support.serving import Served

from core import deid
from core.model import TEXT_FIELDS, Identity

pytestmark = pytest.mark.browser
PARTS = (
    "Mr. Brandvold",
    "son",
    " h",
    "as had",
    " chest pain since 04/07/202",
    "4",
    ". Call (600) 555-019",
    "4",
    ", or his daughter Zelenk",
    "a",
    " MRN 734513",
    "08",
    " in Springf",
    "ield 🩺 ",
    "April",
    "s May",
    "be Dr. 𝒳y",
)


def spans_of(text: str) -> list[tuple[str, str, str]]:
    """Text, category and state of every span the redactor finds in the symptoms."""
    texts = {spec.name: "" for spec in TEXT_FIELDS} | {"symptoms": text}
    found = deid.deidentify(texts, identity=Identity(), encounter=date.today()).spans["symptoms"]  # noqa: DTZ011 - the page's own day
    return [(text[s.start : s.end], s.category.value, s.state) for s in found]


@pytest.mark.parametrize("seed", range(3))
def test_marks_at_rest_are_the_redactors_own(page: Page, app: Served, seed: int) -> None:
    """After typing, going back, deleting and typing on, the marks on screen are the full redaction of the text on screen."""
    draw = random.Random(seed)
    asked: list[Request] = []
    page.on("requestfinished", lambda r: asked.append(r) if r.url.endswith("/preview") else None)
    page.goto(app.url)
    area = page.get_by_label("Symptoms", exact=True)
    area.fill("", timeout=60_000)
    for part in draw.sample(PARTS, k=10):
        area.press("ArrowLeft" if draw.random() < 0.3 else "End")
        area.press_sequentially(part, delay=draw.choice((0, 20)))
        for _ in range(draw.choice((0, 0, 3))):
            area.press("Backspace")
    text = area.input_value()
    assert text
    for _ in range(300):
        if any(json.loads(r.post_data or "{}").get("text") == text for r in asked):
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(200)
    marks = area.evaluate(
        "t => [...t.parentElement.querySelectorAll('mark')].map(m => [m.textContent, m.dataset.category, m.dataset.state])"
    )
    assert [tuple(m) for m in marks] == spans_of(text)
