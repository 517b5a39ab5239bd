"""Wards that bear the name of a bird, a tree or a virtue: `covering Bluebell`, `KINGFISHER ASSESSMENT UNIT`, `Day Unit Juniper`."""

from __future__ import annotations

from collections.abc import Iterator

from core.deid.cues import EPONYM_NOUNS
from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note
from core.model import Category

_NAMES, _HEADS, _KINDS = words("wards.names"), words("wards.heads"), words("wards.kinds")
_PLACED = frozenset(("on", "covering", "cover", "covers", "from", "to", "at", "onto"))
_MOST_KINDS = 3


def wards(note: Note) -> Iterator[Found]:
    """A name from the list, in capitals, with a head noun beside it, or alone behind a preposition that puts somebody there."""
    for index in note.at(_NAMES):
        token = note.tokens[index]
        if token.shape not in "CU" or (token.opens and token.shape == "C" and note.low(index + 1) not in _HEADS):
            continue
        end = _headed(note, index + 1)
        if end:
            yield _ward(note, index, end)
        elif note.low(index - 1) in _HEADS and token.gap == " ":
            yield _ward(note, index - 1 - (note.low(index - 2) in _KINDS), index + 1)
        elif note.low(index - 1) in _PLACED and not token.shouted and _alone(note, index):
            yield _ward(note, index, index + 1)


def _headed(note: Note, at: int) -> int:
    """Index behind a head noun that follows, with the words of its kind between; 0 without one."""
    for end in range(at, min(len(note.tokens), at + _MOST_KINDS + 1)):
        if note.tokens[end].gap != " " or note.tokens[end].shape not in "CU":
            return 0
        if note.low(end) in _HEADS:
            return end + 1
        if note.low(end) not in _KINDS:
            return 0
    return 0


def _alone(note: Note, index: int) -> bool:
    """Whether no name, no noun of a sign and no figure follows."""
    behind = note.tokens[index + 1] if index + 1 < len(note.tokens) else None
    if behind is None or behind.gap == "\n":
        return True
    return behind.low not in EPONYM_NOUNS and not (behind.shape in "CUId" and behind.gap == " ") and behind.low != "'s"


def _ward(note: Note, start: int, end: int) -> Found:
    return Found(note.tokens[start].start, note.tokens[end - 1].end, Category.FACILITY, 0.85, "ward")
