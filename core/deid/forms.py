"""Fields whose label stands before them: `Surname: Okafor`, `County ..... Elm`, JSON and FHIR keys, XML attributes and elements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.cues import CLINICIAN, PATIENT, PERSON
from core.deid.found import Found
from core.deid.labels import KEPT, kind_of, role_of, value_found
from core.deid.lexicon import words
from core.deid.note import Note
from core.deid.numbers import measured
from core.deid.runs import name_run, trimmed_run
from core.model import Category

_MARK = re.compile(r"[:=._](?:(?<=[:=])|(?<=[._])(?:\.{2,90}|_{2,60}):?)[ \t]{0,20}(?=[^\s.:=_])")
_MOST_LABEL = 64
_VALUE_END = re.compile(r"\n|\t|  |[|;]|, (?=[A-Za-z /]{2,24}:)")
_BIOMETRIC = words("numbers.biometric")
_NAME_LABELS = words("forms.names")
_PLACE_LABELS = words("forms.places")
_MOST_VALUE = 80
_PAIR = re.compile(
    r'"([A-Za-z_][\w .-]{0,30})"\s{0,4}:\s{0,4}(\[?)\s{0,4}"((?:[^"\\\n]|\\.){1,200})"((?:\s{0,4},\s{0,4}"(?:[^"\\\n]|\\.){1,80}"){0,6})'
)
_PARENT = re.compile(r'"([A-Za-z]\w{0,30})"\s{0,4}:\s{0,4}\[?\s{0,4}\{')
_STRING = re.compile(r'"((?:[^"\\\n]|\\.){1,80})"')
_ELEMENT = re.compile(r"<([A-Za-z][\w:.-]{1,40})(?: [^<>\n]{0,120})?>([^<>\n]{1,120})</\1>")
_ATTRIBUTE = re.compile(r"<([A-Za-z][\w:.-]{1,40}) (?:[^<>\n]{0,80} )?(?:value|V|extension)=\"([^\"\n]{1,120})\"")
_PEOPLE = words("forms.person_keys")
_ORGANISATIONS = words("forms.organisation_keys")
_DETECTOR = "field"
_HALVES = frozenset(("first", "last"))
_PARTS = re.compile(r"\b(?:surname|last|first|given|middle|m\.?i|preferred|pref)\b\.? ?:", re.IGNORECASE)


def form_values(note: Note) -> Iterator[Found]:
    """What labelled fields hold, where the label promises an identifier."""
    text = note.text
    if ":" in text or "=" in text or "..." in text or "___" in text:
        yield from _labelled(note)
    if '":' in text or '" :' in text:
        yield from _keyed(text)
    if "</" in text or "/>" in text:
        yield from _elements(text)


def _labelled(note: Note) -> Iterator[Found]:
    text = note.text
    marks = [(m, _label_before(text, m.start())) for m in _MARK.finditer(text)]
    for i, (mark, words_before) in enumerate(marks):
        label, kind = _known(words_before) if words_before else ("", None)
        if kind is None or kind == KEPT:
            continue
        start = mark.end()
        stop = _VALUE_END.search(text, start, start + _MOST_VALUE)
        following = marks[i + 1][0].start() - len(marks[i + 1][1]) if i + 1 < len(marks) and marks[i + 1][1] else len(text)
        yield from _value(note, start, min(stop.start() if stop else start + _MOST_VALUE, max(following, start), len(text)), kind, label)


def _label_before(text: str, end: int) -> str:
    """Up to four words that stand before a mark in one phrase."""
    head = text[max(0, end - _MOST_LABEL) : end].rstrip(" .")
    for part in ("\n", "\t", "  ", "|", ";", "(", ", ", ". ", ": "):
        head = head.rsplit(part, 1)[-1]
    words_before = head.strip().split(" ")[-4:]
    return " ".join(words_before) if words_before[0][:1].isalpha() else ""


def _known(label: str) -> tuple[str, Category | str | None]:
    """The longest tail of the words before the colon that is a label."""
    parts = label.split()
    if not _BIOMETRIC.isdisjoint(re.findall(r"[a-z]+", label.lower())):
        return label, None
    for i in range(len(parts)):
        tail = " ".join(parts[i:])
        kind = kind_of(tail)
        if kind is not None:
            return tail, kind
    return label, None


def _value(note: Note, start: int, end: int, kind: Category | str, label: str) -> Iterator[Found]:
    low = label.lower()
    if kind is Category.NAME:
        if low in _HALVES and _beside_its_other_half(note.text, start):
            token = note.tokens[note.index_at(start)]
            if token.shape in "CU" and token.end <= end and token.low not in words("labels.blank"):
                yield Found(token.start, token.end, Category.NAME, 0.95, "form", role_of(label))  # be it `Sunday`
        elif not _NAME_LABELS.isdisjoint(re.findall(r"[a-z]+", low)):
            yield from _name(note, start, end, label)
    elif kind is Category.STREET:
        if any(c.isdigit() for c in note.text[start:end]):
            yield from value_found(note.text, start, end, kind, label, _DETECTOR)
    elif kind in (Category.PLACE, Category.FACILITY):
        if not _PLACE_LABELS.isdisjoint(re.findall(r"[a-z]+", low)) and note.text[start].isupper():
            yield from value_found(note.text, start, _phrase_end(note.text, start, end), kind, label, _DETECTOR)
    else:
        for found in value_found(note.text, start, end, kind, label, _DETECTOR):
            if not (measured(note.text, found.end) or _slight(note.text[found.start : found.end], kind)):
                yield found


def _beside_its_other_half(text: str, start: int) -> bool:
    """Whether the same line asks for another part of the name: `Last: Moore  First: Sunday`."""
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", start)
    return len(_PARTS.findall(text, first, len(text) if last < 0 else last)) > 1


def _phrase_end(text: str, start: int, end: int) -> int:
    """A place in a form ends with its sentence."""
    stop = re.compile(r"[.:(] |[.,]$").search(text, start, end)
    return stop.start() if stop else end


def _slight(value: str, kind: Category | str) -> bool:
    digits = sum(c.isdigit() for c in value)
    if kind in (Category.DATE, Category.AGE, Category.ZIP, Category.EMAIL, Category.URL, Category.PHONE, Category.FAX, Category.SSN):
        return False
    return digits < 4 and not (digits >= 2 and len(value) >= 5 and value == value.upper())


def _name(note: Note, start: int, end: int, label: str) -> Iterator[Found]:
    index = note.index_at(start)
    stop = trimmed_run(note, index, name_run(note, index, lower=2, last_first=True), keep=1)
    if stop > index and note.tokens[stop - 1].end <= end + 1 and note.low(index) not in words("labels.blank"):
        yield Found(note.tokens[index].start, note.tokens[stop - 1].end, Category.NAME, 0.95, _DETECTOR, role_of(label))


def _keyed(text: str) -> Iterator[Found]:
    """JSON: a key names its value; `display`, `text` and `value` are told by the key of the object they stand in."""
    parents = [(m.end(), m[1]) for m in _PARENT.finditer(text)]
    at, parent = 0, ""
    for match in _PAIR.finditer(text):
        while at < len(parents) and parents[at][0] <= match.start():
            parent = parents[at][1]
            at += 1
        kind, role = _key_kind(match[1], parent)
        if kind is None or kind == KEPT:
            continue
        for start, end in (match.span(3), *((match.start(4) + s.start(1), match.start(4) + s.end(1)) for s in _STRING.finditer(match[4]))):
            yield from (
                f._replace(role=role) if role and f.category is Category.NAME else f for f in _json_value(text, start, end, kind, match[1])
            )


def _json_value(text: str, start: int, end: int, kind: Category | str, key: str) -> Iterator[Found]:
    if kind in (Category.STREET, Category.PLACE, Category.FACILITY):
        yield Found(start, end, Category(kind), 0.95, _DETECTOR)
    else:
        yield from value_found(text, start, end, kind, key, _DETECTOR)


def _key_kind(key: str, parent: str) -> tuple[Category | str | None, str]:
    low, above = key.lower(), parent.lower()
    if low in ("display", "text", "name"):
        if above in _PEOPLE or (above == "name" and low == "text"):
            return Category.NAME, PATIENT if above in ("subject", "patient", "name") else CLINICIAN if above != "contact" else PERSON
        if above in _ORGANISATIONS:
            return Category.FACILITY, ""
        return (
            (Category.STREET, "")
            if above == "address"
            else (Category.NAME, "")
            if low == "name" and above in ("", "patient")
            else (None, "")
        )
    if low == "value":
        return (Category.OTHER_ID, "") if above == "identifier" else (None, "")
    if low == "line":
        return Category.STREET, ""
    if low in ("system", "use", "type", "status", "code", "resourcetype", "unit", "start", "end"):
        return None, ""
    return kind_of(key), ""


def _elements(text: str) -> Iterator[Found]:
    for pattern in (_ELEMENT, _ATTRIBUTE):
        for match in pattern.finditer(text):
            kind = kind_of(match[1].split(":")[-1])
            if kind is not None and kind != KEPT and match[1].lower() not in ("title", "label", "code", "line", "b", "i", "p"):
                yield from value_found(text, *match.span(2), kind, match[1], _DETECTOR)
