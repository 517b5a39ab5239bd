"""The golden evaluation set and its known failures: what the redactor gets wrong today, one line each.

A failure is a core leak, a run masked beyond the expected spans, or a trap phrase hit. tests/deid/test_deid_ratchet.py demands
that failures and list agree exactly: what gets worse fails, and what gets better must be written down by `update`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.deid_contestants import casegate
from benchmarks.deid_corpus import as_json_line, read_corpus
from benchmarks.deid_score import Marked, Sample, mark, total

FOLDER = Path(__file__).parent.parent / "tests" / "golden" / "deid"
SOURCE = FOLDER / "notes.txt"
GOLDEN = FOLDER / "notes.jsonl"
KNOWN = FOLDER / "known_failures.json"


def samples() -> list[Sample]:
    """The golden set, from its marked source."""
    return read_corpus(SOURCE)


def json_lines() -> str:
    """What GOLDEN must hold."""
    return "".join(as_json_line(s) + "\n" for s in samples())


def scored() -> list[Marked]:
    """The golden set under today's redactor."""
    find = casegate()
    return [mark(s, *find(s.text)) for s in samples()]


def failures(marked: Sequence[Marked]) -> list[str]:
    """One line per failure, in reading order, twins numbered."""
    seen: dict[str, int] = {}
    lines = []
    for text in (line for m in marked for line in _failures(m)):
        seen[text] = seen.get(text, 0) + 1
        lines.append(text if seen[text] == 1 else f"{text} #{seen[text]}")
    return lines


def _failures(marked: Marked) -> Iterator[str]:
    name = marked.sample.id
    yield from (f"{name} {'silent' if k.silent else 'flagged'} leak {k.kind} {k.text!r}" for k in marked.leaks if k.core)
    yield from (f"{name} over {run!r}" for run in marked.over)
    yield from (f"{name} trap {phrase!r}" for phrase in marked.traps_hit)


def known() -> list[str]:
    """The list as it stands in the repository."""
    return list(json.loads(KNOWN.read_text(encoding="utf-8")))


def update() -> str:
    """Write GOLDEN and KNOWN anew; one sentence on the outcome."""
    GOLDEN.write_text(json_lines(), encoding="utf-8")
    marked = scored()
    lines = failures(marked)
    KNOWN.write_text(json.dumps(lines, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    score = total(marked)
    return (
        f"{len(lines)} known failures: {score.core_leaks} of {score.spans} spans leak ({score.silent_leaks} silently), "
        f"{score.over_masked_per_1000:.2f} characters over-masked per 1,000, {score.traps_hit} of {score.traps} traps hit"
    )
