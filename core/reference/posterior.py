"""Readings to probabilities: an age- and sex-conditioned prior, tempered likelihood ratios, and a share for everything else.

Findings of one correlation group count in full once and then in halves, quarters and so on. "Everything else" explains part of
whatever the best condition explains, so an ill-fitting case ends there and not at the least bad condition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.model import AgeRange, Demographics, Sex
from core.reference.entries import BANDS, Condition, Finding
from core.reference.extraction import Reading
from core.reference.knowledge import KnowledgeBase

# Author-chosen constants, set on the authors' own classic presentations, not fitted to outcome data.
PRIOR_TEMPER = 0.6
LIKELIHOOD_TEMPER = 0.5
GROUP_DECAY = 0.5
UNEXPLAINED = 0.3
MAX_LOG_RATIO = 4.3
OTHER_EXPLAINS = 0.34
OTHER_FLOOR_PER_10000 = 3_000
_RANGE_BANDS = {
    AgeRange.CHILD: ("infant", "child", "teen"),
    AgeRange.ADULT: ("young", "adult"),
    AgeRange.SENIOR: ("senior",),
}
_FROM_YEARS = ((65, "senior"), (40, "adult"), (18, "young"), (12, "teen"), (2, "child"), (0, "infant"))


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one reading adds to a condition's log score, and its plain likelihood ratio."""

    reading: Reading
    ratio: float
    log: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A condition with its prior (per 10,000), its contributions, and its probability among all and everything else."""

    condition: Condition
    prior: float
    contributions: tuple[Contribution, ...]
    score: float
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Posterior:
    """Conditions by falling probability, and the share of everything outside the knowledge base."""

    ranked: tuple[Scored, ...]
    other: float


def bands_of(demographics: Demographics) -> tuple[str, ...]:
    """The knowledge base's age bands a patient may be in: one when the years are known, else those of the range."""
    if demographics.age_years is None:
        return _RANGE_BANDS[demographics.age_range]
    return (next(band for limit, band in _FROM_YEARS if demographics.age_years >= limit),)


def prior_per_10000(condition: Condition, demographics: Demographics) -> float:
    """Presentations per 10,000 for this age and sex; 0 means excluded."""
    bands = bands_of(demographics)
    by_age = sum(condition.per_10000[BANDS.index(band)] for band in bands) / len(bands)
    factors = {Sex.FEMALE: condition.female, Sex.MALE: condition.male, Sex.OTHER: (condition.female + condition.male) / 2}
    return by_age * factors[demographics.sex]


def log_ratio(finding: Finding, share: float, present: bool) -> float:
    """log of P(reading | condition) / P(reading), bounded."""
    share = min(max(share, 0.002), 0.98)
    ratio = share / finding.base if present else (1 - share) / (1 - min(finding.base, 0.98))
    return max(-MAX_LOG_RATIO, min(MAX_LOG_RATIO, math.log(ratio)))


def posterior(kb: KnowledgeBase, readings: Sequence[Reading], demographics: Demographics) -> Posterior:
    """Probabilities of every condition that age and sex allow, and of everything else; they sum to 1."""
    opened = _open_groups(kb, readings)
    parts = _by_condition(kb, readings)
    scored, left = [], []
    for position, condition in enumerate(kb.conditions):
        if (prior := prior_per_10000(condition, demographics)) > 0:
            unsaid = sum(group not in kb.groups[position] for group in opened)
            scored.append(_scored(kb, condition, prior, parts.get(position, ()), unsaid))
            left.append(unsaid)
    known = sum(s.prior for s in scored)
    other = PRIOR_TEMPER * math.log(max(10_000 - known, OTHER_FLOOR_PER_10000) / 10_000) + OTHER_EXPLAINS * _best_explanation(kb, scored)
    # What no condition explains weighs on none of them.
    other -= UNEXPLAINED * min(left, default=0)
    peak = max([other, *(s.score for s in scored)])
    total = math.exp(other - peak) + sum(math.exp(s.score - peak) for s in scored)
    shares = [Scored(s.condition, s.prior, s.contributions, s.score, math.exp(s.score - peak) / total) for s in scored]
    return Posterior(tuple(sorted(shares, key=lambda s: (-s.probability, s.condition.id))), math.exp(other - peak) / total)


def _by_condition(kb: KnowledgeBase, readings: Sequence[Reading]) -> dict[int, list[tuple[Reading, float]]]:
    """Each condition's readings with their log ratios, by the condition's position; only conditions that list a reading's finding."""
    found: dict[int, list[tuple[Reading, float]]] = {}
    for reading in readings:
        finding = kb.findings[reading.finding]
        for position, share in kb.carriers[reading.finding]:
            found.setdefault(position, []).append((reading, log_ratio(finding, share, reading.present) * reading.weight))
    return found


def score(kb: KnowledgeBase, condition: Condition, prior: float, readings: Sequence[Reading]) -> Scored:
    """A condition's log score. A stated absence of a finding the condition makes likelier only ever lowers it."""
    plain = [
        (reading, log_ratio(kb.findings[reading.finding], share, reading.present) * reading.weight)
        for reading in readings
        if (share := condition.findings.get(reading.finding)) is not None
    ]
    return _scored(kb, condition, prior, plain, len(unexplained(kb, condition, readings)))


def _scored(kb: KnowledgeBase, condition: Condition, prior: float, plain: Sequence[tuple[Reading, float]], unsaid: int) -> Scored:
    weighted = _tempered(kb.findings, plain)
    total = PRIOR_TEMPER * math.log(prior / 10_000) + sum(c.log for c in weighted) - UNEXPLAINED * unsaid
    return Scored(condition, prior, weighted, total)


def unexplained(kb: KnowledgeBase, condition: Condition, readings: Sequence[Reading]) -> tuple[str, ...]:
    """One finding of every correlation group that is present and of which the condition knows nothing; risk factors aside."""
    known = {kb.findings[ident].group for ident in condition.findings}
    return tuple(ident for group, ident in _open_groups(kb, readings).items() if group not in known)


def _open_groups(kb: KnowledgeBase, readings: Sequence[Reading]) -> dict[str, str]:
    """The correlation groups that ask for an explanation, each with its first finding."""
    found: dict[str, str] = {}
    for reading in readings:
        finding = kb.findings[reading.finding]
        if reading.present and not reading.implied_by and finding.kind != "risk":
            found.setdefault(finding.group, finding.id)
    return found


def _tempered(findings: Mapping[str, Finding], plain: Sequence[tuple[Reading, float]]) -> tuple[Contribution, ...]:
    """Each reading's share: within a group and direction the strongest counts full, the next half, and so on."""
    rank: dict[tuple[str, bool], int] = {}
    found = []
    for reading, log in sorted(plain, key=lambda item: (-abs(item[1]), item[0].finding)):
        key = (findings[reading.finding].group, log > 0)
        weight = LIKELIHOOD_TEMPER * GROUP_DECAY ** rank.get(key, 0)
        rank[key] = rank.get(key, 0) + 1
        found.append(Contribution(reading, math.exp(log), log * weight))
    return tuple(found)


def _best_explanation(kb: KnowledgeBase, scored: Sequence[Scored]) -> float:
    """The sum over correlation groups of the largest contribution any condition draws from that group's present readings."""
    best: dict[str, float] = {}
    for one in scored:
        for part in one.contributions:
            if part.reading.present and part.log > 0:
                group = kb.findings[part.reading.finding].group
                best[group] = max(best.get(group, 0.0), part.log)
    return sum(best.values())
