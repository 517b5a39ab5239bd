"""Whether a case can be answered at all: the reasons to abstain, in the order they are looked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.reference.entries import Finding
from core.reference.extraction import Reading
from core.reference.posterior import Posterior, Scored

MIN_FINDINGS = 3
MAX_OTHER = 0.9
MIN_CONTRADICTED = 2
MAX_CASE_CHARS = 20_000
MIN_SUPPORT = 2
TELLING_BASE = 0.003
TELLING_RATIO = 50
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_WORDS = (
    """the and of with no for is was has to in on her his she he patient pain history denies reports since after from are not had"""
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_FOREIGN_WORDS = """el la los las del que con una por para sin desde der die das und ist mit nicht seit ein eine le les des et est
avec depuis une dans pas il che di non sono gli nel com não sem uma os dor het een van met niet och att som jest nie się"""
_FOREIGN = frozenset(_FOREIGN_WORDS.split())
_ANIMAL = re.compile(
    r"\b(?:veterinar\w+|spayed|neutered|gelding|heifer|canine patient|feline patient|the owner (?:reports|noticed|states)|"
    r"(?:year|month|week|yr)s?[- ]old (?:\w+ ){0,3}(?:dog|cat|puppy|kitten|labrador|retriever|poodle|horse|"
    r"mare|foal|cow|calf|rabbit|ferret|parrot|hamster|guinea pig))\b",
    re.IGNORECASE,
)


class Refusal(NamedTuple):
    """Why there is no answer, and what the engine would need first, with what that is good for."""

    reason: str
    need: str
    why: str


def unreadable(texts: Mapping[str, str]) -> Refusal | None:
    """Why the text is none this engine can read: an animal's case, another language, too long. None when it may be."""
    whole = "\n".join(texts.values())
    if (length := sum(map(len, texts.values()))) >= MAX_CASE_CHARS:
        reason = f"The case has {length:,} characters; this engine weighs cases of under {MAX_CASE_CHARS:,}."
        return Refusal(reason, f"A summary of under {MAX_CASE_CHARS:,} characters", "Findings of other visits and copied notes mislead it.")
    if _ANIMAL.search(whole):
        reason = "The case seems to be an animal's; the knowledge base is about people."
        return Refusal(reason, "A human patient", "No condition, prevalence or reference range in it is an animal's.")
    words = [word.lower() for word in _WORD.findall(whole)]
    foreign, english = sum(w in _FOREIGN for w in words), sum(w in _ENGLISH for w in words)
    if foreign >= 4 and foreign > 2 * english:
        reason = "The case does not seem to be in English, the only language this engine reads."
        return Refusal(reason, "The case in English", "Its vocabulary and its rules for negation are English.")
    return None


def too_little(findings: Mapping[str, Finding], readings: Sequence[Reading]) -> Refusal | None:
    """Why the readings are too few or cancel out: under three stated (two when one is telling), no complaint or sign, contradictions."""
    stated = [r for r in readings if not r.implied_by and not (r.measured and not r.present)]
    present = [r for r in stated if r.present]
    telling = any(findings[r.finding].base <= TELLING_BASE and r.weight == 1 for r in present)
    if len(present) < MIN_SUPPORT or (len(stated) < MIN_FINDINGS and not telling):
        reason = (
            f"Only {len(present)} findings present and {len(stated) - len(present)} stated absent could be read; "
            f"at least {MIN_FINDINGS} are needed, {MIN_SUPPORT} of them present."
        )
        return Refusal(reason, f"At least {MIN_FINDINGS} findings in plain clinical words", "Under that, the prior alone would answer.")
    if all(findings[r.finding].kind == "risk" for r in present):
        reason = "Only risk factors and past conditions could be read, no complaint, sign or result."
        return Refusal(reason, "The complaint that brings the patient now", "A risk says who falls ill, not of what.")
    return _contradiction(findings, present)


def _contradiction(findings: Mapping[str, Finding], present: Sequence[Reading]) -> Refusal | None:
    both = [findings[r.finding].name for r in present if r.contradicted]
    if len(both) < MIN_CONTRADICTED or 2 * len(both) < len(present):
        return None
    reason = f"The case contradicts itself: {len(both)} of {len(present)} findings are stated present and absent ({'; '.join(both[:4])})."
    return Refusal(reason, f"Which of these hold: {'; '.join(both[:4])}", "Each would count both ways.")


def nothing_fits(found: Posterior) -> Refusal | None:
    """Why no condition fits: the best explains fewer than two findings, or most of the probability lies elsewhere."""
    need, why = "Findings that are typical of the disease in question", "Those that were read fit many things, or none."
    if not any(_support(one) >= MIN_SUPPORT for one in found.ranked):
        return Refusal("No condition in the knowledge base explains two or more of the findings.", need, why)
    if found.other > MAX_OTHER:
        reason = f"The findings fit no condition in the knowledge base well: {found.other:.0%} of the probability lies outside it."
        return Refusal(reason, need, why)
    return None


def _support(one: Scored) -> int:
    """How many findings speak for a condition; one that is fifty times commoner in it counts twice."""
    ratios = [c.ratio for c in one.contributions if c.reading.present and not c.reading.implied_by]
    return sum(1 + (ratio >= TELLING_RATIO) for ratio in ratios if ratio > 1.5)
