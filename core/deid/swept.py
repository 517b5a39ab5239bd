"""The last look: what the tagger suspects, and no find covers, is flagged for the clinician, whatever rule or list let it go.

Where the tagger believes it rather than not, it is masked. A flag says no more than that somebody should look, so only what cannot identify
is passed over: a lone year, a state, a weekday or month alone, an age that may stay, and, where the tagger makes little of it, a single
character or a number below a hundred.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from core.deid.cues import EPONYM_NOUNS, PERSON
from core.deid.dates import reads_as_score
from core.deid.found import Found
from core.deid.joined import CATEGORIES, DETECTOR
from core.deid.lexicon import words
from core.deid.note import Note, Token
from core.deid.numbers import measured, not_an_identifier
from core.deid.possible import a_result, possible
from core.deid.vetoes import vetoed_find
from core.model import Category

if TYPE_CHECKING:
    from core.deid.tagger import Opinion

_PASSED_OVER = frozenset(("REGION", "AGE"))
_SMALL_OR_YEAR = re.compile(r"\d{1,2}|(?:19|20)\d\d")
_OUTWEIGHS_LISTS, _OUTWEIGHS_SPEECH, _OUTWEIGHS_SHAPES, _OUTWEIGHS_VETOES = 0.6, 0.2, 0.8, 0.5
_OUTWEIGHS = {Category.NAME: 0.2, Category.OTHER_ID: 0.3}
_DAYS_AND_MONTHS = words("dates.month_stems") | {word[:3] for word in words("kept.weekdays")}
SURELY = 0.33
"""From this score on the tagger's word is enough to mask; where a list or a shape speaks against it, it is worth a flag."""
# Of a single character or a number below a hundred: an initial, a door's code. A cell that holds no more is rather an age or a sex.
_SLIGHT_BAR, _SOME_TEXT = 0.1, 3
_TOLD_BY_LITTLE = frozenset((Category.NAME, Category.OTHER_ID, Category.PHONE))
_JOINTS = frozenset("-/.")
_NUMBERED = frozenset((Category.OTHER_ID, Category.PHONE, Category.ZIP, Category.DATE))


SELDOM = 0.25
"""Below this what seldom identifies is not worth a flag."""
SHORT_TEXT = 260
"""Tokens of a text that is short, at most."""
_WORDED = frozenset((Category.NAME, Category.FACILITY, Category.PLACE))
_INDEFINITE = frozenset(("a", "an", "another", "any", "some"))
_TIMES = words("swept.times")
_COUNTED = ("th", "first", "second", "third")
_COUNTING = words("figures.counting")
_SHORT, _SEX, _EVERYDAY, _PLAIN_WORD = 4, frozenset("FMX"), 2, 3


Taken = list[Category | None]  # for each token the category of the find that covers it


def swept(note: Note, found: Sequence[Found], opinion: Opinion, bar: float) -> Iterator[Found]:
    """Runs of tokens under one label, each at `bar` or above and none in a find, as flags."""
    taken: Taken = [None] * len(note.tokens)
    _take(note, taken, found)
    doubts = [found for run in runs(note, taken, opinion, bar) for found in _flag(note, opinion, run, taken)]
    yield from doubts
    _take(note, taken, doubts)
    yield from _again(note, taken, [*found, *doubts])


def outweighs(note: Note, found: Found) -> bool:
    """Whether a doubt is worth a flag although a list or a shape speaks against it: an eponym may be somebody's surname, `RN BRADEN`.

    Before a clinical word or a genitive, as in `Ringer's lactate`, it is none.
    """
    behind = note.index_at(found.end)
    ends = behind >= len(note.tokens) or not (
        note.tokens[behind].word.clinical or note.low(behind) in EPONYM_NOUNS or note.low(behind) == "'s"
    )
    written = found.category is not Category.NAME or (note.text[found.start].isupper() and ends)
    return found.score >= (_OUTWEIGHS.get(found.category, _OUTWEIGHS_SHAPES) if written else _OUTWEIGHS_SHAPES)


