"""The differential laid open: each finding's pull on each condition, what separates two of them, and what to ask next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.model import Demographics
from core.reference.answer import certainty_ceiling, leaders_of, residual, shares_of
from core.reference.entries import Condition
from core.reference.extraction import Reading
from core.reference.fitness import nothing_fits, too_little
from core.reference.knowledge import KnowledgeBase
from core.reference.posterior import Scored, log_ratio, posterior
from core.reference.questions import ASK, Leader, ranked_questions, share_in

LINES = 8
_QUESTIONS = 6
_SEPARATORS = 12


@dataclass(frozen=True, slots=True)
class Pull:
    """What a finding adds to a condition's log score after tempering (natural log), and its plain likelihood ratio."""

    name: str
    present: bool
    log: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Line:
    """A condition of the differential with the pull of every finding it knows, the strongest first."""

    id: str
    name: str
    icd10cm: str
    cannot_miss: bool
    probability: float
    prior_per_10000: float
    pulls: tuple[Pull, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A finding not yet known. `bits`: what its answer is expected to tell about the leading conditions.

    `yes` and `no` name the condition that leads after either answer.
    """

    finding: str
    name: str
    ask: str
    bits: float
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Separator:
    """A finding that tells two conditions apart: its share in each (0 to 1), and whether the case states it (None: not asked)."""

    name: str
    first: float
    second: float
    present: bool | None

    @property
    def log(self) -> float:
        """log of the first share over the second; positive speaks for the first when the finding is present."""
        return math.log(max(self.first, 0.002)) - math.log(max(self.second, 0.002))


@dataclass(frozen=True, slots=True)
class Weighed:
    """The differential of a set of readings; `abstained` says why there is none, `needs` what it would take, and `lines` is then empty."""

    lines: tuple[Line, ...]
    other: float
    questions: tuple[Question, ...]
    abstained: str = ""
    needs: str = ""


def weigh(kb: KnowledgeBase, readings: Sequence[Reading], who: Demographics) -> Weighed:
    """The differential, LINES conditions at the most, with the same probabilities as the engine's answer."""
    if refusal := too_little(kb.findings, readings):
        return Weighed((), 1.0, (), refusal.reason, refusal.need)
    found = posterior(kb, readings, who)
    listed, shares = shares_of(found, certainty_ceiling(readings), LINES)
    asked = questions(kb, leaders_of(listed, shares), readings) if listed else ()
    if refusal := nothing_fits(found):
        return Weighed((), 1.0, asked, refusal.reason, refusal.need)
    return Weighed(tuple(_line(kb, one, share) for one, share in zip(listed, shares, strict=True)), residual(shares), asked)


def _line(kb: KnowledgeBase, one: Scored, share: float) -> Line:
    pulls = (Pull(kb.findings[c.reading.finding].name, c.reading.present, c.log, c.ratio) for c in one.contributions)
    known = one.condition
    strongest = tuple(sorted(pulls, key=lambda pull: -abs(pull.log)))
    return Line(known.id, known.name, known.icd10cm, known.cannot_miss, share, one.prior, strongest)


def questions(kb: KnowledgeBase, leaders: Sequence[Leader], readings: Sequence[Reading]) -> tuple[Question, ...]:
    """The next questions, by expected information gain."""
    return tuple(_question(kb, ident, bits, leaders) for bits, ident in ranked_questions(kb, leaders, readings)[:_QUESTIONS])


def _question(kb: KnowledgeBase, ident: str, bits: float, leaders: Sequence[Leader]) -> Question:
    finding = kb.findings[ident]
    yes = max(leaders, key=lambda leader: leader[1] * share_in(kb, leader[0], ident))[0]
    no = max(leaders, key=lambda leader: leader[1] * (1 - share_in(kb, leader[0], ident)))[0]
    return Question(ident, finding.name, ASK[finding.kind], bits, yes.name, no.name)


def separators(
    kb: KnowledgeBase, first: Condition, second: Condition, readings: Sequence[Reading], most: int = 12
) -> tuple[Separator, ...]:
    """The findings whose shares in two conditions differ most, those that the case states among them."""
    known = {reading.finding: reading.present for reading in readings}
    found = []
    for ident in {*first.findings, *second.findings}:
        base = kb.findings[ident].base
        mine, other = first.findings.get(ident, base), second.findings.get(ident, base)
        found.append((abs(_difference(kb, ident, mine, other)), ident, Separator(kb.findings[ident].name, mine, other, known.get(ident))))
    return tuple(one for _, _, one in sorted(found, key=lambda item: (-item[0], item[1]))[:_SEPARATORS])


def _difference(kb: KnowledgeBase, ident: str, mine: float, other: float) -> float:
    """Expected weight of the evidence, whichever of the two it is: presence and absence both count."""
    finding = kb.findings[ident]
    when_present = log_ratio(finding, mine, True) - log_ratio(finding, other, True)
    when_absent = log_ratio(finding, mine, False) - log_ratio(finding, other, False)
    middle = (mine + other) / 2
    return middle * abs(when_present) + (1 - middle) * abs(when_absent)
