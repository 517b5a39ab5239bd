"""Names by the company they keep: behind a role (`driver Earl`), in brackets with kin (`Selvi (wife)`), in a list with a name.

All ask for a capital (or a line in capitals), since in lower case most words behind `nurse` or `and` are no names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from core.deid import cues
from core.deid.cues import CLINICIAN, PERSON
from core.deid.found import Found
from core.deid.labels import kind_of
from core.deid.lexicon import look_up, words
from core.deid.note import Note, Token, tried
from core.deid.runs import STOP_CAPITAL, name_run, trimmed_run
from core.model import Category

_ROLES = words("company.roles")
_CLINICAL_ROLES = words("company.clinical_roles")
_HANDED = words("company.handed")
_TITLED = frozenset(cues.TITLES) | _ROLES | _CLINICAL_ROLES
_KIN = cues.KIN
_AFTER_SPEECH = cues.SPEECH


def _name(note: Note, start: int, end: int, role: str, detector: str, score: float = 0.85) -> Found:
    return Found(note.tokens[start].start, note.tokens[end - 1].end, Category.NAME, score, detector, role)


_KEEPING = _ROLES | _CLINICAL_ROLES | _HANDED | {"(", '"'}


def kept_names(note: Note) -> Iterator[Found]:
    """Names behind a role, beside kin in brackets, and in quotation marks behind a word of naming."""
    for index in note.at(_KEEPING):
        token = note.tokens[index]
        if token.low in _ROLES or (token.low in _CLINICAL_ROLES and (token.shape != "l" or len(token.low) > 3)):
            yield from _behind_role(note, index)
        if token.low in _HANDED:
            yield from _handed(note, index)
        if token.text == "(":
            yield from _with_kin(note, index)
        elif token.text == '"':
            yield from _quoted(note, index)


_LEAST_SAID = 4  # twice each of two
_SPEAKER = re.compile(r"^([^\W\d_]{2,12}): ", re.M)


_AT_TIME = r"\[?\(?\d{1,2}[:.]\d\d(?::\d\d)?\)?\]?"
_HANDLE = re.compile(rf"^(?P<before>{_AT_TIME},? )?[<@]?(?P<who>[A-Za-z][\w.]{{2,24}})>?(?P<behind> {_AT_TIME})?(?::|>)(?=\s)", re.M)
_HANDLE_PART = re.compile(r"[A-Za-z]{2,24}")


def speakers(note: Note) -> Iterator[Found]:
    """Who speaks in a chat: at least two labels that open lines again and again, all of them words that could be names; user names."""
    if note.text.count(":") < _LEAST_SAID:
        return
    yield from _handles(note)
    said = [m for m in tried(_SPEAKER, note.text, note.heads_of_lines) if m[1][0].isupper()]
    counts = Counter(m[1] for m in said)
    often = {w for w, n in counts.items() if n > 1 and kind_of(w.lower()) is None and _nameable(w.lower())}
    if len(often) < 2:
        return
    for match in said:
        if match[1] in often:
            yield Found(match.start(1), match.end(1), Category.NAME, 0.9, "label", PERSON)


def _handles(note: Note) -> Iterator[Found]:
    """User names that open two lines at least: `dispatch_ron:`, `mbouchard_cnm 01:12:`, with a clock time `drtoor 01:13:` too."""
    said = [m for m in tried(_HANDLE, note.text, note.heads_of_lines) if _is_handle(m["who"], timed=bool(m["before"] or m["behind"]))]
    if len(said) > 1:
        yield from (Found(m.start("who"), m.end("who"), Category.NAME, 0.9, "machine", PERSON) for m in said)


def _is_handle(who: str, *, timed: bool) -> bool:
    joined = "_" in who or "." in who.rstrip(".") or who[-1].isdigit()
    parts = [part.lower() for part in _HANDLE_PART.findall(who)]
    facts = [look_up(part) for part in parts]
    if not parts or any(f.clinical for f in facts) or kind_of(who.lower()) is not None or sum(map(len, parts)) < 4:
        return False
    return (joined or timed) and any(f.unknown or f.first or f.last for f in facts)


def _nameable(low: str) -> bool:
    word = look_up(low)
    return not word.medical and low not in cues.TITLES and low not in _TITLED and low not in _KIN and (word.common < 2 or word.first >= 2)


def likely(token: Token, *, sure: bool = False) -> bool:
    """Whether a token could well be a name: capital, in a name list or in no list, and no clinical word. `sure` admits everyday words."""
    word = token.word
    if token.shape not in "CU" or (token.shape == "U" and not token.shouted) or len(token.text) < 2 or token.low in STOP_CAPITAL:
        return False
    if token.low in _ROLES or token.low in _CLINICAL_ROLES or token.low in cues.KIN:
        return False
    if word.clinical or token.low in cues.TITLES or token.low in cues.CREDENTIALS or token.low in cues.EPONYM_NOUNS:
        return word.first == 3 and not word.clinical and sure
    named = word.first >= 2 or word.last >= 2
    if word.common >= 3:
        return sure and (word.first >= 2 or word.last >= 2)
    return (named and (sure or not word.eponym)) or (not word.common and not word.capital and (sure or not word.eponym))


def _run(note: Note, start: int, *, last_first: bool = False) -> int:
    return trimmed_run(note, start, name_run(note, start, last_first=last_first), keep=0)


def _eponym(note: Note, end: int) -> bool:
    at = end + (note.low(end) in ("'s", "'"))
    return note.low(at) in cues.EPONYM_NOUNS


def _behind_role(note: Note, index: int) -> Iterator[Found]:
    start = index + 1 + (note.low(index + 1) in (".", "=", ":", ","))
    start += note.low(start) in _TITLED
    if start >= len(note.tokens) or note.tokens[start].gap not in (" ", "") or note.tokens[start].shape not in "CUI":
        return
    end = _run(note, start, last_first=True)
    if end <= start or _eponym(note, end):
        return
    first = note.tokens[start]
    parts = [t for t in note.tokens[start:end] if t.shape != "p"]
    if first.shape == "I" and len(parts) == 1:
        return
    if any(likely(t, sure=note.low(start - 1) != ",") for t in parts) and not (
        len(parts) == 1 and first.word.common >= 2 and first.word.first < 2
    ):
        role = CLINICIAN if note.low(index) in _CLINICAL_ROLES else PERSON
        yield _name(note, start, end, role, "role", 0.85)


def _handed(note: Note, index: int) -> Iterator[Found]:
    """`report from Dinah`, `w/ Lyudmila`, `lm for Haldeman`: one likely name, and nothing clinical behind it."""
    link = index + 1
    if note.low(index) == "w" and note.low(link) == "/":
        start = link + 1
    elif note.low(link) in ("from", "to", "with", "by", "for", "w"):
        start = link + 1 + (note.low(link + 1) == "/")
    elif note.low(index) in ("tell", "spoke", "ask", "call", "per", "ring", "page"):
        start = link
    else:
        return
    if start < len(note.tokens) and note.tokens[start].gap in (" ", "") and likely(note.tokens[start]):
        end = _run(note, start)
        token = note.tokens[start]
        named = token.word.first >= 2 or token.word.last == 3 or (token.word.unknown and not token.word.city and token.shape == "C")
        if end > start and named and not _eponym(note, end) and note.low(end) not in ("clinic", "hospital", "protocol", "regimen"):
            yield _name(note, start, end, PERSON, "handed", 0.8)


def _with_kin(note: Note, index: int) -> Iterator[Found]:
    """`Selvi (wife)`, `(mom, Siân)`, `(daughter Ela)`."""
    if (index and note.low(index + 1) in _KIN) or (
        note.low(index + 2) in _KIN and note.low(index + 1) in ("his", "her", "the", "pt's", "older", "younger")
    ):
        start = index - 1
        while (
            start >= 0
            and index - start < 4
            and note.tokens[start].shape in "CUI"
            and note.tokens[start + 1].gap in (" ", "-", "")
            and note.tokens[start].text != "("
        ):
            start -= 1
        start += 1
        while start < index and (
            note.tokens[start].low in STOP_CAPITAL or note.tokens[start].low in cues.TITLES or note.tokens[start].low == "."
        ):
            start += 1
        parts = note.tokens[start:index]
        if parts and any(likely(t, sure=True) for t in parts):
            yield _name(note, start, index, f"relative:{note.low(index + 1)}" if note.low(index + 1) in _KIN else PERSON, "kin")
        at = index + 2
        at += note.low(at) in (",", ":")
        if at < len(note.tokens) and likely(note.tokens[at], sure=True) and note.low(index + 1) in _KIN:
            end = _run(note, at)
            if end > at:
                yield _name(note, at, end, f"relative:{note.low(index + 1)}", "kin")


def _quoted(note: Note, index: int) -> Iterator[Found]:
    """A nickname: `Winifred "Freddie" Achterberg`, `goes by "Ruby"`."""
    close = index + 2 if note.low(index + 2) == '"' else index + 3 if note.low(index + 3) == '"' else 0
    if not close or index + 1 >= len(note.tokens) or note.tokens[index + 1].shape not in "CU":
        return
    before = [note.low(i) for i in range(index - 3, index)]
    called = before and (before[-1] in _NAMING or (before[-1] in ("is", "as", "by", "to", ":", "(") and not _NAMING.isdisjoint(before)))
    around = index and note.tokens[index - 1].shape == "C" and close + 1 < len(note.tokens) and note.tokens[close + 1].shape == "C"
    between = (
        around
        and note.tokens[close + 1].gap == " "
        and (likely(note.tokens[index - 1], sure=True) or likely(note.tokens[close + 1], sure=True))
    )
    if called or between:
        start, end = (index - 1, close + 2) if between else (index + 1, close)
        yield _name(note, start, end, PERSON, "nickname")


_NAMING = words("company.naming") | cues.NAMING


def beside_names(note: Note, names: Iterable[Found]) -> Iterator[Found]:
    """What stands in a list with a name: `Ike and Bartholomew`, `Ibrahima, Coumba and Petit-Jean`, `WEXLER/KANE`."""
    for found in names:
        if found.category is not Category.NAME or found.state != "masked":
            continue
        at = note.index_at(found.end)
        for _ in range(12):
            linked = note.low(at) in (",", "and", "&", "/", "y", "et", "und", "or", ";")
            if not linked:
                break
            start = at + 1 + (note.low(at + 1) == "and")
            if start >= len(note.tokens) or "\n" in note.tokens[start].gap or note.tokens[start].shape not in "CUI":
                break
            end = _run(note, start)
            if end <= start or not all(
                likely(t, sure=note.low(at) in ("and", "&")) or t.shape in "pI" or t.low in cues.PARTICLES for t in note.tokens[start:end]
            ):
                break
            twice = note.low(at) == "/" and _of_one_sound(note, at, start)
            if _eponym(note, end) or (note.low(at) in (",", ";", "/") and not twice and not _closes(note, end)):
                break
            if any(len(t.text) > 1 and t.shape in "CU" for t in note.tokens[start:end]):
                yield _name(note, start, end, found.role if found.role == CLINICIAN else PERSON, "list", 0.75)
            at = end


def _of_one_sound(note: Note, stroke: int, start: int) -> bool:
    """`PAPPAS/PAPAS`: two spellings of one name around a stroke."""
    one, other = note.tokens[stroke - 1], note.tokens[start]
    return not note.tokens[stroke].gap and not other.gap and one.low[:2] == other.low[:2] and one.low[-1] == other.low[-1]


def _closes(note: Note, end: int) -> bool:
    """Whether the list goes on or ends behind a name, so that it is no apposition such as `Jane Mai, Internal Medicine`."""
    low = note.low(end)
    return low in (",", "and", "&", ".", ";", ")", "(", "/", "", "rn", "md", "np", "pa", "–", "-") or "\n" in note.tokens[end].gap
