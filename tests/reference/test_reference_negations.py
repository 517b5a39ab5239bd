"""Denials as people write them: over three hundred phrases, none made from a pattern."""

from __future__ import annotations

from pathlib import Path

from core.reference.extraction import read_case
from core.reference.knowledge import load

KB = load()
LINES = [line for line in (Path(__file__).parent / "negations.txt").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
PHRASES = [(text, findings.split(", ")) for text, _, findings in (line.partition(" | ") for line in LINES)]


def test_the_set_is_what_it_says() -> None:
    """At least 300 distinct phrases, each with findings of the vocabulary."""
    assert len({text.casefold() for text, _ in PHRASES}) == len(PHRASES) >= 300
    assert [(text, f) for text, findings in PHRASES for f in findings if f not in KB.findings] == []


def test_no_denied_finding_is_read_as_present() -> None:
    """In at least 98 of 100 phrases nothing that is denied counts as present; and most denials are read as such, not merely overlooked."""
    wrong, overlooked, total = [], 0, 0
    for text, findings in PHRASES:
        read = {reading.finding: reading.present for reading in read_case(KB, {"symptoms": text}, "adult")}
        total += len(findings)
        overlooked += sum(finding not in read for finding in findings)
        if any(read.get(finding) for finding in findings):
            wrong.append(text)
    assert len(wrong) <= 0.02 * len(PHRASES), wrong
    assert overlooked <= 0.12 * total
