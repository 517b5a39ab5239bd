"""A case's texts to readings: which findings are present, which stated absent, each with its verbatim quote.

A quote is always a substring of the field's text. Past symptoms, relatives' and hypothetical findings are not readings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.reference.context import Said, contexts
from core.reference.knowledge import KnowledgeBase
from core.reference.phrases import Match
from core.reference.tokens import Token, tokenize
from core.reference.values import read_values

MAX_CHARS = 20_000
_LASTING = frozenset({"risk"})
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """A finding read from the case. `weight` is 1, or less when the text is unsure or says both.

    `implied_by` names the finding it follows from; `measured` marks one that a value shows.
    """

    finding: str
    present: bool
    field: str
    quote: str
    weight: float = 1.0
    measured: bool = False
    implied_by: str = ""


def read_case(kb: KnowledgeBase, texts: Mapping[str, str], band: str, sex: str = "") -> tuple[Reading, ...]:
    """One reading a finding, in the order of first mention; text beyond MAX_CHARS of a field is not read."""
    mentions: list[Reading] = []
    for field, text in texts.items():
        mentions += _read_text(kb, field, text[:MAX_CHARS], band, sex)
    merged = _merge(mentions)
    return (*merged, *_implied(kb, merged))


def _read_text(kb: KnowledgeBase, field: str, text: str, band: str, sex: str) -> list[Reading]:
    tokens = tokenize(text)
    matches = kb.phrases.find(tokens)
    said = contexts(text, tokens, matches)
    found: list[Reading] = []
    for match in matches:
        for value in match.values:
            found += _mention(kb, field, text, tokens, match, value, said)
    at = {token.start: i for i, token in enumerate(tokens)}
    for v in read_values(kb, text, tokens, band, sex):
        # A number stands whatever the words around it say; "no elevated troponin" does not.
        context = said[at[v.start]] if v.worded and v.start in at else Said.NOTHING
        if not context & (Said.FAMILY | Said.HYPOTHETICAL | Said.PAST):
            found.append(Reading(v.finding, v.present and not context & Said.DENIED, field, text[v.start : v.end], measured=True))
    return found


def _mention(
    kb: KnowledgeBase, field: str, text: str, tokens: Sequence[Token], match: Match, value: str, said: Sequence[Said]
) -> Iterable[Reading]:
    quote = text[tokens[match.used[0]].start : tokens[match.used[-1]].end]
    context = _context(match, said)
    if value.startswith("-"):
        if not context & (Said.FAMILY | Said.HYPOTHETICAL | Said.PAST | Said.DENIED):
            yield from (Reading(ident, False, field, quote) for ident in kb.absences[value])
        return
    lasting = kb.findings[value].kind in _LASTING
    about_family = value.startswith("family_")
    if context & Said.HYPOTHETICAL or (context & Said.FAMILY and not about_family):
        return
    if not lasting and (context & Said.PAST or field == "medications"):
        return
    yield Reading(value, not context & Said.DENIED, field, quote, _HALF if context & Said.UNCERTAIN else 1.0)


def _context(match: Match, said: Sequence[Said]) -> Said:
    """What is said of the phrase's first word, and denials of any of its words."""
    context = said[match.used[0]]
    for index in match.used[1:]:
        context |= said[index] & Said.DENIED
    return context


def _merge(mentions: Sequence[Reading]) -> tuple[Reading, ...]:
    by_finding: dict[str, list[Reading]] = {}
    for mention in mentions:
        by_finding.setdefault(mention.finding, []).append(mention)
    return tuple(_settle(found) for found in by_finding.values())


def _settle(found: Sequence[Reading]) -> Reading:
    """One reading of several mentions: a measured presence stands, then a stated one, halved when the text also denies it."""
    present = sorted((m for m in found if m.present), key=lambda m: (not m.measured, -m.weight))
    if not present:
        return max(found, key=lambda m: m.weight)
    denied = any(not m.present and not m.measured for m in found)
    return replace(present[0], weight=present[0].weight * _HALF) if denied and not present[0].measured else present[0]


def _implied(kb: KnowledgeBase, readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Findings that follow from those present and are not stated themselves."""
    known = {r.finding for r in readings}
    found: dict[str, Reading] = {}
    queue = [r for r in readings if r.present]
    for reading in queue:
        for other in kb.findings[reading.finding].implies:
            if other not in known and other not in found:
                found[other] = replace(reading, finding=other, implied_by=reading.finding)
                queue.append(found[other])
    return tuple(found.values())
