"""Tags that stand in for what was masked: consistent in a case, never derived from the value.

Guarantee: one meaning, one tag, and one tag, one meaning. Persons are told apart by `persons`, dates by the
day they denote, everything else by its letters and digits. A tag that the input already holds is not given out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from core.deid.cues import CLINICIAN, PATIENT
from core.deid.echo import squeeze
from core.deid.persons import Person
from core.deid.policy import zip3
from core.deid.timeline import interval, read_date, settle
from core.model import Category

_BASE = {
    Category.STREET: "STREET",
    Category.PLACE: "CITY",
    Category.PHONE: "PHONE",
    Category.FAX: "FAX",
    Category.EMAIL: "EMAIL",
    Category.SSN: "SSN",
    Category.MRN: "MRN",
    Category.HEALTH_PLAN: "PLAN",
    Category.ACCOUNT: "ACCOUNT",
    Category.LICENSE: "LICENSE",
    Category.VEHICLE: "VEHICLE",
    Category.DEVICE: "DEVICE",
    Category.URL: "URL",
    Category.IP: "IP",
    Category.BIOMETRIC: "BIOMETRIC",
    Category.PHOTO: "PHOTO",
    Category.OTHER_ID: "ID",
    Category.ZIP: "ZIP",
    Category.DATE: "DATE",
}


class Tags:
    """Gives out tags for one case and remembers what each stands for."""

    def __init__(self, encounter: date, taken: Iterable[str] = ()) -> None:
        self._encounter = encounter
        self._taken = set(taken)
        self._by_meaning: dict[tuple[str, ...], str] = {}
        self.originals: dict[str, str] = {}

    def person(self, person: Person) -> str:
        """`[PATIENT]`, `[CLINICIAN_1]`, `[RELATIVE_1: daughter]` or `[PERSON_1]`."""
        meaning = ("person", str(id(person)))
        if person.role == PATIENT:
            return self._named(meaning, "PATIENT", person.name, bare=True)
        if person.role == CLINICIAN:
            return self._named(meaning, "CLINICIAN", person.name)
        if person.role.startswith("relative:"):
            return self._named(meaning, "RELATIVE", person.name, tail=f": {person.role.split(':', 1)[1]}")
        return self._named(meaning, "PERSON", person.name)

    def value(self, category: Category, text: str, *, ahead: bool = False, decided: bool = False) -> str:
        """The tag of anything but a person. `ahead` reads a yearless date as a coming one; `decided` marks the clinician's own term."""
        if decided:
            return self._named(("decided", squeeze(text)), "REDACTED", text)
        if category is Category.DATE:
            return self._date(text, ahead)
        if category is Category.AGE:
            return self._said(("age", squeeze(text)), "90 or older", text)
        if category is Category.ZIP and (prefix := zip3(text)):
            return self._said(("zip", squeeze(text)), f"ZIP {prefix}**", text)
        if category is Category.FACILITY:
            return self._named(("facility", squeeze(text)), "FACILITY", text)
        if category is Category.NAME:
            return self._named(("name", squeeze(text)), "PERSON", text)
        return self._named((category.value, squeeze(text)), _BASE[category], text, bare=True)

    def withheld(self, text: str) -> str:
        """The tag of a whole text that is held back."""
        return self._named(("withheld", text), "WITHHELD", text)

    def _date(self, text: str, ahead: bool) -> str:
        written = read_date(text)
        day = settle(written, self._encounter, ahead=ahead) if written else None
        if written is None or day is None:
            return self._named(("date", squeeze(text)), "DATE", text)
        exact = written.day is not None
        return self._said(("day", day.isoformat(), str(exact)), interval(day, self._encounter, exact=exact), text)

    def _named(self, meaning: tuple[str, ...], base: str, text: str, *, bare: bool = False, tail: str = "") -> str:
        if meaning not in self._by_meaning:
            number = 1
            while (tag := f"[{base}{'' if bare and number == 1 else f'_{number}'}{tail}]") in self._taken or (
                tail and self._number_used(base, number)
            ):
                number += 1
            self._keep(meaning, tag, text)
        return self._by_meaning[meaning]

    def _number_used(self, base: str, number: int) -> bool:
        start = f"[{base}_{number}:"
        return any(tag.startswith(start) for tag in self._taken)

    def _said(self, meaning: tuple[str, ...], words: str, text: str) -> str:
        if meaning not in self._by_meaning:
            number = 1
            while (tag := f"[{words}{'' if number == 1 else f' #{number}'}]") in self._taken:
                number += 1
            self._keep(meaning, tag, text)
        return self._by_meaning[meaning]

    def _keep(self, meaning: tuple[str, ...], tag: str, text: str) -> None:
        self._taken.add(tag)
        self._by_meaning[meaning] = tag
        self.originals[tag] = text
