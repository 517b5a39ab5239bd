"""Names of people that a cue announces: titles, labels, kin, acts (`seen by`), credentials, speech verbs.

A cue beats the clinical veto (`Mr. Graves`); how much support from the name lists it needs depends on the cue.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.deid import cues
from core.deid.cues import CLINICIAN, PATIENT, PERSON
from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note, Token
from core.model import Category

_MAX_PARTS = 5


def cued_names(note: Note) -> Iterator[Found]:
    """Names with a cue before or behind them."""
    for index, token in enumerate(note.tokens):
        if token.low in cues.TITLES:
            yield from _after_title(note, index)
        if token.low in cues.KIN:
            yield from _after_kin(note, index)
        if token.text == ":" or token.text == "=":
            yield from _after_label(note, index)
        elif token.low in cues.ACT_LINKS:
            yield from _after_act(note, index)
        elif token.low == "per":
            yield from _after_per(note, index)
        elif token.low in cues.PATIENT_NOUNS:
            yield from _after_noun(note, index)
        elif (
            token.low in cues.NAMING
            or (token.low in ("is", "was") and note.low(index - 1) == "name")
            or token.low in ("i'm", "dear", "hi", "hello", "sincerely", "regards")
        ):
            yield from _after_naming(note, index)
        if token.shape in "CUI":
            yield from _before_cue(note, index)


def name_run(note: Note, index: int, *, lower: int = 0, last_first: bool = False) -> int:
    """Index behind the longest run of name-shaped tokens from `index` on; equal to `index` when there is none.

    `lower` admits lower-case tokens: 1 with list support, 2 any word that is neither common nor clinical.
    """
    at, parts = index, 0
    while at < len(note.tokens) and parts < _MAX_PARTS:
        token = note.tokens[at]
        if parts and (len(token.gap) > 3 or "\n" in token.gap):
            break
        if _name_shaped(token, lower, parts):
            at, parts = at + 1, parts + 1
        elif parts and _joins(note, at, last_first):
            at += 1
        else:
            break
    while at > index and note.tokens[at - 1].shape == "p" and not _ends_initial(note, at - 1):
        at -= 1
    while at > index and note.tokens[at - 1].low in cues.PARTICLES and note.tokens[at - 1].shape == "l":
        at -= 1
    return at


def _name_shaped(token: Token, lower: int, parts: int) -> bool:
    if token.shape in ("C", "I"):
        return token.low not in _STOP_CAPITAL or (token.shape == "I" and parts > 0)
    if token.shape == "U":
        return (
            (token.shouted or len(token.text) > 3 or not token.word.clinical)
            and token.low not in _STOP_CAPITAL
            and token.low not in cues.CREDENTIALS
        )
    if token.shape != "l" or len(token.low) < 2 or token.text == "'s":
        return False
    if parts and token.low in cues.PARTICLES:
        return True
    word = token.word
    if lower >= 1 and (word.first >= 2 or word.last) and word.common <= 1 and not word.clinical:
        return True
    return lower >= 2 and word.unknown and len(token.low) > 2


_STOP_CAPITAL = words("names.stop_capital") - {"may", "april", "june", "august"}


def _joins(note: Note, at: int, last_first: bool) -> bool:
    """Hyphens, the dot of an initial, a nickname's quotes, and the comma of `Last, First`."""
    token, before = note.tokens[at], note.tokens[at - 1]
    after = note.tokens[at + 1] if at + 1 < len(note.tokens) else None
    if after is None and token.text != ".":
        return False
    if token.text == "-":
        return (
            not token.gap
            and after is not None
            and not after.gap
            and after.shape in "CUIl"
            and (after.shape != "l" or bool(after.word.first or after.word.last))
        )
    if token.text == ".":
        return not token.gap and (before.shape == "I" or before.low in ("jr", "sr", "st"))
    if token.text == "," and last_first:
        return after is not None and after.shape in "CUI" and after.low not in cues.CREDENTIALS and before.shape != "I"
    return False


