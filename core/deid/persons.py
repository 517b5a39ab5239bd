"""Who is who: mentions of names grouped into persons, each with one role and one fullest form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.deid.cues import PERSON
from core.deid.echo import squeeze
from core.deid.lexicon import words

_TITLES = words("persons.titles")
_BESIDES = tuple(words("persons.companions"))
# what follows a name only when the case is about that person: an age, or how a patient comes to be seen
_INTRODUCED = re.compile(
    r"(?: ?\([^()\n]{1,40}\))?,? (?:(?:is|was) )?(?:(?:an?|our|this|the) )?(?:[a-z-]{2,12} ){0,2}"
    r"\d{1,3}[ -]{0,2}(?:years?|yrs?|y/?o|months?|weeks?|days?)\b"
    r"|,? ?\(?(?:age[d ]*)?\d{1,3} ?(?:[MFmf]\b|y/?o\b|[Yy]rs?\b)"
    r"|,? (?:who )?(?:now )?(?:presents?|presented|complains?|complained|underwent"
    r"|was (?:admitted|brought in|diagnosed|transferred|discharged))\b"
)


@dataclass(slots=True)
class Person:
    """One person: the parts of the name, the role, the fullest form seen."""

    parts: set[str]
    role: str
    name: str
    order: int
    mentions: set[str] = field(default_factory=set)


def name_parts(text: str) -> tuple[str, ...]:
    """A name's parts, squeezed, titles left out."""
    return tuple(
        p for p in (squeeze(w) for w in text.replace("-", " ").replace(",", " ").replace(".", " ").split()) if p and p not in _TITLES
    )


def introduced(text: str, start: int, end: int) -> bool:
    """Whether the name here is introduced as the patient's, as in `Maria Delgado is a 67-year-old woman`."""
    return bool(_INTRODUCED.match(text, end, end + 120)) and not text[max(0, start - 24) : start].lower().rstrip().endswith(_BESIDES)


def group(mentions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Person]:
    """Mentions (text, role) in order of appearance → the person of each. Fuller mentions settle who there is, shorter ones join them."""
    persons: list[Person] = []
    of: dict[tuple[str, str], Person] = {}
    first = {m: i for i, m in reversed(list(enumerate(mentions)))}
    for mention in sorted(first, key=lambda m: (-len([p for p in name_parts(m[0]) if len(p) > 1]), m[1] == PERSON, first[m])):
        parts = name_parts(mention[0])
        person = next((p for p in persons if _same(p, parts, mention[1])), None)
        if person is None:
            person = Person(set(parts), mention[1] or PERSON, mention[0], first[mention])
            persons.append(person)
        _join(person, parts, mention, first[mention])
        of[mention] = person
    return of


def _join(person: Person, parts: tuple[str, ...], mention: tuple[str, str], order: int) -> None:
    person.parts |= set(parts)
    person.order = min(person.order, order)
    if person.role == PERSON and mention[1]:
        person.role = mention[1]


def _same(person: Person, parts: tuple[str, ...], role: str) -> bool:
    if role not in ("", PERSON, person.role) and person.role != PERSON:
        return False
    long = {p for p in parts if len(p) > 1}
    short = [p for p in parts if len(p) == 1]
    known = {p for p in person.parts if len(p) > 1}
    if not long:
        return bool(short) and len(short) > 1 and set(short) <= {p[0] for p in person.parts}
    if not (long <= known or known <= long or "".join(parts) == "".join(sorted(known))):
        return False
    return all(any(p.startswith(s) for p in person.parts) for s in short) or len(long) > 1 or not known - long
