"""Whole notes written by hand, cast anew: `[[TYPE|value]]` marks what identifies, and every value is replaced by one of the same make.

The writing stays, the people do not: names and sites word by word, dates and numbers sign by sign, the same value always by the same.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from core.deid.cues import PARTICLES
from training.deid import values
from training.deid.grammar import Fragments

if TYPE_CHECKING:
    from training.deid.slots import Slots

_FOLDER = Path(__file__).parent / "texts" / "whole"
_MARK = re.compile(r"\[\[([A-Z]+)\|(.*?)\]\](?!\])", re.DOTALL)
_HEAD = re.compile(r"(?m)^=== .*\n")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_STATE = re.compile(r"(,? )([A-Z]{2})(?=[ ,.;\n]|$)")
_LABELS = {"NAME": "NAME", "PLACE": "PLACE", "STREET": "STREET", "ZIP": "ZIP", "FACILITY": "FACILITY", "DATE": "DATE", "AGE": "AGE"}
_CONTACTS = frozenset(("PHONE", "EMAIL", "URL", "IP"))
_MONTHS = "january february march april may june july august september october november december".split()
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_NTHS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth".split()
_DAMAGE = {"o": "0", "i": "1", "l": "1", "s": "5", "e": "3", "b": "8", "z": "2"}
_SMALL_WORDS = frozenset(("the", "of", "and", "at", "in", "on", "for", "to", "a", "an", "s", "by", "no"))


@cache
def notes() -> list[list[tuple[str, str]]]:
    """Every note as pieces: text and type, the type empty outside marks."""
    found: list[list[tuple[str, str]]] = []
    for path in sorted(_FOLDER.glob("*.txt")):
        for body in _HEAD.split(path.read_text(encoding="utf-8"))[1:]:
            pieces, at = [], 0
            for mark in _MARK.finditer(body):
                pieces += [(body[at : mark.start()], ""), (mark[2], mark[1])]
                at = mark.end()
            found.append([p for p in [*pieces, (body[at:].rstrip("\n"), "")] if p[0]])
    return found


def recast(slots: Slots) -> Fragments:
    """A note, or some lines of one, with other people, places, days and numbers."""
    random = slots.random
    cast = _Cast(slots)
    pieces = [(cast.other(kind, text), cast.label(kind)) if kind else (text, "O") for text, kind in random.choice(notes())]
    pieces = _with_states(pieces)
    return pieces if random.random() < 0.6 else _lines(pieces, random)


def _with_states(pieces: Fragments) -> Fragments:
    """A state's two letters behind a place are of its address."""
    made: Fragments = []
    for i, (text, label) in enumerate(pieces):
        state = _STATE.match(text) if label == "O" and i and pieces[i - 1][1] == "PLACE" else None
        if state:
            made += [(state[1], "O"), (state[2], "REGION"), (text[state.end() :], "O")]
        else:
            made.append((text, label))
    return made


def _lines(pieces: Fragments, random: Random) -> Fragments:
    """A run of whole lines; a value that holds a line break goes with the line it begins in."""
    rows: list[Fragments] = [[]]
    for text, label in pieces:
        parts = text.split("\n") if label == "O" else [text]
        rows[-1].append((parts[0], label))
        rows += [[(part, label)] for part in parts[1:]]
    count = random.randint(1, min(len(rows), 12))
    first = random.randint(0, len(rows) - count)
    made = [piece for row in rows[first : first + count] for piece in [*row, ("\n", "O")]]
    return [p for p in made if p[0]]


