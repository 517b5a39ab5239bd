"""The engine: read the case, weigh it, answer or abstain. Deterministic; no clock, network or state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.assessment import Assessment
from core.model import Demographics
from core.reference.answer import abstain, answer
from core.reference.chips import CaseReading, Chip, case_reading, readings_of
from core.reference.entries import Condition
from core.reference.extraction import read_case
from core.reference.fitness import nothing_fits, too_little, unreadable
from core.reference.knowledge import DATA, KnowledgeBase, load
from core.reference.posterior import bands_of, posterior
from core.reference.weighing import Separator, Weighed, separators, weigh


@dataclass(frozen=True, slots=True)
class EngineCard:
    """What the engine says of itself on a screen; `notice` must be shown wherever its answers are."""

    conditions: int
    findings: int
    phrases: int
    measures: int
    version: str
    date: str
    notice: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the knowledge base calls a condition: its name, its synonyms, its ICD-10-CM code, and whether it must not be missed."""

    name: str
    also: tuple[str, ...]
    icd10cm: str
    cannot_miss: bool


class ReferenceEngine:
    """A transparent Bayesian engine over a hand-written knowledge base. Not an AI model."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb

    @classmethod
    def load(cls, folder: Path = DATA) -> ReferenceEngine:
        """The engine over a knowledge base's folder. Raises ConfigError naming file, line, entry and rule."""
        return cls(load(folder))

    @property
    def version(self) -> str:
        """The knowledge base's version."""
        return self._kb.version

    def summary(self) -> EngineCard:
        """Size, version, date and notice of the knowledge base."""
        kb = self._kb
        phrases = sum(len(finding.phrases) for finding in kb.findings.values())
        return EngineCard(len(kb.conditions), len(kb.findings), phrases, len(kb.measures), kb.version, kb.date, kb.notice)

    def catalogue(self) -> tuple[Known, ...]:
        """Every condition that the engine can answer with, in the order of its files."""
        return tuple(Known(c.name, c.also, c.icd10cm, c.cannot_miss) for c in self._kb.conditions)

    def vocabulary(self) -> tuple[tuple[str, str], ...]:
        """(id, name) of every finding, by name."""
        return tuple(sorted(((f.id, f.name) for f in self._kb.findings.values()), key=lambda pair: (pair[1].casefold(), pair[0])))

    def conditions(self) -> tuple[Condition, ...]:
        """Every entry of the knowledge base, in the order of its files."""
        return self._kb.conditions

    def finding_name(self, ident: str) -> str:
        """A finding's name. Raises KeyError when there is none."""
        return self._kb.findings[ident].name

    def read(self, texts: Mapping[str, str], demographics: Demographics) -> CaseReading:
        """What the engine reads in a case, as chips to switch off, flip or add to."""
        return case_reading(self._kb, texts, demographics)

    def add(self, finding: str, *, present: bool) -> Chip:
        """A chip that a clinician adds. Raises KeyError for a finding that the vocabulary doesn't hold."""
        return Chip(finding, self._kb.findings[finding].name, present)

    def weigh(self, chips: Sequence[Chip], demographics: Demographics) -> Weighed:
        """The differential of the chips, laid open. With the chips of `read` its probabilities are those of `assess`."""
        return weigh(self._kb, readings_of(self._kb, chips), demographics)

    def separate(self, first: str, second: str, chips: Sequence[Chip]) -> tuple[Separator, ...]:
        """The findings that tell two conditions apart, by their ids. Raises KeyError for an unknown condition."""
        named = {condition.id: condition for condition in self._kb.conditions}
        return separators(self._kb, named[first], named[second], readings_of(self._kb, chips))

    def findings_read(self, texts: Mapping[str, str], demographics: Demographics) -> int:
        """How many findings the engine reads in a case's own words, present and absent; those that follow from others are not counted."""
        bands = bands_of(demographics)
        return sum(not reading.implied_by for reading in read_case(self._kb, texts, bands[len(bands) // 2], demographics.sex))

    def assess(self, texts: Mapping[str, str], demographics: Demographics, *, top: int = 8) -> Assessment:
        """The differential for a case, `top` conditions at the most; never raises for what a text holds.

        Every quote is a verbatim substring of one of the texts. Raises ValueError when `top` is under 1.
        """
        if top < 1:
            raise ValueError("top must be at least 1")
        if refusal := unreadable(texts):
            return abstain(self._kb, demographics, (), refusal)
        bands = bands_of(demographics)
        readings = read_case(self._kb, texts, bands[len(bands) // 2], demographics.sex)
        if refusal := too_little(self._kb.findings, readings):
            return abstain(self._kb, demographics, readings, refusal)
        found = posterior(self._kb, readings, demographics)
        if refusal := nothing_fits(found):
            return abstain(self._kb, demographics, readings, refusal)
        return answer(self._kb, demographics, readings, found, top)
