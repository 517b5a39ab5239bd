"""The differential while it streams in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from core.ui.views.figures import percent
from core.ui.views.markup import Html, draw, escaped, joined, tag


class Partial(Protocol):
    """What is needed of a diagnosis that may still be incomplete (core.prompting's PartialDiagnosis has it)."""

    @property
    def diagnosis(self) -> str:
        """Its name as far as it has arrived."""
        ...

    @property
    def probability(self) -> float | None:
        """A share of 1, or None while unknown."""
        ...


def draw_partial(partials: Sequence[Partial], *, elapsed_s: float | None = None, characters: int = 0) -> None:
    """Draw what has arrived so far. Tags stay tags: nothing is restored before the answer has been checked."""
    progress = f"{elapsed_s:.1f} s" if elapsed_s is not None else ""
    progress += f"{' · ' if progress else ''}{characters:,} characters" if characters else ""
    head = escaped("Reading the answer" if partials else "Waiting for the first words") + (f" · {progress}" if progress else "")
    draw(
        tag("p", Html(head), "cg-kicker"),
        live_rows([(p.diagnosis, p.probability, "") for p in partials]),
    )


Tone = Literal["", "cannot", "rest"]


def live_rows(rows: Sequence[tuple[str, float | None, Tone]]) -> Html:
    """Name, probability (share of 1 or None) and colour of each → a compact list with bars."""
    return tag("div", joined(_row(*row) for row in rows), "cg-live")


def _row(name: str, share: float | None, tone: Tone) -> Html:
    width = 0.0 if share is None else max(0.0, min(1.0, share)) * 100
    fill = tag("span", Html(""), "cg-live-fill", style=f"width:{width:.0f}%")
    words = tag("span", escaped(name)) + tag("span", escaped("…" if share is None else percent(share)))
    return tag(
        "div", Html(words + tag("span", fill, "cg-live-track", aria_hidden="true")), f"cg-live-row cg-{tone}" if tone else "cg-live-row"
    )
