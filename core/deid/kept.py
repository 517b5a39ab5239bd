"""What stays although it is written like a name: credentials, roles, scales and criteria, makers, brands and fixed phrases.

The last look at a note's finds. What a closed list settles is cut off their ends or lets them go; a title, a label, a form's field or
kin beside a name says more than a list, so there only what stands behind the name is cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from core.deid import cues
from core.deid.found import Found
from core.deid.lexicon import sections, words
from core.deid.note import Note, Token
from core.model import Category

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WEAK = frozenset((Category.NAME, Category.PLACE, Category.FACILITY))
_PART = re.compile(r"[^\W\d_]+(?:'(?!s\b)[^\W\d_]+)*|'s\b|\d+|[^\s\w]")
_ASKED = frozenset(("identity", "decision", "site-list"))
_FIRM = _ASKED | {"title", "label", "kin", "hl7", "table", "field", "nickname", "per", "naming"}
_CERTAIN = 0.985
"""From this score on a brand's or an eponym's word may be somebody's name after all."""
_BELIEVED = 0.8
"""From this score on an abbreviation of a line that is not shouted may be somebody's initials, and a figure makes no scale of a name."""
_LIKELY = 0.5
"""From this score on a language's word that is also a first name is somebody's."""
_SMALL, _BY, _DOTTED = words("kept.small"), words("kept.by"), words("kept.dotted")
_BEHIND = cues.EPONYM_NOUNS | words("kept.behind")
_NO_NAME_BEFORE = words("kept.before")


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    return {label: frozenset(found) for label, found in sections("kept.txt")}


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Fixed phrases as token sequences, by their first token, the longest first."""
    made: dict[str, list[tuple[str, ...]]] = {}
    for phrase in _lists()["phrases"]:
        head, *rest = _PART.findall(phrase.replace("_", " "))
        made.setdefault(head, []).append(tuple(rest))
    return {head: tuple(sorted(rests, key=len, reverse=True)) for head, rests in made.items()}


def warm_lists() -> None:
    """Read the lists now rather than on the first text."""
    _lists()
    _phrases()


def is_abbreviation(low: str) -> bool:
    """Whether letters are a credential or a known abbreviation."""
    lists = _lists()
    return low in lists["credentials"] or low in lists["shouted"] or low in lists["labels"]


def without_kept(
    found: Iterable[Found], note: Note, scores: NDArray[np.float32], fixed: Mapping[int, int] | None = None
) -> Iterator[Found]:
    """The finds without what the lists say stays; `fixed` when the note's phrases have been looked up."""
    fixed, before = fixed_phrases(note) if fixed is None else fixed, -9
    for item in found:
        joined, before = item.start - before <= 1, item.end
        first, last = note.index_at(item.start), note.index_at(item.end)
        if item.category not in _WEAK or item.detector in _ASKED or first >= last:
            yield item
            continue
        if item.detector == "title" and fixed.get(first - 1, 0) > last:  # `Sister Mary Joseph nodule`
            continue
        if item.detector not in _FIRM:
            first, last = _outside(note, first, last, fixed)
            first = _behind_heads(note, first, last, name=item.category is Category.NAME)
        last = _before_tails(note, first, last, whole=item.detector not in _FIRM, name=item.category is Category.NAME)
        if item.detector == "title" and last - first == 1 and note.tokens[first].shape == "U" and _glued(note, last):
            continue
        if first < last and (item.detector in _FIRM or joined or not _stays(note, item, first, last, scores)):
            yield _spanning(note, item, first, last)


def outside_fixed(note: Note, found: list[Found], fixed: Mapping[int, int] | None = None) -> Iterator[Found]:
    """Echoes of known names, and doubts, without those in a fixed phrase, as `Hunt` in `Ramsay Hunt`."""
    for item in found:
        first, last = note.index_at(item.start), note.index_at(item.end)
        if item.category in _WEAK and first < last and note.tokens[first].low in _phrase_words():
            fixed = fixed_phrases(note) if fixed is None else fixed
            first, last = _outside(note, first, last, fixed)
            if first >= last:
                continue
        yield item


@lru_cache(maxsize=1)
def _phrase_words() -> frozenset[str]:
    return frozenset(word for head, rests in _phrases().items() for word in (head, *(w for rest in rests for w in rest)))


def _spanning(note: Note, item: Found, first: int, last: int) -> Found:
    start = item.start if note.index_at(item.start) == first else note.tokens[first].start
    end = item.end if note.index_at(item.end) == last else note.tokens[last - 1].end
    return item._replace(start=start, end=end)


