"""Readings to probabilities: an age- and sex-conditioned prior, tempered likelihood ratios, and a share for everything else.

Findings of one correlation group count in full once and then in halves, quarters and so on. "Everything else" explains part of
whatever the best condition explains, so an ill-fitting case ends there and not at the least bad condition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

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
DETAILED = 20
_STRENGTH = itemgetter(0, 1)
_RANGE_BANDS = {
    AgeRange.CHILD: ("infant", "child", "teen"),
    AgeRange.ADULT: ("young", "adult"),
    AgeRange.SENIOR: ("senior",),
}
_FROM_YEARS = ((65, "senior"), (40, "adult"), (18, "young"), (12, "teen"), (2, "child"), (0, "infant"))


# Sorts by strength, then by name: -|log|, finding, log ratio, correlation group, reading.
Plain = tuple[float, str, float, str, Reading]
Person = tuple[tuple[str, ...], Sex]
# Position, presentations per 10,000, tempered log.
Prior = tuple[int, float, float]


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
    """The likeliest conditions by falling probability, the share of every other one, and that of everything outside the knowledge base."""

    ranked: tuple[Scored, ...]
    rest: float
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
    share = min(max(share, 0.002), 0.98)
    ratio = share / finding.base if present else (1 - share) / (1 - min(finding.base, 0.98))
    return max(-MAX_LOG_RATIO, min(MAX_LOG_RATIO, math.log(ratio)))


def posterior(kb: KnowledgeBase, readings: Sequence[Reading], demographics: Demographics) -> Posterior:
    """Probabilities of every condition that age and sex allow, and of everything else; they sum to 1. The likeliest DETAILED are listed."""
    person = (bands_of(demographics), demographics.sex)
    explains, opened = _explained(kb, _open_groups(kb, readings))
    sums, explained = _evidence(kb, readings, person)
    priors = _priors(kb, *person)
    scores = [start + sums[at] - UNEXPLAINED * (opened - explains[at]) for at, _, start in priors]
    # What no condition explains weighs on none of them.
    left = opened - max((explains[at] for at, _, _ in priors), default=0)
    other = _other(_known(kb, *person), explained) - UNEXPLAINED * left
    return _shared_out(kb, priors, scores, readings, other)


def _evidence(kb: KnowledgeBase, readings: Sequence[Reading], person: Person) -> tuple[list[float], float]:
    """The sum of every condition's tempered logs, by its position; and what the best of them draw from the groups' present readings.

    Groups are independent of each other, so each is added by itself; only within one must readings be ordered by strength.
    """
    sums, explained = [0.0] * len(kb.conditions), 0.0
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(kb.findings[reading.finding].group, []).append(reading)
    for members in groups.values():
        explained += (_add_one if len(members) == 1 else _add_several)(kb, members, person, sums)
    return sums, explained


def _add_one(kb: KnowledgeBase, members: Sequence[Reading], person: Person, sums: list[float]) -> float:
    reading = members[0]
    logs = _logs(kb, reading.finding, reading.present, person)
    factor = reading.weight * LIKELIHOOD_TEMPER
    for position, log in logs:
        sums[position] += log * factor
    return max(0.0, factor * max((log for _, log in logs), default=0.0)) if reading.present else 0.0


def _add_several(kb: KnowledgeBase, members: Sequence[Reading], person: Person, sums: list[float]) -> float:
    best = 0.0
    for position, plain in _by_condition(kb, members, person).items():
        for log, item in _weights(plain) if len(plain) > 1 else ((plain[0][2] * LIKELIHOOD_TEMPER, plain[0]),):
            sums[position] += log
            if log > best and item[4].present:
                best = log
    return best


def _explained(kb: KnowledgeBase, opened: Mapping[str, str]) -> tuple[list[int], int]:
    """How many of the open groups each condition knows of, by its position, and how many are open."""
    explains = [0] * len(kb.conditions)
    for group in opened:
        for position in kb.group_carriers.get(group, ()):
            explains[position] += 1
    return explains, len(opened)


def _other(known: float, explained: float) -> float:
    return PRIOR_TEMPER * math.log(max(10_000 - known, OTHER_FLOOR_PER_10000) / 10_000) + OTHER_EXPLAINS * explained


def _shared_out(kb: KnowledgeBase, priors: Sequence[Prior], scores: list[float], readings: Sequence[Reading], other: float) -> Posterior:
    peak = max(other, max(scores, default=other))
    total = math.exp(other - peak) + sum(math.exp(value - peak) for value in scores)
    ranked = []
    for place in sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:DETAILED]:
        position, prior, _ = priors[place]
        condition, value = kb.conditions[position], scores[place]
        ranked.append(Scored(condition, prior, _contributions(kb, condition, readings), value, math.exp(value - peak) / total))
    listed, outside = sum(one.probability for one in ranked), math.exp(other - peak) / total
    return Posterior(tuple(ranked), max(0.0, 1 - listed - outside), outside)


@lru_cache(maxsize=64)
def _priors(kb: KnowledgeBase, bands: tuple[str, ...], sex: Sex) -> tuple[Prior, ...]:
    """(position, presentations per 10,000, tempered log) of the conditions that age and sex allow."""
    columns = [BANDS.index(band) for band in bands]
    found = []
    for position, condition in enumerate(kb.conditions):
        prior = sum(condition.per_10000[column] for column in columns) / len(columns) * _sex_factor(condition, sex)
        if prior > 0:
            found.append((position, prior, PRIOR_TEMPER * math.log(prior / 10_000)))
    return tuple(found)


@lru_cache(maxsize=64)
def _known(kb: KnowledgeBase, bands: tuple[str, ...], sex: Sex) -> float:
    """Presentations per 10,000 of all conditions that age and sex allow."""
    return sum(prior for _, prior, _ in _priors(kb, bands, sex))


def _by_condition(kb: KnowledgeBase, readings: Sequence[Reading], person: Person) -> dict[int, list[Plain]]:
    """Each condition's readings of one group with their log ratios, by the condition's position."""
    found: dict[int, list[Plain]] = {}
    for reading in readings:
        ident, weight = reading.finding, reading.weight
        for position, log in _logs(kb, ident, reading.present, person):
            weighed = log * weight
            item = (-abs(weighed), ident, weighed, "", reading)
            if position in found:
                found[position].append(item)
            else:
                found[position] = [item]
    return found


@lru_cache(maxsize=20_000)
def _logs(kb: KnowledgeBase, ident: str, present: bool, person: Person) -> tuple[tuple[int, float], ...]:
    """What a finding means to every condition that lists it and that age and sex allow: (position, log ratio)."""
    finding, allowed = kb.findings[ident], _allowed(kb, *person)
    return tuple((position, log_ratio(finding, share, present)) for position, share in kb.carriers[ident] if position in allowed)


@lru_cache(maxsize=64)
def _allowed(kb: KnowledgeBase, bands: tuple[str, ...], sex: Sex) -> frozenset[int]:
    return frozenset(position for position, _, _ in _priors(kb, bands, sex))


def score(kb: KnowledgeBase, condition: Condition, prior: float, readings: Sequence[Reading]) -> Scored:
    """A condition's log score. A stated absence of a finding the condition makes likelier only ever lowers it."""
    weighted = _contributions(kb, condition, readings)
    unsaid = len(unexplained(kb, condition, readings))
    total = PRIOR_TEMPER * math.log(prior / 10_000) + sum(c.log for c in weighted) - UNEXPLAINED * unsaid
    return Scored(condition, prior, weighted, total)


