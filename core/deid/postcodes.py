"""ZIP codes and the postal codes of Canada and Britain: behind a state, a label or a preposition, or by their own letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.lexicon import words
from core.deid.note import Note, tried

STATES = words("places.states")
_STATE_CODES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|IA|ID|IL|IN|KS|KY|LA|MA|MD|ME|MI|MN|MO|MS|MT|NC|ND|NE|NH|NJ|NM|NV|NY|OH|OK|OR"
    "|PA|PR|RI|SC|SD|TN|TX|UT|VA|VT|WA|WI|WV|WY|DC|GU|VI|AS|MP|PW|FM|MH|AE|AP|AA"
)
STATE_CODES = frozenset(_STATE_CODES.split("|"))
_MOST_MARKS = 4
_FORMS = (
    re.compile(rf"\b(?:{_STATE_CODES})\.?,? {{1,3}}(\d{{5}}(?:-\d{{4}})?)(?![\w-])"),
    re.compile(
        r"\b(?:zip(?: ?code)?|postal code|postcode)[ :=#]{0,3}(?:is )?(\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d"
        r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?!\w)",
        re.I,
    ),
    re.compile(r"(?<![\w.-])(\d{5}-\d{4})(?![\w-])"),
    re.compile(r"\b([ABCEGHJ-NPR-TVXY]\d[A-CEGHJ-NPRSTV-Z] \d[A-Z]\d)\b"),
    re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2})\b"),
    re.compile(rf"\b(?:{'|'.join(s.title() for s in sorted(STATES))}),? {{1,3}}(\d{{5}}(?:-\d{{4}})?)(?![\w-])"),
    re.compile(
        r"\b(?:in|at|near|from|area|location|resid(?:es|ing) in|lives in|address)[ :(]{1,3}(\d{5})(?![\w,.-])(?! ?(?:mg|ml"
        r"|units?|steps?|cells|iu|copies|/|%|patients|people))",
        re.I,
    ),
)


def postal_codes(note: Note) -> Iterator[re.Match[str]]:
    """Postal codes: behind a state or a preposition five digits, else by their letters or their label."""
    text, states, labelled, plus, canadian, british, spelled_out, behind_word = (note.text, *_FORMS)
    if 5 in note.numbers:
        fives = note.stretches([i for i, t in enumerate(note.tokens) if t.shape == "d" and len(t.text) == 5 and _located(note, i)], 40, 24)
        for pattern in (states, spelled_out, behind_word):
            for start, end in fives:
                yield from pattern.finditer(text, start, end)
        yield from tried(plus, text, note.figures(9, 2, "-"))
    if not _ZIP_LABELS.isdisjoint(note.words):
        yield from labelled.finditer(text)
    yield from tried(canadian, text, note.capital_starts)
    yield from tried(british, text, note.capital_starts)


def _located(note: Note, index: int) -> bool:
    """Whether a state or a preposition of place stands before a number, marks between them left out."""
    for at in range(index - 1, index - 1 - _MOST_MARKS, -1):
        if note.low(at) not in _BEFORE_ZIP:
            return note.low(at) in _ZIP_HEADS
    return False


_BEFORE_ZIP = (",", ".", ":", "(")
_ZIP_HEADS = STATES | {code.lower() for code in STATE_CODES} | {"in", "at", "near", "from", "area", "location", "address"}
_ZIP_LABELS = frozenset(("zip", "zipcode", "postal", "postcode"))
