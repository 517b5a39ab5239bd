"""Templates into labelled text: `[this|that]` is chosen, `{slot}` is filled, and every character keeps its label."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

LABELS = ("O", "NAME", "PLACE", "STREET", "REGION", "ZIP", "FACILITY", "DATE", "ID", "CONTACT", "AGE")
Fragments = list[tuple[str, str]]
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")


def chosen(template: str, random: Random) -> str:
    """The template with every alternation settled, innermost first."""
    while True:
        template, count = _CHOICE.subn(lambda m: random.choice(m[1].split("|")), template)
        if not count:
            return template


def expand(template: str, random: Random, fill: Callable[[str], Fragments]) -> Fragments:
    """Pairs of text and label ("O" outside identifiers)."""
    pieces: Fragments = []
    at, text = 0, chosen(template, random)
    for slot in _SLOT.finditer(text):
        pieces.append((text[at : slot.start()], "O"))
        pieces += fill(slot[1])
        at = slot.end()
    pieces.append((text[at:], "O"))
    return [p for p in pieces if p[0]]


def flat(pieces: Fragments) -> tuple[str, bytearray]:
    """The text and for each character the index of its label in LABELS."""
    labels = bytearray()
    for text, label in pieces:
        labels += bytes([LABELS.index(label)]) * len(text)
    return "".join(text for text, _ in pieces), labels


def spans(text: str, labels: bytearray) -> list[tuple[int, int, str]]:
    """Runs of one label outside O."""
    found: list[tuple[int, int, str]] = []
    for i, label in enumerate(labels):
        if not label:
            continue
        if found and found[-1][1] == i and found[-1][2] == LABELS[label]:
            found[-1] = (found[-1][0], i + 1, found[-1][2])
        else:
            found.append((i, i + 1, LABELS[label]))
    return found
