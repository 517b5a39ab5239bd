"""`python -m tools.build_word_table`: the word lists of core/deid/data packed into words.bin, which is what the redactor reads.

Run it after any change to a list; a test says when it was forgotten.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable

from core.deid.lexicon import BITS, TABLE, key_of, sections


def merged() -> dict[str, int]:
    """Word → packed bits, out of all lists."""
    found: dict[str, int] = {}

    def add(words: Iterable[str], value: int) -> None:
        for word in words:
            found[word] = found.get(word, 0) | value

    for name, shift in (("first_names.txt", BITS.first), ("surnames.txt", BITS.last)):
        for label, words in sections(name):
            add(words, int(label) << shift)
    for label, words in sections("english.txt"):
        add(words, int(label) << BITS.common if label != "0" else BITS.capital)
    for label, words in sections("icd_words.txt"):
        add(words, BITS.clinical if label == "1" else BITS.eponym)
    for label, words in sections("clinical.txt"):
        add(words, BITS.eponym if label == "eponyms" else BITS.clinical)
    for _, words in sections("drugs.txt"):
        add(words, BITS.clinical)
    for label, words in sections("cities.txt"):
        add((word for word in words if "_" not in word), int(label) << BITS.city)
    return found


def packed(words: dict[str, int]) -> bytes:
    """Keys in order, then their bits. Raises ValueError when two words share a key."""
    table = sorted((key_of(word), bits) for word, bits in words.items())
    keys, bits = array("Q", (key for key, _ in table)), array("H", (value for _, value in table))
    if len(set(keys)) < len(keys):
        raise ValueError("two words share a key")
    if sys.byteorder == "big":
        keys.byteswap()
        bits.byteswap()
    return keys.tobytes() + bits.tobytes()


if __name__ == "__main__":
    TABLE.write_bytes(packed(merged()))
