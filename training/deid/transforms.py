"""What scanners, hurry and mail programs do to a text, done to the text and its labels together."""

from __future__ import annotations

from itertools import groupby, pairwise
from random import Random

from training.deid.grammar import LABELS
from training.deid.wear import Pairs, damaged

_SCAN = {
    "0": "OOo", "1": "lI|i", "2": "Zz", "5": "SS", "6": "bG", "8": "BB", "9": "gq", "O": "0", "o": "0", "l": "1", "I": "l1", "i": "1", "S": "5", "s": "5", "B": "8", "Z": "2", "G": "6", "e": "c", "c": "e",
    "m": ("rn",), "t": "f", "a": "o", "n": "ri", "u": "v", "h": "b", "D": "O", "g": "q", "w": ("vv",), "d": ("cl",),
}  # fmt: skip
_NUMBERS = frozenset(LABELS.index(k) for k in ("ID", "CONTACT", "DATE", "ZIP"))
_WORDS = frozenset(LABELS.index(k) for k in ("NAME", "PLACE", "STREET", "REGION", "FACILITY"))
_SPECKS = ".,'`~|-_:;*"


def transformed(text: str, labels: bytearray, random: Random, *, worn: float = 0.06) -> tuple[str, bytearray]:
    """The text after some of: one case, capital lines, typos, scanning, hard wraps, tabs, lost spaces, a lost end; `worn` is the chance of scanning."""
    pairs = list(zip(_cased(text, random), labels, strict=True))
    for chance, change in (
        (0.2, _typed),
        (worn, _scanned),
        (worn * 0.6, _misread),
        (worn / 3, _joined),
        (worn / 3, _specked),
        (worn / 3, _spaced),
        (worn / 2, _smudged),
        (0.16, _wrapped),
        (0.07, _tabbed),
        (0.06, _squashed),
        (0.03 + worn / 4, _broken),
        (0.05, _cut),
    ):
        if random.random() < chance:
            pairs = change(pairs, random)
    return "".join(c for c, _ in pairs), bytearray(label for _, label in pairs)


def _cased(text: str, random: Random) -> str:
    chance = random.random()
    if chance < 0.09:
        changed = text.lower()
    elif chance < 0.16:
        changed = text.upper()
    elif chance < 0.24:
        changed = "\n".join(line.upper() if random.random() < 0.4 else line for line in text.split("\n"))
    else:
        return text
    return changed if len(changed) == len(text) else text


def _typed(pairs: Pairs, random: Random) -> Pairs:
    rate = random.choice((0.003, 0.01, 0.02))
    made: Pairs = []
    for char, label in pairs:
        if char.isalpha() and random.random() < rate:
            kind = random.random()
            if kind < 0.3:
                continue
            if kind < 0.6:
                made.append((char, label))
            elif kind < 0.8:
                char = random.choice("abcdefghijklmnopqrstuvwxyz")
        made.append((char, label))
    return made


def _scanned(pairs: Pairs, random: Random) -> Pairs:
    """Letters for digits and digits for letters, oftener in numbers."""
    rate = random.choice((0.01, 0.03, 0.08, 0.15))
    made: Pairs = []
    for char, label in pairs:
        often = min(0.5, rate * (4 if label in _NUMBERS else 1))
        read = random.choice(_SCAN[char]) if char in _SCAN and random.random() < often else char
        made += [(c, label) for c in read]
    return made


def _misread(pairs: Pairs, random: Random) -> Pairs:
    """Names, houses and places swapped, split, joined and short of letters; now and then the words about them too."""
    often, rate, around = random.choice((0.3, 0.6, 0.9)), random.choice((0.04, 0.08, 0.15)), random.choice((0.0, 0.02, 0.06))
    made: Pairs = []
    for label, group in groupby(pairs, key=lambda pair: pair[1]):
        run = list(group)
        chosen = label in _WORDS and random.random() < often
        made += damaged(run, random, rate) if chosen else damaged(run, random, around) if not label and around else run
    return made


