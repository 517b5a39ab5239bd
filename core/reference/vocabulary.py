"""Readers for the vocabulary (`findings*.kb`, `absences.kb`) and the measures (`measures*.kb`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from core.reference.entries import BANDS, KINDS, SEXES, Finding, Limit, Measure, Range
from core.reference.records import Entry, Line, read_entries, read_lines, read_table, split_list

_ID = re.compile(r"[a-z][a-z0-9_]*")
_MEASURE_KEYS = frozenset({"name", "words", "units", "fahrenheit", "bare_over", "bare_under", "plausible", "range", "over", "under"})


def number(text: str, place: Line, low: float, high: float, what: str) -> float:
    """A number within bounds, or a ConfigError that names the place."""
    try:
        value = float(text)
    except ValueError:
        place.reject(f"{what} must be a number, not '{text}'")
    if not low <= value <= high:
        place.reject(f"{what} must lie between {low:g} and {high:g}, not {value:g}")
    return value


def checked_id(text: str, place: Line) -> str:
    """An id of lower-case letters, figures and underscores, or a ConfigError."""
    if not _ID.fullmatch(text):
        place.reject("an id is lower-case letters, figures and underscores")
    return text


def read_findings(folder: Path) -> dict[str, Finding]:
    """The vocabulary of every `findings*.kb` by id. Raises ConfigError for bad rows, double ids and unknown implied findings."""
    found: dict[str, Finding] = {}
    places: dict[str, Line] = {}
    for path in sorted({folder / "findings.kb", *folder.glob("findings*.kb")}):
        for place, cells in read_table(path, 7):
            finding = _finding(place, cells)
            if finding.id in found:
                place.reject(f"the id stands already in {places[finding.id].file} line {places[finding.id].number}")
            found[finding.id], places[finding.id] = finding, place
    for finding in found.values():
        for other in finding.implies:
            if other not in found:
                places[finding.id].reject(f"it implies '{other}', which is not a finding")
    return found


def find_place(folder: Path, ident: str) -> Line:
    """Where a finding stands. Raises KeyError when it stands nowhere."""
    for path in sorted(folder.glob("findings*.kb")):
        for place, cells in read_table(path, 7):
            if cells[0] == ident:
                return place
    raise KeyError(ident)


def read_categories(path: Path) -> frozenset[str]:
    """The categories of ICD-10-CM. Raises ConfigError when the file can't be read."""
    return frozenset(category for _, line in read_lines(path) for category in line.split())


def _finding(place: Line, cells: list[str]) -> Finding:
    ident, kind, base, group, implies, name, phrases = cells
    if kind not in KINDS:
        place.reject(f"kind must be one of {', '.join(sorted(KINDS))}")
    if not name or not group:
        place.reject("name and group must not be empty")
    return Finding(
        id=checked_id(ident, place),
        kind=kind,
        base=number(base, place, 0.001, 60, "the base rate in %") / 100,
        group=group,
        implies=() if implies == "-" else tuple(split_list(implies, ",")),
        name=name,
        phrases=(name, ident.replace("_", " "), *split_list(phrases)),
    )


def read_absences(path: Path, findings: dict[str, Finding]) -> list[tuple[str, tuple[str, ...]]]:
    """(phrase, ids it states the absence of) pairs. Raises ConfigError for unknown findings."""
    pairs: list[tuple[str, tuple[str, ...]]] = []
    for place, (ids, phrases) in read_table(path, 2):
        named = tuple(split_list(ids, ","))
        for ident in named:
            if ident not in findings:
                place.reject(f"'{ident}' is not a finding")
        pairs.extend((phrase, named) for phrase in split_list(phrases))
    return pairs


def read_measures(folder: Path, findings: dict[str, Finding]) -> dict[str, Measure]:
    """The measures of every `measures*.kb` by id. Raises ConfigError for bad limits, ranges, units or unknown findings."""
    found: dict[str, Measure] = {}
    for path in sorted({folder / "measures.kb", *folder.glob("measures*.kb")}):
        for entry in read_entries(path, _MEASURE_KEYS):
            measure = _measure(entry, findings)
            if measure.id in found:
                entry.place.reject("the id stands twice")
            found[measure.id] = measure
    return found


