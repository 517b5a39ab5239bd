"""`python -m benchmarks.deid` from outside, and its worker."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import deid_worker
from benchmarks.deid import LONG, ONE_THREAD, SHORT, cost, scored
from benchmarks.deid_contestants import Spans
from benchmarks.deid_corpus import parse_marked
from benchmarks.deid_turns import in_turns, times_as_long

ROOT = Path(__file__).parents[2]
FIGURES = {"core_leak", "silent_leak", "over_masked_per_1000", "ms_per_2000_chars", "load_s", "rss_mb", "long_to_short", "flags_per_note"}


def test_the_last_line_is_json_with_the_figures(tmp_path: Path) -> None:
    """One corpus in, a table and its leaks out, the figures last."""
    corpus = tmp_path / "one.jsonl"
    corpus.write_text('{"id": 1, "text": "MRN: 448812. Qzx saw him.", "spans": [[5, 11, "MRN"], [13, 16, "NAME"]]}\n')
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.deid", str(corpus), "--show"], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    lines = done.stdout.splitlines()
    figures = json.loads(lines[-1])
    assert done.returncode == 0, done.stderr
    assert set(figures) == FIGURES
    assert figures["core_leak"] in (0.0, 0.5)
    assert any(line.startswith("one.jsonl: 1 texts, 2 spans") for line in lines)
    assert figures["rss_mb"] > 0


def serve(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stdin: str) -> list[dict[str, object]]:
    """What the worker prints for these lines."""
    monkeypatch.setattr(sys, "argv", ["deid_worker", "scrubadub"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    monkeypatch.setattr(deid_worker.logging, "disable", lambda: None)
    deid_worker.main()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_peer_that_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The worker reports it as missing instead of failing."""

    def absent() -> None:
        raise ModuleNotFoundError

    monkeypatch.setitem(deid_worker.LOADERS, "scrubadub", absent)
    assert serve(monkeypatch, capsys, "") == [{"missing": "ModuleNotFoundError"}]


def test_the_worker_answers_each_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Costs first, then one answer a line, spans as the contestant gave them."""

    def whole(text: str) -> tuple[Spans, Spans]:
        return [(0, len(text))], []

    monkeypatch.setitem(deid_worker.LOADERS, "scrubadub", lambda: whole)
    costs, answer = serve(monkeypatch, capsys, '"Jane"\n')
    assert set(costs) == {"load_s", "rss_mb"}
    assert answer["masked"] == [[0, 4]]
    assert answer["flagged"] == []


def test_costs_are_per_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contestant whose time is proportional to length has slope one."""

    def proportional(
        name: str, texts: list[str], *, timed: bool = False, compiled: str | None = None
    ) -> tuple[dict[str, float], list[dict[str, object]]]:
        return {"load_s": 0.1, "rss_mb": 5.0}, [{"masked": [], "flagged": [], "ms": len(t) / 1000} for t in texts]

    monkeypatch.setattr("benchmarks.deid.ask", proportional)
    notes = list(parse_marked("=== a | k\n{{NAME|Ann}} is well."))
    got = cost("casegate", notes)
    assert (got.ms_per_2000_chars, got.load_s, got.rss_mb) == (SHORT / 1000, 0.1, 5.0)
    assert got.long_to_short == pytest.approx(1.0)
    assert LONG % SHORT == 0
    assert scored("casegate", notes)[0].leaks[0].text == "Ann"


def test_texts_are_given_in_turns() -> None:
    """Every contestant answers every text, each from a process of its own; a ratio is taken text by text."""
    taken = in_turns(["casegate"], ["Seen by Dr. Okafor.", "No text."], ONE_THREAD)
    assert {name: len(row) for name, row in taken.items()} == {"casegate": 2}
    assert all(ms > 0 for row in taken.values() for ms in row)
    assert times_as_long({"own": [1.0, 2.0, 4.0], "peer": [3.0, 2.0, 8.0]}, "own") == {"peer": 2.0}
