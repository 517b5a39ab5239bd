"""HL7 version 2: what each field of a segment holds by its position (HL7 2.5.1, chapters 3, 4, 6, 7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.cues import CLINICIAN, PATIENT, PERSON
from core.deid.found import Found
from core.deid.lexicon import look_up
from core.model import Category

_SEGMENT = re.compile(
    r"(?<![A-Za-z0-9|^~])(MSH|EVN|PID|PD1|NK1|PV1|PV2|IN1|IN2|GT1|OBR|ORC|OBX|ACC|AL1|DG1|MRG|SCH|AIP|AIL|AIG|PR1|ROL|TXA|FT1|SPM|RXA|RXE)\|"
)
# Types of fields: n name, c clinician (id, then name), a address, t telephone, i identifier, d date, f facility, s social security,
# l licence, v vehicle or device, p place. Numbers are HL7 field numbers.
_FIELDS = {
    "MSH": "4f 6f 7d 10i",
    "EVN": "2d 3d 5c 6d 7f",
    "PID": "2i 3m 4m 5n 6n 7d 9n 11a 12p 13t 14t 18k 19s 20l 21m 23p 29d 33d",
    "PD1": "3f 4c",
    "NK1": "2n 4a 5t 6t 8d 9d 10i 12i 13f 16d 26n 30n 31t 32a 33i 37s",
    "PV1": "5i 7c 8c 9c 17c 19k 44d 45d 50i 52c",
    "PV2": "8d 9d 13c 23f 33d",
    "IN1": "5a 6n 7t 8h 12d 13d 14i 16n 18d 19a 29d 30c 36h 44a 49h",
    "IN2": "1i 2s 3i 6h 8h 9n 22n 25h 40n 61h 63t 64t",
    "GT1": "2i 3n 4n 5a 6t 7t 8d 12s 13d 14d 16n 17a 18t 19i 21f 45n 46t 51f",
    "OBR": "2i 3i 6d 7d 8d 10c 14d 16c 17t 18i 19i 20i 21i 22d 28c 32c 33c 34c 35c 36d",
    "ORC": "2i 3i 4i 9d 10c 11c 12c 14t 15d 17f 19c 21f 22a 23t 24a",
    "OBX": "14d 15f 16c 19d 23f 24a 25c",
    "ACC": "1d 3p 6p 8c",
    "AL1": "6d",
    "DG1": "5d 16c",
    "MRG": "1m 3k 4m 7n",
    "SCH": "1i 2i 11d 12c 13t 14a 16c 17t 18a 20c",
    "AIP": "3c 6d",
    "AIL": "6d",
    "AIG": "8d",
    "PR1": "5d 8c 11c 12c",
    "ROL": "4c 5d 6d 11a 12t",
    "TXA": "4d 5c 6d 7d 8d 9c 10c 11c 12i 13i 14i 15i 16i 22c",
    "FT1": "2i 4d 5d 20c 21c",
    "SPM": "2i 3i 17d 18d",
    "RXA": "3d 4d 10c 11f 15v",
    "RXE": "13c 14c 15i",
}
_PLAN = {seg: {int(f[:-1]): f[-1] for f in line.split()} for seg, line in _FIELDS.items()}
_IDS = {
    "i": Category.OTHER_ID,
    "m": Category.MRN,
    "k": Category.ACCOUNT,
    "s": Category.SSN,
    "l": Category.LICENSE,
    "h": Category.HEALTH_PLAN,
    "v": Category.DEVICE,
}
_DETECTOR = "hl7"
_NOBODYS = frozenset(("NHS", "PAS", "MPI", "EMPI", "MRN", "EPI", "SSA", "USSSA", "LOCAL", "HOSP", "CHI", "NHI", "IHI", "PHN", "HCN", "HSE"))
"""Who assigns numbers everywhere."""
_USER = re.compile(r"[A-Za-z]{4,20}")


def hl7_values(text: str) -> Iterator[Found]:
    """What goes out of HL7 segments, by field position."""
    if "|" not in text:
        return
    segments = list(_SEGMENT.finditer(text))
    for i, match in enumerate(segments):
        # Where lines have run together a segment ends before the next.
        follows = segments[i + 1].start() if i + 1 < len(segments) else len(text)
        line = text.find("\n", match.end(), follows)
        yield from _segment(match[1], text, match.end(), follows if line < 0 else line)


def _segment(name: str, text: str, start: int, end: int) -> Iterator[Found]:
    plan, at = _PLAN[name], start
    for number, field in enumerate(text[start:end].split("|"), 2 if name == "MSH" else 1):
        kind = plan.get(number)
        if kind and field.strip():
            offset = at
            for repeat in field.split("~"):
                yield from _typed(kind, repeat, offset, name)
                offset += len(repeat) + 1
        at += len(field) + 1


def _typed(kind: str, value: str, at: int, segment: str) -> Iterator[Found]:
    parts = value.split("^")
    starts = [at + sum(len(p) + 1 for p in parts[:i]) for i in range(len(parts))]
    if kind == "n":
        role = PATIENT if segment in ("PID", "MRG") else PERSON
        yield from _name(parts, starts, 0, role, anything=segment in ("PID", "MRG"))
    elif kind == "c":
        yield from _clinician(parts, starts)
    elif kind == "a":
        yield from _address(parts, starts)
    elif kind == "t":
        yield from _telephone(parts, starts)
    elif kind == "d":
        yield from _date(parts[0], at)
    elif kind in "fp":
        if sum(c.isalpha() for c in parts[0]) > 1 or kind == "p":
            yield _found(at, parts[0], Category.FACILITY if kind == "f" else Category.PLACE)
    elif len(parts[0].strip()) > 1 and any(c.isdigit() for c in parts[0]):
        social = kind == "m" and {"SS", "SSN", "SSA"} & set(parts[3:6])
        yield _found(at, parts[0], Category.SSN if social else _IDS[kind])
        if kind == "m" and not social and len(parts) > 3 and sum(map(str.isalpha, parts[3])) > 2 and parts[3] not in _NOBODYS:
            yield _found(starts[3], parts[3], Category.FACILITY)  # who assigned the number


def _found(start: int, text: str, category: Category, role: str = "") -> Found:
    return Found(start, start + len(text), category, 0.97, _DETECTOR, role)


def _name(parts: list[str], starts: list[int], first: int, role: str, *, anything: bool = False) -> Iterator[Found]:
    """Family, given, further and suffix stand beside each other and become one find."""
    named = [i for i in range(first, min(len(parts), first + 4)) if any(c.isalpha() for c in parts[i])]
    if named and (anything or not (len(parts) == 1 and look_up(parts[0].lower()).common > 3)):  # `SELF`, but a mother may be `KEEPING`
        yield Found(starts[named[0]], starts[named[-1]] + len(parts[named[-1]]), Category.NAME, 0.97, _DETECTOR, role)


def _clinician(parts: list[str], starts: list[int]) -> Iterator[Found]:
    numbered = not parts[0].strip() or any(c.isdigit() for c in parts[0])
    if numbered and len(parts[0].strip()) > 2:
        yield _found(starts[0], parts[0], Category.LICENSE)
    if numbered or len(parts) > 1 or _is_user(parts[0]) or " " in parts[0] or "," in parts[0]:
        yield from _name(parts, starts, int(numbered), CLINICIAN)


def _is_user(value: str) -> bool:
    """A user name, and no word such as `SELF`."""
    return bool(_USER.fullmatch(value)) and not look_up(value.lower()).common


def _address(parts: list[str], starts: list[int]) -> Iterator[Found]:
    kinds = {0: Category.STREET, 1: Category.STREET, 2: Category.PLACE, 4: Category.ZIP, 8: Category.PLACE}
    for i, category in kinds.items():
        if i < len(parts) and sum(c.isalnum() for c in parts[i]) > 1:
            yield _found(starts[i], parts[i], category)


def _telephone(parts: list[str], starts: list[int]) -> Iterator[Found]:
    held = [i for i, p in enumerate(parts) if sum(c.isdigit() for c in p) >= 3]
    if held and held[0] and parts[held[0] - 1].isdigit():  # the country before the area
        held.insert(0, held[0] - 1)
    if held:
        yield Found(starts[held[0]], starts[held[-1]] + len(parts[held[-1]]), Category.PHONE, 0.97, _DETECTOR)
    yield from (_found(starts[i], p, Category.EMAIL) for i, p in enumerate(parts) if "@" in p)


def _date(value: str, at: int) -> Iterator[Found]:
    if len(value) >= 6 and value[:6].isdigit():
        yield _found(at, value, Category.DATE)
