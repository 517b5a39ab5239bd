"""`python -m core.deid --jsonl` from outside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def command(stdin: str) -> subprocess.CompletedProcess[str]:
    """The command with a given standard input."""
    return subprocess.run(
        [sys.executable, "-m", "core.deid", "--jsonl"], input=stdin, capture_output=True, text=True, cwd=ROOT, timeout=180, check=False
    )


def test_lines_come_back_with_spans() -> None:
    """Each record returns with its id, its text and spans in the agreed form."""
    done = command('{"id": 7, "text": "Patient: Jane Okafor 😀"}\n\n{"id": "b", "text": ""}\n')
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert rows[0]["spans"] == [{"start": 9, "end": 20, "category": "name", "score": 0.95, "detector": "label"}]
    assert rows[1] == {"id": "b", "text": "", "spans": [], "flags": []}


@pytest.mark.parametrize(
    "line",
    ["Jane Okafor", '{"id": 1}', '{"id": 1, "text": 5}', '["Okafor"]', '{"text": "Okafor"}'],
    ids=["prose", "no-text", "number", "list", "no-id"],
)
def test_a_bad_line_is_named_by_number_and_not_echoed(line: str) -> None:
    """Exit 2, the line's number on standard error, none of its text."""
    done = command('{"id": 1, "text": "ok"}\n' + line + "\n")
    assert done.returncode == 2
    assert done.stderr.startswith("line 2: ")
    assert "Okafor" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
