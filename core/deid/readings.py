"""Other readings of a text, where the way it is set hides what it says: letters set apart, words broken over lines, markup.

Each reading is a text with the offset of every character in the text it was made from, so what is found there has a place here.
Only texts that show signs of such setting get one, and each reading is at most as long as the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_APART = re.compile(r"(?<![^\s(\[:])[A-Za-z0-9](?:[ ]{1,4}[A-Za-z0-9.,:/#@+()-](?![^\s,.;:)\]])){3,200}")
_HYPHENED = re.compile(r"(?<![\w-])[A-Za-z](?:-[A-Za-z]){3,40}(?![\w-])")
_DOTTED = re.compile(r"(?<![\w.])[A-Za-z](?:\. ?[A-Za-z]){4,40}\.?(?![\w.])")
# What each of the three holds, and few texts do.
_APART_CORE = re.compile(r" {1,4}[A-Za-z0-9.,:/#@+()-] {1,4}[A-Za-z0-9.,:/#@+()-] {1,4}[A-Za-z0-9.,:/#@+()-]")
_HYPHENED_CORE = re.compile(r"-[A-Za-z]-[A-Za-z]-[A-Za-z]")
_DOTTED_CORE = re.compile(r"\. ?[A-Za-z]\. ?[A-Za-z]\. ?[A-Za-z]")
_APART_HINT = re.compile(r"\b\w(?:[ ]{1,4}|[.-] ?)\w[ .-]")
_SETTINGS = ((_APART_CORE, _APART), (_HYPHENED_CORE, _HYPHENED), (_DOTTED_CORE, _DOTTED))
_COUNTING = frozenset("123456789"[a:b] for a in range(9) for b in range(a + 4, 10))
_BREAK = re.compile(
    r"(?<=[^\W\d_])-\n {0,8}(?=[a-z])|(?<=[\w(][-/(@])\n {0,8}(?=\w)|(?<=-\d\d)\n(?=\d{3})|(?<=\w@)\n(?=\w)|(?<=\d\))\n(?=\d{3})"
)
_BREAK_HINT = re.compile(r"\n(?<=[-/(@)\d]\n)")
_MARKUP = re.compile(
    r"</?[A-Za-z][^<>\n]{0,200}>|&(?:nbsp|amp|quot|apos|lt|gt|#\d{1,5}|#x[0-9A-Fa-f]{1,4});|\\(?:par|tab|line|b|i|ul|b0|i0"
    r"|ulnone|plain|pard|cell|row)\b ?"
    r"|\\[a-z]{1,20}-?\d{1,6} ?|\\'[0-9a-f]{2}|\{\\[^{}\n]{0,200}|[{}]"
)
_SPACED = re.compile(r"</?(?:td|th|tr|div|p|br|li|h\d|table|span|ul|ol|body|html|head|label|dt|dd)\b", re.I)


class Reading(NamedTuple):
    """A text and, for each of its characters, the offset in the text it reads; `spelled` are stretches joined letter by letter.

    `joins` are the stretches, rising, where it differs from that text.
    """

    text: str
    at: Sequence[int]
    joins: Sequence[tuple[int, int]]
    spelled: tuple[tuple[int, int], ...] = ()

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the reading stands in the text it reads."""
        return self.at[start], self.at[end - 1] + 1

    def near(self) -> Iterator[Reading]:
        """The reading around its joins, in whole lines where these are not too long; a text of ordinary length stays whole."""
        text = self.text
        windows: list[tuple[int, int]] = []
        if len(text) <= 2 * _REACH:
            yield self
            return
        for begin, stop in self.joins:
            start, end = max(0, begin - _REACH), min(len(text), stop + _REACH)
            start = _line_start(text, start)
            end = _line_end(text, end)
            if windows and start <= windows[-1][1]:
                windows[-1] = (windows[-1][0], end)
            else:
                windows.append((start, end))
        for start, end in windows:
            spelled = tuple((a - start, b - start) for a, b in self.spelled if start <= a and b <= end)
            yield Reading(text[start:end], self.at[start:end], (), spelled)


