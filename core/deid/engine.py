"""A whole case through the redactor: find in every field, spread what was found, decide, replace.

Fails closed: whatever goes wrong inside becomes a DeidError without any text, and no redacted text exists then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from core.deid.cues import PATIENT, PERSON
from core.deid.detect import find_all
from core.deid.echo import Needle, echoes, name_needles, squeeze, value_needles
from core.deid.found import Found
from core.deid.identity import identity_needles
from core.deid.kept import outside_fixed, warm_lists
from core.deid.lexicon import long_cities, table, words
from core.deid.normalise import Shadow, fold, shadow, visible
from core.deid.note import Note
from core.deid.persons import Person, group, introduced
from core.deid.policy import SAFE_HARBOR, Policy
from core.deid.resolve import resolve, trimmed
from core.deid.tagger import load
from core.deid.tags import Tags
from core.errors import DeidError
from core.model import Category, Decisions, Deidentified, Identity, Mark, Redacted, Span

_AHEAD = words("engine.ahead")
_ROUNDS = 3
_LONGEST_NEEDLE = 160
DECISION, SITE = "decision", "site-list"
ALWAYS = ("identity", DECISION, SITE)  # masked under every policy
MAX_CHARS = 200_000
_TOO_LONG = f"A text is longer than {MAX_CHARS:,} characters. Nothing was sent; paste the part that matters."
_FAILED = "The redactor failed on this text. Nothing was sent; shorten or retype the text and try again."


@dataclass(frozen=True, slots=True)
class _Field:
    """One text with its shadow, tokens and finds."""

    source: str
    shadow: Shadow
    note: Note
    found: list[Found]


@dataclass(frozen=True, slots=True)
class _Terms:
    """On which terms a case is redacted."""

    encounter: date
    decisions: Decisions
    policy: Policy


def kept_terms(decisions: Decisions) -> frozenset[str]:
    """Keys, in the shadow's spelling, of the terms to leave in clear; a wish to redact beats a wish to keep."""
    keep, redact = (frozenset(term_key(fold(t)) for t in terms) for terms in (decisions.keep, decisions.redact))
    return keep - redact


def term_key(text: str) -> str:
    """How the clinician's terms are compared: casefolded, spaces squeezed."""
    return " ".join(text.casefold().split())


def warm_up() -> None:
    """Load the word lists and the tagger now rather than on the first text. Raises DeidError when the tagger is not to be had."""
    table()
    long_cities()
    load()
    warm_lists()


def detect(text: str, *, identity: Identity = Identity()) -> tuple[Span, ...]:
    """Spans of one text, sorted and disjoint, in code points of the input.

    Raises DeidError, without text, when a detector fails or the text is longer than MAX_CHARS.
    """
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
        terms = _Terms(encounter, _with_site(decisions, policy), policy)
        fields = {n: _under(policy, f, encounter) for n, f in _spread(read, terms.decisions, policy.terms.always).items()}
        return _settled(fields, identity, needles, terms)
    except DeidError:
        raise
    except Exception:  # noqa: BLE001 - fail closed: no detector's error may carry text or let it pass
        raise DeidError(_FAILED) from None


def _with_site(decisions: Decisions, policy: Policy) -> Decisions:
    """The clinician's word and the site's in one: whatever either wants redacted is, whatever either wants kept may stay."""
    return Decisions(decisions.keep | policy.terms.never, decisions.redact | policy.terms.always)


def _read(text: str, identity: Identity, needles: tuple[Needle, ...]) -> _Field:
    if len(text) > MAX_CHARS:
        raise DeidError(_TOO_LONG)
    seen = shadow(text)
    note = Note(seen.text)
    return _Field(text, seen, note, find_all(note, identity, needles))


def _spread(fields: Mapping[str, _Field], decisions: Decisions, site: frozenset[str] = frozenset()) -> dict[str, _Field]:
    """Apply the clinician's decisions and the site's list, then mask everywhere what is masked anywhere."""
    keep = kept_terms(decisions)
    asked, listed = _asked(decisions.redact - site), _asked(site)
    kept = {name: [f for f in item.found if not _is_kept(item.note, f, keep)] for name, item in fields.items()}
    sure = [(item.note, f) for name, item in fields.items() for f in kept[name] if f.state == "masked"]
    sure.sort(key=lambda pair: pair[1].detector != "tagger")  # of two readings of one value the rule's stands
    known = tuple({n.key: n for note, f in sure for n in _needles(note, f)}.values())
    out = {}
    for name, item in fields.items():
        known_here = _Covered([f for f in kept[name] if f.state == "masked"])
        echoed = [f for f in echoes(item.note, known, "propagation") if not known_here.says(f)]
        found = kept[name] + [f for f in outside_fixed(item.note, echoed) if not _is_kept(item.note, f, keep)]
        found += (*echoes(item.note, listed, SITE, 1.0), *echoes(item.note, asked, DECISION, 1.0))
        settled = resolve(trimmed(found, item.note.text), len(item.note.text), item.note.tags)
        out[name] = _Field(item.source, item.shadow, item.note, settled)
    return out


