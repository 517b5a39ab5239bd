"""An event's canonical bytes, written without a general encoder. Pure.

RFC 8785 over what an event can hold: ASCII identifiers that need no escape, whole numbers, truth values, and counts under ASCII
names. Events of one shape (the same facts known) differ in nothing but values, so each shape has a template. All but `sequence` and
`time` is written before an entry's place is known, by the thread that hands the event in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

from core.audit.event import Event

FORMAT = 1
_MAX_SHAPES = 1_000
_NAMES = [field.name for field in fields(Event)]  # in the order in which an event's __init__, and nothing else, fills its __dict__
_FLAGS = itemgetter(*map(_NAMES.index, ("cost_partial", "simulated", "tokens_estimated")))
_LENGTHS, _COUNTS = map(_NAMES.index, ("input_lengths", "phi_counts"))


class _Shape(NamedTuple):
    template: str
    known: Callable[[tuple[Any, ...]], tuple[Any, ...]]  # the values that go into its places
    written: tuple[tuple[int, Callable[[Any], str]], ...]  # those that need more than their place


_SHAPES: dict[tuple[Any, ...], _Shape] = {}


def draft_of(event: Event) -> str:
    """An entry's body with places (`%d`, `%s`) for its sequence and its time. No value holds a percent sign."""
    values = tuple(event.__dict__.values())
    key = (tuple(map(type, values)), _FLAGS(values), not values[_LENGTHS], not values[_COUNTS])
    shape = _SHAPES.get(key)
    if shape is None:
        if len(_SHAPES) >= _MAX_SHAPES:
            _SHAPES.clear()
        shape = _SHAPES[key] = _shape_of(values)
    known = shape.known(values)
    if shape.written:
        told = list(known)
        for place, write in shape.written:
            told[place] = write(told[place])
        known = tuple(told)
    return shape.template % known


def _shape_of(values: tuple[Any, ...]) -> _Shape:
    members: dict[str, str] = {"sequence": "%%d", "time": '"%%s"', "v": str(FORMAT)}
    known: list[int] = []
    written: list[tuple[int, Callable[[Any], str]]] = []
    for name, place, value in sorted(zip(_NAMES, range(len(values)), values, strict=True)):
        if isinstance(value, bool):
            members[name] = "true" if value else "false"
        elif isinstance(value, Mapping):
            if value:
                members[name] = "{%s}"
                written.append((len(known), _counts))
                known.append(place)
        elif value is not None:
            members[name] = '"%s"' if isinstance(value, str) else "%d"
            if isinstance(value, str) and not isinstance(value, StrEnum):
                written += [] if type(value) is str else [(len(known), str.__str__)]
            known.append(place)
    template = ",".join(f'"{name}":{members[name]}' for name in sorted(members))
    return _Shape(f"{{{template}}}", itemgetter(*known), tuple(written))


def _counts(counts: Mapping[str, int]) -> str:
    return ",".join(['"' + name + f'":{int(number)}' for name, number in counts.items()])