def _measure(entry: Entry, findings: dict[str, Finding]) -> Measure:
    place = entry.place
    low, high = (number(part, place, -1e9, 1e9, "plausible") for part in _exactly(entry.one("plausible").split(), 2, place))
    limits = [_limit(value, at, True, findings) for value, at in entry.many("over")]
    limits += [_limit(value, at, False, findings) for value, at in entry.many("under")]
    usual, usual_by = _ranges(entry, (low, high))
    return Measure(
        id=checked_id(place.entry, place),
        name=entry.one("name"),
        words=tuple(split_list(entry.one("words"))),
        units=tuple(_unit(unit, place) for unit in split_list(entry.one("units"))),
        fahrenheit=tuple(split_list(entry.one("fahrenheit", ""))),
        bare_over=_bare(entry, "bare_over"),
        bare_under=_bare(entry, "bare_under"),
        plausible=(low, high),
        usual=usual,
        usual_by=usual_by,
        limits=tuple(limits),
    )


def _ranges(entry: Entry, plausible: Range) -> tuple[Range, dict[str, Range]]:
    """The reference range and those of bands and sexes; each must rise and lie within what is plausible."""
    first, *rest = entry.one("range").split()
    _paired(rest, entry.place, "a range is 'low-high' and then 'band low-high' or 'sex low-high' pairs")
    return _range(first, entry.place, plausible), {who: _range(text, entry.place, plausible) for who, text in _pairs(rest, entry.place)}


def _range(text: str, place: Line, plausible: Range) -> Range:
    low, dash, high = text.partition("-")
    if not dash:
        place.reject(f"a range is 'low-high', not '{text}'")
    found = number(low, place, *plausible, "a range's low end"), number(high, place, *plausible, "a range's high end")
    if found[0] > found[1]:
        place.reject(f"the range '{text}' falls")
    return found


def _paired(parts: Sequence[str], place: Line, rule: str) -> None:
    if len(parts) % 2:
        place.reject(rule)


def _pairs(parts: Sequence[str], place: Line) -> list[tuple[str, str]]:
    """(band or sex, value) pairs."""
    pairs = list(zip(parts[::2], parts[1::2], strict=True))
    for who, _ in pairs:
        if who not in (*BANDS, *SEXES):
            place.reject(f"'{who}' is not an age band or sex; they are {', '.join((*BANDS, *SEXES))}")
    return pairs


def _exactly(parts: list[str], count: int, place: Line) -> list[str]:
    if len(parts) != count:
        place.reject(f"{count} values are needed, {len(parts)} stand there")
    return parts


def _unit(text: str, place: Line) -> tuple[str, float]:
    name, times, factor = text.rpartition(" x ")
    return (name.replace(" ", ""), number(factor, place, 1e-6, 1e6, "a unit's factor")) if times else (text.replace(" ", ""), 1.0)


def _bare(entry: Entry, key: str) -> tuple[float, float] | None:
    text = entry.one(key, "")
    if not text:
        return None
    limit, _, factor = text.partition(" x ")
    return number(limit, entry.place, 0, 1e9, key), number(factor, entry.place, 1e-6, 1e6, f"the factor of {key}")


def _limit(text: str, place: Line, over: bool, findings: dict[str, Finding]) -> Limit:
    ident, *rest = text.split()
    if ident not in findings:
        place.reject(f"'{ident}' is not a finding")
    _paired(["", *rest], place, "a limit is 'finding number' and then 'band number' or 'sex number' pairs")
    first, _, second = rest[0].partition("/")
    return Limit(
        finding=ident,
        over=over,
        default=number(first, place, 0, 1e6, "a limit"),
        by={who: number(value, place, 0, 1e6, "a limit") for who, value in _pairs(rest[1:], place)},
        second=number(second, place, 0, 1e6, "a limit") if second else None,
    )
