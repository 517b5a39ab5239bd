"""Odd codes: short record numbers, accessions, national numbers, file names, and what only looks like them."""

from __future__ import annotations

from random import Random

from training.deid.values import MONTHS, capitals, digits

Shapes = tuple[str, ...]
_SHORT: Shapes = (
    "?? 99-99-9", "??? 999999", "?? 99-9999-9", "9999 9999 9", "?9999", "9999-?", "?? 9999999", "?-9999", "??999", "999?", "?99-999", "99-99999", "9999-?9999",
    "???-999-999", "? 99 99 99", "??99999", "999.999.9", "9999/99", "??/999/99", "???9999?", "?9-9999-99", "9 9999 999", "99??9999", "??-99-999", "9999999-99",
    "?999 999", "99.999", "????-9999", "?? 999 ?", "?99999-9", "#9999", "99-999", "?/99/9999", "??9-999", "99-?-999", "999-??", "???.99.999", "999999-9", "@@9999", "@@-999",
)  # fmt: skip
_ACCESSION: Shapes = (
    "?-99-99999", "??-99-9999999", "?99-9999", "??99-99999", "99-?-99999", "???-9999-99", "99:?99999", "??-9999-999999", "?9999-99", "99-999-99999", "??99999999",
    "9999-??-9999", "99??-999?9999", "ACC99999999", "?-9999-9", "99??99999",
)  # fmt: skip
_NATIONAL: Shapes = (
    "999 999 9999", "9999999999", "99 99 99 9999 9", "?? 99 99 99 ?", "999.999.999-99", "99999999-?", "?9999999?", "????999999??????99", "99999999999", "999999-9999",
    "9 99 99 99 999 999", "9 99 99 99 999 999 99", "9999999??", "9999 9999 9999", "???9999", "99.999.999-9", "??????99?99?999?", "99999 99999 9", "999999/9999", "99-99999999-9", "?999999999",
    "9999 999999", "999999-999?", "??? 9999", "??999999?", "99 9999 9999", "9999 99999 9", "?-99999999", "?? 9999999", "99999-9999999-9",
)  # fmt: skip
_FLIGHT: Shapes = ("?? 999", "??999", "??9999", "?? 99", "?9 9999")
_FOREIGN_PHONE: Shapes = (
    "+49 9999 999999", "0999 / 99 99 99", "+34 999 99 99 99", "999 99 99 99", "+39 99 9999 9999", "+48 999 999 999", "+90 999 999 99 99", "09 99 99 99 99", "+33 9 99 99 99 99",
    "+55 99 99999-9999", "(99) 9999-9999", "+52 99 9999 9999", "+63 999 999 9999", "+254 999 999999", "0999 999 999", "0999 999 99 9", "+81 99-9999-9999", "+86 999 9999 9999", "+84 99 999 9999",
    "+47 99 99 99 99", "+46 99-999 99 99", "999-99 99 99", "+31 9 9999 9999", "099-9999999", "+972 99-999-9999", "+20 99 9999 9999", "01999 999 999", "09999 999999", "99 99 99 99", "0999-9999999",
)  # fmt: skip


def shaped(random: Random, shapes: Shapes) -> str:
    """A code of one of the shapes: 9 stands for a digit, ? for a capital letter, @ for a small one; a country's code stays."""
    pattern = random.choice(shapes)
    fixed = 3 if pattern.startswith("+") else 0
    made = [pattern[:fixed], *(_sign(random, char) for char in pattern[fixed:])]
    return "".join(made)


def _sign(random: Random, char: str) -> str:
    if char == "9":
        return digits(random, 1)
    return capitals(random, 1) if char == "?" else capitals(random, 1).lower() if char == "@" else char


def short(random: Random) -> str:
    """A record, case or door number of few signs."""
    return shaped(random, _SHORT)


def accession(random: Random) -> str:
    """A specimen's or study's number."""
    return shaped(random, _ACCESSION)


def national(random: Random) -> str:
    """Some country's personal number."""
    return shaped(random, _NATIONAL)


def flight(random: Random) -> str:
    """A flight's number."""
    return shaped(random, _FLIGHT)


def foreign_phone(random: Random) -> str:
    """A telephone number as other countries write it."""
    return shaped(random, _FOREIGN_PHONE)


def photo(random: Random, last: str) -> str:
    """A picture's file name."""
    plain = "".join(c for c in last.lower() if c.isascii() and c.isalpha()) or "pt"
    number, stamp = (
        digits(random, random.randint(2, 5)),
        f"20{random.randint(18, 27)}{random.randint(1, 12):02d}{random.randint(1, 28):02d}",
    )
    stem = random.choice(
        (
            f"IMG_{number}",
            f"{plain}_{number}",
            f"DSC{number}",
            f"{plain}_wound_{stamp}",
            f"scan_{stamp}_{plain}",
            f"{plain.upper()}{number}",
            f"foto-{plain}-{number}",
        )
    )
    return stem + random.choice((".jpg", ".jpg", ".JPG", ".png", ".jpeg", ".HEIC", ".dcm", ".tif", ".mov", ".pdf"))


def military_date(random: Random) -> str:
    """`17 JUL 2024`, `171430ZJUL24`, `17JUL24`"""
    day, month, year = random.randint(1, 28), random.choice(MONTHS)[:3].upper(), random.randint(18, 27)
    return random.choice(
        (
            f"{day:02d} {month} 20{year}",
            f"{day:02d} {month} {year}",
            f"{day:02d}{random.randint(0, 23):02d}{random.randint(0, 59):02d}{random.choice('ZLR')}{month}{year}",
            f"{day:02d}{month}{year}",
            f"{day} {month}",
        )
    )


_LOOKALIKES: Shapes = (
    "9999-9", "99999-9", "?99.9", "?99.99", "99999", "?9999", "NM_999999.9", "rs999999", "kit ?-9", "form ??-9999", "slot 9?", "tray 99", "level 9", "chapter 9.9.9", "section 9.9", "NDC 99999-999-99",
    "CPT 99999", "LOINC 9999-9", "size 9.9", "model ?999", "grade 9?", "stage 9?", "SSA-9999", "9-9 silk", "99F", "99G", "v9.9.9", "CAS 999-99-9", "ISO 9999", "page 9 of 99", "table 9-9",
    "?9?", "CD99", "?9-9", "T9N9M9", "99-9999", "p.?999?", "c.999?>?", "IgA9", "EC 9.9.9.9", "PMID 99999999", "DSM-9", "MS-DRG 999", "room 999", "HCPCS ?9999", "RVU 9.99",
)  # fmt: skip


def lookalike(random: Random) -> str:
    """A code of a catalogue, a form, a kit: nobody's."""
    return shaped(random, _LOOKALIKES)


def blood_unit(random: Random) -> str:
    """A blood unit's donation number, as ISBT 128 writes it: facility, year, serial."""
    gap = random.choice((" ", " ", " ", "", "-"))
    tail = random.choice(("", "", f" {random.randint(0, 99):02d}", f" {random.choice('ABCDEFGHKLMNPRSTUVWXYZ')}"))
    return f"{random.choice('WGCABN')}{random.randint(0, 9999):04d}{gap}{random.randint(19, 26)}{gap}{random.randint(0, 999999):06d}{tail}"
