"""From the tagger's probabilities to finds, and their union with what the rules found.

Two bars: above the high one a stretch is masked, between the two it is flagged for the clinician. A stretch grows to its
likely neighbours. Words that the clinical lists claim, and short abbreviations, need more. A rule's category stands wherever
both found the same; its number grows by the letters and digits that the tagger counts to it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from core.deid.bars import FIRST_LOOK, Bars
from core.deid.cues import CREDENTIALS, EPONYM_NOUNS, PARTICLES, PERSON, TITLES
from core.deid.dates import reads_as_score
from core.deid.features import regions
from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note, Token
from core.deid.numbers import measured, not_an_identifier
from core.deid.possible import CERTAIN, MONTHS, WORDED, a_result, possible
from core.deid.tagger import Opinion, read
from core.deid.timeline import read_date
from core.model import Category

DETECTOR = "tagger"


CATEGORIES = {
    "NAME": Category.NAME,
    "PLACE": Category.PLACE,
    "STREET": Category.STREET,
    "REGION": Category.PLACE,
    "ZIP": Category.ZIP,
    "FACILITY": Category.FACILITY,
    "DATE": Category.DATE,
    "ID": Category.OTHER_ID,
    "CONTACT": Category.PHONE,
    "AGE": Category.AGE,
}
_NUMBERS = frozenset(Category) - WORDED - {Category.DATE, Category.AGE, Category.EMAIL, Category.URL, Category.IP}
_PREFIX = 6
_GROWING = frozenset(("NAME", "PLACE", "STREET", "REGION", "FACILITY"))
_TAILS = words("joined.tails")
_LINKS = frozenset(("and", "or", "to", "from", "with", "then", ""))
_BRIDGED = frozenset(("STREET", "FACILITY", "PLACE"))
_BRIDGED_CATEGORIES = frozenset(CATEGORIES[label] for label in _BRIDGED)
_GLUED_MOST, _GLUE = 24, frozenset("-_/.@:+~=")
_NAMED = ("ID", "=")  # what parts a number from its name, as in `mrn=50118276`; within an address it is part of it
_STAGES = frozenset(("i", "ii", "iii", "iiia", "iiib", "iv", "v"))
# age and sex, a decimal or an hour, a supply code (HCPCS), a protein change
_PLAIN = re.compile(r"\d{2,4}/\d{2,4}|\d{1,3} ?[MFmf]|\$?\d{1,4}[.:]\d{1,2}|[A-V]\d{4}|(?:[A-Z0-9]{2,6} )?[A-Z]\d{2,4}[A-Z]")
_SPACED_BAR = 0.8
_FIGURES_LEFT = 2
_SURELY, _BEYOND_DOUBT, _SEASON_BAR, _PAIR_BAR, _POINT_BAR, _UNHEARD_BAR = 0.9, 0.98, 0.6, 0.4, 0.6, 0.6
_PLAIN_TITLES = words("joined.plain_titles")
_REGIONS = words("places.states") | regions()
_PROVINCES = words("places.provinces")


class _Stretch(NamedTuple):
    """Tokens `first` to before `last` under one label."""

    first: int
    last: int
    label: str
    score: float
    bar: float


def tagged(note: Note, bars: Bars = FIRST_LOOK, opinion: Opinion | None = None) -> list[Found]:
    """What the tagger finds in a note, in order; `opinion` when it has read the note already."""
    opinion = opinion or read(note)
    found = (_find(note, s, bars, opinion) for s in _with_regions(note, list(_stretches(note, bars, opinion))))
    return sorted(f for f in found if f is not None)


def _stretches(note: Note, bars: Bars, opinion: Opinion) -> Iterator[_Stretch]:
    """Runs of tokens under one label, each token above the growing bar."""
    scores, kinds, labels = opinion.scores.tolist(), opinion.kinds.tolist(), opinion.labels
    mixed = _beside_capitals(note)
    open_: _Stretch | None = None
    last, top, least = 0, 0.0, 0.0
    for i in (opinion.scores >= bars.grow).nonzero()[0].tolist():
        token, label, score = note.tokens[i], labels[kinds[i]], scores[i]
        if token.text[0] == "§" or (score < bars.low and label not in _GROWING and token.shape not in "dp") or _full_stop(note, i, score):
            continue
        bar = bars.wary if label == "AGE" or _claimed(note, i, label) or (token.shape == "l" and mixed[i]) else bars.high
        if open_:
            label = _numbering(note, open_.label, last, i, label)
            if open_.label == label and _follows(note, last, i, label) and not _parted(token, label):
                last, top, least = i + 1, max(top, score), min(least, bar)
                continue
            yield _Stretch(open_.first, last, open_.label, top, least)
        last, top, least = i + 1, score, bar
        open_ = _Stretch(i, last, label, score, bar)
    if open_:
        yield _Stretch(open_.first, last, open_.label, top, least)


def _full_stop(note: Note, index: int, score: float) -> bool:
    """Whether a sentence ends here: `Okafor. Okafor slept`, unlike `Jas. Okafor`."""
    return score < _SURELY and note.tokens[index].text == "." and index > 0 and len(note.tokens[index - 1].text) > 3


def _numbering(note: Note, before: str, last: int, index: int, label: str) -> str:
    """The label, or the place's own when a house number stands right behind a place, as in `Krzywa Wola 118`."""
    near = last == index and before == "PLACE" and note.tokens[index].gap == " "
    return "PLACE" if near and label == "STREET" and note.tokens[index].shape == "d" else label


