"""Invented cases to try: three for a first look, from `examples.toml`, and the demo part of the case library. No person in them exists."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from core.library import LibraryCase, cases, find
from core.model import Identity, Sex, Tier

_FILE = Path(__file__).with_name("examples.toml")


@cache
def _all() -> dict[str, dict[str, Any]]:
    return {case["name"]: case for case in tomllib.loads(_FILE.read_text())["case"]}


def names() -> tuple[str, ...]:
    """Titles in the order of the file."""
    return tuple(_all())


def load(name: str) -> dict[str, Any]:
    """A draft's values. Raises KeyError for an unknown title."""
    case = _all()[name]
    return {
        "texts": {k: str(v).strip() for k, v in case["texts"].items()},
        "age": case["age"],
        "sex": Sex(case["sex"]),
        "tier": Tier(case["tier"]),
        "identity": Identity(**case.get("identity", {})),
    }


def specialties() -> tuple[str, ...]:
    """The specialties of which the library's demo part has a case."""
    return tuple(dict.fromkeys(case.specialty for case in cases("demo")))


def more(specialty: str | None = None) -> tuple[LibraryCase, ...]:
    """The library's demo cases, of one specialty or all, by specialty."""
    return tuple(case for case in cases("demo") if specialty in (None, case.specialty))


def marks(case: LibraryCase) -> str:
    """A button's words, in our own Markdown: title, specialty, difficulty, and marks for cannot-miss and for identifiers in the texts."""
    badges = [f":gray-badge[{case.specialty}]", f":blue-badge[{case.difficulty}]"]
    badges += [":red-badge[cannot miss]"] if case.cannot_miss else []
    badges += [":violet-badge[identifiers]"] if case.identifiers else []
    return f"{case.title} {' '.join(badges)}"


def load_more(case_id: str) -> dict[str, Any]:
    """A draft's values from a library case. Raises KeyError for an unknown id."""
    return _values(find(case_id))


def _values(case: LibraryCase) -> dict[str, Any]:
    return {"texts": dict(case.texts), "age": case.age_years, "sex": case.sex, "tier": case.tier, "identity": case.identity}
