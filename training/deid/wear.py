"""How a bad scan reads letters: swapped, lost, split and joined, inside names and places as much as in numbers."""

from __future__ import annotations

from random import Random

Pairs = list[tuple[str, int]]
_SINGLE = {
    "0": "OoQDC", "1": "lIi|!", "2": "Zz?", "3": "8B", "4": "A9", "5": "Ss", "6": "bG8", "7": "T1?", "8": "B3&", "9": "gq4", "O": "0Q", "o": "0ec", "l": "1I|i", "I": "l1|", "i": "l1j", "S": "5$", "s": "5z",
    "B": "8R", "Z": "2", "G": "6C", "e": "co", "c": "eo(", "t": "f+l", "f": "t", "a": "oe", "u": "vo", "h": "b", "b": "h6", "D": "0O", "g": "q9", "q": "g", "v": "y", "y": "v", "E": "FL", "F": "P", "P": "F", "T": "7I",
    "R": "K", "K": "X", "N": "H", "H": "N", "M": "N", "U": "V", "V": "U", "C": "GO", "A": "4",
}  # fmt: skip
_WIDE = {
    "m": ("rn", "nn"),
    "n": ("ri", "r"),
    "w": ("vv",),
    "d": ("cl",),
    "h": ("li",),
    "u": ("ii",),
    "W": ("VV",),
    "M": ("IVI",),
    "k": ("lc",),
}
_NARROW = {"rn": "m", "cl": "d", "vv": "w", "ri": "n", "li": "h", "nn": "m", "VV": "W", "II": "U"}


def damaged(run: Pairs, random: Random, rate: float) -> Pairs:
    """One identifier misread; every sign keeps its label, and what comes into it takes that of its neighbour."""
    made: Pairs = []
    skip = False
    for i, (char, label) in enumerate(run):
        if skip:
            skip = False
            continue
        following = run[i + 1] if i + 1 < len(run) else ("", -1)
        chance = random.random()
        if char == " ":
            made += [] if chance < rate * 1.5 else [(char, label)]
        elif chance < rate * 0.35 and char + following[0] in _NARROW and following[1] == label:
            made.append((_NARROW[char + following[0]], label))
            skip = True
        elif chance < rate:
            read = random.choice(_WIDE[char]) if char in _WIDE and (char not in _SINGLE or chance < rate / 2) else None
            made += [(c, label) for c in read or random.choice(_SINGLE.get(char, char))]
        elif chance < rate * 1.3 and char.isalnum() and len(run) > 4:
            continue
        elif chance < rate * 1.7 and i and run[i - 1][0].isalnum() and char.isalnum():
            made += [(" ", label), (char, label)]
        else:
            made.append((char, label))
    return made if sum(c.isalnum() for c, _ in made) > 1 else run


def misread(text: str, random: Random) -> str:
    """A text by itself, misread lightly or badly: `Valley Vlew`, `COASTAL PLA NS`, `Mernorial`."""
    return "".join(c for c, _ in damaged([(c, 0) for c in text], random, random.choice((0.04, 0.07, 0.12))))