def _follows(note: Note, last: int, index: int, label: str) -> bool:
    """Whether a token comes next; in a place's name one small word, before an initial one comma may stand between."""
    if last == index or last != index - 1:
        return last == index
    between = note.tokens[last]
    if label == "NAME":
        return between.text in ",." and note.tokens[index].shape == "I" and "\n" not in note.tokens[index].gap
    if label not in _BRIDGED:
        return False
    return between.shape == "l" and between.low not in _LINKS and "\n" not in between.gap


def _parted(token: Token, label: str) -> bool:
    """A name ends with its line, anything else at a blank one."""
    return ("\n" if label == "NAME" else "\n\n") in token.gap


def _beside_capitals(note: Note) -> list[bool]:
    """For every token whether its line writes some words, but not all, with capitals: there a name in lower case is rare."""
    marks: list[bool] = []
    for first, last in pairwise((*note.lines, len(note.tokens))):
        marks += [note.shapes.find("C", first, last) >= 0] * (last - first)
    return marks


def _claimed(note: Note, index: int, label: str) -> bool:
    """Whether clinical lists, an eponym's noun behind, or a short abbreviation speak against an identifier."""
    token = note.tokens[index]
    if token.shape in "dp":
        return token.shape == "p" and label not in ("ID", "CONTACT", "DATE")
    if token.shape == "U" and len(token.text) <= 4 and not token.shouted:
        return not (token.word.first >= 2 or token.word.last >= 2) or token.word.clinical
    if token.word.medical or (token.word.common >= 3 and token.shape == "l") or note.low(index + 1) in _STAGES:
        return True
    behind = index + 1 + (note.low(index + 1) in ("'s", "'", "-"))
    far = note.low(behind + 1) if token.word.eponym else ""
    eponym = label in ("NAME", "PLACE", "FACILITY") and not EPONYM_NOUNS.isdisjoint((note.low(behind), far))
    return eponym or (label == "NAME" and token.low[:3] in MONTHS and token.word.common > 0)


