"""How a case stands in the user message, and how to read it back: `read_case` undoes `build_prompt`.

Each part is a line `## Label` with its text below. A case's own text can neither close the block nor
open a part: a backslash goes in front of any `##` and behind the `<` of any `<case` or `</case`,
whatever stands between. Taking one backslash away again gives back exactly what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from core.model import TEXT_FIELDS, AgeRange, Demographics, Mark, Redacted, Sex
from core.prompting.template import template

_LABELS = {spec.name: spec.label for spec in TEXT_FIELDS}
SECTION_LABELS: Mapping[str, str] = MappingProxyType(
    {"chief_complaint": _LABELS["chief_complaint"], "age": "Age", "sex": "Sex", "symptoms": _LABELS["symptoms"], **_LABELS}
)
_NAMES = {label: name for name, label in SECTION_LABELS.items()}
_HEADING = re.compile(rf"^## ({'|'.join(map(re.escape, _NAMES))})\n", re.M)

_TYPED_HEADING = re.compile(r"(?=\\*##)\\*+#+")
_TYPED_TAG = re.compile(r"[<＜](?=[^\w<＜]*+case\b)", re.I)
_ESCAPED_HEADING = re.compile(r"\\(\\*+##)")
_ESCAPED_TAG = re.compile(r"([<＜])\\(?=[^\w<＜]*+case\b)", re.I)
_AGE = re.compile(r"(child|adult|senior)(?:, (?:(\d{1,3}) years|(90) years or older))?")


@dataclass(frozen=True)
class SentCase:
    """A case as a provider reads it: texts by field name, and the person when the message says so."""

    texts: dict[str, str]
    demographics: Demographics | None


def age_line(demographics: Demographics) -> str:
    """The age as sent: `adult, 54 years`, or `adult` when only the band is known."""
    return ", ".join(filter(None, (demographics.age_range.value, demographics.age_words())))


def neutralised(redacted: Redacted) -> Redacted:
    """The same text, unable to close the case or to open a part; its marks moved along."""
    headings = [m.start() for m in _TYPED_HEADING.finditer(redacted.text)]
    redacted = _with_backslashes(redacted, headings)
    return _with_backslashes(redacted, [m.end() for m in _TYPED_TAG.finditer(redacted.text)])


def _with_backslashes(redacted: Redacted, places: list[int]) -> Redacted:
    if not places:
        return redacted
    text = redacted.text
    edges = [0, *places, len(text)]
    moved = "\\".join(text[a:b] for a, b in pairwise(edges))
    marks = (Mark(m.start + sum(p <= m.start for p in places), m.end + sum(p < m.end for p in places), m.category) for m in redacted.marks)
    return Redacted(moved, tuple(marks))


def as_typed(text: str) -> str:
    """Undo `neutralised` on a text."""
    return _ESCAPED_HEADING.sub(r"\1", _ESCAPED_TAG.sub(r"\1", text))


def case_block(user_message: str) -> str | None:
    """The parts between the delimiters as they were sent, or None when the message isn't one of ours."""
    before, _, after = template("user").partition("{{case}}")
    end = user_message.rfind(after.partition(">")[0] + ">")
    return user_message[len(before) : end] if user_message.startswith(before) and end >= len(before) else None


def read_case(user_message: str) -> SentCase:
    """Texts by field name and the demographics of a message made by `build_prompt`.

    Any other text is taken whole as the symptoms, of a person of whom nothing is known. Never raises.
    """
    block = case_block(user_message)
    parts = _HEADING.split(block) if block is not None else [user_message]
    if parts[0] or len(parts) < 3:
        return SentCase({"symptoms": user_message}, None)
    labels, bodies = parts[1::2], [*(text.removesuffix("\n") for text in parts[2:-1:2]), parts[-1]]
    texts = {_NAMES[label]: as_typed(body) for label, body in zip(labels, bodies, strict=True)}
    return SentCase(texts, _demographics(texts.pop("age", ""), texts.pop("sex", "")))


def _demographics(age: str, sex: str) -> Demographics | None:
    found = _AGE.fullmatch(age)
    if not found or sex not in set(Sex):
        return None
    years = found[2] or found[3]
    return Demographics(AgeRange(found[1]), Sex(sex), int(years) if years else None)
