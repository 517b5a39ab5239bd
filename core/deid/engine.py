"""A whole case through the redactor: find in every field, spread what was found, decide, replace.

Fails closed: whatever goes wrong inside becomes a DeidError without any text, and no redacted text exists then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from core.deid.cues import PERSON
from core.deid.detect import find_all
from core.deid.echo import Needle, echoes, name_needles, squeeze, value_needles
from core.deid.found import Found
from core.deid.identity import identity_needles
from core.deid.lexicon import long_cities, table, words
from core.deid.normalise import Shadow, shadow, visible
from core.deid.note import Note
from core.deid.persons import Person, group
from core.deid.policy import SAFE_HARBOR, Policy
from core.deid.resolve import resolve, trimmed
from core.deid.tags import Tags
from core.errors import DeidError
from core.model import Category, Decisions, Deidentified, Identity, Mark, Redacted, Span

_AHEAD = words("engine.ahead")
_FAILED = "The redactor failed on this text. Nothing was sent; shorten or retype the text and try again."


@dataclass(frozen=True, slots=True)
class _Field:
    """One text with its shadow, tokens and finds."""

    source: str
    shadow: Shadow
    note: Note
    found: list[Found]


def term_key(text: str) -> str:
    """How the clinician's terms are compared: casefolded, spaces squeezed."""
    return " ".join(text.casefold().split())


def warm_up() -> None:
    """Load the word lists now rather than on the first text."""
    table()
    long_cities()


def detect(text: str, *, identity: Identity = Identity()) -> tuple[Span, ...]:
    """Spans of one text, sorted and disjoint, in code points of the input. Raises DeidError, without text, when a detector fails."""
    try:
        item = _spread({"text": _read(text, identity, identity_needles(identity))}, Decisions())["text"]
        return tuple(_span(item.shadow, f) for f in item.found)
    except DeidError:
        raise
    except Exception:  # noqa: BLE001 - fail closed: no detector's error may carry text or let it pass
        raise DeidError(_FAILED) from None


def deidentify(
    texts: Mapping[str, str],
    *,
    identity: Identity,
    encounter: date,
    decisions: Decisions = Decisions(),
    policy: Policy = SAFE_HARBOR,
) -> Deidentified:
    """A case's texts with every identifier replaced by a tag. Raises DeidError, without text, when anything fails."""
    try:
        if policy.blank:
            return _withhold(texts, encounter, policy, decisions)
        needles = identity_needles(identity)
        read = {name: _read(text, identity, needles) for name, text in texts.items()}
        spread = _spread(read, decisions)
        return _replace({n: _under(policy, f, encounter) for n, f in spread.items()}, encounter, policy, decisions)
    except DeidError:
        raise
    except Exception:  # noqa: BLE001 - fail closed: no detector's error may carry text or let it pass
        raise DeidError(_FAILED) from None


def _read(text: str, identity: Identity, needles: tuple[Needle, ...]) -> _Field:
    seen = shadow(text)
    note = Note(seen.text)
    return _Field(text, seen, note, find_all(note, identity, needles))


def _spread(fields: Mapping[str, _Field], decisions: Decisions) -> dict[str, _Field]:
    """Apply the clinician's decisions, then mask everywhere what is masked anywhere."""
    keep = frozenset(map(term_key, decisions.keep)) - frozenset(map(term_key, decisions.redact))
    asked = tuple(Needle(squeeze(t), Category.OTHER_ID) for t in decisions.redact if squeeze(t))
    kept = {name: [f for f in item.found if not _is_kept(item.note, f, keep)] for name, item in fields.items()}
    known = tuple(
        {n.key: n for name, item in fields.items() for f in kept[name] if f.state == "masked" for n in _needles(item.note, f)}.values()
    )
    out = {}
    for name, item in fields.items():
        found = kept[name] + [f for f in echoes(item.note, known, "propagation") if not _is_kept(item.note, f, keep)]
        found += echoes(item.note, asked, "decision", 1.0)
        out[name] = _Field(
            item.source, item.shadow, item.note, resolve(trimmed(found, item.note.text), len(item.note.text), item.note.tags)
        )
    return out


def _is_kept(note: Note, found: Found, keep: frozenset[str]) -> bool:
    return found.detector != "identity" and term_key(note.text[found.start : found.end]) in keep


