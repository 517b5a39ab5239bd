"""What the words around a reading say of it: which side, how it began, how long ago or for how long."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NEAR_CHARS = 60
_BREAK = re.compile(r"[.;\n!?]|\bbut\b|\bhowever\b")
_LIMB = r"(?=[ -](?:arm|leg|side|knee|eye|ear|foot|hand|hip|flank))"
_SIDE = re.compile(
    r"\b(?P<both>bilateral(?:ly)?|both|either side)\b"
    rf"|\b(?P<left>left(?:[- ]sided)?|lt|l{_LIMB})\b"
    rf"|\b(?P<right>right(?:[- ]sided)?|rt|r{_LIMB})\b",
    re.IGNORECASE,
)
_ONSET = re.compile(
    r"\b(?P<sudden>sudden(?:ly)?|abrupt(?:ly)?|thunderclap|instantly|out of the blue|all at once)\b"
    r"|\b(?P<gradual>gradual(?:ly)?|insidious(?:ly)?|slowly|progressive(?:ly)?|creeping|over (?:several|some|the (?:last|past)) \w+)\b",
    re.IGNORECASE,
)
_COUNT = (
    r"(?:\d+(?:[.,]\d+)?(?:\s?(?:-|–|to)\s?\d+)?[\s-]?"
    r"|(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|several|few|a few|a couple of)[\s-])"
)
_UNIT = r"(?:minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|wks?|months?|mos?|years?|yrs?|h|d)"
_DURATION = re.compile(
    rf"\b(?:for|x|over|during|past|last|lasting)?\s?(?:the\s)?(?:past\s|last\s)?(?P<span>{_COUNT}{_UNIT})\b(?P<ago>\sago)?"
    rf"|\b(?P<since>since\s(?:\[[^\]\n]{{1,40}}\]|(?:the\s|this\s|last\s)?\w+))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Detail:
    """Side (left, right, both), onset (sudden, gradual) and duration in the text's own words; empty where nothing is said."""

    side: str = ""
    onset: str = ""
    duration: str = ""

    def words(self) -> str:
        """All of it in one line."""
        return ", ".join(part for part in (self.side, self.onset, self.duration) if part)


NOTHING = Detail()


def detail_of(text: str, start: int, length: int) -> Detail:
    """The details in the clause around a quote, the nearest of each kind; at most 60 characters to either side are looked at."""
    before = _BREAK.split(text[max(0, start - _NEAR_CHARS) : start])[-1]
    after = _BREAK.split(text[start + length : start + length + _NEAR_CHARS])[0]
    clause = before + text[start : start + length] + after
    at = len(before), len(before) + length
    side, onset, span = (_nearest(pattern, clause, *at) for pattern in (_SIDE, _ONSET, _DURATION))
    return Detail(side.lastgroup or "" if side else "", onset.lastgroup or "" if onset else "", _span(span))


def _nearest(pattern: re.Pattern[str], clause: str, start: int, end: int) -> re.Match[str] | None:
    """The match next to the quote; a comma in between counts as twenty characters."""

    def distance(match: re.Match[str]) -> int:
        between = clause[match.end() : start] if match.end() <= start else clause[end : match.start()]
        return len(between) + 20 * between.count(",")

    return min(pattern.finditer(clause), key=distance, default=None)


def _span(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    return found["since"] or found["span"] + (found["ago"] or "")
