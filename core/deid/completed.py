"""The rest of a word of which a part was found: `MacLel1` with `an`, `11-2` with `~-23`, `dispatch_ron` from `ron`, `x4417` from `4417`.

A find that begins or ends inside what is written without a blank takes the rest of it, as far as the signs between join what is one
name, number or day. A stroke, a comma, a bracket, a colon and an everyday word end it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from core.deid.found import Found
from core.deid.lexicon import look_up
from core.deid.note import Note
from core.model import Category

_ASKED = frozenset(("identity", "decision", "site-list"))
_WORDED = frozenset((Category.NAME, Category.FACILITY, Category.PLACE, Category.STREET))
_WHOLE = frozenset((Category.EMAIL, Category.URL, Category.IP, Category.AGE))
_MOST = 24
# What may follow a find's end, and, turned round, stand before its beginning.
_NAME_BEHIND = re.compile(r"[^\W_]{1,24}|(?:_[^\W_]{1,24}){1,4}")
_NAME_BEFORE = re.compile(r"(?:(?<![^\W_])[^\W_]{1,24}|(?:[^\W_]{1,24}_){1,4})\Z")
_PART_BEHIND = re.compile(r"-([A-Z][^\W\d_]{2,20})(?![^\W_])")
_CODE_BEHIND = re.compile(r"(?:[-_~?]{0,2}[A-Z\d]{1,12}){1,4}(?![^\W_])")
_CODE_BEFORE = re.compile(r"(?<![^\W_])(?:[A-Z\d]{1,12}[-_~?]{0,2}){1,4}\Z")
_EXTENSION = re.compile(r"(?<![^\W_])[xX]\Z")
_DAY_BEHIND = re.compile(r"(?:[-./]?[~?]{1,2}[-./]?\d{1,4}){1,2}(?![^\W_])")


def completed(found: Iterable[Found], note: Note) -> Iterator[Found]:
    """The finds, sorted, the masked ones with the rest of their first and last words; none reaches into another."""
    items = [*_without_signs(list(found), note.text)]
    floor = 0
    for at, item in enumerate(items):
        roof = items[at + 1].start if at + 1 < len(items) else len(note.text)
        made = item
        if item.state == "masked" and item.detector not in _ASKED and item.category not in _WHOLE:
            made = _whole(item, note.text, floor, roof)
        floor = made.end
        yield made


def _without_signs(items: list[Found], text: str) -> Iterator[Found]:
    """All but the lone `x` right before an extension, which the extension takes with it."""
    for item, behind in zip_longest(items, items[1:]):
        extension = behind is not None and behind.category is Category.PHONE and behind.state == "masked" and behind.start == item.end
        if not (extension and text[item.start : item.end] in ("x", "X")):
            yield item


def _whole(item: Found, text: str, floor: int, roof: int) -> Found:
    behind, before = text[item.end : item.end + 1], text[item.start - 1 : item.start] if item.start else ""
    if not (behind and (behind.isalnum() or behind in "-_~?./")) and not (before and (before.isalnum() or before in "-_~?")):
        return item
    end, start = _end(item, text), _start(item, text)
    end, start = item.end if end > roof else end, item.start if start < floor else start
    return item if start == item.start and end == item.end else item._replace(start=start, end=end)


def _end(item: Found, text: str) -> int:
    if item.category in _WORDED:
        if match := _NAME_BEHIND.match(text, item.end):
            return match.end()
        part = _PART_BEHIND.match(text, item.end)
        return part.end() if part and item.category is Category.NAME and _name_like(part[1]) else item.end
    match = (_DAY_BEHIND if item.category is Category.DATE else _CODE_BEHIND).match(text, item.end)
    return match.end() if match else item.end


def _start(item: Found, text: str) -> int:
    if item.category in (Category.DATE, Category.FAX):
        return item.start
    pattern = _NAME_BEFORE if item.category in _WORDED else _EXTENSION if item.category is Category.PHONE else _CODE_BEFORE
    match = pattern.search(text, max(0, item.start - _MOST), item.start)
    return match.start() if match else item.start


def _name_like(word: str) -> bool:
    facts = look_up(word.lower())
    return not facts.medical and (facts.first > 0 or facts.last > 0 or not (facts.common or facts.capital))
