"""What the colours of the marks mean."""

from __future__ import annotations

from core.ui.views.markup import Html, draw, escaped, joined, tag

GROUPS: tuple[tuple[str, str], ...] = (
    ("blue", "Names"),
    ("green", "Places"),
    ("amber", "Dates and ages"),
    ("magenta", "Contact"),
    ("red", "Numbers and all else"),
)


def draw_legend() -> None:
    """One line: the hue of each group of categories, and how an undecided mark looks."""
    items = [_item(f"cg-mark cg-{hue}", name) for hue, name in GROUPS]
    items.append(_item("cg-undecided cg-amber", "Yours to decide"))
    lead = tag("span", escaped("Marked as you type. Point at a mark to keep or redact it; select words to redact them."), "cg-legend-lead")
    draw(tag("div", joined([lead, tag("ul", joined(items), "cg-legend-keys")]), "cg-legend", role="note", aria_label="What the marks mean"))


def _item(css_class: str, name: str) -> Html:
    return tag("li", Html(tag("span", escaped(" "), css_class, aria_hidden="true") + escaped(name)))
