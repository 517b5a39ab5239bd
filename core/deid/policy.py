"""What is masked under which rule. A policy is a named constant; its id goes into every audit entry."""

from __future__ import annotations

from dataclasses import dataclass

from core.deid.lexicon import words
from core.model import Category

# 45 CFR 164.514(b)(2)(i)(B): three digits may stay where they hold more than 20,000 people. Union of the 2000 and 2020 Census lists.
_SMALL_ZIP3 = words("policy.small_zip3")
# Prefixes without Census residents (unassigned, military, single government or business addressees) are treated alike.
_EMPTY_ZIP3 = words("policy.empty_zip3")


@dataclass(frozen=True, slots=True)
class Policy:
    """Which categories are masked. `blank` withholds every text whole; `id` names policy and version."""

    id: str
    masked: frozenset[Category]
    blank: bool = False


SAFE_HARBOR = Policy("SAFE_HARBOR/1", frozenset(Category))
SAFE_HARBOR_KEEP_FACILITIES = Policy("SAFE_HARBOR_KEEP_FACILITIES/1", frozenset(Category) - {Category.FACILITY})
BLANK_ALL = Policy("BLANK_ALL/1", frozenset(Category), blank=True)


def zip3(code: str) -> str:
    """The three digits of a US ZIP code that may stay, `000` where too few people live; empty for other codes."""
    prefix = code[:3]
    if len(code) < 5 or not code[:5].isdigit():
        return ""
    return "000" if prefix in _SMALL_ZIP3 or prefix in _EMPTY_ZIP3 else prefix