def _take(note: Note, taken: Taken, found: Iterable[Found]) -> None:
    for item in found:
        for index in range(note.index_at(item.start), note.index_at(item.end)):
            taken[index] = item.category


def _again(note: Note, taken: Taken, found: Iterable[Found]) -> Iterator[Found]:
    """The other places of a name that somebody is to decide on, where no list of words knows it."""
    told: set[str] = set()
    for item in found:
        if item.state == "flagged" and item.category is Category.NAME:
            for token in note.tokens[note.index_at(item.start) : note.index_at(item.end)]:
                if (
                    token.shape in "CU"
                    and len(token.text) > 2
                    and not token.word.common
                    and not token.word.medical
                    and token.low not in told
                ):
                    told.add(token.low)
                    for index in note.where[token.low]:
                        if taken[index] is None and note.tokens[index].shape == token.shape:
                            other = note.tokens[index]
                            yield item._replace(start=other.start, end=other.end)


def runs(note: Note, taken: Sequence[object], opinion: Opinion, bar: float) -> Iterator[list[int]]:
    """Free tokens at `bar` or above that belong together: next to each other or behind one mark, on one line, under one label."""
    run: list[int] = []
    for index in (opinion.scores >= bar).nonzero()[0].tolist():
        if taken[index] or note.tokens[index].shape == "p":
            continue
        if run and not _goes_on(note, opinion, run[-1], index, taken):
            yield run
            run = []
        run.append(index)
    if run:
        yield run


def _goes_on(note: Note, opinion: Opinion, last: int, index: int, taken: Sequence[object]) -> bool:
    near = index - last <= 2 and not any(taken[last:index]) and all(t.shape == "p" for t in note.tokens[last + 1 : index])
    gaps = "".join(t.gap for t in note.tokens[last + 1 : index + 1])
    return near and "\n" not in gaps and bool(opinion.kinds[last] == opinion.kinds[index])


def _flag(note: Note, opinion: Opinion, run: list[int], taken: Taken) -> Iterator[Found]:
    label = opinion.labels[opinion.kinds[run[0]]]
    if label in _PASSED_OVER:
        return
    tokens, category = [note.tokens[i] for i in run], CATEGORIES[label]
    text = note.text[tokens[0].start : tokens[-1].end]
    digits = any(c.isdigit() for c in text)
    score = round(max(float(opinion.scores[i]) for i in run), 3)
    surname = category is Category.NAME and score >= _SLIGHT_BAR and Category.NAME in _beside(note, run, taken) and _nobodys_word(tokens)
    if worthless(note, tokens, category, score) and not surname:
        return
    slight = len(text) < 2 or bool(_SMALL_OR_YEAR.fullmatch(text)) or (category is Category.STREET and len(tokens) == 1 and score < SURELY)
    beside = score >= SURELY and bool(_beside(note, run, taken))
    told = beside or (score >= _SLIGHT_BAR and category in _TOLD_BY_LITTLE and len(note.tokens) >= _SOME_TEXT)
    if (slight and not told) or (category in _NUMBERED and not digits and _plain(tokens, category, score)):
        return
    role = PERSON if category is Category.NAME else ""
    sure = beside if slight else score >= SURELY
    item = Found(tokens[0].start, tokens[-1].end, category, score, DETECTOR, role, "masked" if sure else "flagged")
    vetoed = score < _OUTWEIGHS_VETOES and vetoed_find(note, item)
    figures = category in _NUMBERED and (says_itself(note, item) or a_result(tokens))
    if vetoed or figures or (category not in _NUMBERED and _listed(tokens, score)):
        if not outweighs(note, item) or (figures and score < _OUTWEIGHS_SHAPES):
            return
        item = item._replace(state="flagged")
    yield item


def _nobodys_word(tokens: list[Token]) -> bool:
    """Whether no list holds a word, as `UME` behind `CHIDERA`."""
    return len(tokens) == 1 and tokens[0].word.unknown and len(tokens[0].text) > 2 and tokens[0].shape in "CU"


