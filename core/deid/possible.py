"""What a category asks of the words it is given to, whatever the tagger thinks of them."""

from __future__ import annotations

from core.deid.lexicon import words
from core.deid.note import Token
from core.model import Category

WORDED = frozenset((Category.NAME, Category.PLACE, Category.STREET, Category.FACILITY))
MONTHS = words("dates.month_stems")
CERTAIN = 0.96
"""From this score on the tagger's word replaces what a category asks for."""
_COUNT, _COUNTED = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], ("th", "first", "second", "third")
_COUNTING, _SAID_DIGITS = words("figures.counting"), 5
_GLUED_CODE = 4  # digits
_OLD_BAR, _OLD_IN_WORDS = 0.6, ("ninet", "hundred", "centenarian")
_UNLISTED, _STROKES = 0.8, 2


def possible(tokens: list[Token], category: Category, score: float) -> bool:
    """What the category asks of its text at least; a bare year or weekday is no date that must go."""
    figures = [t for t in tokens if t.shape == "d"]
    if category is Category.DATE:
        months = any(t.low[:3] in MONTHS for t in tokens)
        if not figures:
            counted = any(t.low.endswith(_COUNTED) for t in tokens)
            if sum(t.low == "slash" for t in tokens) == _STROKES:
                return True
            return (months and (counted or any(t.shape in "CU" for t in tokens))) or (counted and len(tokens) > 2 and score >= CERTAIN)
        return (
            months or len(figures) > 1 or any(len(t.text) >= 6 for t in figures) or (bool(figures) and any(t.shape == "l" for t in tokens))
        )
    if category is Category.AGE:
        said = not figures and (len(tokens) > 1 or (score >= _OLD_BAR and tokens[0].low.startswith(_OLD_IN_WORDS)))
        return said or any(len(t.text) >= 2 and int(t.text[:4]) >= 90 for t in figures)
    if category is Category.ZIP:
        return bool(figures)
    if category in WORDED:
        bar = _UNLISTED if all(t.word.unknown for t in tokens) else CERTAIN  # initials, as a typist leaves them
        return (category is Category.NAME and score >= bar and bool(tokens)) or _worded(tokens, category)
    if category is Category.PHONE:
        return sum(len(t.text) for t in figures) >= 3 or (len(_said(tokens)) >= _SAID_DIGITS and not counts(tokens))
    return bool(figures) or (sum(len(t.text) for t in tokens) >= 5 and not counts(tokens))


def _said(tokens: list[Token]) -> list[str]:
    return [t.low for t in tokens if t.low in _COUNTING]


def counts(tokens: list[Token]) -> bool:
    """`one two three four five`."""
    said = _said(tokens)
    return len(said) > 1 and any(said == _COUNT[at : at + len(said)] for at in range(len(_COUNT)))


def a_result(tokens: list[Token]) -> bool:
    """`WBC 11400`, `K4.2`, unlike `DX1123`: figures behind the name of a test."""
    if len(tokens) < 2 or not tokens[0].word.clinical or any(t.shape not in "dp" for t in tokens[1:]):
        return False
    return bool(tokens[1].gap) or len(tokens) > 2 or len(tokens[1].text) < _GLUED_CODE


def _worded(tokens: list[Token], category: Category) -> bool:
    parts = [t for t in tokens if t.shape != "p"]
    if category is Category.STREET and all(t.shape == "d" or t.low in _COUNTING for t in parts):
        return False
    if any(t.shape == "l" and len(t.text) == 1 for t in parts) and all(len(t.text) == 1 for t in parts):
        return False
    return len(parts) > 1 or any(len(t.text) > (2 if t.shape == "l" else 1) for t in parts)
