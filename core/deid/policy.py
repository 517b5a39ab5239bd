"""What is masked under which rule. A policy is a named constant; its id goes into every audit entry."""

from __future__ import annotations

from dataclasses import dataclass

from core.model import Category

# 45 CFR 164.514(b)(2)(i)(B): three digits may stay where they hold more than 20,000 people. Union of the 2000 and 2020 Census lists.
_SMALL_ZIP3 = frozenset("036 059 063 102 202 203 204 205 369 556 692 753 772 790 821 823 830 831 878 879 884 890 893".split())
# Prefixes without Census residents (unassigned, military, single government or business addressees) are treated alike.
_EMPTY_ZIP3 = frozenset(
    "000 001 002 003 004 005 055 090 091 092 093 094 095 096 097 098 099 192 213 269 311 340 343 345 348 353 375 398 399 419 428 429 459 509 517 518 519 529 533 536 552 555 567 568 569 578 579 589 621 632 642 643 649 659 663"
    " 682 694 695 696 697 698 699 702 709 715 732 733 742 771 817 818 819 839 842 848 849 854 858 861 862 866 867 868 869 876 885 886 887 888 889 892 896 899 901 909 929 938 942 962 963 964 965 966 987".split()
)


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
