"""A word that shows in the answer when the system's instructions were overridden.

It stands below the case with the order never to write it. Nobody can name it ahead: it follows from the case as sent, so that the same case
gives the same bytes, and a text hidden in a case can neither hold it nor ask for an answer without it.
"""

from __future__ import annotations

import hashlib
import re

from core.prompting.template import template

WORD_CHARS = 8
_LETTERS = "bcdfghjklmnpqrstvwxz"  # no vowels: no word of any case looks like it
_MARK = "{{canary}}"


def canary_of(case: str) -> str:
    """Eight letters that follow from the case's text as it is sent."""
    number = int.from_bytes(hashlib.sha256(f"control word\0{case}".encode()).digest()[:8], "big")
    return "".join(_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(WORD_CHARS))


def canary_in(user_message: str) -> str:
    """The control word of a message made by `build_prompt`; empty for any other text."""
    before, _, after = template("user").partition("{{case}}")[2].partition(_MARK)
    found = re.search(rf"{re.escape(before)}([{_LETTERS}]{{{WORD_CHARS}}}){re.escape(after)}\Z", user_message)
    return found[1] if found else ""


def with_canary(after: str, case: str) -> str:
    """The part of the template below the case, with the case's control word in its place."""
    return after.replace(_MARK, canary_of(case))
