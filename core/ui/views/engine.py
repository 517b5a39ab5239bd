"""The reference engine's own screen: its card, its measured figures beside what was asked for, and an entry of its knowledge base."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.reference import BANDS, Condition, EngineCard, Figure, Measurement
from core.ui.views.figures import percent
from core.ui.views.markup import Html, bullets, draw, escaped, facts, joined, kicker, pill, table, tag
from core.ui.views.shell import banner

WHAT_IT_IS = (
    "Bayes' rule over a knowledge base in plain text: findings are read out of the case by phrases, with negation and context, and weighed "
    "by written probabilities. Not an AI model, not trained on anything. It answers without a key or a network, and is the floor that a "
    "paid model has to beat in a study."
)
WEAKNESSES = (
    "Its cases are textbook-like, one disease each; on real notes and on cases by others it does worse, as the second table shows.",
    "It knows only what its phrases read. Images, tracings and sounds are not read, and English is its only language.",
    "Conditions compete: with two diseases at once the second is pushed down by the first.",
    "Its probabilities are the authors' estimates and run too sure on cases by others: see the calibration error.",
    "A diagnosis that is not listed has not been ruled out.",
)
_RARE = 0.01


def draw_engine(card: EngineCard, conditions: Sequence[Condition]) -> None:
    """What it is, its size, version and date, and the notice."""
    banner(card.notice, "danger", lead="Not for patient care.")
    draw(tag("p", escaped(WHAT_IT_IS), "cg-lede"))
    grave = sum(condition.cannot_miss for condition in conditions)
    draw(
        facts(
            (name, tag("b", escaped(value)))
            for name, value in (
                ("Version", f"{card.version} of {card.date}"),
                ("Conditions", f"{card.conditions:,}, {grave} of them cannot-miss"),
                ("Findings", f"{card.findings:,} with {card.phrases:,} phrases"),
                ("Vital signs and laboratory values", f"{card.measures}"),
            )
        )
    )
    draw(kicker("Where it is weak"), bullets(escaped(text) for text in WEAKNESSES))


def draw_measurement(measured: Measurement) -> None:
    """The figures of one run with their 95 % intervals, and whether each reaches what was asked for."""
    told = f"{measured.number} cases, version {measured.version}, measured on {measured.day}."
    rows = (
        [
            escaped(one.label[:1].upper() + one.label[1:]),
            tag("b", escaped(_shown(one)), "cg-num"),
            tag("span", escaped(_interval(one)), "cg-num") if one.interval else escaped(""),
            _target(one),
        ]
        for one in measured.figures
    )
    draw(
        kicker(measured.title, 3),
        tag("p", escaped(told), "cg-caption"),
        tag("div", table(["Figure", "Value", "95 % interval", "Asked for"], rows, "cg-table cg-stack"), "cg-scroll"),
    )


def _shown(one: Figure) -> str:
    if one.hits is not None:
        return f"{100 * one.value:.1f} % ({one.hits} of {one.total})"
    return f"{one.value:.3f}" if one.value < 1 else f"{one.value:.1f}"


def _interval(one: Figure) -> str:
    return f"{100 * one.interval[0]:.1f} to {100 * one.interval[1]:.1f} %" if one.interval else ""


def _target(one: Figure) -> Html:
    if one.met is None:
        return escaped("")
    return joined([pill("reached" if one.met else "missed", "green" if one.met else "red"), escaped(f" {one.asked}")])


def draw_condition(one: Condition, name_of: Callable[[str], str]) -> None:
    """An entry: code, prevalence, findings with their shares, next steps, source."""
    marks = [pill("cannot miss", "red cg-solid")] if one.cannot_miss else []
    draw(tag("h3", joined([escaped(one.name), *marks, pill(one.urgency, "slate")], " "), "cg-title"))
    bands = ", ".join(f"{band} {rate:g}" for band, rate in zip(BANDS, one.per_10000, strict=True))
    draw(
        facts(
            (name, escaped(value))
            for name, value in (
                ("ICD-10-CM", one.icd10cm),
                ("Also called", "; ".join(one.also) or "none"),
                ("Presentations per 10,000 by age band", bands),
                ("Factors by sex", f"female {one.female:g}, male {one.male:g}"),
                ("Source", one.source),
            )
        )
    )
    shares = sorted(one.findings.items(), key=lambda item: (-item[1], item[0]))
    rows = ([escaped(name_of(ident)), tag("span", escaped(_share(share)), "cg-num")] for ident, share in shares)
    steps = ([tag("b", escaped(s.action)), escaped(s.kind), escaped(s.raises), escaped(s.lowers)] for s in one.steps)
    draw(
        kicker("Findings, share of such patients", 4),
        table(["Finding", "Share"], rows),
        kicker("Next steps", 4),
        tag("div", table(["Next step", "Kind", "Raises it if", "Lowers it if"], steps, "cg-table cg-stack"), "cg-scroll"),
    )


def _share(share: float) -> str:
    return f"{100 * share:g} %" if share < _RARE else percent(share)
