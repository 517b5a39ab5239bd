"""Files in, pieces of work out, and back: how each kind of file is cut for the workers and put together again."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from core.bulk.fhir import redact_resource
from core.bulk.job import BadFileError, Job, Piece, redacted
from core.bulk.records import redact_record
from core.errors import DeidError
from core.model import Category, Identity

KINDS = {".txt": "text", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "fhir"}
MOST_BYTES = 5_000_000  # of a file that is one case
ROWS = 64  # of a table or of JSON lines, in one piece of work


class Work(NamedTuple):
    """One piece: its kind, the line or row it begins with, and its content."""

    kind: str
    first: int
    content: Any


def pieces(path: Path) -> Iterator[Work]:
    """The file in pieces, in order. Raises BadFileError, OSError."""
    kind = KINDS[path.suffix.lower()]
    try:
        if kind in ("csv", "jsonl"):
            yield from _rows(path) if kind == "csv" else _lines(path)
            return
        if path.stat().st_size > MOST_BYTES:
            raise BadFileError(f"larger than {MOST_BYTES:,} bytes; split it into cases")
        yield Work(kind, 1, path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadFileError("not UTF-8") from None
    except csv.Error:
        raise BadFileError("not a CSV file that can be read") from None


def _rows(path: Path) -> Iterator[Work]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if not header:
            raise BadFileError("no header line")
        yield Work("header", 1, header)
        held: list[list[str]] = []
        for number, row in enumerate(reader, 2):
            if row and len(row) != len(header):
                raise BadFileError(f"record {number}: {len(row)} values under {len(header)} column names")
            held.append(row)
            if len(held) == ROWS:
                yield Work("csv", number - ROWS + 1, (header, held))
                held = []
        if held:
            yield Work("csv", number - len(held) + 1, (header, held))


def _lines(path: Path) -> Iterator[Work]:
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        held: list[str] = []
        number = 0
        for number, line in enumerate(file, 1):
            held.append(line)
            if len(held) == ROWS:
                yield Work("jsonl", number - ROWS + 1, held)
                held = []
        if held:
            yield Work("jsonl", number - len(held) + 1, held)


def redact_piece(work: Work, job: Job) -> Piece | str:
    """The piece redacted; a sentence that says where and why when it can't be. Runs in a worker; never raises, never quotes."""
    try:
        return _DOERS[work.kind](work, job)
    except BadFileError as error:
        return str(error)
    except DeidError:
        return f"from line {work.first}: the redactor failed on this text" if work.kind in ("csv", "jsonl") else "the redactor failed"
    except RecursionError:
        return "nested too deeply"
    except Exception as error:  # noqa: BLE001 - its message may quote the file
        return f"could not be redacted ({type(error).__name__})"


def _text(work: Work, job: Job) -> Piece:
    done = redacted({"text": work.content}, Identity(), job)
    return Piece(done.fields["text"].text, Counter(done.counts))


def _fhir(work: Work, job: Job) -> Piece:
    try:
        resource = json.loads(work.content)
    except ValueError:
        raise BadFileError("not JSON") from None
    shaped, counts = redact_resource(resource, job)
    return Piece(json.dumps(shaped, ensure_ascii=False, indent=2) + "\n", counts)


def _header(work: Work, _job: Job) -> Piece:
    return Piece(_csv_text([work.content]), Counter())


def _csv(work: Work, job: Job) -> Piece:
    header, rows = work.content
    # Columns of one name, or of none, must not fall on each other.
    keys = [f"{number}\t{name}" for number, name in enumerate(header)]
    out, counts = [], Counter[Category]()
    for row in rows:
        record, found = redact_record({"": dict(zip(keys, row, strict=True))} if row else {}, job)
        out.append(list(record[""].values()) if row else [])
        counts += found
    return Piece(_csv_text(out), counts)


def _csv_text(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _jsonl(work: Work, job: Job) -> Piece:
    out, counts = [], Counter[Category]()
    for number, line in enumerate(work.content, work.first):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            raise BadFileError(f"line {number}: not JSON") from None
        if not isinstance(record, dict):
            raise BadFileError(f"line {number}: not an object")
        if "resourceType" in record:
            raise BadFileError(f"line {number}: a FHIR resource; give a Bundle in a .json file, so that references and names hold together")
        shaped, found = redact_record(record, job)
        out.append(json.dumps(shaped, ensure_ascii=False) + "\n")
        counts += found
    return Piece("".join(out), counts)


_DOERS = {"text": _text, "fhir": _fhir, "header": _header, "csv": _csv, "jsonl": _jsonl}
