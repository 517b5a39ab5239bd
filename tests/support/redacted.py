"""What the redactor leaves of a text."""

from __future__ import annotations

from core.deid import detect


def masked(text: str) -> str:
    """The text with every masked character as a dot."""
    out = list(text)
    for span in detect(text):
        if span.state == "masked":
            out[span.start : span.end] = "·" * (span.end - span.start)
    return "".join(out)
