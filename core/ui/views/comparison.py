"""Several models' answers to one case, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.assessment import Assessment, CheckedAssessment
from core.ui.views.figures import counted, dollars, seconds
from core.ui.views.markup import Html, draw, escaped, joined, pill, table, tag
from core.ui.views.partial import live_rows


@dataclass(frozen=True, slots=True)
class ComparisonColumn:
    """One model's answer, or the reason there is none. `label` is the model's name, or a letter when blind."""

    label: str
    checked: CheckedAssessment | None
    latency_s: float | None
    cost_usd: Decimal | None
    simulated: bool
    error: str = ""


def draw_comparison(columns: Sequence[ComparisonColumn], *, top: int = 6) -> None:
    """Draw 2 to 4 answers with cost and latency, and a table of the rank each model gives each diagnosis."""
    if not 2 <= len(columns) <= 4:
        raise ValueError(f"2 to 4 columns can be compared, not {len(columns)}")
    draw(tag("div", joined(_column(c, top) for c in columns), "cg-columns"))
    head, rows = agreement(columns)
    if rows:
        cells = ([tag("b", escaped(row[0])), *(tag("span", escaped(c), "cg-num") for c in row[1:])] for row in rows)
        draw(tag("p", escaped("Rank of each diagnosis by model"), "cg-kicker"), tag("div", table(head, cells), "cg-scroll"))


def agreement(columns: Sequence[ComparisonColumn]) -> tuple[list[str], list[list[str]]]:
    """Column names, and one row per diagnosis: name, rank per model (`–` when not listed), how many list it; most agreed first."""
    answered = [(c.label, _ranks(c.checked.assessment)) for c in columns if c.checked]
    names: dict[str, str] = {}
    for _, ranks in answered:
        for name_key, (name, _rank) in ranks.items():
            names.setdefault(name_key, name)
    ordered = sorted(names, key=lambda k: (-sum(k in r for _, r in answered), sum(r[k][1] if k in r else 20 for _, r in answered)))
    rows = [[names[k], *(str(r[k][1]) if k in r else "–" for _, r in answered), _listed_by(k, answered)] for k in ordered]
    return ["Diagnosis", *(label for label, _ in answered), "Listed by"], rows


def _listed_by(name_key: str, answered: list[tuple[str, dict[str, tuple[str, int]]]]) -> str:
    return f"{sum(name_key in ranks for _, ranks in answered)} of {len(answered)}"


def _ranks(assessment: Assessment) -> dict[str, tuple[str, int]]:
    # The same disease under two wordings counts once where the code says so.
    return {(d.icd10cm or d.diagnosis).split(".")[0].casefold(): (d.diagnosis, d.rank) for d in reversed(assessment.differential)}


def _column(column: ComparisonColumn, top: int) -> Html:
    head = tag("h3", escaped(column.label)) + (pill("simulated", "violet") if column.simulated else "")
    return tag("article", Html(head + _numbers(column) + _content(column, top)), "cg-column", aria_label=column.label)


def _numbers(column: ComparisonColumn) -> Html:
    pairs = [("Cost", dollars(column.cost_usd)), ("Latency", seconds(column.latency_s))]
    return tag("div", joined(tag("div", Html(tag("b", escaped(v)) + tag("span", escaped(k)))) for k, v in pairs), "cg-numbers")


def _content(column: ComparisonColumn, top: int) -> Html:
    if column.checked is None:
        return tag("p", escaped(column.error or "No answer."), "cg-quiet")
    ranked = sorted(column.checked.assessment.differential, key=lambda d: d.rank)
    rows = [(d.diagnosis, d.probability, d.cannot_miss) for d in ranked[:top]]
    rest = column.checked.assessment.residual_probability
    warnings = tag("p", pill(counted(len(column.checked.concerns), "warning"), "amber")) if column.checked.concerns else ""
    return Html(live_rows([*rows, ("Something else", rest, False)]) + warnings)
