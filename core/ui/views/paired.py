"""A field as typed beside the same field as it goes out, both with their marks."""

from __future__ import annotations

from collections.abc import Mapping

from core.model import Deidentified, Redacted
from core.ui.palette import hue_of
from core.ui.views.markup import Highlight, Html, draw, escaped, joined, kicker, tag, with_marks


def draw_pairs(texts: Mapping[str, str], done: Deidentified, labels: Mapping[str, str], *, scheme: str = "") -> None:
    """Draw every field that holds something: original on the left, redacted on the right, stacked where there is little room.

    For the eyes of whoever typed it: nothing here is part of what is sent. `scheme` is `light` or `dark` where the page's own
    colour scheme does not reach, as in a dialog.
    """
    rows = [_pair(labels[name], texts[name], name, done) for name in labels if texts.get(name, "").strip()]
    head = tag("div", Html(tag("span", escaped("As typed, stays here")) + tag("span", escaped("As sent"))), "cg-pair cg-pair-head")
    draw(tag("div", joined([head, *rows]), f"cg-pairs cg-in-{scheme}" if scheme else "cg-pairs"))


def _pair(label: str, text: str, name: str, done: Deidentified) -> Html:
    sent = done.fields.get(name, Redacted(""))
    typed = [
        Highlight(s.start, s.end, hue_of(s.category) + ("" if s.state == "masked" else " cg-open"), str(s.category))
        for s in done.spans.get(name, ())
    ]
    tags = [Highlight(m.start, m.end, hue_of(m.category), str(m.category)) for m in sent.marks]
    left = _sheet(with_marks(text, typed), f"{label}, as typed")
    right = _sheet(with_marks(sent.text, tags), f"{label}, as sent")
    return tag("section", Html(kicker(label, 3) + tag("div", Html(left + right), "cg-pair")))


def _sheet(body: Html, name: str) -> Html:
    return tag("div", body, "cg-sheet", role="region", tabindex="0", aria_label=name)