def _find(note: Note, stretch: _Stretch, bars: Bars, opinion: Opinion) -> Found | None:
    category = CATEGORIES[stretch.label]
    stretch = _trimmed(note, stretch, opinion) if category in WORDED and category is not Category.STREET else stretch
    if category is Category.DATE:
        stretch = _behind_counts(note, stretch)
    tokens = note.tokens[stretch.first : stretch.last]
    if category in (Category.DATE, Category.AGE, Category.ZIP) and stretch.score >= _SURELY and _nameable(tokens):
        category = Category.NAME
    if category not in WORDED:
        tokens = _glued(note, stretch)
        category = _contact(tokens) if stretch.label == "CONTACT" else category
    if not possible(tokens, category, stretch.score) or (category is Category.DATE and _no_day(note, tokens, stretch.score)):
        return None
    if stretch.score < _SEASON_BAR and _season(note, stretch):
        return None
    if category in (Category.OTHER_ID, Category.PHONE) and _no_number(note, tokens, stretch.score):
        return None
    wary = _slight(note, stretch, tokens, category) or stretch.bar == bars.wary
    high, low = (bars.wary, bars.doubt) if wary else (bars.high, bars.low)
    if stretch.score < min(low, high):
        return None
    sure = stretch.score >= high
    role = PERSON if category is Category.NAME else ""
    return Found(tokens[0].start, tokens[-1].end, category, round(stretch.score, 3), DETECTOR, role, "masked" if sure else "flagged")


def _behind_counts(note: Note, stretch: _Stretch) -> _Stretch:
    """A day in figures without the count and comma before it, as in `day 2, 17/11`."""
    parts = note.tokens[stretch.first : stretch.last]
    if len(parts) > 4 and parts[0].shape == "d" and parts[1].text == "," and parts[2].gap and all(t.shape in "dp" for t in parts):
        return stretch._replace(first=stretch.first + 2)
    return stretch


def _with_regions(note: Note, stretches: list[_Stretch]) -> Iterator[_Stretch]:
    """States and countries stay, but no province, unless they stand inside a street address or before its postal code."""
    for i, stretch in enumerate(stretches):
        if stretch.label != "REGION":
            yield stretch
            continue
        spelled = [t.low for t in note.tokens[stretch.first : stretch.last] if t.shape != "p"]
        whole = f"_{'_'.join(spelled)}_"
        free = _REGIONS.issuperset(spelled) and not any(f"_{province}_" in whole for province in _PROVINCES)
        if not free or any(_beside(stretch, other) for other in stretches[max(0, i - 2) : i + 3]):
            yield stretch


def _beside(region: _Stretch, other: _Stretch) -> bool:
    near = -3 <= other.first - region.last <= 2 or -1 <= region.first - other.last <= 2
    return near and other is not region and other.label in ("STREET", "ZIP")


def _nameable(tokens: list[Token]) -> bool:
    """Whether what was read as a number is capitalised words only, none a month or a weekday: then it is somebody's name."""
    return all(_unusual(t) for t in tokens)


def _unusual(token: Token) -> bool:
    if token.shape not in "CU" or len(token.text) < 3 or token.low[:3] in MONTHS:
        return False
    return token.word.first > 1 or not token.word.common


def _no_day(note: Note, tokens: list[Token], score: float) -> bool:
    """Whether figures alone cannot be a day, or the words around a pair of them say score, strength or dose."""
    start, end = tokens[0].start, tokens[-1].end
    figures = [int(t.text[:8]) for t in tokens if t.shape == "d"]
    if any(t.shape not in "dp" for t in tokens) or len(figures) < 2 or max(figures) >= 100_000:
        return False
    if len(figures) > 3:
        return False
    if len(figures) > 2:
        mixed = len({t.text for t in tokens if t.shape == "p"}) > 1
        bare = not any(t.shape == "p" for t in tokens)  # `4 25 44`, as one types it in a hurry
        return score < (_SPACED_BAR if bare else CERTAIN) and (mixed or not read_date(note.text[start:end]))
    small, large = sorted(figures)
    if large > 1900:
        return False
    slash = any(t.text == "/" for t in tokens)
    return score < (_PAIR_BAR if slash else _POINT_BAR) or not 1 <= small <= 12 or large > 31 or reads_as_score(note, start, end)


