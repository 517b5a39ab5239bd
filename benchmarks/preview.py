"""How long from the last letter of an identifier to its mark, with one typist and with ten at once.

    python -m benchmarks.preview [--typists 1,10] [--identifiers 6]

The app is started as a user starts it, in an empty data folder. Every typist is a browser context of its own in one real Chromium
and types the symptoms of an invented case, names, dates and numbers in turn, at a human pace: some 170 ms a key, uneven, with a pause
at the end of each sentence. Keys are trusted key events, down and up; the typist doesn't wait for the page, so that a slow page does
not slow the typing down. Typists, browser and server share this machine.

Two figures, both taken in the page from the input event of the last letter, debounce and rest included; the paint of the next frame is not.
*Mark*: until the document changes so that a mark covers the whole identifier. A word that goes on where its mark ends is marked
to its new end at once, before the redactor has said so. *Answer*: until the redactor's own answer about a text that holds the whole
identifier has arrived, whatever was on screen before.

The last line is JSON with p50 and p95 of both in milliseconds for each number of typists, and the load average around it.
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
from contextlib import suppress
from dataclasses import dataclass
from string import Formatter

from benchmarks.chromium import Chromium, Tab, chromium
from benchmarks.startup import FLAGS, free_port, start, wait_for_health

TARGETS_MS = {1: 130, 10: 200}
SEED = 20260105
KEY_MS, SPREAD, LEAST_MS, MOST_MS = 170.0, 0.35, 60.0, 700.0
SENTENCE_PAUSE_MS = 1200
ANSWER_LIMIT_MS = 5_000
_STARTS = ("Brand", "Achter", "Fenni", "Ogle", "Quack", "Whit", "Zelen", "Thorn", "Lauri", "Mander", "Pell", "Ravens")
_ENDS = ("vold", "berg", "more", "thorpe", "enbush", "combe", "kova", "quist", "sdottir", "ville", "ington", "croft")
_SENTENCES = (
    "Mr. {name} has had crushing chest pain for two hours. ",
    "Seen on {date}, when he was sweating and felt sick. ",
    "His daughter, Ms. {name}, says he was well before. ",
    "She can be called on {phone}, day and night. ",
    "Pain radiates to the left arm, says Mrs. {name}. ",
    "The old notes are under MRN {record}, in the cellar. ",
)
_FIND = """(() => {
  const inside = (root) => [root, ...[...root.querySelectorAll("*")].flatMap((e) => (e.shadowRoot ? inside(e.shadowRoot) : []))];
  return inside(document).flatMap((r) => [...r.querySelectorAll("textarea")]).find((t) => t.labels?.[0]?.textContent === "Symptoms");
})()"""
_WATCH = """((area, words) => {
  const root = area.getRootNode();
  const ended = new Map();
  const taken = (window.casegateTaken = []);
  const typed = (window.casegateTyped = []);
  const look = () => {
    for (const word of words) {
      if (ended.has(word) || !area.value.endsWith(word)) continue;
      ended.set(word, performance.now());
      typed.push(performance.now());
    }
  };
  window.addEventListener("input", look, true); /* before the editor itself hears of it */
  new MutationObserver(() => {
    const marked = [...root.querySelectorAll("mark")].map((m) => m.textContent).join("\\n");
    for (const [word, at] of ended) {
      if (at && marked.includes(word)) { taken.push(performance.now() - at); ended.set(word, 0); }
    }
  }).observe(root, { subtree: true, childList: true, characterData: true });
  performance.setResourceTimingBufferSize(5000);
  area.focus();
})"""
_ANSWERED = """window.casegateTyped.map((at) => {
  const first = performance.getEntriesByType("resource").find((e) => e.name.endsWith("/preview") && e.startTime >= at);
  return first ? first.responseEnd - at : null;
}).filter((ms) => ms !== null)"""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one number of typists gave; times in milliseconds, sorted."""

    typists: int
    marks: tuple[float, ...]
    answers: tuple[float, ...]
    missed: int


def quantile(times: tuple[float, ...], share: int) -> float:
    """The time that `share` of a hundred don't exceed."""
    return statistics.quantiles(times, n=100, method="inclusive")[share - 1] if len(times) > 1 else max(times, default=0.0)


def script_of(draw: random.Random, identifiers: int) -> list[tuple[str, str]]:
    """Sentences with the identifier that stands in each; none twice."""
    names = draw.sample([a + b for a in _STARTS for b in _ENDS], identifiers)
    return [_filled(draw, _SENTENCES[n % len(_SENTENCES)], name) for n, name in enumerate(names)]


