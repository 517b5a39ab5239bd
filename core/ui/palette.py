"""Colours: one place, so that theme, editor, views and charts agree and contrast can be tested.

Every colour comes as a pair, light theme first. In CSS a pair becomes `light-dark(…)`, which follows the
colour scheme Streamlit sets on the page, the reader's own choice of theme included.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.model import Category


@dataclass(frozen=True, slots=True)
class Pair:
    """One colour in both themes, as `#RRGGBB`."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Hue:
    """A colour family: `wash` lies under normal text, `strong` is text, rule or underline on the page or the wash."""

    wash: Pair
    strong: Pair


INK = Pair("#0F172A", "#E6EBF3")
MUTED = Pair("#475569", "#A9B6CA")
FAINT = Pair("#5B6B82", "#8FA0B8")
LINE = Pair("#E2E8F0", "#24324A")
SURFACE = Pair("#FFFFFF", "#0B1220")
RAISED = Pair("#F8FAFC", "#111B2E")
SUNKEN = Pair("#F1F5F9", "#162032")
ACCENT = Pair("#0F766E", "#2DD4BF")

TEAL = Hue(Pair("#DDF3EF", "#0F3B3A"), Pair("#0F766E", "#5EEAD4"))
BLUE = Hue(Pair("#DCE8FF", "#1A3768"), Pair("#1D4ED8", "#9CC4FF"))
GREEN = Hue(Pair("#CCF3EA", "#11462F"), Pair("#006D5B", "#6EE7B7"))
AMBER = Hue(Pair("#FDEFC3", "#54390A"), Pair("#92400E", "#FCD34D"))
VIOLET = Hue(Pair("#F0E3FD", "#45286B"), Pair("#7E22CE", "#D8B4FE"))
MAGENTA = Hue(Pair("#FBE3FB", "#5B2354"), Pair("#A21CAF", "#F5B8E8"))
RED = Hue(Pair("#FFD9D6", "#5F1F19"), Pair("#B42318", "#FDA29B"))
SLATE = Hue(Pair("#E2E8F0", "#2B3A52"), Pair("#334155", "#CBD5E1"))

HUES: dict[str, Hue] = {
    "teal": TEAL,
    "blue": BLUE,
    "green": GREEN,
    "amber": AMBER,
    "violet": VIOLET,
    "magenta": MAGENTA,
    "red": RED,
    "slate": SLATE,
}
INKS: dict[str, Pair] = {
    "ink": INK,
    "muted": MUTED,
    "faint": FAINT,
    "line": LINE,
    "surface": SURFACE,
    "raised": RAISED,
    "sunken": SUNKEN,
    "accent": ACCENT,
}

CHART_BAR = "#0D9488"
CHART_CANNOT_MISS = "#DC4A3D"
CHART_REST = "#7C8BA1"
CHART_SERIES = ("#0D9488", "#3B82F6", "#D97706", "#A855F7", "#DC4A3D", "#7C8BA1")

_GROUPS: dict[str, tuple[Category, ...]] = {
    "blue": (Category.NAME,),
    "green": (Category.STREET, Category.PLACE, Category.ZIP, Category.FACILITY),
    "amber": (Category.DATE, Category.AGE),
    "magenta": (Category.PHONE, Category.FAX, Category.EMAIL, Category.URL, Category.IP),
}
_HUE_BY_CATEGORY = {category: hue for hue, members in _GROUPS.items() for category in members}


def hue_of(category: Category | str) -> str:
    """The hue's name for a category: people blue, places green, times amber, contact magenta, numbers and all else red."""
    try:
        return _HUE_BY_CATEGORY.get(Category(category), "red")
    except ValueError:
        return "red"


def css_variables() -> str:
    """Declarations of every colour as a CSS variable: `--cg-ink`, …, `--cg-blue`, `--cg-blue-wash`, …"""
    pairs = dict(INKS)
    for name, hue in HUES.items():
        pairs[name], pairs[f"{name}-wash"] = hue.strong, hue.wash
    return "".join(f"--cg-{name}:light-dark({pair.light},{pair.dark});" for name, pair in pairs.items())


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two `#RRGGBB` colours, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
