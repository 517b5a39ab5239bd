"""Template files: `@section` opens a list, one entry a line (or many with `;`), `{slot}` and `[this|that]` inside entries."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def sections(name: str) -> dict[str, list[str]]:
    """The sections of one file; `\\n` in an entry is a line break. Vocabulary files hold `;` lists."""
    found: dict[str, list[str]] = {}
    label = ""
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("@"):
            label = line[1:]
            found[label] = []
        elif line:
            found[label] += line.split(";") if name.startswith("vocabulary") else [line.replace("\\n", "\n").replace("\\t", "\t")]
    return found


@cache
def kinds(start: str) -> dict[str, list[str]]:
    """The sections of every file whose name begins so, all together."""
    found: dict[str, list[str]] = {}
    for path in sorted(Path(__file__).parent.glob(f"{start}*.txt")):
        for label, entries in sections(path.name).items():
            found[label] = found.get(label, []) + entries
    return found


def vocabulary() -> dict[str, list[str]]:
    """All vocabulary."""
    return kinds("vocabulary")
