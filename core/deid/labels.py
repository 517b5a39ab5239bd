"""What the name of a field says of its value: `DOB`, `pt_last`, `birthDate`, `Next of kin`, in tables, forms and JSON alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from core.deid.cues import CLINICIAN, PATIENT, PERSON
from core.deid.found import Found
from core.deid.lexicon import look_up, words
from core.deid.numbers import measured
from core.deid.timeline import read_date
from core.model import Category

KEPT = "kept"
"""A label whose values stay, such as `Dx` or `Dose`."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|#|\d+")
_KINDS: tuple[tuple[str, Category | str], ...] = (
    ("ssn", Category.SSN),
    ("fax", Category.FAX),
    ("email", Category.EMAIL),
    ("phone", Category.PHONE),
    ("zip", Category.ZIP),
    ("url", Category.URL),
    ("mrn", Category.MRN),
    ("plan", Category.HEALTH_PLAN),
    ("account", Category.ACCOUNT),
    ("licence", Category.LICENSE),
    ("vehicle", Category.VEHICLE),
    ("device", Category.DEVICE),
    ("date", Category.DATE),
    ("id", Category.OTHER_ID),
    ("age", Category.AGE),
    ("street", Category.STREET),
    ("place", Category.PLACE),
    ("facility", Category.FACILITY),
    ("name", Category.NAME),
    ("other", KEPT),
)
_BY_WORD = {word: kind for name, kind in reversed(_KINDS) for word in words(f"labels.{name}")}
_KEEPING = words("labels.kept")
_NAMES = words("labels.name")
_SURE_NAMES = frozenset(("name", "names", "surname", "forename", "last", "first", "family", "given"))
_FILLING = words("labels.filling")
_CLINICIANS = words("cues.clinician_labels") | {"surgeon", "res", "resident", "attg", "md", "nurse", "provider"}
_BLANK = words("labels.blank")
_NUMBERED = frozenset(
    (
        Category.MRN,
        Category.HEALTH_PLAN,
        Category.ACCOUNT,
        Category.LICENSE,
        Category.VEHICLE,
        Category.DEVICE,
        Category.OTHER_ID,
        Category.SSN,
        Category.PHONE,
        Category.FAX,
    )
)
_BIOMETRIC = words("numbers.biometric")
_ID_WORDS = frozenset(("id", "ids", "no", "number", "num", "nr", "#", "identifier"))


@lru_cache(maxsize=2048)
def kind_of(label: str) -> Category | str | None:
    """The category of a field's values by its label, KEPT for clinical ones, None when the label says nothing known."""
    parts = [w.lower() for w in _WORD.findall(label)]
    parts = [p for p in parts if p not in _FILLING] or parts
    if not parts or len(parts) > 5 or not _BIOMETRIC.isdisjoint(parts):
        return None
    kinds = [_BY_WORD.get(p) for p in parts]
    if not _KEEPING.isdisjoint(parts):
        return Category.DATE if Category.DATE in kinds else Category.OTHER_ID if _ID_WORDS & set(parts[1:]) else KEPT
    return _settled(parts, kinds)


def _settled(parts: list[str], kinds: list[Category | str | None]) -> Category | str | None:
    known = [k for k in kinds if k is not None]
    if len(known) * 2 < len(parts):
        return None
    if {"name", "names", "initials"} & set(parts) and Category.FACILITY not in kinds:
        return Category.NAME
    if {"kin", "nok"} & set(parts) and not {Category.PHONE, Category.STREET} & set(known):
        return Category.NAME
    if set(known) <= {Category.NAME, Category.OTHER_ID} and _ID_WORDS & set(parts) and Category.NAME in known:
        return Category.MRN
    return next(kind for _, kind in _KINDS if kind in known)


def role_of(label: str) -> str:
    """The role of the person that a label asks for, as in `core.model.Span`."""
    parts = {w.lower() for w in _WORD.findall(label)}
    for kin in words("cues.kin") & parts:
        return f"relative:{kin}"
    if _CLINICIANS & parts:
        return CLINICIAN
    return PATIENT if parts & (words("cues.patient_labels") | _SURE_NAMES) else PERSON


