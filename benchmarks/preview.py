"""How long from the last letter of an identifier to its mark, with one typist and with ten at once.

    python -m benchmarks.preview [--typists 1,10] [--identifiers 6]

The app is started as a user starts it, in an empty data folder. Every typist is a browser context of its own in one real Chromium
and types the symptoms of an invented case at a human pace: some 170 ms a key, uneven, with a pause at the end of each sentence
that lets the page run again. Both moments are taken in the page: the input event of the last letter, and the change of the
document that brings a mark over the whole identifier. Debounce, request, redaction and drawing lie between; the paint of the next
frame does not. Typists, browser and server share this machine. The last line is JSON with p50 and p95 in milliseconds for each
number of typists, and the load average around it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import tempfile
from dataclasses import dataclass
from shutil import which

from playwright.async_api import Browser, Page, async_playwright

from benchmarks.startup import FLAGS, free_port, start, wait_for_health

TARGETS_MS = {1: 130, 10: 200}
SEED = 20260105
KEY_MS, SPREAD, LEAST_MS, MOST_MS = 170.0, 0.35, 60.0, 700.0
SENTENCE_PAUSE_MS = 1200
ANSWER_LIMIT_MS = 5_000
_STARTS = ("Brand", "Achter", "Fenni", "Ogle", "Quack", "Whit", "Zelen", "Thorn", "Lauri", "Mander", "Pell", "Ravens")
_ENDS = ("vold", "berg", "more", "thorpe", "enbush", "combe", "kova", "quist", "sdottir", "ville", "ington", "croft")
_SENTENCES = (
    "Mr. {} has had crushing chest pain for two hours. ",
    "Seen by Dr. {}, who noted sweating and nausea. ",
    "His daughter, Ms. {}, says he was well before. ",
    "The pain radiates to the left arm, says Mrs. {}. ",
)
_WATCH = """(area, words) => {
  const root = area.getRootNode();
  const ended = new Map();
  const taken = (window.casegateTaken = []);
  area.addEventListener("input", () => {
    for (const word of words) if (!ended.has(word) && area.value.endsWith(word)) ended.set(word, performance.now());
  });
  new MutationObserver(() => {
    const marked = [...root.querySelectorAll("mark")].map((m) => m.textContent).join("\\n");
    for (const [word, at] of ended) {
      if (at && marked.includes(word)) { taken.push(performance.now() - at); ended.set(word, 0); }
    }
  }).observe(root, { subtree: true, childList: true });
}"""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one number of typists gave; times in milliseconds."""

    typists: int
    taken: tuple[float, ...]
    missed: int

    def quantile(self, share: int) -> float:
        """The time that `share` of a hundred marks don't exceed."""
        return (
            statistics.quantiles(self.taken, n=100, method="inclusive")[share - 1] if len(self.taken) > 1 else max(self.taken, default=0.0)
        )


def script_of(draw: random.Random, identifiers: int) -> list[tuple[str, str]]:
    """Sentences with the identifier that stands in each; no name twice."""
    names = draw.sample([a + b for a in _STARTS for b in _ENDS], identifiers)
    return [(_SENTENCES[n % len(_SENTENCES)].format(name), name) for n, name in enumerate(names)]


def pause_ms(draw: random.Random) -> float:
    """Between two keys: uneven, as people type."""
    return min(MOST_MS, max(LEAST_MS, draw.lognormvariate(0.0, SPREAD) * KEY_MS))


async def type_case(page: Page, sentences: list[tuple[str, str]], draw: random.Random) -> list[float]:
    """Type, and give the milliseconds of every mark that came."""
    area = page.get_by_label("Symptoms", exact=True)
    await area.evaluate(_WATCH, [name for _, name in sentences])
    await area.focus()
    for text, _ in sentences:
        for key in text:
            await page.keyboard.insert_text(key)
            await page.wait_for_timeout(pause_ms(draw))
        await page.wait_for_timeout(SENTENCE_PAUSE_MS)
    for _ in range(ANSWER_LIMIT_MS // 100):
        if len(await page.evaluate("window.casegateTaken")) == len(sentences):
            break
        await page.wait_for_timeout(100)
    return [float(ms) for ms in await page.evaluate("window.casegateTaken")]


async def typist(browser: Browser, url: str, number: int, identifiers: int, ready: asyncio.Barrier) -> list[float]:
    """One visitor: opens the page, waits for the others, types."""
    draw = random.Random(f"{SEED}/{number}")  # noqa: S311 - a pace, not a secret
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await page.goto(url, timeout=180_000)
    await page.get_by_label("Symptoms", exact=True).wait_for(timeout=120_000)
    await ready.wait()
    await page.wait_for_timeout(draw.uniform(0, 1_500))
    try:
        return await type_case(page, script_of(draw, identifiers), draw)
    finally:
        await context.close()


async def measure(typists: int, identifiers: int) -> Figure:
    """A fresh app and browser for each number of typists."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        process = start(port, data)
        try:
            await asyncio.to_thread(wait_for_health, port, 180)
            async with async_playwright() as p:
                browser = await p.chromium.launch(executable_path=which("chromium") or which("google-chrome"), args=list(FLAGS))
                ready = asyncio.Barrier(typists)
                url = f"http://127.0.0.1:{port}/"
                rows = await asyncio.gather(*(typist(browser, url, n, identifiers, ready) for n in range(typists)))
                await browser.close()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
    taken = tuple(sorted(ms for row in rows for ms in row))
    return Figure(typists, taken, typists * identifiers - len(taken))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--typists", default="1,10", help="how many at once, parted by commas")
    parser.add_argument("--identifiers", type=int, default=6, help="identifiers each of them types")
    given = parser.parse_args()
    found: dict[str, object] = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}
    for typists in map(int, given.typists.split(",")):
        figure = asyncio.run(measure(typists, given.identifiers))
        p50, p95 = (round(figure.quantile(share), 1) for share in (50, 95))
        target = f", target {TARGETS_MS[typists]} ms" if typists in TARGETS_MS else ""
        print(f"{typists:3} at once: p50 {p50:7.1f} ms, p95 {p95:7.1f} ms{target}; {len(figure.taken)} marks, {figure.missed} missing")
        found |= {f"p50_ms_{typists}": p50, f"p95_ms_{typists}": p95, f"missing_{typists}": figure.missed}
    found["load_after"] = round(os.getloadavg()[0], 2)
    print(
        f"load average before {found['load_before']}, after {found['load_after']}, on {found['cores']} cores, this run's own load included"
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
