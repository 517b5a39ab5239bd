"""No pattern of the redactor can be driven to more than linear time: each is run on hostile text of growing length."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import core.deid
from core.deid.engine import MAX_CHARS, detect
from core.deid.late import Late
from core.errors import DeidError

PIECES = [
    "1",
    "1 ",
    "1-",
    "1/",
    "1.",
    "A",
    "A ",
    "Aa ",
    "a-",
    "a.",
    "A1",
    "A-1",
    " ",
    "\n",
    "(",
    "[",
    '"',
    ",",
    ":",
    "x@",
    "of ",
    "the ",
    "John ",
    "one ",
    "st ",
    "+1 ",
]
SMALL, LARGE = 1000, 6_000


def _held(value: object, depth: int = 0) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Late):
        yield value.compiled
    elif isinstance(value, tuple | list) and depth < 3:
        for item in value:
            yield from _held(item, depth + 1)


def patterns() -> dict[int, re.Pattern[str]]:
    """Every compiled pattern of the package, by identity."""
    modules = [importlib.import_module(f"core.deid.{m.name}") for m in pkgutil.iter_modules(core.deid.__path__) if m.name != "__main__"]
    return {id(p): p for m in modules for v in vars(m).values() for p in _held(v)}


ALL = list(patterns().values())


def _seconds(pattern: re.Pattern[str], text: str) -> float:
    start = time.process_time()
    for _ in pattern.finditer(text):
        pass
    return time.process_time() - start


def test_there_are_patterns() -> None:
    """The search finds the package's patterns."""
    assert len(ALL) > 100


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join))
def test_every_pattern_is_linear(piece: str) -> None:
    """Six times the text takes some six times as long (twenty allowed, small times forgiven for noise)."""
    small, large = (piece * SMALL)[:SMALL], (piece * LARGE)[:LARGE]
    slow = [p.pattern for p in ALL if _seconds(p, large) > 20 * _seconds(p, small) + 0.08]
    assert slow == []


def test_a_paste_of_a_megabyte_is_refused_clearly() -> None:
    """A text beyond the limit is not read at all, and the message says why."""
    with pytest.raises(DeidError, match="200,000 characters"):
        detect("Jane Okafor " * (1_000_000 // 12))
    assert len(detect("a cough. " * (MAX_CHARS // 90))) == 0
