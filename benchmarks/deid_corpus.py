"""Corpora for scoring: JSON lines, and the hand-marked source that the golden set is written in.

JSON lines hold `{"id","text","spans":[[start,end,TYPE],...]}`, and optionally `"kind"` and `"traps":[[start,end],...]`.
In the marked source each note begins with a line `=== id | kind`; `{{TYPE|words}}` marks a span, `{{KEEP|words}}` a phrase that must stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.deid_score import OPTIONAL, Gold, Sample

KEEP = "KEEP"
_NAMED = (
    "NAME DATE PHONE FAX EMAIL SSN MRN HEALTH_PLAN ACCOUNT LICENSE VEHICLE DEVICE URL IP BIOMETRIC PHOTO AGE90 "
    "ADDRESS GEOGRAPHIC_LOCATION ORGANIZATION OTHER_ID TIME"
)
TYPES = frozenset(_NAMED.split())
_HEAD = re.compile(r"^=== (\S+) \| (.+)$", re.M)
_MARK = re.compile(r"\{\{([A-Z0-9_]+)\|(.*?)\}\}", re.S)


def read_corpus(path: Path) -> list[Sample]:
    """The samples of a file: marked source when it ends in `.txt`, JSON lines otherwise. Raises ValueError on a bad one."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".txt":
        return list(parse_marked(text))
    return [_sample(json.loads(line)) for line in text.splitlines() if line.strip()]


def parse_marked(source: str) -> Iterator[Sample]:
    """The notes of a marked source. Raises ValueError on an unknown type, stray braces or an id that comes twice."""
    heads = list(_HEAD.finditer(source))
    seen: set[str] = set()
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        if head[1] in seen:
            raise ValueError(f"{head[1]}: comes twice")
        seen.add(head[1])
        yield _note(head[1], head[2].strip(), source[head.end() : after.start() if after else len(source)].strip("\n"))


def _note(name: str, kind: str, body: str) -> Sample:
    pieces: list[str] = []
    marks: list[Gold] = []
    at = length = 0
    for match in _MARK.finditer(body):
        pieces += (body[at : match.start()], match[2])
        length += match.start() - at
        marks.append(Gold(length, length + len(match[2]), match[1]))
        at, length = match.end(), length + len(match[2])
    text = "".join([*pieces, body[at:]])
    if "{{" in text or "}}" in text:
        raise ValueError(f"{name}: stray braces")
    if unknown := {m.kind for m in marks} - TYPES - {KEEP}:
        raise ValueError(f"{name}: unknown types {sorted(unknown)}")
    return _sorted(name, text, kind, marks)


def _sample(record: dict[str, Any]) -> Sample:
    marks = [Gold(b, e, t) for b, e, t in record["spans"]] + [Gold(b, e, KEEP) for b, e in record.get("traps", ())]
    return _sorted(str(record["id"]), record["text"], str(record.get("kind", "")), marks)


def _sorted(name: str, text: str, kind: str, marks: list[Gold]) -> Sample:
    gold = tuple(m for m in marks if m.kind not in OPTIONAL and m.kind != KEEP)
    optional = tuple(m for m in marks if m.kind in OPTIONAL)
    return Sample(name, text, gold, optional, tuple((m.start, m.end) for m in marks if m.kind == KEEP), kind)


def as_json_line(sample: Sample) -> str:
    """The sample as one JSON line, spans in reading order."""
    spans = sorted((g.start, g.end, g.kind) for g in (*sample.gold, *sample.optional))
    return json.dumps(
        {"id": sample.id, "kind": sample.kind, "text": sample.text, "spans": spans, "traps": sample.traps}, ensure_ascii=False
    )
