"""The last gate: the final messages searched again, by detectors and for every value known, before anything leaves.

1. the rules, outside our own tags (the tagger has looked twice by then, at each field by itself; what it makes of the joined
message would block a case that its clinician has decided and could decide no further);
2. the identity panel's values and every original, in any spelling;
3. the mission's own checks: social security numbers, ten or more digits in a row, pairs of capitalised words
with the clinical veto; 4. flags that nobody has decided. A finding names category and place, never text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.deid.detect import find_all
from core.deid.echo import Needle, echoes, name_needles, value_needles
from core.deid.engine import kept_terms, term_key
from core.deid.identity import identity_needles
from core.deid.normalise import fold, shadow
from core.deid.note import OWN_TAG, Note
from core.deid.numbers import is_hotline
from core.deid.policy import policy_named
from core.errors import DeidError, Finding, PreflightError
from core.model import Category, ClearedPrompt, Deidentified, Identity, Prompt

_TEN_DIGITS = re.compile(r"\d{10,}")
_PERSON_TAGS = ("[PATIENT", "[CLINICIAN", "[RELATIVE", "[PERSON")
_FREE_TAGS = ("[90 or older", "[DATE", "[day", "[about", "[more than", "[birth")
_FAILED = "The final check failed. Nothing was sent; review the text and try again."


def clear(prompt: Prompt, deidentified: Deidentified, *, identity: Identity) -> ClearedPrompt:
    """The prompt with proof that it passed. Raises PreflightError with every finding, DeidError when the check itself fails."""
    try:
        findings = [*_undecided(deidentified), *_messages(prompt, deidentified, identity)]
    except Exception:  # noqa: BLE001 - fail closed: an error here may carry text and must stop the case
        raise DeidError(_FAILED) from None
    if findings:
        raise PreflightError(tuple(dict.fromkeys(findings)))
    return ClearedPrompt(prompt, prompt.body(), deidentified.policy)


def _undecided(deidentified: Deidentified) -> Iterator[Finding]:
    for name, span in deidentified.flags:
        yield Finding("unresolved flag", name, span.start, span.end)


def _messages(prompt: Prompt, deidentified: Deidentified, identity: Identity) -> Iterator[Finding]:
    panel = identity_needles(identity)
    known = tuple({n.key: n for n in _known(deidentified)}.values())
    keep, issued = kept_terms(deidentified.decisions), frozenset(deidentified.originals)
    may_stay = frozenset(Category) - policy_named(deidentified.policy).masked
    asked = tuple(n for term in deidentified.decisions.redact for n in value_needles(fold(term), Category.OTHER_ID))
    for number, message in enumerate(prompt.messages):
        if message.role != "system":
            yield from _message(
                message.content, f"message {number + 1} ({message.role})", identity, panel, known + asked, keep, issued, may_stay
            )


def _message(
    content: str,
    place: str,
    identity: Identity,
    panel: tuple[Needle, ...],
    known: tuple[Needle, ...],
    keep: frozenset[str],
    issued: frozenset[str],
    may_stay: frozenset[Category],
) -> Iterator[Finding]:
    seen = shadow(content)
    note = Note(seen.text)
    for found in find_all(note, identity, panel, bars=None):
        if found.detector == "identity" or not (found.category in may_stay or _kept(note.text[found.start : found.end], keep)):
            yield Finding(
                found.category.value if found.state == "masked" else f"possible {found.category.value}",
                place,
                *seen.span(found.start, found.end),
            )
    for found in echoes(note, known, "original"):
        if not note.in_tag(found.start, found.end) and not _kept(note.text[found.start : found.end], keep):
            yield Finding(found.category.value, place, *seen.span(found.start, found.end))
    for found in echoes(note, panel, "identity"):
        if _in_foreign_tag(note, found.start, found.end, issued):
            yield Finding(found.category.value, place, *seen.span(found.start, found.end))
    for match in _TEN_DIGITS.finditer(note.text):
        if not is_hotline(match[0]) and not note.in_tag(*match.span()) and not _kept(match[0], keep):
            yield Finding("ten or more digits", place, *seen.span(*match.span()))


def _in_foreign_tag(note: Note, start: int, end: int, issued: frozenset[str]) -> bool:
    """Whether a span stands in what looks like a tag of ours but was typed: nothing hides a value of the panel there."""
    return any(start < b and a < end and note.text[a:b] not in issued for a, b in note.tags)


def _kept(text: str, keep: frozenset[str]) -> bool:
    return term_key(text) in keep


def _known(deidentified: Deidentified) -> Iterator[Needle]:
    """What the originals look for. Ages, intervals and other short or everyday values mean nothing by themselves."""
    for tag, original in deidentified.originals.items():
        text = fold(original)
        if tag.startswith(_PERSON_TAGS):
            yield from name_needles(text, "")
        elif not tag.startswith(_FREE_TAGS) and OWN_TAG.fullmatch(tag):
            yield from value_needles(text, _category(tag))
        elif sum(c.isdigit() for c in text) >= 5:
            yield from value_needles(text, Category.DATE)


def _category(tag: str) -> Category:
    names = {
        "STREET": Category.STREET,
        "CITY": Category.PLACE,
        "PLAN": Category.HEALTH_PLAN,
        "ID": Category.OTHER_ID,
        "MRN": Category.MRN,
        "ACCOUNT": Category.ACCOUNT,
        "LICENSE": Category.LICENSE,
    }
    base = tag[1:-1].split("_")[0].split(" ")[0]
    return names.get(base) or next((c for c in Category if c.name == base), Category.OTHER_ID)
