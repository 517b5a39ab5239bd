"""Several models' answers to one case, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.assessment import Assessment, CheckedAssessment
from core.ui.views.figures import counted, dollars, seconds
from core.ui.views.markup import Html, draw, escaped, joined, kicker, pill, table, tag
from core.ui.views.partial import Tone, live_rows


@dataclass(frozen=True, slots=True)
class ComparisonColumn:
    """One model's answer, or why there is none. `label` is the model's name, or a letter when blind; a `partial` cost is a lower bound."""

    label: str
    checked: CheckedAssessment | None
    latency_s: float | None
    cost_usd: Decimal | None
    simulated: bool
    error: str = ""
    partial: bool = False


def draw_comparison(columns: Sequence[ComparisonColumn], *, top: int = 6) -> None:
    """Draw 2 to 4 answers with cost and latency, and a table of the rank each model gives each diagnosis."""
    if not 2 <= len(columns) <= 4:
        raise ValueError(f"2 to 4 columns can be compared, not {len(columns)}")
    draw(tag("div", joined(_column(c, top) for c in columns), "cg-columns"))
    draw(tag("p", escaped(" ".join(_notes(columns))), "cg-caption"))
    head, rows = agreement(columns)
    if rows:
        cells = ([tag("b", escaped(row[0])), *(tag("span", escaped(c), "cg-num") for c in row[1:])] for row in rows)
        draw(kicker("Rank of each diagnosis by model"), tag("div", table(head, cells), "cg-scroll"))


def _notes(columns: Sequence[ComparisonColumn]) -> list[str]:
    answered = [c for c in columns if c.checked]
    red = any(d.cannot_miss for c in answered if c.checked for d in c.checked.assessment.differential)
    return ["Red: must not be missed."] * red + ["≥: output tokens only; the input price is not known."] * any(c.partial for c in answered)


def agreement(columns: Sequence[ComparisonColumn]) -> tuple[list[str], list[list[str]]]:
    """Column names, and one row per diagnosis: name, rank per model (`–` when not listed), how many list it; most agreed first."""
    answered = [(c.label, _ranks(c.checked.assessment)) for c in columns if c.checked]
    names: dict[str, str] = {}
    for _, ranks in answered:
        for disease, (name, _rank) in ranks.items():
            names.setdefault(disease, name)
    rows = [[names[d], *(_rank_words(d, r) for _, r in answered), _listed_by(d, answered)] for d in _by_agreement(names, answered)]
    return ["Diagnosis", *(label for label, _ in answered), "Listed by"], rows


_Ranks = dict[str, tuple[str, int]]
_LAST = 99


def _ranks(assessment: Assessment) -> _Ranks:
    """Disease → its wording here and its rank. The same disease under two wordings counts once where the code says so."""
    found: _Ranks = {}
    for d in sorted(assessment.differential, key=lambda d: d.rank):
        found.setdefault((d.icd10cm or d.diagnosis).split(".")[0].casefold(), (d.diagnosis, d.rank))
    return found


def _by_agreement(names: Mapping[str, str], answered: list[tuple[str, _Ranks]]) -> list[str]:
    def place(disease: str) -> tuple[int, int]:
        ranks = [r[disease][1] if disease in r else _LAST for _, r in answered]
        return -sum(rank < _LAST for rank in ranks), sum(ranks)

    return sorted(names, key=place)


def _rank_words(disease: str, ranks: _Ranks) -> str:
    return str(ranks[disease][1]) if disease in ranks else "–"


def _listed_by(disease: str, answered: list[tuple[str, _Ranks]]) -> str:
    return f"{sum(disease in ranks for _, ranks in answered)} of {len(answered)}"


def _column(column: ComparisonColumn, top: int) -> Html:
    head = tag("h3", escaped(column.label)) + (pill("simulated", "violet") if column.simulated else "")
    return tag("article", Html(head + _numbers(column) + _content(column, top)), "cg-column", aria_label=column.label)


def _numbers(column: ComparisonColumn) -> Html:
    unknown = "–" if column.checked is None else ""
    pairs = [
        ("Cost", unknown or ("≥ " if column.partial else "") + dollars(column.cost_usd)),
        ("Latency", unknown or seconds(column.latency_s)),
    ]
    return tag("div", joined(tag("div", Html(tag("b", escaped(v)) + tag("span", escaped(k)))) for k, v in pairs), "cg-numbers")


def _content(column: ComparisonColumn, top: int) -> Html:
    if column.checked is None:
        return tag("p", escaped(column.error or "No answer."), "cg-quiet")
    ranked = sorted(column.checked.assessment.differential, key=lambda d: d.rank)
    rows: list[tuple[str, float | None, Tone]] = [(d.diagnosis, d.probability, "cannot" if d.cannot_miss else "") for d in ranked[:top]]
    rest = column.checked.assessment.residual_probability
    warnings = tag("p", pill(counted(len(column.checked.concerns), "warning"), "amber")) if column.checked.concerns else ""
    return Html(live_rows([*rows, ("Something else", rest, "rest")]) + warnings)
