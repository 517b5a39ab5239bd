"""Our own HTML around other people's text: everything that comes in from outside is escaped here, once.

`Html` is the type of markup that is safe to draw; plain `str` never is. Model text and case text become `Html`
only through `escaped` and `with_marks`.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NewType

import streamlit as st

Html = NewType("Html", str)


@dataclass(frozen=True, slots=True)
class Highlight:
    """A stretch of a text to mark: code point offsets, hue, and the title a pointer or screen reader gets."""

    start: int
    end: int
    hue: str
    title: str = ""


def escaped(text: str) -> Html:
    """Any text as inert HTML. Bidirectional and other invisible controls are dropped, so that nothing can hide in it."""
    return Html(html.escape("".join(c for c in text if not _is_control(c)), quote=True))


def tag(name: str, body: Html, css_class: str = "", **attributes: str) -> Html:
    """One element; attribute values are escaped, `_` in attribute names becomes `-`."""
    given = ({"class": css_class} if css_class else {}) | {key.replace("_", "-"): value for key, value in attributes.items()}
    written = "".join(f' {key}="{escaped(value)}"' for key, value in given.items())
    return Html(f"<{name}{written}>{body}</{name}>")


def joined(parts: Iterable[Html], between: str = "") -> Html:
    """Parts one after the other; `between` is our own text."""
    return Html(escaped(between).join(parts))


def with_marks(text: str, highlights: Sequence[Highlight]) -> Html:
    """`text` escaped, with `<mark>` around the highlights; of two that overlap the first stays."""
    parts: list[Html] = []
    at = 0
    for mark in sorted(highlights, key=lambda h: (h.start, -h.end)):
        if mark.start < at or mark.end > len(text):
            continue
        parts += [escaped(text[at : mark.start]), marked(text[mark.start : mark.end], mark.hue, mark.title)]
        at = mark.end
    return joined([*parts, escaped(text[at:])])


def marked(text: str, hue: str, title: str = "") -> Html:
    """One highlighted stretch."""
    return tag("mark", escaped(text), f"cg-mark cg-{hue}", **({"title": title} if title else {}))


def pill(text: str, hue: str = "slate") -> Html:
    """A small rounded label."""
    return tag("span", escaped(text), f"cg-pill cg-{hue}")


def kicker(text: str, level: int = 2) -> Html:
    """A small heading over a section; `level` is its place in the page's outline."""
    return tag(f"h{level}", escaped(text), "cg-kicker")


def bullets(items: Iterable[Html], css_class: str = "cg-list") -> Html:
    """An unordered list."""
    return tag("ul", joined(tag("li", item) for item in items), css_class)


def table(head: Sequence[str], rows: Iterable[Sequence[Html]], css_class: str = "cg-table") -> Html:
    """A table whose first row names the columns; each cell repeats its column's name for narrow screens."""
    header = tag("tr", joined(tag("th", escaped(name), scope="col") for name in head))
    body = joined(tag("tr", joined(tag("td", cell, data_label=name) for name, cell in zip(head, row, strict=True))) for row in rows)
    return tag("table", Html(tag("thead", header) + tag("tbody", body)), css_class)


def facts(pairs: Iterable[tuple[str, Html]], css_class: str = "cg-facts") -> Html:
    """Names with their values, in as many columns as fit."""
    return tag("dl", joined(tag("div", Html(tag("dt", escaped(name)) + tag("dd", value)), "cg-fact") for name, value in pairs), css_class)


def draw(*parts: Html) -> None:
    """Put markup on the page. Scripts and handlers would be stripped by the browser side even if some got here."""
    st.html(joined(parts))


def _is_control(char: str) -> bool:
    code = ord(char)
    return (code < 32 and char not in "\n\t") or code == 127 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or code == 0xFEFF