def _contributions(kb: KnowledgeBase, condition: Condition, readings: Sequence[Reading]) -> tuple[Contribution, ...]:
    """What every reading that the condition lists adds to its log score, the strongest first."""
    plain = [_plain(kb, condition, reading) for reading in readings if reading.finding in condition.findings]
    return tuple(Contribution(item[4], math.exp(item[2]), log) for log, item in _weights(plain))


def _plain(kb: KnowledgeBase, condition: Condition, reading: Reading) -> Plain:
    finding = kb.findings[reading.finding]
    log = log_ratio(finding, condition.findings[finding.id], reading.present) * reading.weight
    return -abs(log), finding.id, log, finding.group, reading


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


def _weights(plain: list[Plain]) -> list[tuple[float, Plain]]:
    """Each reading's weighted log: within a group and direction the strongest counts full, the next half, and so on."""
    if len(plain) == 1:
        return [(plain[0][2] * LIKELIHOOD_TEMPER, plain[0])]
    weights: dict[tuple[str, bool], float] = {}
    weighted = []
    for item in sorted(plain, key=_STRENGTH):
        log = item[2]
        key = (item[3], log > 0)
        weight = weights.get(key, LIKELIHOOD_TEMPER)
        weights[key] = weight * GROUP_DECAY
        weighted.append((log * weight, item))
    return weighted