def _season(note: Note, stretch: _Stretch) -> bool:
    """Whether this is no more than `March` in `worse in March`."""
    token = note.tokens[stretch.first]
    return stretch.last == stretch.first + 1 and token.low[:3] in MONTHS and note.low(stretch.first - 1) in ("in", "since", "until", "by")


def _no_number(note: Note, tokens: list[Token], score: float) -> bool:
    """Whether a number says itself, or by the unit behind it, that it identifies nobody."""
    text = note.text[tokens[0].start : tokens[-1].end]
    bare = all(t.shape in "dp" for t in tokens)
    certain = score >= CERTAIN and len(tokens) == 3 if bare else score >= _BEYOND_DOUBT
    unit = score < _SURELY and a_result(tokens)
    unit = unit or ((bare or score < _SURELY) and measured(note.text, tokens[-1].end))
    return unit or (score < CERTAIN and bool(_PLAIN.fullmatch(text))) or (not certain and not_an_identifier(text))


def _trimmed(note: Note, stretch: _Stretch, opinion: Opinion) -> _Stretch:
    """Without titles, and without everyday lower-case words at its ends that the tagger is less than sure of, as `our` in `our Dallas`."""
    first, last, tokens = stretch.first, stretch.last, note.tokens
    written = any(t.shape in "CU" for t in tokens[first:last])
    named = stretch.label == "NAME"

    def idle(i: int, titles: Container[str]) -> bool:
        plain = (
            named and tokens[i].low in titles and tokens[i].text != "Ma" and (opinion.scores[i] < CERTAIN or tokens[i].low in _PLAIN_TITLES)
        )
        return plain or (opinion.scores[i] < _SURELY and _everyday(tokens[i], written))

    while first < last and idle(first, TITLES):
        first += 1
    while last > first and idle(last - 1, CREDENTIALS):
        last -= 1
    while stretch.label in _BRIDGED and last > first and note.low(last) in _TAILS and tokens[last].gap == " ":
        last += 1
    whole = first >= last and stretch.score >= _SURELY  # a name that is also a title: `doctora Kumari`
    return stretch if whole else stretch._replace(first=first, last=last)


def _everyday(token: Token, written: bool) -> bool:
    """A lower-case word that is no name: a very common one, or any of the dictionary beside words with capitals."""
    word = token.word
    if token.shape != "l" or token.low in PARTICLES:
        return False
    return (written and word.common >= 3) or ((word.common == 4 or (written and word.common > 0)) and word.first < 2 and word.last < 2)


def _slight(note: Note, stretch: _Stretch, tokens: list[Token], category: Category) -> bool:
    """Whether so little speaks for an identifier that near certainty is asked: a lone word before a score, a short code."""
    wordy = [t for t in tokens if t.shape not in "dp"]
    if category is Category.OTHER_ID:
        return bool(wordy) and sum(len(t.text) for t in tokens if t.shape == "d") <= 3
    if category is Category.STREET:
        return len(tokens) <= 2
    if category is Category.DATE:
        return not any(t.shape == "d" for t in tokens)
    if category not in WORDED or any(t.gap for t in tokens[1:]) or not wordy or tokens[0].shouted:
        return False
    word = tokens[0].word
    unheard = category in (Category.NAME, Category.PLACE) and tokens[0].shape in "CU" and not (word.first or word.last or word.city)
    return category is Category.FACILITY or len(wordy) > 1 or _scored(note, stretch.last) or (unheard and stretch.score < _UNHEARD_BAR)


def _scored(note: Note, index: int) -> bool:
    """Whether a plain number stands here that is neither an age nor the start of a date."""
    if index >= len(note.tokens) or note.tokens[index].shape != "d" or "\n" in note.tokens[index].gap:
        return False
    return note.low(index + 1) not in ("m", "f", "y", "yo", "yr", "years", "year", "/", "-", "mo", "w")