_REACH = 2_000


def _line_start(text: str, offset: int) -> int:
    """The start of the line that an offset lies in, of the word when the line is too long."""
    for mark in "\n ":
        found = text.rfind(mark, max(0, offset - _REACH), offset)
        if found >= 0 or offset <= _REACH:
            return found + 1
    return offset


def _line_end(text: str, offset: int) -> int:
    """The same for the end."""
    for mark in "\n ":
        found = text.find(mark, offset, offset + _REACH)
        if found >= 0:
            return found
        if offset + _REACH >= len(text):
            return len(text)
    return offset


def readings(text: str) -> Iterator[Reading]:
    """The readings that the text asks for, mostly none, each in parts when the text is long."""
    for reading in _readings(text):
        yield from reading.near()


def _readings(text: str) -> Iterator[Reading]:
    apart = _stretches(text)
    if apart:
        yield _without(text, apart)
    if breaks := list(_breaks(text)):
        yield _rid(text, breaks)
    if ("</" in text or "&nbsp;" in text or "\\par" in text or "{\\rtf" in text) and (cuts := list(_markup(text))):
        yield _rid(text, cuts)


def _breaks(text: str) -> Iterator[tuple[int, int, str]]:
    for hint in _BREAK_HINT.finditer(text):
        match = _BREAK.match(text, hint.start() - 1) or _BREAK.match(text, hint.start())
        if match:
            yield match.start(), match.end(), ""


def _stretches(text: str) -> list[tuple[int, int]]:
    held = [pattern for core, pattern in _SETTINGS if core.search(text)]
    if not held or not _APART_HINT.search(text):
        return []
    return sorted(m.span() for pattern in held for m in pattern.finditer(text))


def _without(text: str, stretches: list[tuple[int, int]]) -> Reading:
    """The text with the letters of each stretch joined; wider gaps part words."""
    pieces: list[str] = []
    at: list[int] = []
    joins: list[tuple[int, int]] = []
    spelled: list[tuple[int, int]] = []
    last = 0
    for start, end in stretches:
        if start < last:
            continue
        pieces.append(text[last:start])
        at += range(last, start)
        begin = len(at)
        kept = _joined(text, start, end)
        pieces.append("".join(text[i] for i in kept))
        at += kept
        last = end
        joins.append((begin, len(at)))
        if "".join(pieces[-1].split()) not in _COUNTING:
            spelled.append((begin, len(at)))
    pieces.append(text[last:])
    at += range(last, len(text))
    return Reading("".join(pieces), at, joins, tuple(spelled))


def _joined(text: str, start: int, end: int) -> list[int]:
    kept = []
    for i in range(start, end):
        char = text[i]
        if char == " " and not (text[i + 1] == " " and text[i - 1] != " "):
            continue
        if char in "-." and text[i - 1].isalpha() and text[i + 1 : i + 2].isalpha() and text[start + 1] == char:
            continue
        kept.append(i)
    return kept


def _markup(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _MARKUP.finditer(text):
        spaced = _SPACED.match(match[0]) or match[0].startswith(("&nbsp", "\\par", "\\tab", "\\line", "\\cell", "\\row"))
        yield match.start(), match.end(), " " if spaced else ""


def _rid(text: str, cuts: list[tuple[int, int, str]]) -> Reading:
    """The text without the cuts, each replaced by its filling of at most one character."""
    pieces: list[str] = []
    at: list[int] = []
    joins: list[tuple[int, int]] = []
    last = 0
    for start, end, filling in cuts:
        pieces += (text[last:start], filling)
        at += range(last, start)
        joins.append((len(at), len(at) + len(filling)))
        at += [start] * len(filling)
        last = end
    pieces.append(text[last:])
    at += range(last, len(text))
    return Reading("".join(pieces), at, joins)
