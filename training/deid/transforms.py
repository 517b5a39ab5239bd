"""What scanners, hurry and mail programs do to a text, done to the text and its labels together."""

from __future__ import annotations

from random import Random

from training.deid.grammar import LABELS

_SCAN = {"0": "O", "1": "l", "5": "S", "8": "B", "O": "0", "l": "1", "I": "l", "S": "5", "B": "8", "m": "rn", "e": "c", "o": "0"}
_NUMBERS = frozenset(LABELS.index(k) for k in ("ID", "CONTACT", "DATE", "ZIP"))
Pairs = list[tuple[str, int]]


def transformed(text: str, labels: bytearray, random: Random) -> tuple[str, bytearray]:
    """The text after some of: one case, capital lines, typos, scanning, hard wraps, tabs, lost spaces, a lost end."""
    pairs = list(zip(_cased(text, random), labels, strict=True))
    for chance, change in (
        (0.22, _typed),
        (0.07, _scanned),
        (0.2, _wrapped),
        (0.08, _tabbed),
        (0.06, _squashed),
        (0.03, _broken),
        (0.06, _cut),
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
    rate = random.choice((0.01, 0.03, 0.08))
    made: Pairs = []
    for char, label in pairs:
        often = rate * (4 if label in _NUMBERS else 1)
        read = _SCAN.get(char, char) if random.random() < often else char
        made += [(c, label) for c in read]
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
    """Numbers broken over two lines at a hyphen, as at a page's edge."""
    made: Pairs = []
    for char, label in pairs:
        made.append((char, label))
        if char == "-" and label in _NUMBERS and random.random() < 0.4:
            made.append(("\n", label))
    return made


def _cut(pairs: Pairs, random: Random) -> Pairs:
    """A text that ends in the middle of something."""
    return pairs[: random.randint(len(pairs) // 2, len(pairs))] if pairs else pairs