def _glued(note: Note, stretch: _Stretch) -> list[Token]:
    """The tokens with what is written onto them without a space, as far as it reads like one number or address."""
    first, last, tokens, label = stretch.first, stretch.last, note.tokens, stretch.label
    floor, roof = max(0, first - _GLUED_MOST), min(len(tokens), last + _GLUED_MOST)
    while first > floor and not tokens[first].gap and _glue(tokens[first - 1]) and (label, tokens[first - 1].text) != _NAMED:
        first -= 1
    while last < roof and not tokens[last].gap and _glue(tokens[last]):
        last += 1
    while (last > stretch.last and tokens[last - 1].shape == "p") or (last > first + 1 and tokens[last - 1].text in ".,;:"):
        last -= 1
    while first < stretch.first and tokens[first].shape == "p":
        first += 1
    return tokens[first:last]


def _glue(token: Token) -> bool:
    return token.text in _GLUE or (token.shape != "p" and token.text != "'s")


def _contact(tokens: list[Token]) -> Category:
    if any(t.text == "@" for t in tokens):
        return Category.EMAIL
    return Category.URL if sum(t.shape != "d" and t.shape != "p" for t in tokens) > 1 else Category.PHONE


def joined(ruled: list[Found], more: Iterable[Found], note: Note) -> list[Found]:
    """The union: a tagger's find that overlaps one rule's find of its category lengthens it, else it keeps what is free."""
    sure = [f for f in ruled if f.state == "masked"]
    made, at = list(ruled), 0
    for find in more:
        while at < len(sure) and sure[at].end <= find.start:
            at += 1
        met = [f for f in sure[at : at + 12] if f.start < find.end]
        if len(met) == 1 and find.state == "masked" and _of_a_kind(met[0], find):
            made.append(met[0]._replace(start=min(met[0].start, find.start), end=max(met[0].end, find.end)))
        elif len(met) == 1 and find.score >= CERTAIN and _holds(find, met[0]):
            made.append(find)  # the longer one stands
        else:
            made += _free(find, met, note.text)
    return made


def _of_a_kind(rule: Found, find: Found) -> bool:
    """Whether a rule's find may be lengthened by the tagger's: the same sort of name or place, or a number inside a longer one."""
    if find.category in WORDED:
        return rule.category is find.category
    inside = find.start <= rule.start and rule.end <= find.end
    return find.category in _NUMBERS and rule.category in _NUMBERS and inside and find.end - find.start <= rule.end - rule.start + _PREFIX


def _holds(find: Found, rule: Found) -> bool:
    """Whether a place of care or a street holds what a rule took for a name alone, as in `Sister Rose House`."""
    worded = find.category in _BRIDGED_CATEGORIES and rule.category is Category.NAME and rule.detector not in ("identity", "decision")
    return worded and find.start <= rule.start and rule.end <= find.end


def _free(find: Found, met: list[Found], text: str) -> Iterator[Found]:
    """The parts of a find that no rule took; of numbers only those with a digit, of flags none unless nothing was taken."""
    if met and find.state == "flagged":
        return
    start = find.start
    for begin, end in [(f.start, f.end) for f in met] + [(find.end, find.end)]:
        piece = text[start : max(start, begin)].strip()
        if any(c.isalnum() for c in piece) and (not met or (_worth_keeping(piece, find.category) and not _PLAIN.fullmatch(piece))):
            yield find._replace(start=start, end=begin)
        start = end


def _worth_keeping(piece: str, category: Category) -> bool:
    """Whether what is left of a cut find may identify: letters of a name or place, three digits of a number, of a day more than figures."""
    if all(word.strip(".,;:()'\"-").lower() in _LINKS for word in piece.split()):
        return False
    held = "".join(c for c in piece if c.isalnum())
    if category is Category.DATE:
        return any(c.isdigit() for c in held) and not piece.isdigit()
    return len(held) > _FIGURES_LEFT if held[0].isdigit() else category in WORDED or any(c.isdigit() for c in held)