def _ends_initial(note: Note, at: int) -> bool:
    return note.tokens[at].text == "." and at > 0 and note.tokens[at - 1].shape == "I"


def _found(note: Note, start: int, end: int, role: str, detector: str, score: float = 0.95) -> Found:
    return Found(note.tokens[start].start, note.tokens[end - 1].end, Category.NAME, score, detector, role)


def _behind_titles(note: Note, start: int) -> int:
    """Index behind further titles, as in `Prof. Dr.`; a handful at the most, so that a text of titles stays linear."""
    for _ in range(4):
        if note.low(start) not in cues.TITLES:
            break
        start += 1 + (note.low(start + 1) == ".")
    return start


def _after_title(note: Note, index: int) -> Iterator[Found]:
    token = note.tokens[index]
    start = index + 1
    dotted = note.low(start) == "."
    start += dotted
    start = _behind_titles(note, start)
    if start >= len(note.tokens) or "\n" in note.tokens[start].gap:
        return
    soft = token.low in cues.SOFT_TITLES
    if soft and (token.shape == "l" or note.tokens[start].shape == "l"):
        return
    end = name_run(note, start, lower=0 if soft else 1 if not dotted and token.shape == "l" else 2)
    end = _trim(note, start, end, keep=1)
    if end > start and not (soft and not _supported(note, start, end)):
        yield _found(note, start, end, cues.TITLES[token.low], "title")


def _after_kin(note: Note, index: int) -> Iterator[Found]:
    start = index + 1
    if note.low(start) in (",", "(", "is", "named", ":"):
        start += 1
    if start < len(note.tokens) and note.low(start) in ("mr", "mrs", "ms", "dr"):
        return
    kin = note.tokens[index].low
    end = _trim(note, start, name_run(note, start, lower=1), keep=0)
    if end <= start and _lower_first_name(note, start, kin):
        end = start + 1
    elif end <= start or not _kin_name(note, start, end, kin):
        return
    yield _found(note, start, end, f"relative:{kin}", "kin", 0.9)


def _kin_name(note: Note, start: int, end: int, kin: str) -> bool:
    token, before = note.tokens[start], note.low(start - 1)
    if token.shape == "l":
        return token.word.first == 3 and token.word.common == 0
    if before == kin and token.word.first >= 2 and not token.opens:
        return True
    enclosed = before == "," and note.low(end) == ","
    return (before not in (",", ":") or token.word.first >= 2 or (enclosed and token.word.unknown)) and _supported(note, start, end)


def _lower_first_name(note: Note, index: int, kin: str) -> bool:
    """`w/ son mike`: a frequent first name in lower case right behind the kin word, and no everyday word."""
    if index >= len(note.tokens) or note.low(index - 1) != kin or note.tokens[index].shape != "l":
        return False
    word = note.tokens[index].word
    return word.first == 3 and word.common <= 2 and not word.clinical


def _label_role(note: Note, index: int) -> str:
    """The role that a label before a colon gives, or an empty string; a label starts its line or follows a separator."""
    words: list[str] = []
    at = index - 1
    while at >= 0 and len(words) < 4:
        token = note.tokens[at]
        if token.shape == "p" and token.text not in ".'-/":
            break
        words.append(token.low)
        at -= 1
        if "\n" in token.gap or len(token.gap) > 1:
            break
    if not words:
        return ""
    if {"emergency", "nok", "kin", "contact"} & set(words):
        return PERSON
    if "by" in words[:2]:
        return CLINICIAN
    if words[0] == "name" and len(words) > 1 and words[1] in cues.LABELS:
        return cues.LABELS[words[1]]
    for word in (words[0], words[1] if len(words) > 1 and words[0] in ("name", "md", "physician", "provider", ".", "s") else ""):
        if word in cues.KIN:
            return f"relative:{word}"
        if word in cues.LABELS:
            return cues.LABELS[word]
    return ""


