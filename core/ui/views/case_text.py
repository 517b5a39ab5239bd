"""The case as it was sent, with the words a diagnosis rests on highlighted."""

from __future__ import annotations

from collections.abc import Callable

from core.assessment import Diagnosis
from core.ui.views.markup import Html, escaped, joined, marked, pill, tag

FindQuote = Callable[[str, str], tuple[int, int] | None]


def case_sheet(sent_case: str, d: Diagnosis | None, *, restore: Callable[[str], str], find_quote: FindQuote) -> Html:
    """The sent case, restored for this viewer, supporting quotes green and opposing ones red."""
    legend = joined([pill("supports", "green"), pill("speaks against", "red")])
    sheet = tag("div", _highlighted(sent_case, d, restore, find_quote), "cg-sheet", tabindex="0", role="region", aria_label="Case text")
    return Html(tag("div", legend, "cg-pills") + tag("div", sheet, "cg-message"))


def quote_places(sent_case: str, d: Diagnosis, find_quote: FindQuote) -> list[tuple[int, int, str, str]]:
    """Where the quotes of `d` stand in the sent case, in order and disjoint: start, end, hue, finding."""
    items = [(e, "green") for e in d.supporting_findings] + [(e, "red") for e in d.opposing_findings]
    found = [(*at, hue, e.finding) for e, hue in items if (at := _place(e.quote, sent_case, find_quote))]
    kept: list[tuple[int, int, str, str]] = []
    for place in sorted(found, key=lambda p: (p[0], -p[1])):
        if not kept or place[0] >= kept[-1][1]:
            kept.append(place)
    return kept


def _place(quote: str, sent_case: str, find_quote: FindQuote) -> tuple[int, int] | None:
    return find_quote(quote, sent_case) if quote.strip() else None


def _highlighted(sent_case: str, d: Diagnosis | None, restore: Callable[[str], str], find_quote: FindQuote) -> Html:
    parts: list[Html] = []
    at = 0
    # Quotes refer to the text that was sent, so places are found there and each piece is restored on its own.
    for start, end, hue, finding in quote_places(sent_case, d, find_quote) if d else []:
        parts += [escaped(restore(sent_case[at:start])), marked(restore(sent_case[start:end]), hue, restore(finding))]
        at = end
    return joined([*parts, escaped(restore(sent_case[at:]))])