def fixed_phrases(note: Note) -> dict[int, int]:
    """Where fixed phrases stand: index of the first token → index behind the last."""
    phrases, found = _phrases(), {}
    for word in phrases.keys() & note.words:
        for at in note.where[word]:
            if note.tokens[at].shape == "l" and word not in ("k", "d"):
                continue
            for rest in phrases[word]:
                if all(note.low(at + 1 + i) == w for i, w in enumerate(rest)):
                    if not _begins_a_person(note, at + len(rest)):
                        found[at] = at + 1 + len(rest)
                    break
    return found


def _begins_a_person(note: Note, last: int) -> bool:
    """`Diego A. Ramirez`, `Lucas 3yo M`: a phrase that ends with a letter or a figure, and goes on as a name or an age does."""
    token, behind = note.tokens[last], note.low(last + 1)
    if len(token.text) > 2 or token.shape == "l":
        return False
    after = last + 1 + (behind == ".")
    named = after < len(note.tokens) and note.tokens[after].shape == "C" and "\n" not in note.tokens[after].gap
    return behind in _AGED if token.shape == "d" else named and not note.tokens[after].word.clinical


_AGED = frozenset(("yo", "y", "yr", "yrs", "year", "years", "m", "f", "mo", "month", "months", "wk", "week", "weeks", "day", "days"))


def _outside(note: Note, first: int, last: int, fixed: Mapping[int, int]) -> tuple[int, int]:
    """A find without the fixed phrase that it is, lies in, begins or ends with."""
    for start in range(max(0, first - 5), last) if fixed else ():
        end = fixed.get(start, 0)
        if end <= first or note.low(start - 1) in cues.TITLES or (note.low(start - 1) == "." and note.low(start - 2) in cues.TITLES):
            continue
        if start <= first:
            first = max(first, end)
        elif end >= last:
            last = start
    return first, last


def _behind_heads(note: Note, first: int, last: int, *, name: bool) -> int:
    """Index behind small words, labels, roles and credentials that stand before a name."""
    lists = _lists()
    while first < last:
        token = note.tokens[first]
        small = token.shape in "lp" and (token.low in _SMALL or token.shape == "p") and token.text not in "#(@"
        label = token.shape == "U" and token.low in lists["labels"] and last - first > 1 and len(token.low) > 1
        rank = token.shape == "U" and not token.shouted and token.low in lists["credentials"] and len(token.low) > 2
        role = name and token.shape == "C" and token.low in lists["roles"] and _goes_on(note, first, last)
        if not (small or label or rank or role):
            break
        first += 1
    return first


def _goes_on(note: Note, first: int, last: int) -> bool:
    word = note.tokens[first].word
    return (
        last - first > 1
        and not word.first
        and not word.last
        and note.tokens[first + 1].shape in "CUI"
        and note.tokens[first + 1].gap == " "
    )


def _before_tails(note: Note, first: int, last: int, *, whole: bool, name: bool) -> int:
    """Index before credentials, roles and punctuation that stand behind a name; `whole` admits that nothing is left."""
    while last > first + (not whole):
        cut = _tail(note, first, last) if name else int(note.tokens[last - 1].text in _MARKS or _day_behind(note, first, last))
        if not cut or last - cut < first + (not whole):
            break
        last -= cut
    return last


_MARKS = frozenset(",(-:;/")


def _tail(note: Note, first: int, last: int) -> int:
    """How many tokens at the end are a credential, a role or a mark; 0 when the name itself ends here."""
    lists, token = _lists(), note.tokens[last - 1]
    known = lists["credentials"]
    if (dotted := _dotted(note, first, last)) < last:
        return last - dotted
    if token.text == ")":
        return 3 if note.low(last - 2) in known and note.low(last - 3) == "(" else 0
    if _day_behind(note, first, last):
        return 1
    if apart := _apposition(note, first, last):
        return apart
    if note.low(last - 2) == "-" and not token.gap and f"{note.low(last - 3)}-{token.low}" in known:
        return 3
    if token.shape == "U" and token.low in lists["labels"] and last - first > 1 and token.gap and not token.word.last:
        return 1
    if token.low in lists["languages"] and last - first > 2 and token.shape == "C" and not (token.word.first > 1 or token.word.last):
        return 1
    role = token.shape in "CU" and token.low in lists["roles"] and not token.word.first and _set_apart(note, first, last)
    return int(token.text in _MARKS or role or _credential(note, first, last, token, known))


