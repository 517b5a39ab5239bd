"""Whether a case can be answered at all: the reasons to abstain, in the order they are looked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.reference.entries import Finding
from core.reference.extraction import Reading
from core.reference.posterior import Posterior, Scored

MIN_FINDINGS = 3
MAX_OTHER = 0.9
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


def unreadable(texts: Mapping[str, str]) -> str | None:
    """Why the text is none this engine can read: an animal's case, another language. None when it may be."""
    whole = "\n".join(texts.values())
    if _ANIMAL.search(whole):
        return "The case seems to be an animal's; the knowledge base is about people."
    words = [word.lower() for word in _WORD.findall(whole[:20_000])]
    foreign, english = sum(w in _FOREIGN for w in words), sum(w in _ENGLISH for w in words)
    if foreign >= 4 and foreign > 2 * english:
        return "The case does not seem to be in English, the only language this engine reads."
    return None


def too_little(findings: Mapping[str, Finding], readings: Sequence[Reading]) -> str | None:
    """Why the readings are too few: under three findings stated (two when one is rare enough to tell), or no complaint or sign."""
    stated = [r for r in readings if not r.implied_by and not (r.measured and not r.present)]
    present = [r for r in stated if r.present]
    telling = any(findings[r.finding].base <= TELLING_BASE and r.weight == 1 for r in present)
    if len(present) < MIN_SUPPORT or (len(stated) < MIN_FINDINGS and not telling):
        return (
            f"Only {len(present)} findings present and {len(stated) - len(present)} stated absent could be read; "
            f"at least {MIN_FINDINGS} are needed, {MIN_SUPPORT} of them present."
        )
    if all(findings[r.finding].kind == "risk" for r in present):
        return "Only risk factors and past conditions could be read, no complaint, sign or result."
    return None


def nothing_fits(found: Posterior) -> str | None:
    """Why no condition fits: the best explains fewer than two findings, or most of the probability lies elsewhere."""
    if not any(_support(one) >= MIN_SUPPORT for one in found.ranked):
        return "No condition in the knowledge base explains two or more of the findings."
    if found.other > MAX_OTHER:
        return f"The findings fit no condition in the knowledge base well: {found.other:.0%} of the probability lies outside it."
    return None


def _support(one: Scored) -> int:
    """How many findings speak for a condition; one that is fifty times commoner in it counts twice."""
    ratios = [c.ratio for c in one.contributions if c.reading.present and not c.reading.implied_by]
    return sum(1 + (ratio >= TELLING_RATIO) for ratio in ratios if ratio > 1.5)
