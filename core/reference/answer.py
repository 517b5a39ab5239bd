"""Posterior to Assessment: the differential with its evidence, in the schema that every model answers in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from core.assessment import Assessment, Diagnosis, EvidenceItem, MissingInformation, NextStep
from core.model import Demographics
from core.reference.entries import Condition
from core.reference.extraction import Reading
from core.reference.fitness import Refusal
from core.reference.knowledge import KnowledgeBase
from core.reference.posterior import Contribution, Posterior, Scored, unexplained
from core.reference.questions import ASK, LEADERS, Leader, ranked_questions, share_in

_UNITS = 10_000
_MIN_SHARE = 0.005
_MIN_LISTED = 5
_RESERVED = 2
_MIN_SUPPORT = 2
_FLATTEN = 0.35
_QUESTIONS = 5
Strength = Literal["weak", "moderate", "strong"]


def limitations(kb: KnowledgeBase) -> tuple[str, ...]:
    """What every answer of this engine says of itself."""
    return (
        "This is a reference engine, not an AI model: a Bayesian calculation over findings read from the text.",
        f"Knowledge base {kb.version} of {kb.date}, {len(kb.conditions)} conditions, clinically unreviewed. {kb.notice}",
        "Findings it could not read and conditions it does not hold are not weighed; "
        "probabilities are rough and not calibrated on patients.",
        "Decisions belong to the physician.",
    )


def abstain(kb: KnowledgeBase, demographics: Demographics, readings: Sequence[Reading], refusal: Refusal) -> Assessment:
    """An answer without a differential, with its reason and what it would need."""
    needs = (
        MissingInformation(item=refusal.need, why_it_matters=refusal.why),
        MissingInformation(item="Main complaint with onset, course and character", why_it_matters="The differential starts from it."),
        MissingInformation(
            item="Accompanying symptoms, present and explicitly absent",
            why_it_matters="Stated absences lower conditions; silence does not.",
        ),
        MissingInformation(item="Vital signs and examination", why_it_matters="They separate emergencies from the rest."),
        MissingInformation(item="Laboratory, ECG or imaging results, with units", why_it_matters="They carry the strongest evidence."),
    )
    return Assessment(
        case_summary=summary(kb, demographics, readings),
        differential=(),
        residual_probability=1.0,
        missing_information=needs,
        abstained=True,
        abstain_reason=refusal.reason,
        limitations=limitations(kb),
    )


def answer(kb: KnowledgeBase, demographics: Demographics, readings: Sequence[Reading], found: Posterior, top: int) -> Assessment:
    """The ranked answer. Listed probabilities and the residual sum to 1 exactly, in ten-thousandths."""
    listed, shares = shares_of(found, certainty_ceiling(readings), top)
    return Assessment(
        case_summary=summary(kb, demographics, readings),
        differential=tuple(
            _diagnosis(kb, rank, one, share, readings) for rank, (one, share) in enumerate(zip(listed, shares, strict=True), 1)
        ),
        residual_probability=residual(shares),
        missing_information=_missing(kb, leaders_of(listed, shares), readings),
        abstained=False,
        abstain_reason=None,
        limitations=limitations(kb),
    )


def shares_of(found: Posterior, ceiling: float, top: int) -> tuple[list[Scored], list[float]]:
    """The conditions that an answer lists, and the share of 1 that each gets."""
    listed = _listed(found, top)
    return listed, [units / _UNITS for units in _shares(listed, ceiling)]


def residual(shares: Sequence[float]) -> float:
    """What the listed conditions leave, exact to the ten-thousandth."""
    return (_UNITS - sum(round(share * _UNITS) for share in shares)) / _UNITS


def leaders_of(listed: Sequence[Scored], shares: Sequence[float]) -> tuple[Leader, ...]:
    """The first conditions of an answer, between which the next questions are to decide."""
    return tuple((one.condition, share) for one, share in zip(listed[:LEADERS], shares, strict=False))


def _shares(listed: Sequence[Scored], ceiling: float) -> list[int]:
    """Each condition's ten-thousandths, at least one. What the ceiling withholds from the leader goes to its rivals by half.

    The rivals share it by flattened scores: a leader that is not certain leaves room for what is likeliest after it, too.
    """
    shares = [min(one.probability, ceiling) for one in listed]
    withheld = max(listed[0].probability - ceiling, 0.0) / 2
    if len(listed) > 1 and withheld:
        weights = [math.exp(_FLATTEN * (one.score - listed[1].score)) for one in listed[1:]]
        shares[1:] = [share + withheld * weight / sum(weights) for share, weight in zip(shares[1:], weights, strict=True)]
    units = [max(int(share * _UNITS), 1) for share in shares]
    units[0] -= max(sum(units) - _UNITS, 0)
    return units


def certainty_ceiling(readings: Sequence[Reading]) -> float:
    """The most any condition may get: .69 at three findings present, .80 at five, .95 at the most."""
    present = sum(r.present and not r.implied_by for r in readings)
    return min(0.95, 1 - 0.6 * 0.8**present)


def _listed(found: Posterior, top: int) -> list[Scored]:
    """The likeliest, the last places kept for cannot-miss conditions that would fall just off the list."""
    likely = [one for one in found.ranked if one.probability >= _MIN_SHARE]
    likely += [one for one in found.ranked[len(likely) :] if _supported(one)][: max(_MIN_LISTED - len(likely), 0)]
    head, tail = likely[:top], likely[top:]
    for grave in [one for one in tail if one.condition.cannot_miss][: min(_RESERVED, max(top - 1, 0))]:
        mild = [one for one in head[1:] if not one.condition.cannot_miss]
        if mild:
            head.remove(mild[-1])
            head.append(grave)
    return sorted(head, key=lambda one: (-one.probability, one.condition.id))


def _supported(one: Scored) -> bool:
    """Whether at least two findings speak for it."""
    return sum(c.log > 0 for c in one.contributions) >= _MIN_SUPPORT


def summary(kb: KnowledgeBase, demographics: Demographics, readings: Sequence[Reading]) -> str:
    """The case as it was read, in the vocabulary's own words."""
    age = ", ".join(part for part in (demographics.age_range.value.capitalize(), demographics.age_words()) if part)
    who = f"{age}, sex {demographics.sex.value}."
    present = [_said(kb, r) for r in readings if r.present and not r.implied_by]
    absent = [_name(kb, r) for r in readings if not r.present and not r.measured]
    parts = [who, f"Read as present: {'; '.join(present)}." if present else "No finding could be read as present."]
    if absent:
        parts.append(f"Stated absent: {'; '.join(absent)}.")
    return " ".join(parts)


