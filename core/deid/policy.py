"""What is masked under which rule. A policy is a named constant; its id goes into every audit entry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.deid.lexicon import words
from core.model import Category

# 45 CFR 164.514(b)(2)(i)(B): three digits may stay where they hold more than 20,000 people. Union of the 2000 and 2020 Census lists.
_SMALL_ZIP3 = words("policy.small_zip3")
# Prefixes without Census residents (unassigned, military, single government or business addressees) are treated alike.
_EMPTY_ZIP3 = words("policy.empty_zip3")
_TERMS = ":terms/"


@dataclass(frozen=True, slots=True)
class TermLists:
    """A site's own words: `always` masked, `never` masked. Terms as `term_key` writes them; `version` 0 stands for no lists."""

    version: int = 0
    always: frozenset[str] = field(default=frozenset(), repr=False)
    never: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which categories are masked, and the site's lists. `blank` withholds every text whole; `id` names policy and versions.

    Under every policy the identity panel's values, what the clinician asked to redact and the site's `always` terms are masked,
    in this order of rank; a `never` term stays only where none of the three says otherwise.
    """

    id: str
    masked: frozenset[Category]
    blank: bool = False
    terms: TermLists = TermLists()

    def with_terms(self, terms: TermLists) -> Policy:
        """The same policy with a site's lists; the lists' version is part of its id."""
        return replace(self, id=f"{_base(self.id)}{_TERMS}{terms.version}" if terms.version else _base(self.id), terms=terms)


SAFE_HARBOR = Policy("SAFE_HARBOR/1", frozenset(Category))
SAFE_HARBOR_KEEP_FACILITIES = Policy("SAFE_HARBOR_KEEP_FACILITIES/1", frozenset(Category) - {Category.FACILITY})
# 45 CFR 164.514(e)(2): town or city, state, ZIP code, dates and ages may stay; street addresses and all other identifiers may not.
LIMITED_DATA_SET = Policy("LIMITED_DATA_SET/1", frozenset(Category) - {Category.DATE, Category.AGE, Category.PLACE, Category.ZIP})
BLANK_ALL = Policy("BLANK_ALL/1", frozenset(Category), blank=True)
POLICIES: tuple[Policy, ...] = (SAFE_HARBOR, SAFE_HARBOR_KEEP_FACILITIES, LIMITED_DATA_SET, BLANK_ALL)


def policy_named(policy_id: str) -> Policy:
    """The policy of that id, whatever version its lists had. An id that is not known stands for the default, the strictest that sends."""
    return next((p for p in POLICIES if p.id == _base(policy_id)), SAFE_HARBOR)


def _base(policy_id: str) -> str:
    return policy_id.partition(_TERMS)[0]


def zip3(code: str) -> str:
    """The three digits of a US ZIP code that may stay, `000` where too few people live; empty for other codes."""
    prefix = code[:3]
    if len(code) < 5 or not code[:5].isdigit():
        return ""
    return "000" if prefix in _SMALL_ZIP3 or prefix in _EMPTY_ZIP3 else prefix
