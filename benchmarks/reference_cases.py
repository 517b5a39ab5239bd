"""The cases to measure with: the library's, or JSON lines of the same fields."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.library import LibraryCase, Part, cases
from core.model import MAX_AGE_YEARS, TEXT_FIELDS, AgeRange, Demographics, Sex, age_range_of

_AGE = re.compile(r"(\d{1,3})[\s-]*(year|month|week|day|hour)", re.I)
_NEWBORN = re.compile(r"\b(newborn|neonate|infant|premature)\b", re.I)
_FEMALE = re.compile(r"\b(female|woman|girl|lady|gravida)\b", re.I)
_MALE = re.compile(r"\b(male|man|boy|gentleman)\b", re.I)


@dataclass(frozen=True, slots=True)
class Sample:
    """A case and its right answer. `code` may be empty; `cannot_miss` is None where the case doesn't say."""

    id: str
    texts: Mapping[str, str]
    demographics: Demographics
    diagnosis: str
    acceptable: tuple[str, ...] = ()
    code: str = ""
    cannot_miss: bool | None = None


def person(words: str) -> Demographics:
    """Age and sex from words such as `35-year-old female`, `8-month-old boy`, `Newborn`; adult where no age is said."""
    ages = {unit.lower(): int(number) for number, unit in reversed(_AGE.findall(words))}
    years = min(ages["year"], MAX_AGE_YEARS) if "year" in ages else _years_of_the_young(words, ages)
    sex = Sex.FEMALE if _FEMALE.search(words) else Sex.MALE if _MALE.search(words) else Sex.OTHER
    return Demographics(AgeRange.ADULT if years is None else age_range_of(years), sex, years and min(years, 90))


def _years_of_the_young(words: str, ages: Mapping[str, int]) -> int | None:
    if "month" in ages:
        return ages["month"] // 12
    return 0 if ages or _NEWBORN.search(words) else None


def library_samples(part: Part) -> list[Sample]:
    """The library's cases of a part."""
    return [_of_library(case) for case in cases(part)]


def _of_library(case: LibraryCase) -> Sample:
    return Sample(case.id, case.texts, case.demographics(), case.diagnosis, case.acceptable, case.icd10cm, case.cannot_miss)


def read_samples(path: Path) -> Sequence[Sample]:
    """The cases of a file of JSON lines. Raises ValueError naming the line that is none."""
    return [_of_line(number, line) for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if line.strip()]


def _of_line(number: int, line: str) -> Sample:
    try:
        return _of_entry(json.loads(line), f"line {number}")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"line {number} is no case: {type(error).__name__} {error}") from None


def _of_entry(entry: Mapping[str, Any], name: str) -> Sample:
    """A case; what the demographics say beyond age and sex (a pregnancy, say) is read with the history."""
    words = str(entry["demographics"])
    texts = {spec.name: str(entry.get(spec.name) or "") for spec in TEXT_FIELDS}
    texts["history"] = f"{words}. {texts['history']}"
    acceptable = tuple(map(str, entry.get("acceptable", ())))
    return Sample(
        str(entry.get("id", name)),
        texts,
        person(words),
        str(entry["diagnosis"]),
        acceptable,
        str(entry.get("icd10cm") or ""),
        entry.get("cannot_miss"),
    )
