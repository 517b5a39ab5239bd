"""Numbers and words behind a measure's name: `HR 120`, `BP 82/50`, `troponin: elevated`, to findings present or absent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.reference.entries import Measure
from core.reference.knowledge import KnowledgeBase
from core.reference.tokens import Token

_FILLER = (
    r"(?:(?:is|was|were|of|at|to|level|levels|count|rate|initial|on arrival|measured|about|around|approximately|result|total|now|"
    r"in the|up to|remains|i|t|\([A-Za-z][^()\n]{0,18}\))[\s:=~]*)"
)
_VALUE = re.compile(
    rf"[\s:=~\-–]*{_FILLER}{{0,3}}(?P<sign>[<>≥≤]?)\s*"
    r"(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:\s*/\s*(?P<second>\d{2,3})(?!\d))?",
    re.IGNORECASE,
)
_WORD = re.compile(
    rf"[\s:=\-–]*(?:{_FILLER}|(?:markedly|mildly|slightly|significantly|very|grossly)\s+){{0,3}}"
    r"(?P<word>not elevated|not raised|elevated|high|raised|increased|positive|pos\b|rising|low|decreased|reduced|"
    r"normal|negative|neg\b|wnl|within normal|unremarkable|undetectable)",
    re.IGNORECASE,
)
_HIGH = frozenset({"elevated", "high", "raised", "increased", "positive", "pos", "rising"})
_LOW = frozenset({"low", "decreased", "reduced"})
_TEMPERATURE = re.compile(r"(?<![\d.])(?P<value>\d{2,3}(?:\.\d+)?)\s?°?\s?(?:degrees\s)?(?P<unit>[CF])\b")
_PRESSURE = re.compile(r"(?<![\d/.])(?P<value>\d{2,3})/(?P<second>\d{2,3})\s?mm\s?Hg", re.IGNORECASE)
_SATURATION = re.compile(r"(?<![\d.])(?P<value>\d{2,3})\s?%\s(?:on|RA\b)", re.IGNORECASE)
_BARE = (("temperature", _TEMPERATURE), ("blood_pressure", _PRESSURE), ("oxygen_saturation", _SATURATION))


@dataclass(frozen=True, slots=True)
class Number:
    """A measure's value in the text: in its first unit, or None when only a word such as `elevated` says how it is."""

    measure: Measure
    value: float | None
    second: float | None
    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Valued:
    """A finding that a value shows present or absent, and where it stands in the text."""

    finding: str
    present: bool
    start: int
    end: int
    worded: bool = False


def read_values(kb: KnowledgeBase, text: str, tokens: Sequence[Token], band: str, sex: str) -> list[Valued]:
    """All findings that the values of a text show for an age band and sex, in text order."""
    found = [valued for number in read_numbers(kb, text, tokens) for valued in _judged(number, band, sex)]
    return sorted(found, key=lambda v: (v.start, v.finding))


def read_numbers(kb: KnowledgeBase, text: str, tokens: Sequence[Token]) -> list[Number]:
    """All values of measures in a text: those behind a measure's name, then those that their unit alone names."""
    found: list[Number] = []
    taken: list[tuple[int, int]] = []
    for match in kb.measure_words.find(tokens):
        start, after = tokens[match.used[0]].start, tokens[match.used[-1]].end
        if any(low <= start < high for low, high in taken):
            continue
        if (number := _named(kb.measures[match.values[0]], text, start, after)) is not None:
            found.append(number)
            taken.append((start, number.end))
    for ident, pattern in _BARE:
        for bare in pattern.finditer(text):
            if ident in kb.measures and not any(low <= bare.start() < high for low, high in taken):
                unit = (bare.groupdict().get("unit") or "").lower()
                number = _number(kb.measures[ident], float(bare["value"]), _second(bare), unit, bare.start(), bare.end())
                found += [number] if number else []
    return found


def _named(measure: Measure, text: str, start: int, after: int) -> Number | None:
    if after - start <= 2 and text[start:after].islower():
        return None
    match = _VALUE.match(text, after)
    if match is not None and (after - start > 1 or match.start("value") - after <= 2):
        end, unit = _unit(measure, text, match.end())
        return _number(measure, float(match["value"].replace(",", "")), _second(match), unit, start, end)
    word = _WORD.match(text, after) if after - start > 1 else None
    return Number(measure, None, None, word["word"].lower(), start, word.end()) if word else None


def _second(match: re.Match[str]) -> float | None:
    second = match.groupdict().get("second")
    return float(second) if second else None


def _unit(measure: Measure, text: str, at: int) -> tuple[int, str]:
    """Where the unit behind a number ends, and its name; the number's end and "" when there is none."""
    rest = re.sub(r"\s", "", text[at : at + 24]).lower()
    names = sorted((*(name for name, _ in measure.units), *measure.fahrenheit), key=len, reverse=True)
    name = next(
        (n for n in names if rest.startswith(n) and not (n[-1].isalpha() and rest[len(n) : len(n) + 1].isalpha() and len(n) == 1)), ""
    )
    end, left = at, len(name)
    while left:
        left -= not text[end].isspace()
        end += 1
    return end, name


def _in_first_unit(measure: Measure, value: float, unit: str) -> float:
    if measure.fahrenheit:
        return (value - 32) / 1.8 if unit in measure.fahrenheit or value > measure.plausible[1] else value
    factor = dict(measure.units).get(unit, 1.0)
    if unit and factor != 1.0:
        return value * factor
    if measure.bare_over is not None and value > measure.bare_over[0]:
        return value * measure.bare_over[1]
    if measure.bare_under is not None and not unit and value < measure.bare_under[0]:
        return value * measure.bare_under[1]
    return value


def _number(measure: Measure, raw: float, second: float | None, unit: str, start: int, end: int) -> Number | None:
    """A value in its first unit; None when it is implausible, or a pressure without its second number."""
    value = _in_first_unit(measure, raw, unit)
    if not measure.plausible[0] <= value <= measure.plausible[1] or (measure.id == "blood_pressure" and second is None):
        return None
    return Number(measure, value, second, "", start, end)


def _judged(number: Number, band: str, sex: str) -> list[Valued]:
    limits, start, end = number.measure.limits, number.start, number.end
    if number.value is not None:
        return [Valued(limit.finding, limit.met(number.value, number.second, band, sex), start, end) for limit in limits]
    overs = [limit.finding for limit in limits if limit.over]
    unders = [limit.finding for limit in limits if not limit.over]
    if number.word in _HIGH:
        return [Valued(overs[0], True, start, end, worded=True)] if overs else []
    if number.word in _LOW:
        return [Valued(unders[0], True, start, end, worded=True)] if unders else []
    return [Valued(finding, False, start, end) for finding in (*overs, *unders)]