def _joined(pairs: Pairs, random: Random) -> Pairs:
    """Words run together, lines run on."""
    rate = random.choice((0.02, 0.06))
    made: Pairs = []
    for char, label in pairs:
        if char == " " and random.random() < rate:
            continue
        made.append((" " if char == "\n" and random.random() < rate * 4 else char, label))
    return made


def _specked(pairs: Pairs, random: Random) -> Pairs:
    """Dust read as points, bars and dashes."""
    made: Pairs = []
    for i, (char, label) in enumerate(pairs):
        made.append((char, label))
        if random.random() < 0.012:
            following = pairs[i + 1][1] if i + 1 < len(pairs) else 0
            made.append((random.choice(_SPECKS), label if following == label else 0))
    return made


def _spaced(pairs: Pairs, random: Random) -> Pairs:
    """One to three lines letter by letter."""
    ends = [-1, *(i for i, (c, _) in enumerate(pairs) if c == "\n"), len(pairs)]
    lines = list(pairwise(ends))
    chosen = set(random.sample(lines, min(len(lines), random.randint(1, 3))))
    gap = random.choice((1, 1, 2))
    made: Pairs = []
    for start, end in lines:
        row = pairs[start + 1 : end]
        if (start, end) in chosen and len(row) < 160:
            for i, (char, label) in enumerate(row):
                last = i == len(row) - 1
                made += [(char, label), *([(" ", label if not last and row[i + 1][1] == label else 0)] * (gap if not last else 0))]
        else:
            made += row
        made += pairs[end : end + 1]
    return made


def _smudged(pairs: Pairs, random: Random) -> Pairs:
    """Pieces lost, as under a crease; doubled spaces; dots for what cannot be read."""
    made: Pairs = []
    skip = 0
    for i, (char, label) in enumerate(pairs):
        if skip:
            skip -= 1
            continue
        chance = random.random()
        if chance < 0.008:
            skip = random.randint(0, 2)
            made += [("." if char != "\n" else char, label)] * random.choice((1, 3))
        elif char == " " and chance < 0.12:
            made += [(" ", label), (" ", label)]
        elif chance < 0.02 and i and label and pairs[i - 1][1] == label:
            made += [(" ", label), (char, label)]
        else:
            made.append((char, label))
    return made


def _wrapped(pairs: Pairs, random: Random) -> Pairs:
    width, column = random.randint(36, 100), 0
    made: Pairs = []
    for char, label in pairs:
        column = 0 if char == "\n" else column + 1
        if char == " " and column > width:
            char, column = "\n", 0
        made.append((char, label))
    return made


def _tabbed(pairs: Pairs, random: Random) -> Pairs:
    return [("\t" if c == " " and random.random() < 0.05 else c, label) for c, label in pairs]


def _squashed(pairs: Pairs, random: Random) -> Pairs:
    """Spaces lost behind punctuation."""
    return [p for i, p in enumerate(pairs) if not (p[0] == " " and i and pairs[i - 1][0] in ".,:;" and random.random() < 0.5)]


def _broken(pairs: Pairs, random: Random) -> Pairs:
    """Numbers and names broken over two lines, at a hyphen or with one, as at a page's edge."""
    made: Pairs = []
    for i, (char, label) in enumerate(pairs):
        made.append((char, label))
        if char == "-" and label in _NUMBERS and random.random() < 0.4:
            made.append(("\n", label))
        elif (
            label
            and char.isalpha()
            and 2 < i < len(pairs) - 3
            and all(c.isalpha() for c, _ in pairs[i - 2 : i + 3])
            and random.random() < 0.012
        ):
            made += [("-", label), ("\n", label)]
    return made


def _cut(pairs: Pairs, random: Random) -> Pairs:
    """A text that ends in the middle of something."""
    return pairs[: random.randint(len(pairs) // 2, len(pairs))] if pairs else pairs