def _after_label(note: Note, index: int) -> Iterator[Found]:
    role = _label_role(note, index)
    start = index + 1
    if not role or start >= len(note.tokens) or "\n" in note.tokens[start].gap:
        return
    start = _behind_titles(note, start)
    end = name_run(note, start, lower=1, last_first=True)
    end = _trim(note, start, end, keep=0)
    if end > start and (_plausible(note, start, end) or _supported(note, start, end)):
        yield _found(note, start, end, role, "label")


def _after_act(note: Note, index: int) -> Iterator[Found]:
    before = [note.low(i) for i in range(max(0, index - 3), index)]
    act = cues.ACTS & set(before)
    if not act or index + 1 >= len(note.tokens):
        return
    start = index + 1
    end = _trim(note, start, name_run(note, start), keep=0)
    if end > start and _supported(note, start, end):
        yield _found(note, start, end, CLINICIAN if _is_clinician(note, end) or note.low(index) == "by" else PERSON, "act", 0.9)


def _after_per(note: Note, index: int) -> Iterator[Found]:
    """`Per Sandy, she moved …`: only a listed first name or a longer name, before a comma or a verb of speech."""
    end = name_run(note, index + 1)
    if end > index + 1 and (note.low(end) in (",", ".", ";") or note.low(end) in cues.SPEECH):
        word = note.tokens[index + 1].word
        if (
            (word.first == 3 and not word.clinical)
            or (end > index + 2 and _supported(note, index + 1, end))
            or (word.unknown and word.first)
        ):
            yield _found(note, index + 1, end, PERSON, "per", 0.8)


def _after_noun(note: Note, index: int) -> Iterator[Found]:
    start = index + 1
    if note.low(start) in (",", "(", "-", "'s"):
        start += 1
        if note.low(start - 1) == "'s":
            return
    if start >= len(note.tokens) or "\n" in note.tokens[start].gap:
        return
    token = note.tokens[start]
    end = _trim(note, start, name_run(note, start, lower=1, last_first=True), keep=0)
    if end <= start or (token.shape == "U" and not token.shouted and end == start + 1):
        return
    if token.shape == "l" and not (end - start >= 2 and token.word.first >= 2 and token.word.common <= 1):
        return
    if _supported(note, start, end):
        yield _found(note, start, end, PATIENT, "noun", 0.9)


def _after_naming(note: Note, index: int) -> Iterator[Found]:
    start = index + 1 + (note.low(index + 1) in (",", '"', "is", "dr"))
    if start >= len(note.tokens):
        return
    end = _trim(note, start, name_run(note, start, lower=1), keep=0)
    if end > start and _supported(note, start, end):
        yield _found(note, start, end, PERSON, "naming", 0.85)


def _before_cue(note: Note, index: int) -> Iterator[Found]:
    """Credentials, an age, a record number or a verb of speech right behind a name."""
    if (
        index
        and note.tokens[index - 1].shape in "CI"
        and not note.tokens[index].opens
        and note.tokens[index].gap in (" ", "", "-")
        and note.tokens[index - 1].low not in _STOP_CAPITAL
    ):
        return
    end = name_run(note, index)
    if end <= index:
        return
    if _is_clinician(note, end):
        start = _drop_common_head(note, index, end)
        if start < end and _plausible(note, start, end):
            yield _found(note, start, end, CLINICIAN, "credential")
        return
    start = _drop_common_head(note, index, end)
    if start < end and _told_by_next(note, start, end) and _supported(note, start, end) and not _vetoed(note, start, end):
        yield _found(note, start, end, PERSON, "speech", 0.85)


def _drop_common_head(note: Note, start: int, end: int) -> int:
    while start < end and (
        note.tokens[start].low in _STOP_CAPITAL
        or (note.tokens[start].word.common >= 3 and not note.tokens[start].word.first and end - start > 2)
    ):
        start += 1
    return start


