"""Settle overlaps: every character belongs to at most one span, and nothing found is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, starmap

from core.deid.found import Found
from core.model import Category

_RANK = {
    Category.EMAIL: 9,
    Category.URL: 8,
    Category.SSN: 8,
    Category.IP: 7,
    Category.DATE: 7,
    Category.PHONE: 6,
    Category.FAX: 6,
    Category.STREET: 6,
    Category.ZIP: 5,
    Category.NAME: 4,
    Category.FACILITY: 4,
    Category.PLACE: 3,
    Category.OTHER_ID: 1,
}


# Of two finds of one length a rule's stands before an echo of a known value, and both before the tagger's.
_STANDING = {"propagation": 1, "tagger": 0}


def _weight(found: Found) -> tuple[bool, bool, int, int, float, int]:
    sure = found.state == "masked"
    return (
        sure,
        found.detector == "identity",
        found.end - found.start,
        _STANDING.get(found.detector, 2),
        found.score,
        _RANK.get(found.category, 5),
    )


def resolve(found: Iterable[Found], length: int, forbidden: Iterable[tuple[int, int]] = ()) -> list[Found]:
    """Sorted, disjoint finds in a text of `length`. The stronger, then longer wins; what sticks out of it stays a piece of its own.

    Flagged finds yield to masked ones. `forbidden` (our own tags) is cut out of everything. Time grows with the sum of the lengths.
    """
    forbidden, found = tuple(forbidden), list(found)
    in_order = sorted(found)
    if not forbidden and all(starmap(_clear, pairwise(in_order))) and all(f.start < f.end for f in found):
        return in_order
    taken = bytearray(length)
    for begin, end in forbidden:
        taken[begin:end] = b"\1" * (end - begin)
    kept: list[Found] = []
    for candidate in sorted(found, key=_weight, reverse=True):
        pieces = list(_free(taken, candidate.start, candidate.end))
        if candidate.state == "flagged" and pieces != [(candidate.start, candidate.end)]:
            continue
        for begin, end in pieces:
            taken[begin:end] = b"\1" * (end - begin)
            whole = begin == candidate.start and end == candidate.end
            kept.append(candidate if whole else candidate._replace(start=begin, end=end))
    return sorted(kept)


def _clear(one: Found, other: Found) -> bool:
    return one.end <= other.start


def _free(taken: bytearray, start: int, end: int) -> Iterable[tuple[int, int]]:
    if start < end and taken.find(1, start, end) < 0:
        return ((start, end),)
    return _pieces(taken, start, end)


def _pieces(taken: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        begin = taken.find(0, start, end)
        if begin < 0:
            return
        stop = taken.find(1, begin, end)
        stop = end if stop < 0 else stop
        yield begin, stop
        start = stop


def trimmed(found: list[Found], text: str) -> list[Found]:
    """The finds without outer spaces and punctuation; those that hold no letter or digit are dropped."""
    out = []
    for item in found:
        start, end = item.start, item.end
        if start < end and text[start].isalnum() and text[end - 1].isalnum():
            out.append(item)
            continue
        while start < end and not (text[start].isalnum() or text[start] in "#@+("):
            start += 1
        while end > start and not (text[end - 1].isalnum() or text[end - 1] in ").*"):
            end -= 1
        if any(c.isalnum() for c in text[start:end]):
            out.append(item._replace(start=start, end=end))
    return out
