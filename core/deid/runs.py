"""Runs of name-shaped tokens: where a name ends, and what the word lists say for and against it."""

from __future__ import annotations

from core.deid import cues
from core.deid.lexicon import words
from core.deid.note import Note, Token

_MAX_PARTS = 5
STOP_CAPITAL = words("runs.stop_capital") - {"may", "april", "june", "august"}


def name_run(note: Note, index: int, *, lower: int = 0, last_first: bool = False) -> int:
    """Index behind the longest run of name-shaped tokens from `index` on; equal to `index` when there is none.

    `lower` admits lower-case tokens: 1 with list support, 2 any word that is neither common nor clinical.
    """
    tokens, at, parts = note.tokens, index, 0
    while at < len(tokens) and parts < _MAX_PARTS:
        token = tokens[at]
        if parts and (len(token.gap) > 3 or "\n" in token.gap):
            break
        if _name_shaped(token, lower, parts):
            at, parts = at + 1, parts + 1
        elif parts and _joins(note, at, last_first):
            at += 1
        else:
            break
    while at > index and tokens[at - 1].shape == "p" and not _ends_initial(note, at - 1):
        at -= 1
    while at > index and tokens[at - 1].shape == "l" and tokens[at - 1].low in cues.PARTICLES:
        at -= 1
    return at


def _name_shaped(token: Token, lower: int, parts: int) -> bool:
    shape = token.shape
    if shape in ("C", "I"):
        return token.low not in STOP_CAPITAL or (shape == "I" and parts > 0)
    if shape == "U":
        return (
            (token.shouted or len(token.text) > 3 or not token.word.clinical)
            and token.low not in STOP_CAPITAL
            and token.low not in cues.CREDENTIALS
        )
    if shape != "l" or len(token.low) < 2 or token.text == "'s":
        return False
    if parts and token.low in cues.PARTICLES:
        return True
    word = token.word
    if lower >= 1 and (word.first >= 2 or word.last) and word.common <= 1 and not word.clinical:
        return True
    return lower >= 2 and word.unknown and len(token.low) > 2


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


def trimmed_run(note: Note, start: int, end: int, *, keep: int) -> int:
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


def plausible(note: Note, start: int, end: int) -> bool:
    """Nothing speaks against a name: some part is in a name list or in no list at all."""
    return any(
        t.shape != "p" and len(t.low) > 1 and (t.word.first >= 2 or t.word.last >= 2 or t.word.unknown) for t in note.tokens[start:end]
    )


def supported(note: Note, start: int, end: int) -> bool:
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


def vetoed(note: Note, start: int, end: int) -> bool:
    """Every part is an eponym, a clinical or an everyday word."""
    return all(t.word.medical or t.word.common >= 3 for t in note.tokens[start:end] if t.shape != "p")