def _needles(note: Note, found: Found) -> Iterable[Needle]:
    text = note.text[found.start : found.end]
    if found.category is Category.NAME:
        return name_needles(text, found.role)
    return () if found.category in (Category.AGE, Category.DATE) else value_needles(text, found.category)


def _under(policy: Policy, item: _Field, encounter: date) -> _Field:
    """What the policy masks; a birth year alone only when it reveals an age over 89."""
    found = [
        f
        for f in item.found
        if (f.category in policy.masked or f.detector in ("identity", "decision")) and not _harmless_year(item.note, f, encounter)
    ]
    return _Field(item.source, item.shadow, item.note, found)


def _harmless_year(note: Note, found: Found, encounter: date) -> bool:
    return found.detector == "birth-year" and encounter.year - int(note.text[found.start : found.end]) < 90


def _span(seen: Shadow, found: Found) -> Span:
    start, end = seen.span(found.start, found.end)
    return Span(start, end, found.category, found.score, found.detector, found.state, found.role)


def _replace(fields: Mapping[str, _Field], encounter: date, policy: Policy, decisions: Decisions) -> Deidentified:
    tags = Tags(encounter, {item.note.text[b:e] for item in fields.values() for b, e in item.note.tags})
    persons = _persons(fields)
    spans = {name: tuple(_span(item.shadow, f) for f in item.found) for name, item in fields.items()}
    redacted = {name: _written(item, spans[name], tags, persons) for name, item in fields.items()}
    counts = Counter(s.category for row in spans.values() for s in row if s.state == "masked")
    flags = tuple((name, s) for name, row in spans.items() for s in row if s.state == "flagged")
    return Deidentified(redacted, spans, tags.originals, counts, flags, policy.id, decisions)


def _persons(fields: Mapping[str, _Field]) -> dict[tuple[str, str], Person]:
    return group(
        [_mention(item.note, f) for item in fields.values() for f in item.found if f.category is Category.NAME and f.state == "masked"]
    )


def _mention(note: Note, found: Found) -> tuple[str, str]:
    return note.text[found.start : found.end], found.role or PERSON


def _written(item: _Field, spans: tuple[Span, ...], tags: Tags, persons: Mapping[tuple[str, str], Person]) -> Redacted:
    parts: list[str] = []
    marks: list[Mark] = []
    at = length = 0
    for found, span in zip(item.found, spans, strict=True):
        if span.state != "masked":
            continue
        clear = visible(item.source[at : span.start])
        tag = _tag(item, found, span, tags, persons)
        begin = length + len(clear)
        parts += (clear, tag)
        marks.append(Mark(begin, begin + len(tag), span.category))
        at, length = span.end, begin + len(tag)
    parts.append(visible(item.source[at:]))
    return Redacted("".join(parts), tuple(marks))


def _tag(item: _Field, found: Found, span: Span, tags: Tags, persons: Mapping[tuple[str, str], Person]) -> str:
    text = visible(item.source[span.start : span.end])
    if found.category is Category.NAME:
        return tags.person(_speaking(persons[_mention(item.note, found)], text))
    index = item.note.index_at(found.start)
    ahead = any(item.note.low(i) in _AHEAD for i in range(index - 5, index))
    return tags.value(found.category, text, ahead=ahead, decided=found.detector == "decision")


def _speaking(person: Person, text: str) -> Person:
    """The person under the fullest form as the clinician wrote it."""
    if squeeze(person.name) == squeeze(text):
        person.name = text
    return person


def _withhold(texts: Mapping[str, str], encounter: date, policy: Policy, decisions: Decisions) -> Deidentified:
    tags = Tags(encounter)
    spans = {n: (Span(0, len(t), Category.OTHER_ID, 1.0, "blank"),) if t else () for n, t in texts.items()}
    written = {n: tags.withheld(t) if t else "" for n, t in texts.items()}
    redacted = {n: Redacted(w, (Mark(0, len(w), Category.OTHER_ID),) if w else ()) for n, w in written.items()}
    return Deidentified(
        redacted, spans, tags.originals, Counter(s.category for row in spans.values() for s in row), (), policy.id, decisions
    )
