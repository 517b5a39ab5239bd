"""`python -m core.deid --jsonl`: `{"id","text"}` lines in, the same with `spans` out. Exit 2 on the first bad line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

from core.deid import detect
from core.errors import DeidError
from core.model import Span


class _BadLineError(Exception):
    """A line that is no record; says which and why, never what it holds."""


def _record(number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        raise _BadLineError(f"line {number}: not JSON") from None
    if not isinstance(record, dict) or not isinstance(record.get("text"), str) or not isinstance(record.get("id"), str | int):
        raise _BadLineError(f'line {number}: needs "id" (string or number) and "text" (string)')
    return record


def _row(span: Span) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "category": span.category.value,
        "score": span.score,
        "detector": span.detector,
        "state": span.state,
    }


def _run(lines: Iterable[str]) -> None:
    for number, line in enumerate(lines, 1):
        if line.strip():
            record = _record(number, line)
            try:
                spans = [_row(s) for s in detect(record["text"])]
            except DeidError:
                raise _BadLineError(f"line {number}: the redactor failed on this text") from None
            print(json.dumps({"id": record["id"], "text": record["text"], "spans": spans}))


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when every line was read, 2 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m core.deid", description="Find identifiers in JSON lines from standard input.")
    parser.add_argument("--jsonl", action="store_true", required=True, help='read {"id","text"} lines, write them with "spans"')
    parser.parse_args(argv)
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        _run(sys.stdin)
    except _BadLineError as error:
        print(error, file=sys.stderr)
        return 2
    except UnicodeDecodeError:
        print("input: not UTF-8", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