def _filled(draw: random.Random, sentence: str, name: str) -> tuple[str, str]:
    drawn = {
        "name": name,
        "date": f"{draw.randint(1, 12):02}/{draw.randint(1, 28):02}/{draw.randint(2019, 2025)}",
        "phone": f"({draw.randint(201, 989)}) 555-01{draw.randint(0, 99):02}",
        "record": str(draw.randint(10_000_000, 99_999_999)),
    }
    (used,) = (field for _, field, _, _ in Formatter().parse(sentence) if field)
    return sentence.format(**drawn), drawn[used]


def pause_ms(draw: random.Random) -> float:
    """Between two keys: uneven, as people type."""
    return min(MOST_MS, max(LEAST_MS, draw.lognormvariate(0.0, SPREAD) * KEY_MS))


async def type_case(tab: Tab, sentences: list[tuple[str, str]], draw: random.Random) -> tuple[list[float], list[float]]:
    """Type, and give the milliseconds of every mark and of every answer that came."""
    await tab.evaluate(f"{_WATCH}({_FIND}, {json.dumps([name for _, name in sentences])})")
    for text, _ in sentences:
        for key in text:
            await tab.press(key)
            await asyncio.sleep(pause_ms(draw) / 1000)
        await asyncio.sleep(SENTENCE_PAUSE_MS / 1000)
    with suppress(TimeoutError):
        await tab.until(f"window.casegateTaken.length === {len(sentences)}", ANSWER_LIMIT_MS / 1000)
    if await tab.evaluate(f"{_FIND}.value") != "".join(text for text, _ in sentences):
        raise SystemExit("what stands in the field is not what was typed")
    return await tab.evaluate("window.casegateTaken"), await tab.evaluate(_ANSWERED)


async def typist(browser: Chromium, url: str, number: int, identifiers: int, ready: asyncio.Barrier) -> tuple[list[float], list[float]]:
    """One visitor: opens the page, waits for the others, types."""
    draw = random.Random(f"{SEED}/{number}")  # noqa: S311 - a pace, not a secret
    tab = await browser.open(url, 1280, 900)
    await tab.until(f"{_FIND} !== undefined", 180)
    await ready.wait()
    await asyncio.sleep(draw.uniform(0, 1.5))
    return await type_case(tab, script_of(draw, identifiers), draw)


async def measure(typists: int, identifiers: int) -> Figure:
    """A fresh app and browser for each number of typists."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        process = start(port, data)
        try:
            await asyncio.to_thread(wait_for_health, port, 180)
            async with chromium(FLAGS) as browser:
                ready = asyncio.Barrier(typists)
                url = f"http://127.0.0.1:{port}/"
                rows = await asyncio.gather(*(typist(browser, url, n, identifiers, ready) for n in range(typists)))
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
    marks, answers = (tuple(sorted(ms for row in column for ms in row)) for column in zip(*rows, strict=True))
    return Figure(typists, marks, answers, typists * identifiers - len(marks))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--typists", default="1,10", help="how many at once, parted by commas")
    parser.add_argument("--identifiers", type=int, default=6, help="identifiers each of them types")
    given = parser.parse_args()
    found: dict[str, object] = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 2)}
    for typists in map(int, given.typists.split(",")):
        figure = asyncio.run(measure(typists, given.identifiers))
        mark, answer = ([round(quantile(times, share), 1) for share in (50, 95)] for times in (figure.marks, figure.answers))
        target = f", target {TARGETS_MS[typists]}" if typists in TARGETS_MS else ""
        print(
            f"{typists:3} at once: mark p50 {mark[0]:7.1f} ms, p95 {mark[1]:7.1f} ms{target}; redactor's answer p50 {answer[0]:7.1f} ms, "
            f"p95 {answer[1]:7.1f} ms; {len(figure.marks)} marks, {figure.missed} missing"
        )
        found |= {f"p50_ms_{typists}": mark[0], f"p95_ms_{typists}": mark[1], f"missing_{typists}": figure.missed}
        found |= {f"answer_p50_ms_{typists}": answer[0], f"answer_p95_ms_{typists}": answer[1]}
    found["load_after"] = round(os.getloadavg()[0], 2)
    print(
        f"load average before {found['load_before']}, after {found['load_after']}, on {found['cores']} cores, this run's own load included"
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