class _Cast:
    """Who and what stands in for the values of one note."""

    def __init__(self, slots: Slots) -> None:
        self.slots, self.random = slots, slots.random
        self.words: dict[tuple[str, str], str] = {}
        self.values: dict[tuple[str, str], str] = {}

    @staticmethod
    def label(kind: str) -> str:
        return _LABELS.get(kind, "CONTACT" if kind in _CONTACTS else "ID")

    def other(self, kind: str, value: str) -> str:
        """Another value of the same make; the same one for the same value."""
        if (kind, value) not in self.values:
            self.values[kind, value] = self._made(kind, value) or value
        return self.values[kind, value]

    def _made(self, kind: str, value: str) -> str:
        r, slots = self.random, self.slots
        if kind == "NAME":
            return self._name(value)
        if kind in ("PLACE", "FACILITY", "STREET"):
            return self._site(kind, value)
        if kind == "DATE":
            return self._date(value)
        if kind == "AGE":
            return self._age(value)
        if kind == "EMAIL" and "@" in value and r.random() < 0.6:
            return _like(values.mailbox(r, slots.names.first(), slots.names.last(), slots.pools["domains"]), value)
        if kind == "URL" and r.random() < 0.4:
            return values.link(r, slots.pools["domains"])
        return self._signs(value, letters=kind not in ("EMAIL", "URL") and r.random() < 0.5)

    def _signs(self, value: str, *, letters: bool) -> str:
        r = self.random

        def one(sign: str) -> str:
            if sign.isdigit():
                return str(r.randint(0, 9))
            if letters and sign.isalpha() and sign.isascii():
                return r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ" if sign.isupper() else "abcdefghijkmnpqrstuvwxyz")
            return sign

        return "".join(map(one, value))

    def _name(self, value: str) -> str:
        given = "," in value  # what comes behind a comma is given, what comes before is the family's
        comma = value.find(",")

        def one(match: re.Match[str]) -> str:
            word = match[0]
            if word.isdigit():
                return self._signs(word, letters=False)
            if len(word) == 1:
                return _like(self.random.choice("abcdefghijklmnoprstuvwyz"), word)
            if word.lower() in PARTICLES or not word.isascii():
                return word
            if len(word) <= 3 and word.isupper() and len(value) <= 3:
                return self._signs(word, letters=True)
            if len(word) <= 3 and value.islower() and word == value and self.random.random() < 0.7:
                return self._signs(word, letters=True)
            first = match.start() > comma if given else match.start() == 0
            return self._word("first" if first else "last", word)

        made = _WORD.sub(one, value)
        return _damaged(made, self.random) if any(c.isdigit() for c in value) and any(c.isalpha() for c in value) else made

    def _word(self, sort: str, word: str) -> str:
        """Another word, written with the same capitals; one word's mentions all become the same."""
        key = (sort, word.lower())
        if key not in self.words:
            names, r = self.slots.names, self.random
            maker = names.first if (sort == "first") == (r.random() < 0.85) else names.last
            drawn = next((n for n in (maker() for _ in range(6)) if " " not in n), word)
            self.words[key] = r.choice(self.slots.words[f"word_{sort}s"]) if r.random() < 0.06 else drawn
        return _like(self.words[key], word)

    def _site(self, kind: str, value: str) -> str:
        r, slots = self.random, self.slots
        chance = r.random()
        if chance < 0.3 and len(value) > 4:
            whole = {"PLACE": slots.sites.city, "FACILITY": slots.sites.facility, "STREET": slots.sites.street}[kind]()
            return _like(whole, value)
        if chance < 0.38:
            return value
        found = list(_WORD.finditer(value))
        worded = [m for m in found if m[0][0].isalpha() and m[0].lower() not in _SMALL_WORDS]

        def one(match: re.Match[str]) -> str:
            word = match[0]
            if word.isdigit():
                return self._signs(word, letters=False)
            kept = word.lower() in _SMALL_WORDS or not word.isascii() or (len(worded) > 1 and match.start() == worded[-1].start())
            return word if kept else self._site_word(word)

        return _WORD.sub(one, value)

    def _site_word(self, word: str) -> str:
        key, r = ("site", word.lower()), self.random
        if key not in self.words:
            sites, names = self.slots.sites, self.slots.names
            drawn = r.choices((lambda: sites.city().split(" ")[0], names.last, lambda: r.choice(self.slots.common)), (40, 25, 35))[0]()
            self.words[key] = drawn if " " not in drawn else word
        return _like(self.words[key], word)

    def _date(self, value: str) -> str:
        r = self.random
        order = iter((r.randint(1, 12), r.randint(1, 28)) if r.random() < 0.8 else (r.randint(1, 28), r.randint(1, 12)))

        def one(match: re.Match[str]) -> str:
            word = match[0]
            if not word.isdigit():
                return _another(word, r)
            if len(word) >= 8:
                day = f"{r.randint(1930, 2027)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}"
                day = day if word[:2] in ("19", "20") else f"{day[4:]}{day[:4]}"
                return day + self._signs(word[8:], letters=False)
            if len(word) == 4:
                return str(r.randint(1930, 2027)) if word[:2] in ("19", "20") else f"{r.randint(1, 12):02d}{r.randint(1, 28):02d}"
            if len(word) > 2:
                return self._signs(word, letters=False)
            return str(next(order, r.randint(10, 99))).zfill(len(word) if word[0] == "0" or len(word) == 2 else 1)

        return _WORD.sub(one, value)

    def _age(self, value: str) -> str:
        return str(self.random.randint(90, 104)) if value.isdigit() else value


def _another(word: str, r: Random) -> str:
    """A month, weekday or ordinal in place of another, shortened alike."""
    low = word.lower()
    for family in (_MONTHS, _DAYS, _NTHS):
        for whole in family:
            if low == whole or (len(low) >= 3 and whole.startswith(low)):
                drawn = r.choice(family)
                return _like(drawn if low == whole else drawn[: max(3, min(len(low), 4))], word)
    return word


def _like(word: str, model: str) -> str:
    """The word with the model's capitals."""
    if len(model) > 1 and model.isupper():
        return word.upper()
    if model.islower():
        return word.lower()
    if len(model) == 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[0].isupper() else word


def _damaged(word: str, r: Random) -> str:
    """One or two letters read as digits, as they were in the value before."""
    signs = list(word)
    for place in r.sample(range(len(signs)), min(2, len(signs))):
        signs[place] = _DAMAGE.get(signs[place].lower(), signs[place])
    return "".join(signs)