def _is_clinician(note: Note, end: int) -> bool:
    at = end + (note.low(end) in (",", "(", "-"))
    if at >= len(note.tokens) or (at == end and len(note.tokens[at].gap) != 1):
        return False
    token = note.tokens[at]
    joined = note.text[token.start : token.start + 4]
    return (token.low in cues.CREDENTIALS and token.shape == "U") or joined.startswith(
        ("M.D", "D.O.", "R.N", "Ph.D", "PhD", "Phar", "P.A.")
    )


def _told_by_next(note: Note, start: int, end: int) -> bool:
    at = end
    if note.low(at) in cues.SPEECH:
        return True
    if note.low(at) in (",", "("):
        at += 1
        if note.low(at) in cues.IDENTIFYING_NEXT:
            return True
        if note.low(at) in ("a", "an", "age", "aged"):
            at += 1
        return _is_age(note, at)
    if note.low(at) == "is" and note.low(at + 1) in ("a", "an"):
        return _is_age(note, at + 2)
    return (note.low(at) == "'s" and (note.low(at + 1) in cues.KIN)) or _is_age(note, at)


def _is_age(note: Note, at: int) -> bool:
    if not note.low(at).isdigit() or len(note.low(at)) > 3:
        return False
    behind = [note.low(i) for i in range(at + 1, at + 4)]
    return bool({"year", "years", "yo", "y", "yr", "yrs", "month", "m", "f"} & set(behind[:2])) or (
        behind[:1] == ["-"] and behind[1] in ("year", "yo", "month")
    )


def _trim(note: Note, start: int, end: int, *, keep: int) -> int:
    """Drop trailing tokens that are plainly no names, such as `Discharge` in `Jane Mai Discharge`."""
    while end - start > keep:
        token = note.tokens[end - 1]
        if token.shape == "p" and not _ends_initial(note, end - 1):
            end -= 1
            continue
        word = token.word
        name = word.first or word.last or token.shape == "I" or token.low in cues.SUFFIXES or token.shape == "p"
        if (
            (word.clinical and not (word.first >= 2 or word.last >= 2))
            or (word.common >= 2 and not name)
            or (end - start > 1 and word.capital and not name)
            or (token.low in cues.EPONYM_NOUNS and not word.last)
        ):
            end -= 1
        else:
            break
    return end


def _plausible(note: Note, start: int, end: int) -> bool:
    """Nothing speaks against a name: some part is in a name list or in no list at all."""
    return any(
        t.shape != "p" and len(t.low) > 1 and (t.word.first >= 2 or t.word.last >= 2 or t.word.unknown) for t in note.tokens[start:end]
    )


def _supported(note: Note, start: int, end: int) -> bool:
    """The name lists speak for it, more the fewer parts it has."""
    parts = [t for t in note.tokens[start:end] if t.shape != "p" and len(t.low) > 1]
    if not parts or note.low(end) in cues.EPONYM_NOUNS or (note.low(end) == "'s" and note.low(end + 1) in cues.EPONYM_NOUNS):
        return False
    if len(parts) == 1:
        word = parts[0].word
        initial = end - start > 1
        if parts[0].shape == "U" and not parts[0].shouted and word.first < 2:
            return False
        if word.medical and not (word.first == 3 and not word.clinical) and not (initial and word.first >= 2):
            return False
        return (
            (word.first == 3 and (word.common <= 3))
            or (word.first >= 2 and word.common <= 1)
            or (word.last >= 1 and word.common == 0)
            or (word.unknown and len(parts[0].text) > 3 and parts[0].shape == "C")
        )
    return any(t.word.first >= 2 or (t.word.last >= 1 and t.word.common <= 2) or t.word.unknown for t in parts) and not all(
        t.word.clinical or (t.word.common >= 3 and t.word.first < 2) for t in parts
    )


def _vetoed(note: Note, start: int, end: int) -> bool:
    return all(t.word.medical or t.word.common >= 3 for t in note.tokens[start:end] if t.shape != "p")
