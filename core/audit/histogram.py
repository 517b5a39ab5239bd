"""How long things took, in few bytes: a log histogram whose percentiles are within 1 % and which merges without further loss. Pure.

A bin holds the whole numbers from `low` to `low * 101 // 99`, and stands for the value that is equally far, in proportion, from both
ends: at most 1 % off. Below 50 every number has a bin of its own. All edges come from whole-number arithmetic, so that the same
values make the same bytes on every machine.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from operator import sub
from types import MappingProxyType

MAX_VALUE = 2**53 - 1


def _edges() -> tuple[int, ...]:
    lows, low = [0], 1
    while low <= MAX_VALUE:
        lows.append(low)
        low = low * 101 // 99 + 1
    return tuple(lows)


_LOWS = _edges()
BINS = len(_LOWS)


@lru_cache(maxsize=2**14)
def bin_of(value: int) -> int:
    """The bin of a whole number; what is too large goes to the last. Raises ValueError below zero."""
    if value < 0:
        raise ValueError("a histogram takes whole numbers from 0")
    return bisect_right(_LOWS, value) - 1


def value_of(place: int) -> int:
    """What a bin stands for: the harmonic mean of its ends, rounded."""
    low = _LOWS[place]
    high = max(low, (_LOWS[place + 1] if place + 1 < BINS else MAX_VALUE + 1) - 1)
    return (4 * low * high // (low + high) + 1) // 2 if low else 0


def bounds_of(place: int) -> tuple[int, int]:
    """The smallest and the largest number of a bin."""
    return _LOWS[place], (_LOWS[place + 1] if place + 1 < BINS else MAX_VALUE + 1) - 1


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bin → how many values fell there, in order of bins. Equal when made of values of the same bins, in whatever order and parts."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[int]) -> Histogram:
        """A histogram of whole numbers from 0."""
        return cls(_in_order(Counter(map(bin_of, values))))

    @property
    def total(self) -> int:
        """How many values went in."""
        return sum(self.counts.values())

    def merge(self, other: Histogram) -> Histogram:
        """Both together; associative, commutative, and the same as if all values had gone into one."""
        counts = dict(self.counts)
        for place, count in other.counts.items():
            counts[place] = counts.get(place, 0) + count
        return Histogram(_in_order(counts))

    def percentile(self, share: float) -> int | None:
        """Within 1 % of the smallest value that at least `share` percent do not exceed; None when empty."""
        wanted, seen = self.total * share / 100, 0
        for place, count in self.counts.items():
            seen += count
            if seen >= wanted:
                return value_of(place)
        return None

    def at_most(self, bound: int) -> int:
        """How many values did not exceed the bound, bins being counted by what they stand for."""
        return sum(count for place, count in self.counts.items() if value_of(place) <= bound)

    def estimated_sum(self) -> int:
        """All values together, within 1 %."""
        return sum(count * value_of(place) for place, count in self.counts.items())

    def encode(self) -> bytes:
        """Distance from the bin before, then count, each in 7-bit groups, low first (LEB128); b"" when empty."""
        places = list(self.counts)
        flat = [0] * (2 * len(places))
        flat[::2] = map(sub, places, [0, *places])
        flat[1::2] = self.counts.values()
        if max(flat, default=0) < 0x80:
            return bytes(flat)
        out = bytearray()
        for number in flat:
            _put(out, number)
        return bytes(out)

    @classmethod
    def decode(cls, data: bytes) -> Histogram:
        """Inverse of `encode`. Raises ValueError on anything else."""
        numbers = _numbers(data)
        counts = numbers[1::2]
        if len(numbers) % 2 or 0 in counts:
            raise ValueError("not a histogram")
        places = list(accumulate(numbers[::2]))
        if 0 in numbers[2::2] or (places and places[-1] >= BINS):
            raise ValueError("not a histogram")
        return cls(MappingProxyType(dict(zip(places, counts, strict=True))))


def merged(parts: Sequence[bytes]) -> Histogram:
    """Many encoded histograms together; some 20 times faster than decoding and merging one by one. Raises ValueError like `decode`."""
    import numpy as np  # 50 ms that the writer of entries need not wait for

    parts = [part for part in parts if part]
    if not parts:
        return Histogram()
    data = np.frombuffer(b"".join(parts), dtype=np.uint8)
    lasts = np.flatnonzero(data < 0x80)
    firsts = np.concatenate(([0], lasts[:-1] + 1))
    ends = np.cumsum([len(part) for part in parts])
    if np.any(data[ends - 1] >= 0x80) or lasts.size % 2 or int((lasts - firsts).max()) > 8:
        raise ValueError("not a histogram")
    position = np.arange(data.size) - np.repeat(firsts, lasts - firsts + 1)
    numbers = np.add.reduceat((data & 0x7F).astype(np.int64) << (7 * position), firsts)
    places = np.cumsum(numbers[::2])
    begins = np.searchsorted(lasts, np.concatenate(([0], ends[:-1])))  # index of each part's first number
    before = np.concatenate(([0], places))[begins // 2]
    sizes = np.diff(np.concatenate((begins, [numbers.size]))) // 2
    places = places - np.repeat(before, sizes)
    if int(places.max()) >= BINS or int(numbers[1::2].min()) < 1:
        raise ValueError("not a histogram")
    counts = np.zeros(BINS, dtype=np.int64)
    np.add.at(counts, places, numbers[1::2])
    return Histogram(_in_order({int(place): int(counts[place]) for place in np.flatnonzero(counts)}))


def _in_order(counts: Mapping[int, int]) -> Mapping[int, int]:
    return MappingProxyType(dict(sorted(counts.items())))


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _numbers(data: bytes) -> list[int]:
    if data.isascii():  # no number above 127: the common case in an hour's histogram
        return list(data)
    numbers, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            numbers.append(number)
            number = shift = 0
        else:
            shift += 7
    if shift:
        raise ValueError("not a histogram")
    return numbers
