"""National numbers of other countries that carry letters, separators or a check digit, by shape and check.

Bare digits of seven and more go anyway; here are the forms that would otherwise pass, and the checks that make them certain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from core.deid.checks import luhn
from core.deid.found import Found
from core.deid.note import Note, tried
from core.model import Category

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_VERHOEFF_D = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_VERHOEFF_P = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """The sum of digits times weights, as far as both go."""
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def nhs(digits: str) -> bool:
    """NHS number of England, Wales and the Isle of Man: ten digits, modulus 11."""
    check = 11 - weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return len(digits) == 10 and check != 10 and int(digits[9]) == check % 11


def aadhaar(digits: str) -> bool:
    """Indian Aadhaar: twelve digits, the first not 0 or 1, Verhoeff check digit."""
    state = 0
    for i, char in enumerate(reversed(digits)):
        state = int(_VERHOEFF_D[state][int(_VERHOEFF_P[i % 8][int(char)])])
    return len(digits) == 12 and digits[0] not in "01" and state == 0


def tfn(digits: str) -> bool:
    """Australian tax file number: nine digits, modulus 11."""
    return len(digits) == 9 and weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def cpf(digits: str) -> bool:
    """Brazilian CPF: eleven digits, two check digits modulus 11."""
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    first = weighted(digits, tuple(range(10, 1, -1))) * 10 % 11 % 10
    second = weighted(digits, tuple(range(11, 1, -1))) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def nir(code: str) -> bool:
    """French NIR: thirteen characters and a key of two, 97 minus the number modulus 97; Corsica's 2A and 2B count as 19 and 18."""
    digits = code.upper().replace("2A", "19", 1).replace("2B", "18", 1)
    return len(digits) == 15 and digits.isdigit() and 97 - int(digits[:13]) % 97 == int(digits[13:])


def bsn(digits: str) -> bool:
    """Dutch BSN: nine digits, weighted sum with the last digit negative, modulus 11."""
    return len(digits) == 9 and digits != "0" * 9 and weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def pesel(digits: str) -> bool:
    """Polish PESEL: eleven digits, weights 1 3 7 9, modulus 10."""
    return len(digits) == 11 and (10 - weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10 == int(digits[10])


def dni(code: str) -> bool:
    """Spanish DNI or NIE: the letter is the number modulus 23."""
    code = code.upper()
    number = str("XYZ".find(code[0])) + code[1:-1] if code[0] in "XYZ" else code[:-1]
    return number.isdigit() and len(code) == 9 and _DNI_LETTERS[int(number) % 23] == code[-1]


def personnummer(digits: str) -> bool:
    """Swedish personal number: the last ten digits by Luhn."""
    return len(digits) in (10, 12) and luhn(digits[-10:])


def belgian(digits: str) -> bool:
    """Belgian national number: 97 minus the first nine digits modulus 97, with a leading 2 for births from 2000 on."""
    return len(digits) == 11 and int(digits[9:]) in (97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97)


def ahv(digits: str) -> bool:
    """Swiss AHV number: thirteen digits from 756 on, EAN-13 check digit."""
    return len(digits) == 13 and (10 - weighted(digits, (1, 3) * 6) % 10) % 10 == int(digits[12])


def rut(code: str) -> bool:
    """Chilean RUT: modulus 11 with weights 2 to 7, K for ten."""
    body, check = code[:-1], code[-1].upper()
    if not body.isdigit():
        return False
    rest = 11 - sum(int(c) * (2 + i % 6) for i, c in enumerate(reversed(body))) % 11
    return check == {11: "0", 10: "K"}.get(rest, str(rest))


def always(_code: str) -> bool:
    """For forms that say enough by their shape."""
    return True


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str], bool], bool], ...] = tuple(
    (re.compile(rf"(?<![\w.-]){pattern}(?![\w-])"), check, pattern[1].isupper())
    for pattern, check in (
        (r"\d{3}[ -]\d{3}[ -]\d{4}", nhs),
        (r"\d{4}[ -]\d{4}[ -]\d{4}", always),
        (r"\d{3}[ -]\d{3}[ -]\d{3}", lambda d: luhn(d) or tfn(d) or bsn(d)),
        (r"\d{3}\.\d{3}\.\d{3}-\d{2}", always),
        (r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}", nir),
        (r"\d{8}-?[A-Za-z]", dni),
        (r"[A-Z](?<=[XYZ])-?\d{7}-?[A-Za-z]", dni),
        (r"(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])[-+]\d{4}", personnummer),
        (r"(?:[0-2]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+A]\d{3}[0-9A-Y]", always),
        (r"\d{2}\.\d{2}\.\d{2}[- ]\d{3}[.-]\d{2}", always),
        (r"756\.\d{4}\.\d{4}\.\d{2}", ahv),
        (r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]", rut),
        (r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", always),
        (r"\d{7}[A-W][A-IW]?", always),
        (r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", always),
        (r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", always),
        (r"[STFGM]\d{7}[A-Z]", always),
        (r"\d{6}-[1-8]\d{6}", always),
        (r"\d{6}-\d{2}-\d{4}", always),
        (r"[A-Z]{1,2}\d{6}\([0-9A]\)", always),
        (r"\d{17}[\dXx]", always),
        (r"\d{5}-\d{7}-\d", always),
        (r"[A-Z]\d{4}[ -]?(?:1[5-9]|2\d|3[0-5])[ -]?\d{6}(?: \d{2}| [A-Z])?", always),  # a blood unit's, by ISBT 128
    )
)
# Those that begin with a digit hold at least so many before their first letter.
_FEWEST = 6


def national_numbers(note: Note) -> Iterator[Found]:
    """Numbers of the kinds above."""
    digits, letters = note.figures(_FEWEST), note.capital_starts
    for pattern, check, lettered in _FORMS if note.figure_starts else ():
        for match in tried(pattern, note.text, letters if lettered else digits):
            if check("".join(c for c in match[0] if c.isalnum())):
                yield Found(match.start(), match.end(), Category.OTHER_ID, 0.9, "national")
