"""What is still left after all: the rest of a number, a day or a name of which the tagger is as good as sure, several people of one name.

Vetoes and lists look at a find as a whole and may cut it: `GT 2204178 K` lost its last letter, `oh-two-one triple-five` its first
words. What the tagger holds for certain and touches what is masked goes with it; what stands alone is flagged.

In a short text, a board, a fragment, a message, one look more costs little, and lists and shapes, which were made for sentences,
are wrong more often: there what the tagger suspects is flagged, whatever list or bar let it go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.deid.cues import PERSON
from core.deid.dates import names_score
from core.deid.figures import everybodys
from core.deid.found import Found
from core.deid.joined import CATEGORIES, DETECTOR
from core.deid.labels import kind_of
from core.deid.neighbours import counted
from core.deid.note import Note, Token
from core.deid.swept import SELDOM, SHORT_TEXT, outweighs, runs, says_itself, worthless
from core.model import Category

if TYPE_CHECKING:
    from core.deid.tagger import Opinion

_CELL = 8
"""Tokens of a text that is no more than a cell of a table or a few words of a search, at most."""
_SURELY, _SUSPECTS = 0.8, 0.06
_STAYS = frozenset(("REGION", "AGE"))
_ARTICLE = 3  # letters at most
_JOINTS = frozenset("-/.")
Taken = list[Found | None]


def remains(note: Note, found: Sequence[Found], opinion: Opinion) -> Iterator[Found]:
    """Finds beside those given; none overlaps another."""
    taken: Taken = [None] * len(note.tokens)
    for item in found:
        for index in range(note.index_at(item.start), note.index_at(item.end)):
            taken[index] = item
    yield from _plurals(note, taken)
    bar = _SUSPECTS if _CELL < len(note.tokens) <= SHORT_TEXT else _SURELY
    for run in runs(note, taken, opinion, bar):
        yield from _told(note, run, taken, opinion)


def _plurals(note: Note, taken: Taken) -> Iterator[Found]:
    """`two PRICEs` where `PRICE` is somebody's name."""
    for index, token in enumerate(note.tokens):
        if token.text[-1] == "s" and taken[index] is None and token.shape in "CU" and len(token.text) > _ARTICLE:
            one = next((i for i in note.where.get(token.low[:-1], ()) if note.tokens[i].text == token.text[:-1]), None)
            held = None if one is None else taken[one]
            if held is not None and held.category is Category.NAME and held.state == "masked":
                taken[index] = held
                yield held._replace(start=token.start, end=token.end, detector="propagation")


def _told(note: Note, run: list[int], taken: Taken, opinion: Opinion) -> Iterator[Found]:
    run = _whole_fraction(note, run, taken)
    tokens, label = [note.tokens[i] for i in run], opinion.labels[opinion.kinds[run[0]]]
    if label in _STAYS or all(map(_idle, tokens)):
        return
    score = round(max(float(opinion.scores[i]) for i in run), 3)
    near = (_masked_beside(note, run[0], -1, taken) or _masked_beside(note, run[-1], 1, taken)) if score >= _SURELY else None
    category = CATEGORIES[label] if near is None else near.category
    if worthless(note, tokens, category, score):
        return
    role = PERSON if category is Category.NAME else ""
    item = Found(tokens[0].start, tokens[-1].end, category, score, DETECTOR, role, "flagged" if near is None else "masked")
    if near is not None or not _says_no(note, item, tokens):
        yield item


def _says_no(note: Note, item: Found, tokens: list[Token]) -> bool:
    """Whether figures say themselves what they are, or medicine's word is followed by one of its nouns, as in `Ringer's lactate`."""
    if any(t.shape == "d" for t in tokens):
        return says_itself(note, item) or names_score(note, item.start) or counted(note.text, item.end) or everybodys(note, item)
    if item.score < SELDOM and item.category is not Category.NAME and any(t.word.medical for t in tokens):
        return True  # `the left trapezius ridge`
    return all(t.word.medical for t in tokens) and not outweighs(note, item)


def _whole_fraction(note: Note, run: list[int], taken: Taken) -> list[int]:
    """A figure with what a stroke ties to it: `2/6` from its `2`."""
    first, last = run[0], run[-1]
    if first > 1 and note.tokens[first].shape == "d" and _tied(note, first - 2) and taken[first - 2] is None:
        first -= 2
    if last + 2 < len(taken) and note.tokens[last].shape == "d" and _tied(note, last) and taken[last + 2] is None:
        last += 2
    return [*range(first, run[0]), *run, *range(run[-1] + 1, last + 1)]


def _tied(note: Note, index: int) -> bool:
    """Whether `/` and a figure follow without a blank."""
    figure, stroke, other = note.tokens[index : index + 3]
    return figure.shape == other.shape == "d" and stroke.text == "/" and not stroke.gap and not other.gap


def _idle(token: Token) -> bool:
    """An article, as before `ninth of August`, a label, a lone year."""
    article = token.shape == "l" and len(token.text) <= _ARTICLE and token.word.common == 4
    year = token.shape == "d" and len(token.text) == 4 and token.text[:2] in ("19", "20")
    return article or year or kind_of(token.low) is not None


def _masked_beside(note: Note, index: int, step: int, taken: Taken) -> Found | None:
    """The masked find that touches a token on one side, or but for a blank or one mark."""
    other = index + step
    if 0 <= other < len(taken) and taken[other] is None and note.tokens[other].text in _JOINTS:
        other += step
    held = taken[other] if 0 <= other < len(taken) else None
    low, high = sorted((index, other))
    near = all(len(t.gap) <= 1 and t.gap != "\n" for t in note.tokens[low + 1 : high + 1])
    return held if held is not None and held.state == "masked" and near else None
