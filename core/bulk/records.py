"""One record of a table or of JSON lines: a case of its own, whose named columns teach the redactor who the patient is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from core import deid
from core.bulk.columns import category_of, is_age, panel_field
from core.bulk.job import Job, Piece, redacted
from core.model import Category, Identity, Redacted

OLDEST_YEARS = 89
# What the redactor itself calls these says more than the category: who it is, how long ago.
_SPOKEN = frozenset({Category.NAME, Category.DATE, Category.MRN})
_GROUPS = ("name", "record_number", "date_of_birth", "phone", "email", "address", "ssn")
Path = tuple[str | int, ...]


def redact_record(record: Mapping[str, Any], job: Job) -> tuple[dict[str, Any], Counter[Category]]:
    """The record with every string redacted, keys kept. Numbers stay unless their key names an identifier or an age over 89.

    Keys are not redacted: they are the table's. Raises DeidError.
    """
    leaves = {path: value for path, value in _leaves(record) if _key(path) not in job.keep}
    texts = {str(n): str(value) for n, value in enumerate(leaves.values())}
    done = redacted(texts, _identity(leaves), job)
    masked = deid.policy_named(job.policy).masked
    counts, written = Counter[Category](), {}
    for number, (path, value) in enumerate(leaves.items()):
        category = category_of(_key(path))
        forced = category if category in masked or panel_field(_key(path)) else None
        piece = _cell(done.fields[str(number)], value, _key(path), forced, masked)
        written[path] = piece.text if isinstance(value, str) or piece.counts or piece.text != str(value) else value
        counts += piece.counts
    return _rebuilt(record, written), counts


def _cell(sent: Redacted, value: Any, key: str, category: Category | None, masked: frozenset[Category]) -> Piece:
    if category is None or not str(value).strip():
        if is_age(key) and Category.AGE in masked and _years(value) > OLDEST_YEARS:
            return Piece("90 or older", Counter({Category.AGE: 1}))
        return Piece(sent.text, _marked(sent))
    if category in _SPOKEN and _whole(sent):
        return Piece(sent.text, _marked(sent))
    prefix = deid.zip3(str(value).strip()) if category is Category.ZIP else ""
    return Piece(f"[ZIP {prefix}**]" if prefix else f"[{category.name}]", Counter({category: 1}))


def _marked(sent: Redacted) -> Counter[Category]:
    return Counter(mark.category for mark in sent.marks)


def _whole(sent: Redacted) -> bool:
    """Whether no letter or digit stands outside the tags."""
    at, outside = 0, ""
    for mark in sorted(sent.marks, key=lambda m: m.start):
        outside, at = outside + sent.text[at : mark.start], mark.end
    return not any(c.isalnum() for c in outside + sent.text[at:])


def _years(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _identity(leaves: Mapping[Path, Any]) -> Identity:
    found: dict[str, list[str]] = {}
    for path, value in leaves.items():
        if (field := panel_field(_key(path))) and str(value).strip():
            found.setdefault(field, []).append(str(value).strip())
    # One value a field, but for the parts of a name and of an address, which belong together in the table's order.
    joined = {"name": " ", "address": ", "}
    return Identity(**{f: joined[f].join(found[f]) if f in joined else found[f][0] for f in _GROUPS if f in found})


def _key(path: Path) -> str:
    """The innermost name on the way to a value."""
    return next((step.partition("\t")[2] or step for step in reversed(path) if isinstance(step, str)), "")


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Strings, and numbers whose key says what they are."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    elif isinstance(value, str) or (_is_number(value) and (category_of(_key(path)) or is_age(_key(path)))):
        yield path, value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _rebuilt(value: Any, written: Mapping[Path, Any], path: Path = ()) -> Any:
    if isinstance(value, Mapping):
        return {key: _rebuilt(inner, written, (*path, str(key))) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rebuilt(inner, written, (*path, index)) for index, inner in enumerate(value)]
    return written.get(path, value)
