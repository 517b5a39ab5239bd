"""Names of people that a cue announces: titles, labels, kin, acts (`seen by`), credentials, speech verbs.

A cue beats the clinical veto (`Mr. Graves`); how much support from the name lists it needs depends on the cue.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.deid import cues
from core.deid.cues import CLINICIAN, PATIENT, PERSON
from core.deid.found import Found
from core.deid.lexicon import words as word_class
from core.deid.note import Note
from core.deid.runs import STOP_CAPITAL, name_run, plausible, supported, trimmed_run, vetoed
from core.model import Category


def cued_names(note: Note) -> Iterator[Found]:
    """Names with a cue before or behind them."""
    for index in sorted({*note.named, *note.at(_SIGNS)}):
        token = note.tokens[index]
        if token.shape in "CUI" and (found := _before_cue(note, index)):
            yield found
        if token.low not in _SIGNS:
            continue
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


_LINKING = frozenset((":", "=", "per", "is", "was", "i'm", "dear", "hi", "hello", "sincerely", "regards"))
_SIGNS = frozenset(cues.TITLES) | cues.KIN | cues.ACT_LINKS | cues.PATIENT_NOUNS | cues.NAMING | _LINKING


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
    if token.low == "fr" and note.low(index - 1).isdigit():  # a catheter's size in French
        return
    dotted = note.low(start) == "."
    start += dotted
    start = _behind_titles(note, start)
    if start >= len(note.tokens) or "\n" in note.tokens[start].gap:
        return
    soft = token.low in cues.SOFT_TITLES
    first = note.tokens[start]
    if not soft and first.shape == "I" and note.low(start + 1) == "." and token.shape != "l":  # `Dr. A.`
        yield _found(note, start, start + 2, cues.TITLES[token.low], "title", 0.85)
    if soft and (token.shape == "l" or note.tokens[start].shape == "l"):
        return
    end = name_run(note, start, lower=0 if soft else 1 if not dotted and token.shape == "l" else 2)
    end = trimmed_run(note, start, end, keep=1)
    if end > start and not (soft and not supported(note, start, end)):
        yield _found(note, start, end, cues.TITLES[token.low], "title")


def _after_kin(note: Note, index: int) -> Iterator[Found]:
    start = index + 1
    if note.low(index - 1) == "&":  # `Smith & Nephew` makes implants
        return
    if note.low(start) in (",", "(", "is", "named", ":"):
        start += 1
    if start < len(note.tokens) and note.low(start) in ("mr", "mrs", "ms", "dr"):
        return
    kin = note.tokens[index].low
    end = trimmed_run(note, start, name_run(note, start, lower=1), keep=0)
    if end <= start and (_named_relative(note, start, kin) or _lower_first_name(note, start, kin)):
        end = start + 1
    elif end <= start or not _kin_name(note, start, end, kin):
        return
    yield _found(note, start, end, f"relative:{kin}", "kin", 0.9)


def _kin_name(note: Note, start: int, end: int, kin: str) -> bool:
    token, before = note.tokens[start], note.low(start - 1)
    if _named_relative(note, start, kin):
        return True
    if token.shape == "l":
        return token.word.first == 3 and token.word.common == 0
    if before == kin and token.word.first >= 2 and not token.opens:
        return True
    enclosed = before == "," and note.low(end) == ","
    return (before not in (",", ":") or token.word.first >= 2 or (enclosed and token.word.unknown)) and supported(note, start, end)


def _named_relative(note: Note, index: int, kin: str) -> bool:
    """`father Win`, `sister Posy`: a capital right behind a kin word, even of an everyday word, unless medicine claims it."""
    if index >= len(note.tokens) or note.low(index - 1) != kin:
        return False
    token, word = note.tokens[index], note.tokens[index].word
    return token.shape == "C" and token.gap == " " and not word.medical and not word.capital and token.low not in STOP_CAPITAL


def _lower_first_name(note: Note, index: int, kin: str) -> bool:
    """`w/ son mike`: a frequent first name in lower case right behind the kin word, and no everyday word."""
    if index >= len(note.tokens) or note.low(index - 1) != kin or note.tokens[index].shape != "l":
        return False
    word = note.tokens[index].word
    return word.first == 3 and word.common <= 3 and not word.clinical and note.low(index) not in _VERBS


_VERBS = frozenset(
    [
        "will",
        "may",
        "can",
        "hope",
        "mark",
        "grant",
        "chase",
        "sue",
        "bill",
        "drew",
        "rob",
        "frank",
        "guy",
        "pat",
        "jack",
        "art",
        "ray",
        "wade",
        "rose",
        "mike's",
    ]
)


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


_BLANK = word_class("labels.blank")


def _after_label(note: Note, index: int) -> Iterator[Found]:
    role = _label_role(note, index)
    start = index + 1
    if not role or start >= len(note.tokens) or "\n" in note.tokens[start].gap:
        return
    if note.low(start) in _BLANK and note.low(start + 1) == ":":
        return
    start = _behind_titles(note, start)
    end = name_run(note, start, lower=1, last_first=True)
    end = trimmed_run(note, start, end, keep=0)
    if end > start and (plausible(note, start, end) or supported(note, start, end)):
        yield _found(note, start, end, role, "label")


def _after_act(note: Note, index: int) -> Iterator[Found]:
    before = [note.low(i) for i in range(max(0, index - 3), index)]
    act = cues.ACTS & set(before)
    if not act or index + 1 >= len(note.tokens):
        return
    start = index + 1
    end = trimmed_run(note, start, name_run(note, start), keep=0)
    if end > start and supported(note, start, end):
        yield _found(note, start, end, CLINICIAN if _is_clinician(note, end) or note.low(index) == "by" else PERSON, "act", 0.9)


def _after_per(note: Note, index: int) -> Iterator[Found]:
    """`Per Sandy, she moved …`: only a listed first name or a longer name, before a comma or a verb of speech."""
    end = name_run(note, index + 1)
    if end > index + 1 and (note.low(end) in (",", ".", ";") or note.low(end) in cues.SPEECH):
        word = note.tokens[index + 1].word
        if (
            (word.first == 3 and not word.clinical)
            or (end > index + 2 and supported(note, index + 1, end))
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
    end = trimmed_run(note, start, name_run(note, start, lower=1, last_first=True), keep=0)
    if end <= start or (token.shape == "U" and not token.shouted and end == start + 1):
        return
    if token.shape == "l" and not (end - start >= 2 and token.word.first >= 2 and token.word.common <= 1):
        return
    if supported(note, start, end):
        yield _found(note, start, end, PATIENT, "noun", 0.9)


def _after_naming(note: Note, index: int) -> Iterator[Found]:
    start = index + 1 + (note.low(index + 1) in (",", '"', "is", "dr"))
    if start >= len(note.tokens):
        return
    end = trimmed_run(note, start, name_run(note, start, lower=1), keep=0)
    if end > start and supported(note, start, end):
        yield _found(note, start, end, PERSON, "naming", 0.85)


def _before_cue(note: Note, index: int) -> Found | None:
    """Credentials, an age, a record number or a verb of speech right behind a name."""
    if (
        index
        and note.shapes[index - 1] in "CI"
        and not note.opening[index]
        and note.gaps[index] in (" ", "", "-")
        and note.lows[index - 1] not in STOP_CAPITAL
    ):
        return None
    end = name_run(note, index)
    if end <= index:
        return None
    if _is_clinician(note, end):
        start = _drop_common_head(note, index, end)
        return _found(note, start, end, CLINICIAN, "credential") if start < end and plausible(note, start, end) else None
    if not _told_by_next(note, end):
        return None
    start = _drop_common_head(note, index, end)
    if start < end and supported(note, start, end) and not vetoed(note, start, end):
        return _found(note, start, end, PERSON, "speech", 0.85)
    return None


def _drop_common_head(note: Note, start: int, end: int) -> int:
    while start < end and (
        note.tokens[start].low in STOP_CAPITAL
        or (note.tokens[start].word.common >= 3 and not note.tokens[start].word.first and end - start > 2)
    ):
        start += 1
    return start


def _is_clinician(note: Note, end: int) -> bool:
    at = end + (note.lows[end] in (",", "(", "-"))
    if at >= len(note.tokens) or (at == end and len(note.tokens[at].gap) != 1):
        return False
    token = note.tokens[at]
    if token.shape == "U" and token.low in cues.CREDENTIALS:
        return True
    return token.text[0] in "MDRP" and note.text.startswith(_DEGREES, token.start)


_DEGREES = ("M.D", "D.O.", "R.N", "Ph.D", "PhD", "Phar", "P.A.")


def _told_by_next(note: Note, end: int) -> bool:
    lows, at = note.lows, end
    if lows[at] in cues.SPEECH:
        return True
    if lows[at] in (",", "("):
        at += 1
        if lows[at] in cues.IDENTIFYING_NEXT:
            return True
        if lows[at] in ("a", "an", "age", "aged"):
            at += 1
        return _is_age(note, at)
    if lows[at] == "is" and lows[at + 1] in ("a", "an"):
        return _is_age(note, at + 2)
    return (lows[at] == "'s" and lows[at + 1] in cues.KIN) or _is_age(note, at)


_AGED = frozenset(("year", "years", "yo", "y", "yr", "yrs", "month", "m", "f"))


def _is_age(note: Note, at: int) -> bool:
    age, *behind = note.lows[at : at + 3]
    if not age.isdigit() or len(age) > 3:
        return False
    return not _AGED.isdisjoint(behind) or (behind[0] == "-" and behind[1] in ("year", "yo", "month"))
