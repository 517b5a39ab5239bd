"""Contrast and consistency of the colours."""

import itertools
import tomllib
from pathlib import Path

import pytest

from core.model import Category
from core.ui import palette
from core.ui.palette import HUES, INKS, Hue, contrast, css_variables, hue_of

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
THEMES = ("light", "dark")
# Machado, Oliveira and Fernandes 2009, severity 1, in linear RGB.
DEFICIENCIES = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


def seen(colour: str, deficiency: str) -> tuple[float, ...]:
    """A colour as linear RGB the way a colour-blind reader sees it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return tuple(max(0.0, min(1.0, sum(w * c for w, c in zip(row, linear, strict=True)))) for row in DEFICIENCIES[deficiency])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", ["ink", "muted", "faint", "accent"])
@pytest.mark.parametrize("ground", ["surface", "raised", "sunken"])
def test_text_can_be_read_on_every_ground(theme: str, ink: str, ground: str) -> None:
    """Each ink has at least 4.5 to 1 on each ground."""
    assert contrast(getattr(INKS[ink], theme), getattr(INKS[ground], theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_words_on_a_filled_button_can_be_read(theme: str) -> None:
    """Primary buttons and chosen models are filled with the accent; the style sheet writes on them in the colour of the page."""
    assert contrast(getattr(INKS["surface"], theme), getattr(INKS["accent"], theme)) >= 4.5
    sheet = (Path(palette.__file__).parent / "views" / "styles.css").read_text(encoding="utf-8")
    assert sheet.count("{ color: var(--cg-surface); }") >= 2


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("hue", HUES.values(), ids=HUES)
def test_hues_can_be_read_on_their_wash_and_on_the_page(theme: str, hue: Hue) -> None:
    """A hue's strong colour and normal ink have 4.5 to 1 on its wash, and the strong colour on the page."""
    wash, strong = getattr(hue.wash, theme), getattr(hue.strong, theme)
    grounds = [getattr(INKS[g], theme) for g in ("surface", "raised")]
    assert min(contrast(strong, wash), contrast(getattr(INKS["ink"], theme), wash), *(contrast(strong, g) for g in grounds)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", palette.CHART_SERIES)
def test_chart_colours_stand_out_in_both_themes(theme: str, colour: str) -> None:
    """Graphics have at least 3 to 1 on the page."""
    assert contrast(colour, getattr(INKS["surface"], theme)) >= 3


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("theme", THEMES)
def test_category_hues_differ_for_colour_blind_readers(theme: str, deficiency: str) -> None:
    """No two groups of identifiers look alike: wash and underline together differ in simulated linear RGB."""
    shown = {hue_of(category) for category in Category}
    looks = {h: seen(getattr(HUES[h].wash, theme), deficiency) + seen(getattr(HUES[h].strong, theme), deficiency) for h in shown}
    distances = {
        (a, b): sum((x - y) ** 2 for x, y in zip(looks[a], looks[b], strict=True)) ** 0.5
        for a, b in itertools.combinations(sorted(shown), 2)
    }
    assert min(distances.values()) > 0.15, distances


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("key", "ink"), [("primaryColor", "accent"), ("backgroundColor", "surface"), ("textColor", "ink"), ("borderColor", "line")]
)
def test_streamlit_theme_and_palette_agree(theme: str, key: str, ink: str) -> None:
    """The configured theme holds the palette's colours."""
    assert CONFIG["theme"][theme][key] == getattr(INKS[ink], theme)


def test_every_category_has_a_hue_and_every_hue_a_variable() -> None:
    """Categories map to known hues; an unknown one is treated as the most serious."""
    variables = css_variables()
    assert all(f"--cg-{hue_of(category)}-wash:light-dark(" in variables for category in Category)
    assert hue_of("something new") == "red"


def test_theme_files_are_local() -> None:
    """Fonts are served from here and exist; nothing is fetched from elsewhere."""
    static = Path(__file__).parents[2] / "static"
    urls = [face["url"] for face in CONFIG["theme"]["fontFaces"]]
    assert urls
    assert all(url.startswith("app/static/") and (static / url.removeprefix("app/static/")).is_file() for url in urls)
    assert (static / "inter-OFL.txt").read_text(encoding="utf-8").count("SIL Open Font License")