def _name(kb: KnowledgeBase, reading: Reading) -> str:
    return kb.findings[reading.finding].name


def _said(kb: KnowledgeBase, reading: Reading) -> str:
    return f"{_name(kb, reading)} (uncertain)" if reading.weight < 1 else _name(kb, reading)


def _diagnosis(kb: KnowledgeBase, rank: int, one: Scored, share: float, readings: Sequence[Reading]) -> Diagnosis:
    by_weight = sorted(one.contributions, key=lambda c: -abs(c.log))
    return Diagnosis(
        rank=rank,
        diagnosis=one.condition.name,
        icd10cm=one.condition.icd10cm,
        probability=share,
        cannot_miss=one.condition.cannot_miss,
        urgency=one.condition.urgency,
        supporting_findings=_evidence(kb, [c for c in by_weight if c.ratio >= 1.3 and c.reading.present]),
        opposing_findings=_evidence(kb, [c for c in by_weight if c.ratio <= 0.77]),
        expected_but_absent=_expected(kb, one.condition, readings),
        discriminating_next_steps=tuple(
            NextStep(action=s.action, kind=s.kind, would_raise_if=s.raises, would_lower_if=s.lowers) for s in one.condition.steps
        ),
        rationale=_rationale(kb, one, by_weight, share, readings),
    )


def _evidence(kb: KnowledgeBase, parts: Sequence[Contribution]) -> tuple[EvidenceItem, ...]:
    return tuple(EvidenceItem(finding=_label(kb, c.reading), quote=c.reading.quote, strength=_strength(c.ratio)) for c in parts)


def _label(kb: KnowledgeBase, reading: Reading) -> str:
    name = kb.findings[reading.finding].name
    if not reading.present:
        return f"Stated absent: {name}" if not reading.measured else f"{name}: measured, not present"
    return f"{name} (uncertain)" if reading.weight < 1 else name


def _strength(ratio: float) -> Strength:
    strong = max(ratio, 1 / ratio)
    return "strong" if strong >= 10 else "moderate" if strong >= 3 else "weak"


def _expected(kb: KnowledgeBase, condition: Condition, readings: Sequence[Reading]) -> tuple[str, ...]:
    """Findings at least half of such patients have and the case does not mention, the commonest first."""
    known = {r.finding for r in readings}
    waiting = [
        (share, ident)
        for ident, share in condition.findings.items()
        if share >= 0.5 and ident not in known and kb.findings[ident].kind != "risk"
    ]
    return tuple(kb.findings[ident].name for _, ident in sorted(waiting, key=lambda item: (-item[0], item[1]))[:5])


def _rationale(kb: KnowledgeBase, one: Scored, by_weight: Sequence[Contribution], share: float, readings: Sequence[Reading]) -> str:
    raised = [f"{_label(kb, c.reading)} (×{c.ratio:.1f})" for c in by_weight if c.log > 0.2][:5]
    lowered = [f"{_label(kb, c.reading)} (×{c.ratio:.2f})" for c in by_weight if c.log < -0.1][:4]
    parts = [f"Starts from {_rate(one.prior)} in 10,000 presentations at this age and sex."]
    if raised:
        parts.append(f"Raised by {'; '.join(raised)}.")
    if lowered:
        parts.append(f"Lowered by {'; '.join(lowered)}.")
    if left := unexplained(kb, one.condition, readings):
        parts.append(f"Does not explain: {'; '.join(kb.findings[ident].name for ident in left[:4])}.")
    parts.append(f"Likelihood ratios are tempered for overlap; together {share:.0%}.")
    return " ".join(parts)


def _rate(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _missing(kb: KnowledgeBase, leaders: Sequence[Leader], readings: Sequence[Reading]) -> tuple[MissingInformation, ...]:
    """The next questions, five at the most, by expected information gain."""
    return tuple(_question(kb, ident, bits, leaders) for bits, ident in ranked_questions(kb, leaders, readings)[:_QUESTIONS])


def _question(kb: KnowledgeBase, ident: str, bits: float, leaders: Sequence[Leader]) -> MissingInformation:
    finding = kb.findings[ident]
    shares = [(share_in(kb, condition, ident), condition.name) for condition, _ in leaders]
    (high, most), (low, least) = max(shares), min(shares)
    why = f"Expected in {high:.0%} with {most}" + (f", in {low:.0%} with {least}" if low < high else "")
    return MissingInformation(item=f"{ASK[finding.kind]}: {finding.name}", why_it_matters=f"{why}. Expected gain {bits:.2f} bits.")
