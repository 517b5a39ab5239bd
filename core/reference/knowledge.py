"""The knowledge base: reads every file under `data`, checks them against each other, and indexes the phrases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast, get_args

from core.errors import ConfigError
from core.reference.entries import BANDS, Condition, Finding, Measure, Step, StepKind, Urgency
from core.reference.phrases import Trie
from core.reference.records import Entry, Line, read_entries, split_list
from core.reference.vocabulary import checked_id, find_place, number, read_absences, read_categories, read_findings, read_measures

DATA = Path(__file__).parent / "data"
# The shape of an ICD-10-CM code. Its category is looked up at every start; the whole code by a test, against the code list.
_CODE = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?")
_KEYS = frozenset({"name", "also", "icd10", "per_10000", "sex", "cannot_miss", "urgency", "has", "step", "source"})
_HEADER_KEYS = frozenset({"version", "date", "notice"})
MIN_FINDINGS, MAX_FINDINGS = 8, 25


@dataclass(frozen=True, eq=False)
class KnowledgeBase:
    """All of it, read-only: entries by id, and tries for findings, stated absences and measures.

    `carriers` leads from a finding to the conditions that list it (position, share); `group_carriers` from a correlation
    group to the positions of the conditions that list any of it.
    """

    version: str
    date: str
    notice: str
    findings: Mapping[str, Finding]
    measures: Mapping[str, Measure]
    conditions: tuple[Condition, ...]
    phrases: Trie
    absences: Mapping[str, tuple[str, ...]]
    measure_words: Trie
    carriers: Mapping[str, tuple[tuple[int, float], ...]]
    group_carriers: Mapping[str, tuple[int, ...]]


def load(folder: Path = DATA) -> KnowledgeBase:
    """Read and check a knowledge base. Raises ConfigError naming file, line, entry and rule."""
    findings = read_findings(folder)
    measures = read_measures(folder, findings)
    absences = read_absences(folder / "absences.kb", findings)
    conditions = _conditions(folder / "conditions", findings, read_categories(folder / "categories.txt"))
    _no_orphans(folder, findings, conditions)
    header = _header(folder / "header.kb")
    return KnowledgeBase(
        version=header.one("version"),
        date=header.one("date"),
        notice=header.one("notice"),
        findings=MappingProxyType(findings),
        measures=MappingProxyType(measures),
        conditions=conditions,
        phrases=_phrase_trie(findings, absences),
        absences=MappingProxyType({f"-{phrase}": ids for phrase, ids in absences}),
        measure_words=_measure_trie(measures),
        carriers=MappingProxyType(_carriers(conditions)),
        group_carriers=MappingProxyType(_group_carriers(conditions, findings)),
    )


def _carriers(conditions: tuple[Condition, ...]) -> dict[str, tuple[tuple[int, float], ...]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for position, condition in enumerate(conditions):
        for ident, share in condition.findings.items():
            found.setdefault(ident, []).append((position, share))
    return {ident: tuple(carriers) for ident, carriers in found.items()}


def _group_carriers(conditions: tuple[Condition, ...], findings: Mapping[str, Finding]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for position, condition in enumerate(conditions):
        for group in {findings[ident].group for ident in condition.findings}:
            found.setdefault(group, []).append(position)
    return {group: tuple(positions) for group, positions in found.items()}


def _header(path: Path) -> Entry:
    entries = read_entries(path, _HEADER_KEYS)
    if len(entries) != 1:
        raise ConfigError(f"Knowledge base, {path.name}: there must be exactly one [knowledge_base] block.")
    if "not clinically reviewed" not in entries[0].one("notice"):
        entries[0].place.reject("the notice must say 'not clinically reviewed'")
    return entries[0]


def _phrase_trie(findings: Mapping[str, Finding], absences: list[tuple[str, tuple[str, ...]]]) -> Trie:
    trie = Trie()
    for finding in findings.values():
        trie.add(finding.id, finding.phrases)
    for phrase, _ in absences:
        trie.add(f"-{phrase}", (phrase,))
    return trie


def _measure_trie(measures: Mapping[str, Measure]) -> Trie:
    trie = Trie()
    for measure in measures.values():
        trie.add(measure.id, measure.words)
    return trie


def _no_orphans(folder: Path, findings: Mapping[str, Finding], conditions: tuple[Condition, ...]) -> None:
    used = {ident for condition in conditions for ident in condition.findings}
    if orphans := sorted(set(findings) - used):
        find_place(folder, orphans[0]).reject(f"no condition uses it ({len(orphans)} such findings)")


def _conditions(folder: Path, findings: Mapping[str, Finding], categories: frozenset[str]) -> tuple[Condition, ...]:
    found: list[Condition] = []
    seen: dict[str, Line] = {}
    for path in sorted(folder.glob("*.kb")):
        for entry in read_entries(path, _KEYS):
            condition = _condition(entry, findings, categories)
            for taken in (condition.id, condition.name.casefold()):
                if taken in seen and seen[taken] is not entry.place:
                    entry.place.reject(f"id or name stands already in {seen[taken].file} line {seen[taken].number}")
                seen[taken] = entry.place
            found.append(condition)
    if not found:
        raise ConfigError(f"Knowledge base, {folder.name}: no condition files.")
    return tuple(found)


def _condition(entry: Entry, findings: Mapping[str, Finding], categories: frozenset[str]) -> Condition:
    place = entry.place
    code = entry.one("icd10")
    if not _CODE.fullmatch(code):
        place.reject(f"'{code}' does not have the shape of an ICD-10-CM code")
    if code[:3] not in categories:
        place.reject(f"'{code[:3]}' is no category of ICD-10-CM")
    urgency = entry.one("urgency")
    if urgency not in get_args(Urgency):
        place.reject("urgency must be emergent, urgent or routine")
    if (marked := entry.one("cannot_miss")) not in ("yes", "no"):
        place.reject("cannot_miss must be yes or no")
    female, male = _sex(entry)
    return Condition(
        id=checked_id(place.entry, place),
        name=entry.one("name"),
        also=tuple(split_list(entry.one("also", ""))),
        icd10cm=code,
        per_10000=_prevalence(entry),
        female=female,
        male=male,
        cannot_miss=marked == "yes",
        urgency=cast(Urgency, urgency),
        findings=MappingProxyType(_likelihoods(entry, findings)),
        steps=_steps(entry),
        source=entry.one("source"),
    )


def _prevalence(entry: Entry) -> tuple[float, ...]:
    parts = entry.one("per_10000").split()
    if len(parts) != len(BANDS):
        entry.place.reject(f"per_10000 needs {len(BANDS)} numbers: {', '.join(BANDS)}")
    values = tuple(number(part, entry.place, 0, 3000, "per_10000") for part in parts)
    if not any(values):
        entry.place.reject("per_10000 must not be zero in every age band")
    return values


def _sex(entry: Entry) -> tuple[float, float]:
    factors = {"female": 1.0, "male": 1.0}
    for part in split_list(entry.one("sex", ""), ","):
        name, _, value = part.partition(" ")
        if name not in factors:
            entry.place.reject("sex is 'female number, male number'")
        factors[name] = number(value, entry.place, 0, 5, "a sex factor")
    return factors["female"], factors["male"]


def _likelihoods(entry: Entry, findings: Mapping[str, Finding]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for text, place in entry.many("has"):
        for part in split_list(text, ","):
            ident, _, value = part.rpartition(" ")
            if ident not in findings:
                place.reject(f"'{ident}' is not a finding")
            if ident in shares:
                place.reject(f"'{ident}' stands twice")
            shares[ident] = number(value, place, 0.1, 99, f"the share of '{ident}' in %") / 100
    if not MIN_FINDINGS <= len(shares) <= MAX_FINDINGS:
        entry.place.reject(f"a condition has {MIN_FINDINGS} to {MAX_FINDINGS} findings, this one {len(shares)}")
    return shares


def _steps(entry: Entry) -> tuple[Step, ...]:
    steps = []
    for text, place in entry.many("step"):
        parts = [part.strip() for part in text.split("|")]
        if len(parts) != 4 or not all(parts):
            place.reject("a step is 'kind | action | would raise if | would lower if'")
        if parts[0] not in get_args(StepKind):
            place.reject(f"the kind of a step is one of {', '.join(get_args(StepKind))}")
        steps.append(Step(cast(StepKind, parts[0]), *parts[1:]))
    if not steps:
        entry.place.reject("a condition needs at least one step")
    return tuple(steps)
