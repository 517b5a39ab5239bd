"""A case as it was read, as chips that a clinician can switch off, flip or add to; and what was read but isn't weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.model import Demographics
from core.reference.detail import NOTHING, Detail, detail_of
from core.reference.extraction import ASIDES, MAX_CHARS, Reading, implied, read_asides, read_case
from core.reference.knowledge import KnowledgeBase
from core.reference.posterior import bands_of
from core.reference.tokens import tokenize
from core.reference.values import read_numbers


@dataclass(frozen=True, slots=True)
class Chip:
    """A finding, present or stated absent, with the words it was read from; `quote` is empty when a clinician added it.

    `weight` is under 1 when the text is unsure or says both (`contradicted`). `measured`: a value shows it.
    """

    finding: str
    name: str
    present: bool
    quote: str = ""
    field: str = ""
    weight: float = 1.0
    measured: bool = False
    detail: Detail = NOTHING
    contradicted: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A finding that was read but is not weighed, and why."""

    name: str
    quote: str
    why: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value in the measure's first unit, with the reference range for the person; `flag` is high, low or empty."""

    name: str
    value: float
    unit: str
    low: float
    high: float
    quote: str

    @property
    def flag(self) -> str:
        """How it lies to its range."""
        return "low" if self.value < self.low else "high" if self.value > self.high else ""


@dataclass(frozen=True, slots=True)
class CaseReading:
    """Everything that was read from a case."""

    chips: tuple[Chip, ...]
    asides: tuple[Aside, ...]
    values: tuple[Value, ...]


def case_reading(kb: KnowledgeBase, texts: Mapping[str, str], who: Demographics) -> CaseReading:
    """What the engine reads in a case; findings that only follow from others are left out."""
    bands = bands_of(who)
    band = bands[len(bands) // 2]
    readings = [r for r in read_case(kb, texts, band, who.sex) if not r.implied_by]
    asides = read_asides(kb, texts, band, who.sex)
    return CaseReading(
        tuple(_chip(kb, reading, texts[reading.field]) for reading in readings),
        tuple(Aside(kb.findings[one.finding].name, one.quote, ASIDES[one.aside]) for one in asides),
        tuple(value for text in texts.values() for value in _values(kb, text[:MAX_CHARS], band, who.sex)),
    )


def _chip(kb: KnowledgeBase, reading: Reading, text: str) -> Chip:
    return Chip(
        reading.finding,
        kb.findings[reading.finding].name,
        reading.present,
        reading.quote,
        reading.field,
        reading.weight,
        reading.measured,
        detail_of(text, reading.start, len(reading.quote)),
        reading.contradicted,
    )


def _values(kb: KnowledgeBase, text: str, band: str, sex: str) -> list[Value]:
    found = []
    for number in read_numbers(kb, text, tokenize(text)):
        if number.value is not None:
            low, high = number.measure.reference(band, sex)
            unit = number.measure.units[0][0]
            found.append(Value(number.measure.name, round(number.value, 3), unit, low, high, text[number.start : number.end]))
    return found


def readings_of(kb: KnowledgeBase, chips: Sequence[Chip]) -> tuple[Reading, ...]:
    """Chips back to readings, with what follows from them. Raises KeyError for a finding that the vocabulary doesn't hold."""
    stated = [_reading(kb, chip) for chip in chips]
    return (*stated, *implied(kb, stated))


def _reading(kb: KnowledgeBase, chip: Chip) -> Reading:
    return Reading(
        kb.findings[chip.finding].id,
        chip.present,
        chip.field,
        chip.quote,
        chip.weight,
        measured=chip.measured,
        contradicted=chip.contradicted,
    )
