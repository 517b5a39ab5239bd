"""Check digits that tell an identifier from a measurement."""

from __future__ import annotations

_VIN_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9], strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 check digit, as in payment cards."""
    total = 0
    for i, char in enumerate(reversed(digits)):
        value = int(char) * (1 + i % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def npi(digits: str) -> bool:
    """National Provider Identifier: ten digits, Luhn with prefix 80840 (45 CFR 162.406)."""
    return len(digits) == 10 and digits.isdigit() and digits[0] in "12" and luhn("80840" + digits)


def dea(code: str) -> bool:
    """DEA registration: two letters and seven digits; the last is (odd places + 2 × even places) mod 10."""
    letters, digits = code[:2], code[2:]
    if not (letters.isalpha() and len(digits) == 7 and digits.isdigit()):
        return False
    d = [int(c) for c in digits]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]


def vin(code: str) -> bool:
    """Vehicle identification number: 17 characters, check digit in place nine (49 CFR 565.15)."""
    values = [_VIN_VALUES.get(c) for c in code.upper()]
    if len(values) != 17 or None in values:
        return False
    rest = sum(v * w for v, w in zip(values, _VIN_WEIGHTS, strict=True) if v is not None) % 11
    return code[8].upper() == ("X" if rest == 10 else str(rest))
