"""The ranked bars of a differential."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.assessment import Assessment
from core.ui.views.figures import percent, percents
from core.ui.views.markup import Html, draw, escaped, joined, kicker, pill, tag

RESIDUAL = "Something else"
# The upper end of published expected calibration errors of verbalised confidence (.06–.13).
CAUTION = 0.13
CAUTION_NOTE = (
    "Lines: 13 points to either side, a general caution and not this answer's own interval. "
    "The confidence that language models state is off by 6 to 13 points on average (published expected calibration error .06–.13)."
)
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the ranking. Shares of 1; `rank` is empty and `interval` None for the residual."""

    rank: str
    name: str
    share: float
    cannot_miss: bool = False
    interval: Interval | None = None


def caution_intervals(assessment: Assessment) -> dict[int, Interval]:
    """Rank → the stated probability with 13 points to either side, within 0 and 1."""
    return {d.rank: (max(0.0, d.probability - CAUTION), min(1.0, d.probability + CAUTION)) for d in assessment.differential}


def draw_ranking(
    assessment: Assessment, restore: Callable[[str], str], *, intervals: Mapping[int, Interval] | None = None, note: str = ""
) -> None:
    """Bars from 0 to 100 %, cannot-miss in their own colour and words, the residual as the last bar.

    `intervals`: rank → (low, high), shares of 1, drawn as a line over the bar; `note` says below what they mean.
    """
    bars = ranking_bars(assessment, restore, intervals or {})
    parts = [kicker("Ranked differential"), tag("ol", joined([*map(_line, bars), _AXIS]), "cg-bars")]
    draw(*parts, *([tag("p", escaped(note), "cg-caption")] if note else []))


def ranking_bars(assessment: Assessment, restore: Callable[[str], str], intervals: Mapping[int, Interval]) -> list[Bar]:
    """The bars in the order drawn, the residual last."""
    ranked = sorted(assessment.differential, key=lambda d: d.rank)
    bars = [Bar(str(d.rank), restore(d.diagnosis), d.probability, d.cannot_miss, intervals.get(d.rank)) for d in ranked]
    return [*bars, Bar("", RESIDUAL, assessment.residual_probability)]


def _line(bar: Bar) -> Html:
    badge = pill("cannot miss", "red") if bar.cannot_miss else Html("")
    number = tag("span", escaped(bar.rank), "cg-bar-rank")
    name = tag("span", joined([number, tag("span", joined([escaped(bar.name), badge], " "))]), "cg-bar-name")
    kind = "cg-cannot" if bar.cannot_miss else "" if bar.rank else "cg-rest"
    return tag("li", joined([name, _track(bar), _words(bar)]), f"cg-bar {kind}".strip())


def _words(bar: Bar) -> Html:
    reach = tag("small", escaped(percents(*bar.interval))) if bar.interval else Html("")
    return tag("span", joined([tag("b", escaped(percent(bar.share))), reach], " "), "cg-bar-words")


def _track(bar: Bar) -> Html:
    fill = tag("span", Html(""), "cg-bar-fill", style=f"width:{_inside(bar.share):.1f}%")
    return tag("span", joined([fill, _whisker(bar.interval)]), "cg-bar-track", aria_hidden="true")


def _whisker(interval: Interval | None) -> Html:
    if interval is None:
        return Html("")
    low, high = map(_inside, interval)
    return tag("span", Html(""), "cg-bar-whisker", style=f"left:{low:.1f}%;width:{high - low:.1f}%")


def _inside(share: float) -> float:
    return max(0.0, min(1.0, share)) * 100


_AXIS = tag(
    "li",
    tag("span", joined(tag("span", escaped(f"{at} %")) for at in (0, 25, 50, 75, 100)), "cg-bar-ticks"),
    "cg-bar cg-axis",
    aria_hidden="true",
)
