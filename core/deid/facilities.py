"""Hospitals, clinics, practices and schools: a head noun with a name before it, saints, and known systems."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid import cues
from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note, Token
from core.deid.places import is_long_city
from core.model import Category

_HEADS = words("facilities.heads")
_STRONG = words("facilities.strong")
_GENERIC = words("facilities.generic") - {"va"}
_LOWER_HEADS = frozenset(("hospital", "clinic", "center", "pharmacy", "office"))
_LINKS = words("facilities.links")
_KNOWN = re.compile(
    r"\b(?:Mayo(?: Clinic)?(?! (?:stand|scissors|clamp|classification|score|tray|hegar|table))|Cleveland Clinic"
    r"|John'?s? Hopkins|UCLA|UCSF|UCSD|NYU(?: Langone)?|M\.?D\.? Anderson|Dana[- ]Farber|City of Hope"
    r"|Fred Hutch\w{0,8}|Roswell Park|Fox Chase"
    r"|(?:Memorial )?Sloan[- ]Kettering|MSKCC|Kaiser(?: Permanente)?|Geisinger|Cedars?[- ]Sinai|Brigham(?: (?:and"
    r"|&) Women'?s?)?|BIDMC|Beth Israel(?: Deaconess)?|Mass(?:achusetts)? General|Stanford(?! (?:type|class|a\b|b\b"
    r"|A\b|B\b))|Vanderbilt|Emory|UPMC|UWMC"
    r"|UT Southwestern|Intermountain|Sutter Health|Scripps|Baylor(?: Scott (?:&|and) White)?|Houston Methodist"
    r"|Northwestern(?= (?:Mem|Med|Univ))|Mount Sinai|Mt\.? Sinai|Montefiore|New ?York[- ]Presbyterian|Weill Cornell"
    r"|CHOP(?= )(?! (?:chemo|regimen|cycle))|Barnes[- ]Jewish"
    r"|Ochsner|Banner Health|Harborview|OHSU|Walter Reed|Bellevue|Spaulding|Tufts|Yale(?:[- ]New Haven)?(?! (?:insulin"
    r"|obsess|brown))|Tulane|Dartmouth(?:[- ]Hitchcock)?|Hackensack|Novant|HCA|CVS|Walgreens|Rite[- ]Aid|Wal-?[Mm]art"
    r"|Costco|Kroger|Publix|Safeway|Quest Diagnostics|Lab-?[Cc]orp"
    r"|DaVita|MedStar|Lahey(?= (?:Clinic|Hosp|Health|Med))|Karolinska|AIIMS|Baystate|Parkland|Maimonides|Lenox Hill"
    r"|Hennepin|Froedtert|Sentara|Inova|WakeMed|Shriners|Duke(?= (?:Univ|Med|Health|Hosp|clinic|Raleigh"
    r"|Regional)))\b(?:'s)?"
)
_CHAINS = words("facilities.chains")
_KNOWN_WORDS = words("facilities.known_words")
_SAINT = re.compile(
    r"\b(?:St\.?|Saint|Mt\.?|Mount|Our Lady of|Sacred|Good)(?<!Good morning) [A-Z][a-z]{2,15}(?:'s?)?(?: (?:Heart"
    r"|of [A-Z][a-z]{2,12}|Samaritan))?(?:[ -](?:and )?[A-Z][a-z]{2,12}(?:'s)?)?"
)
_SAINT_HINT = words("facilities.saint_hint")
_SAINT_DISEASE = words("facilities.saint_disease")


_EMPLOYER = re.compile(
    r"\b(?:[Ww]ork(?:s|ed|ing)? (?:at|for)|[Ee]mployed (?:at|by)|[Ee]mployer(?: is|:)"
    r"|[Rr]etired from) ((?:[A-Z][\w'-]{1,20}(?:, | and | & | |-)){0,4}[A-Z][\w'-]{1,20})"
)


_WORK = frozenset(("work", "works", "worked", "working", "employed", "employer", "retired"))


def _employers(note: Note) -> Iterator[Found]:
    for match in (m for a, b in note.around(_WORK, 0, 160) for m in _EMPLOYER.finditer(note.text, a, b)):
        if any(
            t.word.common <= 2 and not t.word.clinical
            for t in note.tokens[note.index_at(match.start(1)) : note.index_at(match.end(1))]
            if t.shape == "C"
        ):
            yield Found(match.start(1), match.end(1), Category.FACILITY, 0.85, "employer")


_CARE = words("facilities.care")
_NOWHERE = words("facilities.nowhere")


_TOWARDS = frozenset(("at", "from", "to", "via"))


def _places_of_care(note: Note) -> Iterator[Found]:
    """`last seen at Cedar Crest`: capitals behind a preposition of place, where a word of care says what place it is."""
    for index in note.at(_TOWARDS):
        token = note.tokens[index]
        if token.shape != "l" or index + 1 >= len(note.tokens):
            continue
        near = {note.low(i) for i in range(index - (6 if token.low == "at" else 3), index)}
        if _CARE.isdisjoint(near):
            continue
        start = index + 1 + (note.low(index + 1) in ("the", "our"))
        end = _capitals(note, start)
        words_ = [t for t in note.tokens[start:end] if t.shape in "CU"]
        if words_ and _place_of_care(note, words_, start, end, token.low):
            end += note.low(end) in ("clinic", "hospital", "office", "campus")
            yield _facility(note, start, end, 0.75)


def _capitals(note: Note, start: int) -> int:
    """Index behind a run of capitalised words, small words and hyphens between them included."""
    end = start
    for at in range(start, min(len(note.tokens), start + 7)):
        token = note.tokens[at]
        if at > start and ("\n" in token.gap or len(token.gap) > 1):
            break
        if token.shape in "CU" and (token.shape == "C" or len(token.text) > 1) and token.low not in _NOWHERE:
            end = at + 1
        elif at == start or not (token.low in ("of", "the", "&", "-", "'s") or (token.text == "." and note.low(at - 1) in ("st", "mt"))):
            break
    return end


def _place_of_care(note: Note, named: list[Token], start: int, end: int, link: str) -> bool:
    """Whether the capitals can be a facility's name: no clinical word alone, no abbreviation alone, and no person's name after `to`."""
    first = named[0].word
    if all(t.word.clinical or t.low in _GENERIC or t.low in cues.TITLES or (t.shape == "U" and len(t.text) < 4) for t in named):
        return False
    if named[0].low in cues.TITLES or named[0].low in cues.CREDENTIALS or note.low(end) in cues.EPONYM_NOUNS:
        return False
    return link == "at" or (len(named) > 1 and first.first < 2 and first.common <= 3) or named[-1].low in _HEADS


def facilities(note: Note) -> Iterator[Found]:
    """Names of facilities with their head noun."""
    yield from _employers(note)
    yield from _places_of_care(note)
    if not _KNOWN_WORDS.isdisjoint(note.words):
        known = _KNOWN_WORDS | {w for w in note.words if w.startswith("hutch")}
        for match in (m for a, b in note.around(known, 40, 40) for m in _KNOWN.finditer(note.text, a, b)):
            yield _known(note, match.start(), match.end())
    yield from (_facility(note, index, index + 1, 0.9) for index in note.at(_CHAINS) if note.tokens[index].shape == "l")
    if "st" in note.words or "Sa" in note.text or "M" in note.text or "Good" in note.text:
        yield from _saints(note)
    for index in note.at(_HEADS | _LOWER_HEADS):
        token = note.tokens[index]
        if (token.low in _HEADS and token.shape in "CU") or (token.low in _LOWER_HEADS and token.shape == "l"):
            yield from _named(note, index)


def _facility(note: Note, start: int, end: int, score: float) -> Found:
    return Found(note.tokens[start].start, note.tokens[end - 1].end, Category.FACILITY, score, "facility")


def _known(note: Note, start: int, end: int) -> Found:
    """A known system with the head nouns that follow it."""
    at = last = note.index_at(end)
    while (
        last < len(note.tokens)
        and last < at + 4
        and note.tokens[last].gap == " "
        and (note.tokens[last].low in _HEADS and note.tokens[last].shape in "CU")
    ):
        last += 1
    return Found(start, note.tokens[last - 1].end if last > at else end, Category.FACILITY, 0.9, "facility-known")


_SAINT_LOWER = re.compile(r"\b(?:at|from|to|in) (st\.? [a-z]{4,12}(?:'s)?)\b(?! (?:elevation|segment|depression|change))")


_ST = frozenset(("st",))
_SAINTLY = frozenset(("st", "saint", "mt", "mount", "lady", "sacred", "good"))


def _saints(note: Note) -> Iterator[Found]:
    for match in (m for a, b in note.around(_ST, 8, 48) for m in _SAINT_LOWER.finditer(note.text, a, b)):
        yield Found(match.start(1), match.end(1), Category.FACILITY, 0.75, "facility-saint")
    for match in (m for a, b in note.around(_SAINTLY, 4, 80) for m in _SAINT.finditer(note.text, a, b)):
        first = note.index_at(match.start())
        behind = note.index_at(match.end())
        head = note.low(behind) in _HEADS or any(t.low in _HEADS for t in note.tokens[first:behind])
        name = note.low(first + 1 + (note.low(first + 1) == "."))
        if (name in _SAINT_DISEASE or is_long_city(note, first)) and not head:
            continue
        if (
            head
            or (note.low(first - 1) in _SAINT_HINT and note.low(first) in ("st", "saint", "mt", "mount"))
            or (note.low(first) == "sacred" and "Heart" in match[0])
        ):
            last = behind
            while last < behind + 3 and note.low(last) in _HEADS:
                last += 1
            yield Found(
                match.start(), note.tokens[last - 1].end if last > behind else match.end(), Category.FACILITY, 0.85, "facility-saint"
            )


def _named(note: Note, head: int) -> Iterator[Found]:
    """Walk back from a head noun over the name; it counts when a part of it is neither generic nor clinical."""
    start = head
    while start > 0 and head - start < 7 and _belongs(note, start - 1, note.tokens[start]):
        start -= 1
    while start < head and (note.low(start) in _LINKS or note.tokens[start].shape == "p" or note.tokens[start].low == "'s"):
        start += 1
    start = _drop_opening(note, start, head)
    if note.low(head + 1) in _NO_PLACE or (note.low(head + 1) in _HEADS and note.low(head + 2) in _NO_PLACE):
        return
    page = start < head and _heads_a_page(note, start, head)
    if not page and (start >= head or not _names_something(note, start, head)):
        return
    end = head + 1
    while (
        end < len(note.tokens)
        and end < head + 4
        and note.tokens[end].gap == " "
        and note.tokens[end].low in _HEADS
        and note.tokens[end].shape in "CU"
    ):
        end += 1
    found = _facility(note, start, _extended(note, end), 0.85)
    yield found._replace(detector="facility-page") if page else found


def _extended(note: Note, end: int) -> int:
    """Index behind what goes on: `Hospital of the Ozarks`, `Heart & Rhythm`."""
    at = end
    if note.low(at) == "of":
        at += 1 + (note.low(at + 1) == "the")
    elif note.low(at) == "&":
        at += 1
    if at == end or at >= len(note.tokens) or note.tokens[at].shape != "C" or note.tokens[at].gap != " ":
        return end
    return end if note.tokens[at].word.clinical and note.low(end) == "of" else at + 1


def _belongs(note: Note, index: int, following: Token) -> bool:
    token = note.tokens[index]
    if "\n" in following.gap or len(following.gap) > 2:
        return False
    if token.shouted and (token.low in cues.KIN or (token.word.common == 4 and token.low not in _GENERIC) or token.low in _SAINT_HINT):
        return False
    if token.shape in "CU":
        return token.low not in cues.TITLES and token.text not in ("Patient", "Pt", "The", "Dr")
    if token.low == "'s" or token.text in "-&" or (token.text in "'.\"" and note.low(index - 1) in ("st", "mt", "s")) or token.text == "'":
        return not following.gap or token.text == "&" or token.low == "'s" or token.text in "'."
    if token.low == "and" and note.low(index - 1) in ("hospital", "clinic", "center", "centre", "pharmacy"):
        return False
    return token.low in ("of", "and", "the", "for") and note.tokens[index - 1].shape in "CU" and token.gap == " " if index else False


def _drop_opening(note: Note, start: int, head: int) -> int:
    """Leave out what only begins the sentence, such as `Seen` in `Seen Elm Clinic`."""
    while start < head and (
        note.low(start) in _SKIP
        or (note.tokens[start].opens and note.tokens[start].word.common >= 3 and head - start > 1 and not note.tokens[start].word.last)
    ):
        start += 1
    return start


_SKIP = words("facilities.skip")
_NO_PLACE = frozenset(
    ("study", "score", "trial", "criteria", "association", "guideline", "guidelines", "risk", "classification", "scale", "index", "rule")
)


_PLAIN_NAMES = words("facilities.plain_names")


def _plain_but_named(note: Note, start: int, head: int) -> bool:
    """`at General Hospital`: generic words, but capitalised behind a preposition of place they name one."""
    before = note.low(start - 1) if note.low(start - 1) not in ("the", "our") else note.low(start - 2)
    return (
        note.tokens[head].shape == "C"
        and note.low(head) in ("hospital", "clinic", "center", "general", "memorial")
        and note.tokens[start].shape == "C"
        and not note.tokens[start].opens
        and any(note.low(i) in _PLAIN_NAMES for i in range(start, head))
        and before in ("at", "from", "to", "of", "near", "in", "visited", "via", "by")
    )


_PAIRED = {
    "care": ("urgent", "primary", "health", "family", "hospice"),
    "home": ("nursing",),
    "practice": ("family", "medical", "group"),
    "medicine": ("family", "internal"),
    "living": ("assisted", "senior"),
    "group": ("medical",),
}


def _heads_a_page(note: Note, start: int, head: int) -> bool:
    """`Rosehip Child Development Centre` as a line of its own or a text's first words: a word of no list of kinds before two at least."""
    first, behind = note.tokens[start], note.tokens[head + 1] if head + 1 < len(note.tokens) else None
    alone = start == 0 or "\n" in first.gap
    ends = behind is None or "\n" in behind.gap or len(behind.gap) > 1 or (start == 0 and behind.text in "-–—,|")
    named = first.shape in "CU" and len(first.text) > 3 and first.low not in _GENERIC and not first.word.clinical and first.word.common < 3
    return alone and ends and named and head - start > 1 and all(t.shape in "CUp" or t.low in _LINKS for t in note.tokens[start:head])


def _names_something(note: Note, start: int, head: int) -> bool:
    if _plain_but_named(note, start, head):
        return True
    strong = note.low(head) in _STRONG or note.low(head - 1) in _PAIRED.get(note.low(head), ())
    for token in note.tokens[start:head]:
        if token.shape not in "CU" or token.low in _GENERIC or token.low in _LINKS or token.low in _HEADS:
            continue
        word = token.word
        if token.shape == "U" and not token.shouted and len(token.text) > 1:
            if strong and not word.clinical and len(token.text) > 1 and note.tokens[head].shape == "C":
                return True
            continue
        if word.clinical and not (word.city or word.last == 3):
            continue
        listed = word.city >= 1 or word.last >= 2 or word.first >= 2 or word.unknown
        if strong and (listed or not token.opens) and not (token.shouted and word.common):
            return True
        if not strong and (word.city >= 2 or (listed and not word.common and not word.eponym)) and not token.opens:
            return True
    return False