_NAME_VALUE = re.compile(
    r"(?:[^\W\d_][\w.'-]{0,30}|\"[^\"\n]{1,20}\"|\([^)\n\d]{1,20}\))(?:(?:, ?| |, *| & )(?:[^\W\d_][\w.'-]{0,30}|\"[^\"\n]{1,20}\"))"
    r"{0,5}"
)
_DATE_VALUE = re.compile(
    r"(?<!\d)(?:\d{8}(?:\d{4,6})?|\d{6})(?!\d)|(?<!\d)\d{1,4}([-/. ])\d{1,2}\1\d{2,4}(?!\d)"
    r"|(?<![\d/])\d{1,2}/\d{1,2}(?![\d/])|\d{1,2}\.\d{1,2}\.(?!\d)"
    r"|\d{1,2}[-/. ]{1,2}[A-Za-z]{3,9}\.?(?:[-/., ]{1,2}\d{2,4})?|[A-Za-z]{3,9}\.? \d{1,2}(?:,? \d{2,4})?"
    r"|\d{1,2}[A-Za-z]{3}\d{2,4}|[A-Za-z]{3,9}\.? \d{4}"
)
_CODE_VALUE = re.compile(r"(?![A-Za-z]{5,} )[#A-Za-z0-9](?:[\w./:#+@()-]| (?=[\w(-]*\d)){0,40}")
_ZIP_VALUE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{3,6}(?:-\d{3,4})?", re.I)
_PLACE_VALUE = re.compile(r"[^\W_][^\n|;\t{}<>]{0,70}")
_TITLE = re.compile(r"(?:dr|mr|mrs|ms|prof|sra?|mme|herr|frau)\.? +", re.I)
_DETECTOR = "field"


def value_found(text: str, start: int, end: int, kind: Category | str, label: str, detector: str = _DETECTOR) -> Iterator[Found]:
    """What of a field's value goes, given the kind its label promises; nothing when the value is no such thing."""
    value = text[start:end]
    if kind == KEPT or not isinstance(kind, Category) or value.strip(" .-_*").lower() in _BLANK:
        return
    if kind is Category.NAME:
        yield from _name_value(text, start, end, label, detector)
    elif kind is Category.DATE:
        for day in _DATE_VALUE.finditer(value):
            if _is_date(day[0]) and not measured(text, start + day.end()):
                yield Found(start + day.start(), start + day.end(), kind, 0.95, detector)
    elif kind is Category.AGE:
        if (age := re.match(r"\d{2,3}", value)) and 90 <= int(age[0]) < 125:
            yield Found(start, start + age.end(), kind, 0.95, detector)
    elif kind in _NUMBERED:
        yield from _code_value(text, start, end, kind, detector)
    else:
        yield from _worded_value(text, start, end, kind, detector)


def _is_date(value: str) -> bool:
    if value.isdigit() and len(value) > 8:
        return read_date(value[:8]) is not None
    return read_date(value) is not None


def _name_value(text: str, start: int, end: int, label: str, detector: str) -> Iterator[Found]:
    title = _TITLE.match(text, start, end)
    start = title.end() if title else start
    value = text[start:end]
    digits = sum(c.isdigit() for c in value)
    if digits >= 4 and digits * 2 > len(value.replace(" ", "")):
        yield from _code_value(text, start, end, Category.MRN, detector)
        return
    name = _NAME_VALUE.match(text, start, end)
    if name and sum(c.isalpha() for c in name[0]) > 1 and name[0].lower() not in _BLANK:
        yield Found(name.start(), name.end(), Category.NAME, 0.95, detector, role_of(label))


def _code_value(text: str, start: int, end: int, kind: Category, detector: str) -> Iterator[Found]:
    match = _CODE_VALUE.match(text, start, end)
    if not match:
        return
    digits = sum(c.isdigit() for c in match[0])
    least = {Category.OTHER_ID: 3, Category.DEVICE: 3, Category.PHONE: 3, Category.FAX: 4, Category.VEHICLE: 2}.get(kind, 3)
    if digits >= least or (digits and len(match[0]) >= 5 and kind is not Category.PHONE):
        yield Found(start, start + len(match[0].rstrip(".,;:")), kind, 0.95, detector)


def _worded_value(text: str, start: int, end: int, kind: Category, detector: str) -> Iterator[Found]:
    pattern = {Category.ZIP: _ZIP_VALUE, Category.EMAIL: _CODE_VALUE, Category.URL: _CODE_VALUE}.get(kind, _PLACE_VALUE)
    match = pattern.match(text, start, end)
    if (
        match
        and kind in (Category.PLACE, Category.FACILITY)
        and all(look_up(w).clinical or look_up(w).common >= 3 for w in re.findall(r"[a-z]{3,}", match[0].lower()))
    ):
        return
    if match and (kind is Category.ZIP or sum(c.isalpha() for c in match[0]) > 1):
        yield Found(match.start(), match.end(), kind, 0.9, detector)