class _Covered:
    """Disjoint masked finds in order."""

    def __init__(self, found: list[Found]) -> None:
        self._found = found
        self._starts = [f.start for f in found]

    def says(self, echo: Found) -> bool:
        """Whether one of them is this echo or holds it as a part, so that it adds nothing."""
        at = bisect_right(self._starts, echo.start) - 1
        if at < 0 or echo.end > self._found[at].end:
            return False
        own = self._found[at]
        return own.category is echo.category or own.end - own.start > echo.end - echo.start


def _asked(terms: Iterable[str]) -> tuple[Needle, ...]:
    return tuple(Needle(key, Category.OTHER_ID, wide=True) for t in terms if (key := squeeze(fold(t))))


def _settled(fields: dict[str, _Field], identity: Identity, needles: tuple[Needle, ...], terms: _Terms) -> Deidentified:
    """Replaced until a second look at the redacted texts finds nothing new, at most _ROUNDS times."""
    for _ in range(_ROUNDS):
        result = _replace(fields, terms)
        again = {n: _again(f, result.fields[n], identity, needles, terms) for n, f in fields.items()}
        if all(len(again[n].found) == len(f.found) for n, f in fields.items()):
            return result
        # What the second look finds anew is a value like any other: masked wherever it stands.
        fields = {
            n: _under(terms.policy, f, terms.encounter) for n, f in _spread(again, terms.decisions, terms.policy.terms.always).items()
        }
    return _replace(fields, terms)


def _again(item: _Field, written: Redacted, identity: Identity, needles: tuple[Needle, ...], terms: _Terms) -> _Field:
    """The field with what only shows once its neighbours are tags, so that redacting the redacted finds nothing new."""
    masked = [f for f in item.found if f.state == "masked"]
    if not masked:
        return item
    pieces, origin = _rewritten(item.note.text, masked, [written.text[m.start : m.end] for m in written.marks])
    note = Note("".join(pieces), item.note.known)
    seen = [f for f in find_all(note, identity, needles) if not _is_kept(note, f, kept_terms(terms.decisions))]
    new = [f._replace(start=origin(f.start), end=origin(f.end - 1) + 1) for f in seen]
    found = resolve([*item.found, *new], len(item.note.text), item.note.tags)
    return _under(terms.policy, replace(item, found=found), terms.encounter)


def _rewritten(text: str, masked: list[Found], tags: list[str]) -> tuple[list[str], Callable[[int], int]]:
    """The shadow with tags in it, and the way back from its offsets to the shadow's."""
    pieces: list[str] = []
    starts, sources, at, length = [0], [0], 0, 0
    for found, tag in zip(masked, tags, strict=True):
        pieces += (text[at : found.start], tag)
        length += found.start - at + len(tag)
        at = found.end
        starts.append(length)
        sources.append(at)
    pieces.append(text[at:])

    def origin(offset: int) -> int:
        index = bisect_right(starts, offset) - 1
        return sources[index] + offset - starts[index]

    return pieces, origin


def _is_kept(note: Note, found: Found, keep: frozenset[str]) -> bool:
    return bool(keep) and found.detector != "identity" and term_key(note.text[found.start : found.end]) in keep


def _needles(note: Note, found: Found) -> Iterable[Needle]:
    text = note.text[found.start : found.end]
    if len(text) > _LONGEST_NEEDLE:  # no value is as long; searching for it would cost length times length
        return ()
    if found.category is Category.NAME:
        return name_needles(text, found.role)
    return () if found.category in (Category.AGE, Category.DATE) else value_needles(text, found.category)


def _under(policy: Policy, item: _Field, encounter: date) -> _Field:
    """What the policy masks; a birth year alone only when it reveals an age over 89."""
    found = [f for f in item.found if (f.category in policy.masked or f.detector in ALWAYS) and not _harmless_year(item.note, f, encounter)]
    return _Field(item.source, item.shadow, item.note, found)


def _harmless_year(note: Note, found: Found, encounter: date) -> bool:
    return found.detector == "birth-year" and encounter.year - int(note.text[found.start : found.end]) < 90


def _span(seen: Shadow, found: Found) -> Span:
    start, end = seen.span(found.start, found.end)
    return Span(start, end, found.category, found.score, found.detector, found.state, found.role)


def _replace(fields: Mapping[str, _Field], terms: _Terms) -> Deidentified:
    tags = Tags(terms.encounter, {item.note.text[b:e] for item in fields.values() for b, e in item.note.tags})
    persons = _persons(fields)
    spans = {name: tuple(_span(item.shadow, f) for f in item.found) for name, item in fields.items()}
    redacted = {name: _written(item, spans[name], tags, persons) for name, item in fields.items()}
    counts = Counter(s.category for row in spans.values() for s in row if s.state == "masked")
    flags = tuple((name, s) for name, row in spans.items() for s in row if s.state == "flagged")
    return Deidentified(redacted, spans, tags.originals, counts, flags, terms.policy.id, terms.decisions)


def _persons(fields: Mapping[str, _Field]) -> dict[tuple[str, str], Person]:
    return group(
        [_mention(item.note, f) for item in fields.values() for f in item.found if f.category is Category.NAME and f.state == "masked"]
    )


def _mention(note: Note, found: Found) -> tuple[str, str]:
    role = found.role or PERSON
    if role == PERSON and introduced(note.text, found.start, found.end):
        role = PATIENT
    return note.text[found.start : found.end], role


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
    return tags.value(found.category, text, ahead=ahead, decided=found.detector in (DECISION, SITE))


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