def _glued(note: Note, last: int) -> bool:
    """Whether figures are written onto the word before an index."""
    return last < len(note.tokens) and note.tokens[last].shape == "d" and not note.tokens[last].gap


def _day_behind(note: Note, first: int, last: int) -> bool:
    return last - first > 1 and note.tokens[last - 1].shape == "C" and note.low(last - 1) in _WEEKDAYS


def _apposition(note: Note, first: int, last: int) -> int:
    """How many tokens at the end are `, Medical Council`: a comma and generic words behind a name."""
    for at in range(last - 1, max(first, last - 5), -1):
        token = note.tokens[at]
        if token.text == ",":
            return last - at if at < last - 1 else 0
        if token.shape != "C" or token.low not in _GENERIC or token.word.first:
            return 0
    return 0


def _credential(note: Note, first: int, last: int, token: Token, known: frozenset[str]) -> bool:
    """Whether the last word is a credential in capitals; in a line of capitals a short one may be a name."""
    if token.shape not in "UC" or token.low not in known:
        return False
    apart = note.low(last - 2) in (",", "(", "-", ";") or last - first == 1
    if token.shape == "C":
        return apart and token.text in ("Ret", "Esq", "Dip", "Hons", "Psych")
    if len(token.low) <= 2 and (token.shouted or not apart):
        return False
    return not token.shouted or len(token.low) > 3 or apart


def _dotted(note: Note, first: int, last: int) -> int:
    """Index before `M.D.` or `M.S` at the end, where something of a name remains."""
    at, letters = last, ""
    while at > first and (note.tokens[at - 1].text == "." or note.tokens[at - 1].shape == "I"):
        letters = note.tokens[at - 1].low.strip(".") + letters
        at -= 1
        if "," in note.tokens[at].gap:
            break
    known = len(letters) > 1 and letters in _DOTTED and note.text[note.tokens[at].end : note.tokens[at].end + 1] == "."
    return at if known and at > first else last


def _set_apart(note: Note, first: int, last: int) -> bool:
    """Whether a role is all there is, or stands behind a comma, a bracket or another role."""
    lists = _lists()
    if last - first == 1:
        return True
    before = note.tokens[last - 2]
    return before.text in ",(-;/" or before.low in lists["roles"] or before.low in lists["credentials"]


def _stays(note: Note, item: Found, first: int, last: int, scores: NDArray[np.float32]) -> bool:
    """Whether what is left of a find is nothing but words of the lists, or the context makes it an eponym or a brand."""
    named = [t for t in note.tokens[first:last] if t.shape != "p"]
    if not named or (len(named) == 1 and first and note.tokens[first - 1].shape == "d" and not note.tokens[first].gap):  # `Ala421Val`
        return True
    lists = _lists()
    if len(named) > 1 and all(len(t.low) == 1 for t in named) and "".join(t.low for t in named) in lists["credentials"]:  # `F.A.C.S.`
        return True
    if all(t.low in lists["roles"] or t.low in _SMALL for t in named) and not any(t.word.first >= 2 for t in named):
        return not (item.category is Category.FACILITY and len(named) > 1)
    if (item.detector in _GUESSED and _general(named)) or note.low(first - 1 - (note.low(first - 1) == ":")) in _MAKING:
        return True
    top = max((float(s) for s in scores[first:last]), default=1.0)
    if all(t.low in lists["languages"] for t in named):
        return not any(t.word.first >= 2 for t in named) or top < _LIKELY
    if len(named) > 2:
        return False
    if all(_abbreviation(t, lists["shouted"]) for t in named):
        return top < (_CERTAIN if named[0].shouted else _BELIEVED)
    if item.detector == "propagation" and first and note.tokens[first - 1].shape == "C":
        return False
    if all(t.low in lists["brands"] or t.low == "'s" for t in named) and not any(t.word.first == 3 for t in named):
        return top < _CERTAIN and not _titled(note, first)
    sure = top >= _BELIEVED
    if len([t for t in named if t.low != "'s"]) > 1:
        return not sure and _of_a_list(note, first, last)
    return (_eponymous(named[0]) and _as_eponym(note, first, last, sure=sure)) or (not sure and _among_drugs(note, first, last))


