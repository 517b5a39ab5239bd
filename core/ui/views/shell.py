"""What is the same on every page: styles, header, banners, footer."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st

from core.ui.palette import css_variables
from core.ui.views.markup import Html, bullets, draw, escaped, tag

STATIC = Path(__file__).parents[3] / "static"
DISCLAIMER = "Decision support for clinicians. Not a medical device. Decisions belong to the physician."

BannerKind = Literal["note", "good", "warning", "danger", "simulated"]
_HUE_BY_KIND: dict[BannerKind, str] = {"note": "slate", "good": "green", "warning": "amber", "danger": "red", "simulated": "violet"}


def install_styles() -> None:
    """The style sheet all views rely on; takes no room on the page. Once a run, before anything is drawn."""
    st.html(_style_sheet())


def page_header(title: str, subtitle: str = "") -> None:
    """A page's heading with the product's mark."""
    words = tag("h1", escaped(title)) + (tag("p", escaped(subtitle)) if subtitle else "")
    draw(tag("div", tag("div", Html(words)), "cg-header"))


def banner(text: str, kind: BannerKind = "note", *, lead: str = "", items: tuple[str, ...] = ()) -> None:
    """One message across the page: bold `lead`, `text`, then `items` as a list. All of it is escaped."""
    parts = (tag("b", escaped(lead)) + " " if lead else "") + escaped(text)
    parts += bullets((escaped(item) for item in items), "") if items else ""
    role = "alert" if kind == "danger" else "note"
    draw(tag("div", tag("div", Html(parts)), f"cg-banner cg-{_HUE_BY_KIND[kind]}", role=role))


def demo_banner(*, public: bool = False) -> None:
    """Says that this is a demo; `public` when it listens beyond this machine without sign-in."""
    if public:
        banner(
            "No sign-in is configured and this server can be reached from elsewhere: invented cases only.", "danger", lead="Public demo."
        )
    else:
        banner("No sign-in is configured; this server answers this computer only. Use invented cases.", "warning", lead="Demo mode.")


def footer(version: str = "") -> None:
    """The standing note at the end of every page."""
    draw(tag("footer", escaped(f"{DISCLAIMER} Casegate {version}".strip() if version else DISCLAIMER), "cg-footer"))


@cache
def _style_sheet() -> str:
    sheet = (Path(__file__).parent / "styles.css").read_text(encoding="utf-8")
    icon = base64.b64encode((STATIC / "icon.svg").read_bytes()).decode()
    return f"<style>:root,.stApp{{{css_variables()}--cg-icon:url(data:image/svg+xml;base64,{icon});}}\n{sheet}</style>"
