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
ASIDES = {"family": "of a relative", "past": "in the past", "hypothetical": "a plan or a precaution", "medication": "why a drug is taken"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A finding read from the case. `weight` is 1, or less when the text is unsure or says both.

    `implied_by` names the finding it follows from; `measured` marks one that a value shows; `start` is the quote's place in the field.
    `contradicted`: the text says both.
    `aside` says why a mention is no reading of the patient's state now (see ASIDES); it is empty for readings.
    """

    finding: str
    present: bool
    field: str
    quote: str
    weight: float = 1.0
    measured: bool = False
    implied_by: str = ""
    start: int = 0
    aside: str = ""
    contradicted: bool = False


def read_case(kb: KnowledgeBase, texts: Mapping[str, str], band: str, sex: str = "") -> tuple[Reading, ...]:
    """One reading a finding, in the order of first mention; text beyond MAX_CHARS of a field is not read."""
    mentions: list[Reading] = []
    for field, text in texts.items():
        mentions += _read_text(kb, field, text[:MAX_CHARS], band, sex)
    merged = _merge([mention for mention in mentions if not mention.aside])
    return (*merged, *implied(kb, merged))


def read_asides(kb: KnowledgeBase, texts: Mapping[str, str], band: str, sex: str = "") -> tuple[Reading, ...]:
    """What is said of relatives, the past and plans: one mention a finding and reason, in the order of the text. None is weighed."""
    mentions = [m for field, text in texts.items() for m in _read_text(kb, field, text[:MAX_CHARS], band, sex) if m.aside]
    return tuple({(m.finding, m.aside): m for m in reversed(mentions)}.values())[::-1]


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
        present, quote = v.present and not context & Said.DENIED, text[v.start : v.end]
        aside = _aside(context, lasting=False)
        found.append(Reading(v.finding, bool(present), field, quote, measured=True, start=v.start, aside=aside))
    return found


def _mention(
    kb: KnowledgeBase, field: str, text: str, tokens: Sequence[Token], match: Match, value: str, said: Sequence[int]
) -> Iterable[Reading]:
    start = tokens[match.used[0]].start
    quote = text[start : tokens[match.used[-1]].end]
    context = _context(match, said)
    if value.startswith("-"):
        if not context & (Said.FAMILY | Said.HYPOTHETICAL | Said.PAST | Said.DENIED):
            yield from (Reading(ident, False, field, quote, start=start) for ident in kb.absences[value])
        return
    lasting = kb.findings[value].kind in _LASTING
    aside = _aside(context & ~Said.FAMILY if value.startswith("family_") else context, lasting)
    if not aside and field == "medications" and not lasting:
        aside = "medication"
    weight = _HALF if context & Said.UNCERTAIN else 1.0
    yield Reading(value, not context & Said.DENIED, field, quote, weight, start=start, aside=aside)


def _aside(context: int, lasting: bool) -> str:
    """Why a mention is no reading; a risk or a past condition lasts, so the past doesn't set it aside."""
    if context & Said.HYPOTHETICAL:
        return "hypothetical"
    if context & Said.FAMILY:
        return "family"
    return "past" if context & Said.PAST and not lasting else ""


def _context(match: Match, said: Sequence[int]) -> int:
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
    if present[0].measured or all(m.present or m.measured for m in found):
        return present[0]
    return replace(present[0], weight=present[0].weight * _HALF, contradicted=True)


def implied(kb: KnowledgeBase, readings: Sequence[Reading]) -> tuple[Reading, ...]:
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
