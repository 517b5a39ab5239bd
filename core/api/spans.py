"""Spans of a redacted field in the browser's terms: UTF-16 offsets, and what each span becomes. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from core.model import Deidentified, Mark, Redacted, Span


def field_report(done: Deidentified, name: str, text: str) -> dict[str, Any]:
    """The spans of field `name`, whose original is `text`, and the whole case's counts by category; JSON-ready, without case text."""
    spans = done.spans.get(name, ())
    tags = tags_of(spans, done.fields.get(name, Redacted("")))
    offset = Utf16Offsets(text)
    return {
        "spans": [
            {
                "start": offset(span.start),
                "end": offset(span.end),
                "category": span.category.value,
                "detector": span.detector,
                "state": span.state,
                "tag": tag,
            }
            for span, tag in zip(spans, tags, strict=True)
        ],
        "counts": {category.value: count for category, count in done.counts.items()},
    }


def tags_of(spans: Sequence[Span], redacted: Redacted) -> list[str]:
    """What each span became in the output: the text under its mark, in order; empty for a flagged span, which is still in clear.

    Where spans and marks don't pair up one to one, the category stands in for the tag.
    """
    masked = [span for span in spans if span.state == "masked"]
    if len(masked) != len(redacted.marks):
        return [f"[{span.category.value.upper()}]" if span.state == "masked" else "" for span in spans]
    marks = iter(sorted(redacted.marks, key=lambda mark: mark.start))
    return [_under(redacted.text, next(marks)) if span.state == "masked" else "" for span in spans]


def _under(text: str, mark: Mark) -> str:
    return text[mark.start : mark.end]


class Utf16Offsets:
    """Python offsets into `text` → JavaScript offsets, which count characters beyond U+FFFF twice."""

    def __init__(self, text: str) -> None:
        self._wide = [at for at, character in enumerate(text) if ord(character) > 0xFFFF]

    def __call__(self, offset: int) -> int:
        """The same place, in UTF-16 code units."""
        return offset + bisect_left(self._wide, offset)
