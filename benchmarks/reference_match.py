"""When a line of the answer names the reference diagnosis.

A name is compared as the set of its words: small letters, no accents, possessives, punctuation or joining words; plural endings,
British spelling and the word "acute" make no difference. What stands in brackets is a name of its own ("… leukemia (CLL)").
A line is right when
1. one of its names (its own, and the synonyms that the knowledge base gives it) is one of the reference's (the diagnosis, and the
   alternatives that the case calls acceptable); or
2. its ICD-10-CM code falls into the reference's category (first three characters). The reference's code is the case's own; without
   one, that of the knowledge base's condition of that name, else that of the ICD-10-CM entry with that description.
Rule 2 is the looser one, for a category may hold several diseases; the benchmark says how many of the hits rest on it alone.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from core.reference import Known

Name = frozenset[str]
How = Literal["name", "category"]
_JOINING = frozenset(
    ["a", "an", "and", "at", "by", "due", "for", "from", "in", "of", "on", "or", "the", "to", "type", "unspecified", "with", "acute"]
)
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_WORD = re.compile(r"[a-z0-9]+")
_KEEP_S = ("ss", "is", "us")
_LONGEST_DESCRIBED = 6  # characters of an ICD-10-CM code whose description is read: down to X12.34, not to encounters and sides


def name_of(text: str) -> Name:
    """The words that a name is compared by; empty when there are none."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    plain = re.sub(r"['’]s\b|['’]", "", plain).replace("ae", "e").replace("oe", "e").replace("our", "or").replace("z", "s")
    return frozenset(_singular(word) for word in _WORD.findall(plain)) - _JOINING


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith(_KEEP_S) else word


def names_of(texts: Iterable[str]) -> frozenset[Name]:
    """Every name in the texts, those in brackets included."""
    parts = (part for text in texts for part in (_BRACKETS.sub(" ", text), *_BRACKETS.findall(text)))
    return frozenset(name for name in map(name_of, parts) if name)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a case's right answer goes by: names, and ICD-10 categories of three characters."""

    names: frozenset[Name]
    categories: frozenset[str]


class Matcher:
    """The rule above, over what the knowledge base knows."""

    def __init__(self, catalogue: Sequence[Known]) -> None:
        self._catalogue = tuple((names_of((one.name, *one.also)), one) for one in catalogue)
        self._names: Mapping[Name, frozenset[Name]] = {name_of(one.name): names for names, one in self._catalogue}

    def reference(self, diagnosis: str, acceptable: Sequence[str] = (), code: str = "") -> Reference:
        """The reference of a case."""
        own = names_of([diagnosis])
        codes = [code] if code else [one.icd10cm for names, one in self._catalogue if names & own]
        codes = codes or [found for name in own if (found := described().get(name))]
        return Reference(own | names_of(acceptable), frozenset(found[:3] for found in codes))

    def right(self, reference: Reference, diagnosis: str, code: str | None) -> How | None:
        """How a line of the answer names the reference; None when it doesn't."""
        own = names_of([diagnosis])
        if reference.names & own.union(*(self._names.get(name, ()) for name in own)):
            return "name"
        return "category" if code and code[:3] in reference.categories else None

    def known(self, reference: Reference) -> tuple[Known, ...]:
        """The conditions of the knowledge base that would be right; empty when it doesn't cover the case."""
        return tuple(one for _, one in self._catalogue if self.right(reference, one.name, one.icd10cm))


@cache
def described() -> Mapping[Name, str]:
    """ICD-10-CM codes by the name in their description; the shortest code of a name. Takes about a second, once."""
    with warnings.catch_warnings():  # the library reads its data in a way that Python deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm as icd  # heavy, and needed only for cases that bring no code

    codes = [code for code in icd.get_all_codes() if 3 <= len(code) <= _LONGEST_DESCRIBED and "-" not in code]
    return {name_of(icd.get_description(code)): code for code in sorted(codes, key=len, reverse=True)}
