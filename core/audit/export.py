"""Entries as files: CSV, JSON lines, and FHIR AuditEvents one a line. Pure; piece by piece, so that a file may be longer than memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.audit.entry import Entry, time_text
from core.audit.event import Event
from core.audit.fhir import audit_event, export_name

_OWN = ("actor_id", "actor_role", "action", "outcome", "case_ref", "request_id")
_FACTS = tuple(f.name for f in fields(Event) if f.name not in _OWN)
COLUMNS: tuple[str, ...] = ("sequence", "time", *_OWN, *map(export_name, _FACTS), "leaf_hash", "entry_hash")


class Format(StrEnum):
    """What a download holds."""

    CSV = "csv"
    JSONL = "jsonl"
    FHIR = "fhir-ndjson"


def flat(entry: Entry) -> dict[str, Any]:
    """One entry by COLUMNS; counts are objects, what is not known is None. Model calls' facts have OpenTelemetry's names."""
    facts = entry.event.to_json()
    row = {"sequence": entry.sequence, "time": time_text(entry.time)}
    row |= {name: facts.get(name) for name in _OWN} | {export_name(name): facts.get(name) for name in _FACTS}
    return row | {"leaf_hash": entry.leaf_hash, "entry_hash": entry.entry_hash}


def as_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """A head line, then a line for each entry; counts are JSON objects in one cell."""
    yield _line(COLUMNS)
    for entry in entries:
        yield _line([_cell(value) for value in flat(entry).values()])


def as_jsonl(entries: Iterable[Entry]) -> Iterator[str]:
    """A JSON object a line, known facts only."""
    for entry in entries:
        yield _json({name: value for name, value in flat(entry).items() if value is not None})


def as_fhir(entries: Iterable[Entry]) -> Iterator[str]:
    """A FHIR R4 AuditEvent a line."""
    for entry in entries:
        yield _json(audit_event(entry))


WRITERS: Mapping[Format, Callable[[Iterable[Entry]], Iterator[str]]] = MappingProxyType(
    {Format.CSV: as_csv, Format.JSONL: as_jsonl, Format.FHIR: as_fhir}
)


def write(entries: Iterable[Entry], kind: Format) -> bytes:
    """A whole file, UTF-8."""
    return "".join(WRITERS[kind](entries)).encode()


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _cell(value: Any) -> Any:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else value


def _line(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
