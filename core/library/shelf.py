"""Reading the library's files, once, on first use."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.errors import ConfigError
from core.library.case import SPECIALTIES, LibraryCase, Part
from core.model import TEXT_FIELDS, ClinicalCase, Identity, Sex, Tier

DATA = Path(__file__).parent / "data"
_TEXTS = tuple(spec.name for spec in TEXT_FIELDS)
_NEEDED = {
    "id": str,
    "title": str,
    "voice": str,
    "difficulty": str,
    "cannot_miss": bool,
    "diagnosis": str,
    "icd10cm": str,
    "acceptable": list,
    "age": int,
    "sex": str,
    "tier": str,
}
_OPTIONAL = {"identity": dict, "identifiers": bool} | dict.fromkeys(_TEXTS, str)


def cases(part: Part | None = None) -> tuple[LibraryCase, ...]:
    """The cases of a part, or all, in the order of SPECIALTIES. Raises ConfigError for a broken file."""
    return tuple(case for case in _by_id().values() if part in (None, case.part))


def study_cases(part: Part, encounter: date, *, specialty: str | None = None) -> tuple[tuple[LibraryCase, ClinicalCase], ...]:
    """The cases of a part for a study: each with its reference diagnosis, and as the form would make it, seen on `encounter`.

    Raises ValueError for a specialty that is none of SPECIALTIES.
    """
    if specialty not in (None, *SPECIALTIES):
        raise ValueError("the specialty is not one of SPECIALTIES")
    return tuple((case, case.clinical(encounter)) for case in cases(part) if specialty in (None, case.specialty))


def find(case_id: str) -> LibraryCase:
    """The case with this id. Raises KeyError when there is none."""
    return _by_id()[case_id]


@cache
def _by_id() -> Mapping[str, LibraryCase]:
    return read_library(DATA)


def read_library(folder: Path) -> Mapping[str, LibraryCase]:
    """Every case of a folder's TOML files by id. Raises ConfigError naming file, entry and rule."""
    found: dict[str, LibraryCase] = {}
    for path in sorted(folder.glob("*.toml")):
        for case in _cases_of(path):
            if case.id in found:
                raise _broken(path, case.id, "the id stands twice in the library")
            found[case.id] = case
    if not found:
        raise ConfigError(f"Case library, {folder.name}: no cases.")
    ranked = sorted(found.values(), key=lambda c: (SPECIALTIES.index(c.specialty), c.id))
    return MappingProxyType({case.id: case for case in ranked})


def _broken(path: Path, entry: str, rule: str) -> ConfigError:
    return ConfigError(f"Case library, {path.name}, entry '{entry}': {rule}.")


def _cases_of(path: Path) -> Iterator[LibraryCase]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"Case library, {path.name}: the file can't be read ({error}).") from None
    if set(content) != {"specialty", "case"}:
        raise ConfigError(f"Case library, {path.name}: the file holds 'specialty' and [[case]] entries, nothing else.")
    for number, entry in enumerate(content["case"], 1):
        name = str(entry.get("id", f"number {number}"))
        if rule := _shape_problem(entry):
            raise _broken(path, name, rule)
        try:
            yield _case(content["specialty"], entry)
        except (ValueError, TypeError) as error:
            raise _broken(path, name, str(error)) from None


def _shape_problem(entry: Mapping[str, Any]) -> str:
    """What is wrong with an entry's keys and types; empty when nothing is."""
    known = _NEEDED | _OPTIONAL
    if missing := sorted(set(_NEEDED) - set(entry)):
        return f"'{missing[0]}' is missing"
    if unknown := sorted(set(entry) - set(known)):
        return f"unknown key '{unknown[0]}'"
    wrong = [key for key, value in entry.items() if type(value) is not known[key]]
    return f"'{wrong[0]}' must be a {known[wrong[0]].__name__}" if wrong else ""


def _case(specialty: str, entry: Mapping[str, Any]) -> LibraryCase:
    return LibraryCase(
        id=entry["id"],
        title=entry["title"],
        voice=entry["voice"],
        specialty=specialty,
        difficulty=entry["difficulty"],
        cannot_miss=entry["cannot_miss"],
        diagnosis=entry["diagnosis"],
        icd10cm=entry["icd10cm"],
        acceptable=tuple(entry["acceptable"]),
        age_years=entry["age"],
        sex=Sex(entry["sex"]),
        tier=Tier(entry["tier"]),
        texts=MappingProxyType({name: entry.get(name, "").strip() for name in _TEXTS}),
        identity=Identity(**entry.get("identity", {})),
        identifiers=entry.get("identifiers", False),
    )
