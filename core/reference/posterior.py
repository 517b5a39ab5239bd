"""Readings to probabilities: an age- and sex-conditioned prior, tempered likelihood ratios, and a share for everything else.

Findings of one correlation group count in full once and then in halves, quarters and so on. "Everything else" explains part of
whatever the best condition explains, so an ill-fitting case ends there and not at the least bad condition.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.model import AgeRange, Demographics, Sex
from core.reference.entries import BANDS, Condition, Finding
from core.reference.extraction import Reading
from core.reference.knowledge import KnowledgeBase

# Author-chosen constants, checked on the authors' classic presentations and, as a whole, on a development set of vignettes by others.
PRIOR_TEMPER = 0.45
LIKELIHOOD_TEMPER = 0.6
GROUP_DECAY = 0.5
UNEXPLAINED = 0.3
MAX_LOG_RATIO = 6.0
OTHER_EXPLAINS = 0.2
OTHER_FLOOR_PER_10000 = 3_000
DETAILED = 60
_RANGE_BANDS = {
    AgeRange.CHILD: ("infant", "child", "teen"),
    AgeRange.ADULT: ("young", "adult"),
    AgeRange.SENIOR: ("senior",),
}
_FROM_YEARS = ((65, "senior"), (40, "adult"), (18, "young"), (12, "teen"), (2, "child"), (0, "infant"))


Plain = tuple[Reading, str, float]


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
    return by_age * _sex_factor(condition, demographics.sex)


def _sex_factor(condition: Condition, sex: Sex) -> float:
    if sex is Sex.FEMALE:
        return condition.female
    return condition.male if sex is Sex.MALE else (condition.female + condition.male) / 2


def log_ratio(finding: Finding, share: float, present: bool) -> float:
    """log of P(reading | condition) / P(reading), bounded."""
    return _log(finding.base, share, present)


@lru_cache(maxsize=50_000)
def _log(base: float, share: float, present: bool) -> float:
    share = min(max(share, 0.002), 0.98)
    ratio = share / base if present else (1 - share) / (1 - min(base, 0.98))
    return max(-MAX_LOG_RATIO, min(MAX_LOG_RATIO, math.log(ratio)))


def posterior(kb: KnowledgeBase, readings: Sequence[Reading], demographics: Demographics) -> Posterior:
    """Probabilities of every condition that age and sex allow, and of everything else; they sum to 1.

    The likeliest DETAILED carry their contributions, the rest only their scores.
    """
    opened = frozenset(_open_groups(kb, readings))
    plain = _by_condition(kb, readings)
    best: dict[str, float] = {}
    rows: list[tuple[float, int, float]] = []
    left, known = len(opened), 0.0
    for position, prior, start in _priors(kb, bands_of(demographics), demographics.sex):
        unsaid = len(opened - kb.groups[position])
        total = start - UNEXPLAINED * unsaid
        if (mine := plain.get(position)) is not None:
            total += _tempered_sum(mine, best)
        rows.append((total, position, prior))
        left, known = min(left, unsaid), known + prior
    # What no condition explains weighs on none of them.
    other = _other(known, sum(best.values())) - UNEXPLAINED * left
    return _shared_out(kb, rows, plain, other)


def _other(known: float, explained: float) -> float:
    return PRIOR_TEMPER * math.log(max(10_000 - known, OTHER_FLOOR_PER_10000) / 10_000) + OTHER_EXPLAINS * explained


def _shared_out(kb: KnowledgeBase, rows: list[tuple[float, int, float]], plain: Mapping[int, list[Plain]], other: float) -> Posterior:
    rows.sort(key=lambda row: (-row[0], kb.conditions[row[1]].id))
    peak = max(other, rows[0][0]) if rows else other
    shares = [math.exp(row[0] - peak) for row in rows]
    total = math.exp(other - peak) + sum(shares)
    ranked = tuple(
        Scored(kb.conditions[position], prior, _tempered(plain.get(position, ())) if rank < DETAILED else (), value, share / total)
        for rank, ((value, position, prior), share) in enumerate(zip(rows, shares, strict=True))
    )
    return Posterior(ranked, math.exp(other - peak) / total)


@lru_cache(maxsize=64)
def _priors(kb: KnowledgeBase, bands: tuple[str, ...], sex: Sex) -> tuple[tuple[int, float, float], ...]:
    """(position, presentations per 10,000, tempered log) of the conditions that age and sex allow."""
    columns = [BANDS.index(band) for band in bands]
    found = []
    for position, condition in enumerate(kb.conditions):
        prior = sum(condition.per_10000[column] for column in columns) / len(columns) * _sex_factor(condition, sex)
        if prior > 0:
            found.append((position, prior, PRIOR_TEMPER * math.log(prior / 10_000)))
    return tuple(found)


def _by_condition(kb: KnowledgeBase, readings: Sequence[Reading]) -> dict[int, list[Plain]]:
    """Each condition's readings with their groups and log ratios, by the condition's position."""
    found: dict[int, list[Plain]] = {}
    for reading in readings:
        finding = kb.findings[reading.finding]
        for position, share in kb.carriers[reading.finding]:
            log = _log(finding.base, share, reading.present) * reading.weight
            found.setdefault(position, []).append((reading, finding.group, log))
    return found


def score(kb: KnowledgeBase, condition: Condition, prior: float, readings: Sequence[Reading]) -> Scored:
    """A condition's log score. A stated absence of a finding the condition makes likelier only ever lowers it."""
    plain = [
        (reading, kb.findings[reading.finding].group, log_ratio(kb.findings[reading.finding], share, reading.present) * reading.weight)
        for reading in readings
        if (share := condition.findings.get(reading.finding)) is not None
    ]
    weighted = _tempered(plain)
    unsaid = len(unexplained(kb, condition, readings))
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


def _weights(plain: Sequence[Plain]) -> Iterator[tuple[Plain, float]]:
    """Each reading's weighted log: within a group and direction the strongest counts full, the next half, and so on."""
    if len(plain) == 1:
        yield plain[0], plain[0][2] * LIKELIHOOD_TEMPER
        return
    rank: dict[tuple[str, bool], float] = {}
    for item in sorted(plain, key=_strength):
        key = (item[1], item[2] > 0)
        weight = rank.get(key, LIKELIHOOD_TEMPER)
        rank[key] = weight * GROUP_DECAY
        yield item, item[2] * weight


def _strength(item: Plain) -> tuple[float, str]:
    return -abs(item[2]), item[0].finding


def _tempered(plain: Sequence[Plain]) -> tuple[Contribution, ...]:
    return tuple(Contribution(item[0], math.exp(item[2]), log) for item, log in _weights(plain))


def _tempered_sum(plain: Sequence[Plain], best: dict[str, float]) -> float:
    """The sum of a condition's weighted logs; `best` keeps the largest that any condition draws from a group's present readings."""
    total = 0.0
    for item, log in _weights(plain):
        total += log
        if log > 0 and item[0].present and log > best.get(item[1], 0.0):
            best[item[1]] = log
    return total
