"""What to ask next: the findings not yet known whose answers are expected to tell most about the leading conditions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.reference.entries import Condition
from core.reference.extraction import Reading
from core.reference.knowledge import KnowledgeBase

LEADERS = 6
ASK = {
    "symptom": "Ask about",
    "course": "Ask about",
    "risk": "Ask about",
    "sign": "Examine for",
    "vital": "Measure",
    "lab": "Laboratory",
    "imaging": "Imaging",
    "ecg": "ECG",
}
# A leading condition with its probability as answered, which the ceiling on certainty keeps open for rivals.
Leader = tuple[Condition, float]


def ranked_questions(kb: KnowledgeBase, leaders: Sequence[Leader], readings: Sequence[Reading]) -> list[tuple[float, str]]:
    """(bits, finding) of every unknown finding of the leading conditions, the most telling first."""
    known = {reading.finding for reading in readings}
    asked = {ident for condition, _ in leaders for ident in condition.findings} - known
    return sorted(((information_gain(kb, ident, leaders), ident) for ident in asked), key=lambda pair: (-pair[0], pair[1]))


def information_gain(kb: KnowledgeBase, ident: str, leaders: Sequence[Leader]) -> float:
    """Mutual information, in bits, of a finding and which of the leaders it is: entropy of the answer less that within each leader."""
    total = sum(probability for _, probability in leaders)
    overall = within = 0.0
    for condition, probability in leaders:
        share, weight = share_in(kb, condition, ident), probability / total
        overall += weight * share
        within += weight * _entropy(share)
    return max(0.0, _entropy(overall) - within)


def share_in(kb: KnowledgeBase, condition: Condition, ident: str) -> float:
    """P(finding | condition); its base rate where the condition doesn't list it."""
    share = condition.findings.get(ident)
    return kb.findings[ident].base if share is None else share


def _entropy(share: float) -> float:
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share) if 0 < share < 1 else 0.0
