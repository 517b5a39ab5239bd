"""Text to normalised tokens that keep their place in the text.

Spelling is folded the same way for phrases and cases (plural, British and American), so a phrase needs one form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

TAG = "\x00tag"
_TOKEN = re.compile(
    r"""(?P<tag>\[[A-Z0-9][^\[\]\n]{0,60}\])
      |(?P<short>(?<![A-Za-z])(?:n/v/d|n/v|w/o|h/o|r/o|s/p|c/o|b/p|y/o|a&o\s?x\s?\d)(?![A-Za-z]))
      |(?P<ve>[-+]ve\b)
      |(?P<mark>\([-–+]\))
      |(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)
      |(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?\d*\+?)
      |(?P<other>\n|[^\s])""",
    re.VERBOSE | re.IGNORECASE,
)
DROPPED = frozenset(
    {"a", "an", "the", "his", "her", "my", "your", "their", "its", "some", "any", "very", "-", "‐", "–", "—", '"', "'", "’", "“", "”", "*"}
)
_IZE = re.compile(r"is(e|ed|es|ing|ation)$")
_SHORT = {"n/v": "nv", "n/v/d": "nvd", "b/p": "bp", "(–)": "(-)", "-ve": "negative", "+ve": "positive"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token: normal form and place in the text; `number` marks figures, `word` marks letters."""

    norm: str
    start: int
    end: int
    word: bool


@lru_cache(maxsize=20_000)
def normal(word: str) -> str:
    """The normal form of one word."""
    low = word.lower().replace("’", "'").removesuffix("'s")
    low = _SHORT.get(low, low)
    if len(low) <= 3:
        return low
    low = low.replace("ae", "e").replace("oe", "e").replace("our", "or").replace("leuco", "leuko").replace("sulph", "sulf")
    return _singular(_IZE.sub(r"iz\1", low) if "is" in low else low)


def _singular(word: str) -> str:
    if word[-1] != "s" or word.endswith(("ss", "us", "is")) or len(word) <= 3:
        return word
    if word.endswith("aches"):
        return word[:-1]
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word[:-1]


def tokenize(text: str) -> list[Token]:
    """The tokens of a text without articles, possessives, quotation marks and dashes. A redaction tag is one token, TAG."""
    found = []
    for match in _TOKEN.finditer(text):
        kind, raw = match.lastgroup, match.group()
        if kind == "tag":
            found.append(Token(TAG, match.start(), match.end(), False))
        elif raw.lower() not in DROPPED:
            found.append(Token(normal(raw), match.start(), match.end(), kind in ("word", "short", "number", "ve")))
    return found


@lru_cache(maxsize=20_000)
def phrase_tokens(phrase: str) -> tuple[str, ...]:
    """The normal forms of a phrase of the knowledge base; `~` stays as the sign for a gap."""
    return tuple(token.norm for token in tokenize(phrase))
