"""More of a kind with what was found: the next code of a list, the last part of a code that stands alone, codes and numbers half veiled,
the day of a visit said right behind the place (`at Elm Clinic last Friday`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from core.deid.found import Found
from core.deid.lexicon import words
from core.deid.note import Note
from core.deid.numbers import measured
from core.model import Category

DETECTOR = "further"
CODES = frozenset((Category.MRN, Category.ACCOUNT, Category.HEALTH_PLAN, Category.LICENSE, Category.DEVICE, Category.OTHER_ID))
_NEXT = re.compile(r"(?: \(\d{1,3}\))?(?:,|;|,? and|,? &|,? or| /) ?(#?[A-Za-z0-9][A-Za-z0-9/._-]{2,24})(?![\w-])")
_STAY = re.compile(
    r" (?:on |this )?((?:last|past) (?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august"
    r"|september|october|november|december))\b",
    re.IGNORECASE,
)
_MOST = 8
_LAST_PART = re.compile(r"[-/. ](0\d{3}|\d{5,9})$")
_VEILED = re.compile(r"(?<![\w*•#])[xX*•#]{2,32}+(?:[- ][xX*•#]{2,8}+){0,3}[- ]?(\d{3,5})(?!\w|\.\d|%)")
_HALF_READ = re.compile(
    r"\b(?:partial )?(?:plate|tag|rego|reg) (?:no\.? |number |# ?)?"
    r"((?=[A-Z0-9?*-]{0,8}[?*])[A-Z0-9?*]{1,4}[- ]?[A-Z0-9?*]{1,5})(?![\w?*])"
)
_ACCESS_WORDS = words("further.access")
_ACCESS = re.compile(
    r"\b(?i:(?:door|gate|garage|entry|access|pass|security|lock|alarm|key ?safe|key ?box|lock ?box|elevator|callbox)"
    r"[ -]?(?:code|pad|pin|combo)"
    r"|passcode|keypad|alarm|buzzer|intercom|entryphone"
    r"|key ?box|lock ?box|key ?safe)(?: (?:is|was|now|(?:on|by|at|in|under) (?:the )?[a-z]{3,12})){0,2}[ :=#]{1,3}"
    r"([#*]?\d(?:[- ]?\d){3,7}[#*]?)(?![\w/%]|[.,:-]\d)"
)
_SECRET = re.compile(
    r"\b(?i:passw(?:or)?d|pwd?|pass ?phrase|code ?word)(?: (?:is|for [a-z]{3,12}))?(?:[:=] ?| )[\"']?"
    r"((?=[a-z]*[^a-z\s])\S{4,24}?)(?=[\"',;.)]*(?:\s|$))"
)
_WATCHWORD = re.compile(
    r"\b(?i:(?:code|safe)[ -]?word(?: is| was|:| =)? [\"'“]?|pass[ -]?(?:word|phrase)(?: is| was|:| =) [\"'“]?"
    r"|(?:gives?|quotes?) the word [\"'“])"
    r"(?!(?:is|was|for|to|with|on|and|or|in|if|not|no|set|has|by|as|must|needed|required|given|only|please|reset|expired|changed)\b)"
    r"([A-Za-z]{3,16})(?![\w-])"
)
"""`codeword teapot`, `give the word "LANTERN"`: what callers must say."""


def access_codes(note: Note) -> Iterator[Found]:
    """What opens a door, a box or a screen: `door code 1608`, `key box on woodshed 2-5-1-8`, `pw: zephyr!0630`."""
    for start, end in note.around(_ACCESS_WORDS, 12, 64):
        for pattern in (_ACCESS, _SECRET, _WATCHWORD):
            for match in pattern.finditer(note.text, start, end):
                if not measured(note.text, match.end(1)):
                    yield Found(match.start(1), match.end(1), Category.OTHER_ID, 0.9, "cue")


def veiled(note: Note) -> Iterator[Found]:
    """What is left of a number behind crosses: `xxxx xxxx 2281`, `****4471`; a plate read in part: `BT?-71`."""
    text = note.text
    if note.numbers and ("xx" in text or "XX" in text or "**" in text or "••" in text or "##" in text):
        for match in _VEILED.finditer(text):
            yield Found(match.start(1), match.end(1), Category.OTHER_ID, 0.9, "cue")
    if "?" in text or "*" in text:
        yield from (Found(m.start(1), m.end(1), Category.VEHICLE, 0.9, "cue") for m in _HALF_READ.finditer(text))


def further(note: Note, known: Iterable[Found]) -> Iterator[Found]:
    """Codes of the same make right behind a masked one, and the long last part of a masked code where it stands alone."""
    parts: dict[str, Found] = {}
    for item in known:
        if item.category in CODES and item.state == "masked":
            yield from _siblings(note, item)
            if match := _LAST_PART.search(note.text, max(item.start, item.end - 12), item.end):
                parts.setdefault(match[1], item)
        elif item.category is Category.FACILITY and (day := _STAY.match(note.text, item.end)):
            yield Found(day.start(1), day.end(1), Category.DATE, 0.8, DETECTOR)
    for part, item in parts.items():
        yield from _last_part(note, part, item)


def _make(value: str) -> str:
    return "".join("9" if c.isdigit() else "A" if c.isalpha() else c for c in value.lstrip("#"))


def _siblings(note: Note, item: Found) -> Iterator[Found]:
    value, at = note.text[item.start : item.end], item.end
    make = _make(value)
    if sum(c.isdigit() for c in value) < 3:
        return
    for _ in range(_MOST):
        match = _NEXT.match(note.text, at)
        code = match[1].rstrip("./_-") if match else ""
        if not match or _make(code) != make or measured(note.text, match.start(1) + len(code)):
            return
        at = match.start(1) + len(code)
        yield Found(match.start(1), at, item.category, 0.85, DETECTOR)


def _last_part(note: Note, part: str, item: Found) -> Iterator[Found]:
    for index in note.where.get(part, ()):
        token = note.tokens[index]
        behind = note.text[token.end : token.end + 1]
        alone = bool(token.gap or not index) and (not behind or behind in " .,;:)\n")
        if not item.start <= token.start < item.end and alone and not measured(note.text, token.end):
            yield Found(token.start, token.end, item.category, 0.85, DETECTOR)
