"""Names, dates, numbers and ages as they are dictated: spelled letter by letter, counted in words."""

from __future__ import annotations

from random import Random

from training.deid.values import MONTHS

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth"
    " seventeenth eighteenth nineteenth twentieth"
).split()
_WORDS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "apple boy cat dog easy frank george henry item john king larry mary nancy orange peter queen robert sam tom under victor walter xray yellow zebra".split(),
        strict=True,
    )
)


def counted(number: int, hyphen: str = " ") -> str:
    """A number below 100 in words."""
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10] + (hyphen + _ONES[number % 10] if number % 10 else "")


def ordinal(day: int) -> str:
    """A day of the month in words."""
    if day <= 20:
        return _ORDINALS[day - 1]
    return "thirtieth" if day == 30 else f"{_TENS[day // 10]} {_ORDINALS[day % 10 - 1]}"


def year(random: Random, low: int, high: int) -> str:
    """A year in words."""
    number = random.randint(low, high)
    if number >= 2000:
        rest = number - 2000
        return (
            random.choice((f"two thousand {counted(rest)}", f"twenty {counted(rest)}", f"two thousand and {counted(rest)}"))
            if rest
            else "two thousand"
        )
    return f"nineteen {counted(number % 100)}"


def date(random: Random) -> str:
    """A day in words, with its year or without."""
    day, month = random.randint(1, 28), random.choice(MONTHS)
    name = month if random.random() < 0.5 else month.lower()
    written = random.choice((ordinal(day), ordinal(day), counted(day), f"{day}"))
    text = random.choice((f"{name} {written}", f"{name} {written}", f"{name} the {ordinal(day)}", f"the {ordinal(day)} of {name}"))
    if random.random() < 0.6:
        text += random.choice((" ", ", ", " of ")) + (
            year(random, 1922, 2027) if random.random() < 0.75 else str(random.randint(1930, 2027))
        )
    return text


def digits(random: Random) -> str:
    """A number read out digit by digit or in pairs."""
    words = [
        random.choice(("oh", "zero")) if d == 0 else _ONES[d]
        for d in (random.randint(0, 9) for _ in range(random.choice((4, 5, 6, 7, 7, 8, 10))))
    ]
    chance = random.random()
    if chance < 0.12:
        at = random.randrange(len(words) - 1)
        words[at : at + 2] = [random.choice(("double ", "triple ")) + words[at]]
    elif chance < 0.24:
        words = [counted(random.randint(10, 99)) for _ in range(random.randint(2, 4))]
    elif chance < 0.32:
        words.insert(0, random.choice("abcdefghmnqrsx"))
    return random.choice((" ", " ", " ", "-", " dash ")).join(words) if random.random() < 0.3 else " ".join(words)


def age(random: Random, low: int, high: int) -> str:
    """An age in words."""
    number = random.randint(low, high)
    if number < 100:
        return counted(number, random.choice((" ", "-")))
    return random.choice(("a hundred and ", "one hundred ", "one hundred and ")) + counted(number - 100) if number > 100 else "one hundred"


def spelled(random: Random, name: str) -> str:
    """A name letter by letter."""
    letters = [c for c in name if c.isalpha()][:11]
    chance = random.random()
    if chance < 0.35:
        return "-".join(letters).upper()
    if chance < 0.8:
        text = " ".join(letters)
        return text.lower() if random.random() < 0.6 else text.upper()
    like = [f"{c.upper()} as in {_WORDS.get(c.upper(), 'x').title()}" if random.random() < 0.5 else c.upper() for c in letters[:6]]
    return random.choice((" ", ", ")).join(like)