def _general(named: list[Token]) -> bool:
    """`BURN CENTER`, `Division of Medical Genetics`, `QLD`, a lone `van`: generic and clinical words, a state or a particle only."""
    head = named[0]
    if all(t.low in _WEEKDAYS and t.shape in "CU" for t in named):
        return True
    if len(named) == 1:
        return head.low in _PROVINCES or (head.low in cues.PARTICLES and head.shape == "l") or (head.shape == "U" and head.low in _GENERIC)
    if not (head.low in _UNITS or (head.opens and head.shape == "U")):
        return False
    return all(t.low in _GENERIC or t.low in _SMALL or (t.word.clinical and not t.word.first and not t.word.city) for t in named)


_WEEKDAYS = words("kept.weekdays")
_MAKING = frozenset(("mfr", "mfg", "manufacturer", "brand", "maker", "vendor"))
_UNITS = frozenset(("division", "department", "dept", "section", "service", "services"))
_GUESSED = frozenset(("tagger", "facility", "propagation", "role", "board", "name-pair", "capital-pair", "list"))
_PROVINCES = words("kept.provinces")
_GENERIC = (words("facilities.generic") | words("facilities.heads") | words("kept.generic")) - words("facilities.plain_names")


def _abbreviation(token: Token, known: frozenset[str]) -> bool:
    return token.shape == "U" and token.low in known


def _titled(note: Note, first: int) -> bool:
    before = note.low(first - 1) if note.low(first - 1) != "." else note.low(first - 2)
    return before in cues.TITLES or before in cues.KIN


def _eponymous(token: Token) -> bool:
    return token.word.eponym or token.low in _lists()["eponyms"]


def _of_a_list(note: Note, first: int, last: int) -> bool:
    """`Canavan, Alexander` before `, Krabbe`: nothing but eponyms with commas between, and another goes on."""
    tokens = note.tokens
    listed = all(t.text == "," or _eponymous(t) for t in tokens[first:last]) and any(t.text == "," for t in tokens[first:last])
    return listed and note.low(last) == "," and last + 1 < len(tokens) and _eponymous(tokens[last + 1])


def _as_eponym(note: Note, first: int, last: int, *, sure: bool) -> bool:
    """Whether a word that is also a name stands for a scale, a sign or criteria: `within Milan`, `Hertel 19/20`, `by Jensen`.

    `sure`: the tagger holds it for somebody's name; then a figure behind it or a list around it is not enough.
    """
    token, behind = note.tokens[first], note.low(last)
    if token.shape not in "CU" or _titled(note, first):
        return False
    if behind in _BEHIND or (behind == "'s" and note.low(last + 1) in _BEHIND):
        return True
    if note.low(first - 1) in _BY and token.word.first < 3 and not cues.ACTS & {note.low(i) for i in range(first - 4, first - 1)}:
        return True
    graded = behind.isdigit() or behind in ("i", "ii", "iii", "iv", ">", "<", "+", "=")
    if (
        graded
        and not sure
        and token.word.first < 2
        and not token.shouted
        and note.low(last + 1) not in _AGED
        and note.low(last + 1) not in ("-", "hour", "hours", "hr", "hrs", "min", "minutes", "times", "x")
    ):
        return "\n" not in note.tokens[last].gap and (not token.opens or note.low(last + 1) == "/")
    return _listed(note, first, last, alone=sure or token.word.first >= 2)


def _listed(note: Note, first: int, last: int, *, alone: bool) -> bool:
    """Whether it stands in a list of such words: `Canavan, Alexander, Sotos`."""
    known = _lists()["eponyms"]
    before = note.low(first - 2) if note.low(first - 1) in (",", "/", "or", "and") else ""
    behind = note.low(last + 1) if note.low(last) in (",", "/", "or", "and") else ""
    if alone:  # `brothers Ross and David`: two words may be two people
        return before in known and behind in known
    return before in known or (behind in known and note.low(first - 1) in _NO_NAME_BEFORE)


def _among_drugs(note: Note, first: int, last: int) -> bool:
    """`Flagyl 2 g, Ella, Biktarvy x28`: between commas, with drugs on both sides that are no credential and no name."""
    if not note.low(first - 1) == "," == note.low(last) or last + 1 >= len(note.tokens):
        return False
    token, lists = note.tokens[last + 1], _lists()
    person = token.word.first or token.word.last or token.low in lists["credentials"] or token.low in lists["roles"]
    drugged = any(note.tokens[i].word.clinical and not note.tokens[i].word.first for i in range(max(0, first - 5), first - 1))
    return drugged and token.word.clinical and len(token.low) > 4 and not person
