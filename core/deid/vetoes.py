"""What the tagger may not claim: shapes that are no identifiers, clinical words, seasons. A rule's find is never vetoed here.

The tagger reads letters and shapes; what a list or a form settles for certain, it can't know. A person's cue still wins, since
the rules find such names by themselves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.deid.cues import CREDENTIALS, PARTICLES
from core.deid.dates import seasonal
from core.deid.found import Found
from core.deid.labels import kind_of
from core.deid.lexicon import look_up, words
from core.deid.neighbours import counted
from core.deid.note import Note, Token, tried
from core.deid.numbers import category_of_cue, measured, not_an_identifier
from core.model import Category

if TYPE_CHECKING:
    from core.deid.tagger import Opinion

# age and sex, a DICOM tag, a diagnosis code, a French size, a version, a fraction of 24 hours, a time
_SHAPES = re.compile(
    r"\d{1,2} ?(?:yo ?)?[MFmf]|[0-9A-Fa-f]{4},[0-9A-Fa-f]{4}|[A-TV-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?|\d{1,2} ?Fr?|\d{1,3}(?:\.\d{1,3}){1,3}"
    r"|\d{1,2}/7|24/7|\d{1,2}[:.h]\d\d|\d{1,4}-\d{1,4}|[A-Z]{1,2}\d|\d{1,2}[a-z]{1,2}|[LRCTS]\d{1,2}(?:[-/][LRCTS]?\d{1,2})?"
)
_FIGURES = re.compile(r"\d{1,2}[/-]\d{1,2}")
_A_VERB = re.compile(r"(?:may|march) \d{1,2}")
_COUNTING = words("figures.counting")
_DOTTED = re.compile(r"(?<![\w.])(?:[A-Z]\.){2,6}(?!\w)")
_TWO_LETTERS = re.compile(r"[A-Z]\.(?=[A-Z]\.)")
_VITALS = words("vetoes.vitals")
_NUMBERED = frozenset((Category.OTHER_ID, Category.PHONE, Category.AGE))
_WORDED = frozenset((Category.NAME, Category.PLACE, Category.FACILITY))
_SHORT = 4
_EXTENSION = re.compile(r"\d[- ]\d{4}")
_SURE, _SURE_OF_LETTERS, _SURE_OF_CALL, _SURE_OF_AGE = 0.5, 0.8, 0.7, 0.9
_SURE_IN_LOWER = 0.7
"""From this score on the tagger's word stands."""


def without_credentials(note: Note, opinion: Opinion) -> Opinion:
    """The tagger's opinion, with nothing of the letters of dotted credentials, as `F.A.C.S.`."""
    starts = [m.start() for m in _TWO_LETTERS.finditer(note.text)]
    told = [m for m in tried(_DOTTED, note.text, starts) if m[0].replace(".", "").lower() in CREDENTIALS]
    if not told:
        return opinion
    scores = opinion.scores.copy()
    for match in told:
        scores[note.index_at(match.start()) : note.index_at(match.end())] = 0.0
    return opinion._replace(scores=scores)


def vetoed_find(note: Note, found: Found) -> bool:
    """Whether a find of the tagger is to be dropped."""
    if found.category is Category.DATE and counted(note.text, found.end):
        return bool(_FIGURES.fullmatch(note.text, found.start, found.end) or _A_VERB.fullmatch(note.text, found.start, found.end))
    if found.category in _WORDED and ((found.score < _SURE_IN_LOWER and _plain_lower(note, found)) or _spaced_word(note, found)):
        return True
    first = note.index_at(found.start)
    if found.category is Category.AGE and note.low(first).startswith("ninet") and note.low(first - 1) in _COUNTING:
        return True  # `CRP one ninety`
    if found.score >= (_SURE_OF_AGE if found.category is Category.AGE else _SURE):
        return False
    text = note.text[found.start : found.end].strip(" ()[].,;:#")
    tokens = note.tokens[note.index_at(found.start) : note.index_at(found.end)]
    if found.category in _NUMBERED:
        return _no_number(note, found, text)
    if found.category is Category.DATE:
        return not any(c.isdigit() for c in text) and len(tokens) == 1 and seasonal(note, found.start)
    return found.category in _WORDED and bool(tokens) and all(map(_clinical, tokens))


def _spaced_word(note: Note, found: Found) -> bool:
    """Letters set apart that make a label or a word of the language: `D I S C H A R G E`, `D . O . B .`."""
    first, last = note.index_at(found.start), note.index_at(found.end)
    if any(len(t.text) > 1 for t in note.tokens[first:last]):
        return False
    while first > 0 and note.tokens[first].gap == " " and len(note.tokens[first - 1].text) == 1:
        first -= 1
    while last < len(note.tokens) and note.tokens[last].gap == " " and len(note.tokens[last].text) == 1:
        last += 1
    spelled = "".join((" " if t.gap not in ("", " ") else "") + t.low for t in note.tokens[first:last] if t.shape != "p").split()
    return bool(spelled) and max(map(len, spelled)) > 2 and all(map(_plain_word, spelled))


def _plain_word(word: str) -> bool:
    facts = look_up(word)
    return (facts.common > 0 or facts.clinical or kind_of(word) is not None) and facts.first < 2 and facts.last < 2


def _plain_lower(note: Note, found: Found) -> bool:
    """Words in lower case that no list of first names holds, in a line that writes names with capitals."""
    first, last = note.index_at(found.start), note.index_at(found.end)
    tokens = [t for t in note.tokens[first:last] if t.shape != "p"]
    if "-" in note.text[max(0, found.start - 1) : found.start] + note.text[found.end : found.end + 1]:
        return False
    if len(tokens) == 1 and found.score >= _SURE_OF_LETTERS and len(tokens[0].text) <= 3 and tokens[0].word.unknown:
        return False  # initials, as a typist leaves them
    if not tokens or any(t.low in PARTICLES or t.shape != "l" or t.word.first or (t.word.last and not t.word.common) for t in tokens):
        return False
    start, end = note.text.rfind("\n", 0, found.start) + 1, note.text.find("\n", found.end)
    return note.shapes.count("C", note.index_at(start), note.index_at(end if end >= 0 else len(note.text))) > 1


def _no_number(note: Note, found: Found, text: str) -> bool:
    if found.category is Category.AGE:
        first = note.index_at(found.start)
        vital = not _VITALS.isdisjoint(note.low(i) for i in range(first - 3, first))
        return vital or measured(note.text, found.end) or bool(re.fullmatch(r"[1-8]?\d ?[MFmf]?", text))
    if found.category is Category.PHONE and found.score >= _SURE_OF_CALL and _EXTENSION.fullmatch(text):
        return False
    if _SHAPES.fullmatch(text) or not_an_identifier(text):
        return True
    digits = sum(c.isdigit() for c in text)
    tested = note.tokens[note.index_at(found.start) - 1] if note.index_at(found.start) else None
    if text.isdigit() and digits < 6 and tested and tested.shape == "U" and tested.word.clinical and not category_of_cue(note, found.start):
        return True
    return text.isdigit() and digits <= _SHORT and category_of_cue(note, found.start) is None and not text.startswith("0")


def _clinical(token: Token) -> bool:
    """A clinical word, a figure or a mark: nothing of a name."""
    word = token.word
    return token.shape in "dp" or (word.clinical and word.first < 2 and word.last < 2) or (len(token.text) == 1 and token.shape in "lI")