def worthless(note: Note, tokens: list[Token], category: Category, score: float) -> bool:
    """Whether a doubt is not worth a flag: of a sort that seldom identifies, or by its words never."""
    return score < SELDOM and (_seldom(note, tokens, category) or _unsaid(note, tokens, category))


def _seldom(note: Note, tokens: list[Token], category: Category) -> bool:
    """Whether this is of a sort that, in doubt, identifies somebody once in thirty times: a word in short capitals or in lower case, an
    everyday word that opens a sentence, a figure alone for a day; several words without a capitalised one in a text of some length."""
    token = tokens[0]
    if len(tokens) > 1:
        named = category is Category.NAME and all(t.shape not in "C" for t in tokens)
        return named and (len(note.tokens) > SHORT_TEXT or (token.shape == "U" and token.word.common >= _PLAIN_WORD))
    if category not in _WORDED:
        return token.low == "x" or (category is Category.DATE and token.shape == "d")  # `x` of an extension
    opening = token.shape == "C" and token.opens and token.word.common >= _EVERYDAY and not token.word.first
    return token.shape == "l" or opening or (token.shape == "U" and len(token.text) <= _SHORT) or token.text in _SEX


def _unsaid(note: Note, tokens: list[Token], category: Category) -> bool:
    """`a lake`, `the third day`, `the second evening`, `October`: any of its kind, or counted from something; words that count nothing."""
    if category is Category.DATE:
        behind = note.low(note.index_at(tokens[-1].end))
        month = len(tokens) == 1 and tokens[0].low[:3] in _DAYS_AND_MONTHS
        timed = tokens[-1].low in _TIMES and len(tokens) > 1 and tokens[-2].low.endswith(_COUNTED)
        return month or timed or (behind in _TIMES and tokens[-1].low.endswith(_COUNTED))
    if category is Category.PHONE:
        return not any(t.shape == "d" or t.low in _COUNTING for t in tokens)
    before = note.low(note.index_at(tokens[0].start) - 1)
    return category in _WORDED and category is not Category.NAME and bool({tokens[0].low, before} & _INDEFINITE)


def _beside(note: Note, run: list[int], taken: Taken) -> set[Category | None]:
    """The categories of finds that touch the run, or but for one mark: what touches it may be its rest."""
    before, behind = run[0] - 1, run[-1] + 1
    before -= before > 0 and note.tokens[before].text in _JOINTS and not note.tokens[run[0]].gap and not note.tokens[before].gap
    held = {taken[before]} if before >= 0 and note.tokens[before + 1].gap in ("", " ") else set()
    after = {taken[behind]} if behind < len(taken) and note.tokens[behind].gap in ("", " ") else set()
    return (held | after) - {None}


def _plain(tokens: list[Token], category: Category, score: float) -> bool:
    """Whether words without a figure are no more than a weekday, a month or a small word, or too little for a number."""
    if category is Category.DATE:
        small = tokens[0].shape == "l" and len(tokens[0].text) < 4  # an article, as in `el domingo 2 de marzo`
        alone = len(tokens) == 1 and (small or tokens[0].low[:3] in _DAYS_AND_MONTHS)
        return alone or (len(tokens) > 1 and all(t.shape in "CUp" for t in tokens) and not possible(tokens, category, score))  # `Tri-Vi`
    return score < _OUTWEIGHS_LISTS or all(t.word.clinical for t in tokens) or not possible(tokens, category, score)


def says_itself(note: Note, item: Found) -> bool:
    """Whether figures are followed by a unit, are everybody's, or follow a score's name."""
    scored = item.category is Category.DATE and reads_as_score(note, item.start, item.end)
    return scored or measured(note.text, item.end) or not_an_identifier(note.text[item.start : item.end])


def _listed(tokens: list[Token], score: float) -> bool:
    """Whether every word is one of the clinical lists or an everyday one in lower case, and the tagger makes little of it."""
    return score < _OUTWEIGHS_LISTS and all(
        t.word.clinical or t.word.eponym or (score < _OUTWEIGHS_SPEECH and t.shape == "l" and t.word.common > 0) for t in tokens
    )
