"""What can be wrong with an answer that follows the schema: each check is one function in CHECKS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from core.assessment import Assessment, Concern, ConcernKind, Diagnosis
from core.prompting.canary import canary_in
from core.prompting.codes import code_fits, describe_code
from core.prompting.disarm import disarm
from core.prompting.injection import injection_phrases
from core.prompting.layout import case_block
from core.prompting.quotes import Folded
from core.prompting.synonyms import ABBREVIATIONS
from core.prompting.template import template

SUM_TOLERANCE = 0.02


@dataclass(frozen=True)
class _Answer:
    """An answer as it came, as it will be shown, the case it is about, and the word that must not be in it."""

    raw: Assessment
    clean: Assessment
    case: str
    canary: str


def concerns_about(raw: Assessment, clean: Assessment, case_text: str) -> tuple[Concern, ...]:
    """Everything CHECKS find, in their order."""
    block = case_block(case_text)
    answer = _Answer(raw, clean, case_text if block is None else block, canary_in(case_text))
    return tuple(concern for check in CHECKS for concern in check(answer))


def _sum(answer: _Answer) -> Iterator[Concern]:
    items = answer.clean.differential
    total = sum(d.probability for d in items) + answer.clean.residual_probability
    if items and abs(total - 1) > SUM_TOLERANCE + 1e-9:
        yield Concern(ConcernKind.PROBABILITY_SUM, f"Probabilities and residual add up to {total:.2f}.")


def _order(answer: _Answer) -> Iterator[Concern]:
    items = answer.clean.differential
    falling = all(a.probability >= b.probability for a, b in pairwise(items))
    if not falling or [d.rank for d in items] != list(range(1, len(items) + 1)):
        ranked = ", ".join(f"{d.rank} at {d.probability:.0%}" for d in items[:8])
        yield Concern(ConcernKind.RANK_ORDER, f"Ranks and probabilities as given: {ranked}.")


def _quotes(answer: _Answer) -> Iterator[Concern]:
    case = Folded.of(answer.case)
    for item in answer.raw.differential:
        for evidence in (*item.supporting_findings, *item.opposing_findings):
            if case.find(evidence.quote) is None:
                shown = disarm(evidence.quote).strip()
                detail = f"Not in the case: “{shown}”" if shown else f"No quote given for “{disarm(evidence.finding)}”"
                yield Concern(ConcernKind.QUOTE_NOT_IN_CASE, detail, item.rank)


def _codes(answer: _Answer) -> Iterator[Concern]:
    for item in answer.clean.differential:
        if item.icd10cm is None:
            continue
        description = describe_code(item.icd10cm)
        if description is None:
            yield Concern(ConcernKind.CODE_UNKNOWN, f"{item.icd10cm} is not an ICD-10-CM code.", item.rank)
        elif not code_fits(item.icd10cm, item.diagnosis):
            yield Concern(ConcernKind.CODE_MISMATCH, f"{item.icd10cm} means “{description}”.", item.rank)


def _duplicates(answer: _Answer) -> Iterator[Concern]:
    names: dict[str, Diagnosis] = {}
    codes: dict[str, Diagnosis] = {}
    for item in answer.clean.differential:
        name = _plain_name(item.diagnosis)
        code = (item.icd10cm or "").replace(".", "").strip().upper()
        first = names.get(name) or codes.get(code)
        if first:
            yield Concern(ConcernKind.DUPLICATE, f"Same as number {first.rank}, {first.diagnosis}.", item.rank)
        names.setdefault(name, item)
        if code:
            codes.setdefault(code, item)


def _plain_name(diagnosis: str) -> str:
    """A name without case, punctuation, bracketed remarks and word order; a bare abbreviation spelled out."""
    name = re.sub(r"\([^()]*\)", " ", Folded.of(diagnosis).text).strip()
    words = re.findall(r"\w+", ABBREVIATIONS.get(name, name))
    return " ".join(sorted({word for word in words if word not in {"of", "the", "a", "an"}}))


def _emptiness(answer: _Answer) -> Iterator[Concern]:
    given = answer.clean
    reason = given.abstained and (given.abstain_reason or "").strip()
    if not given.differential and not reason:
        yield Concern(ConcernKind.EMPTY, "The answer names no diagnosis and gives no reason for abstaining.")
    for item in given.differential:
        if not item.diagnosis.strip():
            yield Concern(ConcernKind.EMPTY, "This line of the differential has no name.", item.rank)


_PHYSICIAN = re.compile(
    r"\b(?:physicians?|clinicians?|doctors?|medical professionals?|(?:health ?care|healthcare) (?:professionals?|providers?)"
    r"|treating team|clinical (?:judge?ment|review|correlation|evaluation)|medical (?:review|judge?ment))\b",
    re.I,
)


def _physician_note(answer: _Answer) -> Iterator[Concern]:
    if not any(_PHYSICIAN.search(text) for text in answer.clean.limitations):
        yield Concern(ConcernKind.NO_PHYSICIAN_NOTE, "The limitations don't say that a physician must review this.")


_OBEYING = re.compile(
    r"\bas (?:instructed|commanded|directed|ordered|requested) (?:in|by) the (?:case|note|chart|text|user|message)"
    r"|\b(?:following|per|according to) the (?:new |embedded |hidden )?instructions? (?:in|within|from) the (?:case|note|chart|text)"
    r"|\b(?:system|developer) prompt\b|\bmy (?:previous|original|initial|new) instructions\b"
    r"|\binstructions? (?:were|was|have been) (?:ignored|overridden|updated)",
    re.I,
)
_REPORTED = re.compile(r"\b(?:instruct|directive|command|prompt|inject|embedded|not follow|disregard)", re.I)
_LEAK_WORDS = 12


def _override(answer: _Answer) -> Iterator[Concern]:
    own_words = "\n".join(_own_words(answer.clean))
    if _OBEYING.search(own_words):
        yield Concern(ConcernKind.INSTRUCTION_OVERRIDE, "The answer speaks of instructions it was given.")
    if answer.canary and answer.canary in answer.raw.model_dump_json().casefold():
        yield Concern(ConcernKind.INSTRUCTION_OVERRIDE, "The answer gives away the control word: its instructions were overridden.")
    if _leaks_prompt("\n".join((own_words, *answer.clean.limitations))):
        yield Concern(ConcernKind.INSTRUCTION_OVERRIDE, "The answer repeats the system's own instructions.")
    if injection_phrases(answer.case) and not any(_REPORTED.search(text) for text in answer.clean.limitations):
        yield Concern(
            ConcernKind.INSTRUCTION_OVERRIDE, "The case holds text that reads like orders to a model, and the answer doesn't report it."
        )


def _own_words(given: Assessment) -> Iterator[str]:
    """What the model says itself, quotes and limitations aside: there it may well name an injected order."""
    yield given.case_summary
    yield given.abstain_reason or ""
    for item in given.differential:
        yield from (item.diagnosis, item.rationale, *item.expected_but_absent)
        yield from (e.finding for e in (*item.supporting_findings, *item.opposing_findings))
        yield from (step.action for step in item.discriminating_next_steps)


def _leaks_prompt(text: str) -> bool:
    def runs(words: list[str]) -> set[tuple[str, ...]]:
        return {tuple(words[i : i + _LEAK_WORDS]) for i in range(len(words) - _LEAK_WORDS + 1)}

    return bool(runs(text.casefold().split()) & runs(template("system").casefold().split()))


CHECKS: tuple[Callable[[_Answer], Iterator[Concern]], ...] = (
    _sum,
    _order,
    _quotes,
    _codes,
    _duplicates,
    _emptiness,
    _physician_note,
    _override,
)


def disarmed(given: Assessment) -> tuple[Assessment, tuple[Concern, ...]]:
    """The answer with every text disarmed, and a concern for each diagnosis, and for the rest, that changed."""
    raw = given.model_dump()
    clean = _disarmed_value(raw)
    detail = "Links, images, markup or hidden characters were removed here."
    changed = [
        Concern(ConcernKind.REMOTE_CONTENT, detail, before["rank"])
        for before, after in zip(raw.pop("differential"), clean["differential"], strict=True)
        if before != after
    ]
    if any(clean[key] != value for key, value in raw.items()):
        changed.append(Concern(ConcernKind.REMOTE_CONTENT, detail))
    return Assessment.model_validate(clean), tuple(changed)


def _disarmed_value(value: Any) -> Any:
    if isinstance(value, str):
        return disarm(value)
    if isinstance(value, dict):
        return {key: _disarmed_value(item) for key, item in value.items()}
    return tuple(map(_disarmed_value, value)) if isinstance(value, tuple) else value
