"""The redactor on the command line.

    python -m core.deid --jsonl < records.jsonl      {"id","text"} lines in, the same with `spans` (what is masked) and `flags` (what a
                                                     person must decide on) out; exit 2 on the first bad line
    python -m core.deid FILE|FOLDER... --out FOLDER  redacted copies of .txt, .csv, .jsonl and FHIR .json files, and a report

The second form goes on where it was stopped when it is run again. Exit 0 when every file was done, 1 when some were left out, 2 when it
could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from core.bulk import Job, Outcome, run_bulk
from core.deid import POLICIES, detect
from core.errors import DeidError, Error
from core.model import Span

_BAR = 30


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
    }


def _run(lines: Iterable[str]) -> None:
    for number, line in enumerate(lines, 1):
        if line.strip():
            record = _record(number, line)
            try:
                spans = detect(record["text"])
            except DeidError:
                raise _BadLineError(f"line {number}: the redactor failed on this text") from None
            masked, flags = ([_row(s) for s in spans if s.state == state] for state in ("masked", "flagged"))
            print(json.dumps({"id": record["id"], "text": record["text"], "spans": masked, "flags": flags}))


def _spans() -> int:
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


class _Progress:
    """A bar on a terminal, nothing in a log."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._begun = time.monotonic()

    def __call__(self, files: int, done: int, total: int) -> None:
        if self._shown:
            share = done / total if total else 1.0
            bar = "#" * round(share * _BAR)
            speed = done / 1e6 / max(time.monotonic() - self._begun, 1e-3)
            print(f"\r[{bar:<{_BAR}}] {share:4.0%}  {files} files  {speed:.2f} MB/s ", end="", file=sys.stderr, flush=True)

    def tell(self, problem: str) -> None:
        """A line of its own, above the bar."""
        print(f"{chr(13) if self._shown else ''}{problem}", file=sys.stderr)


def _bulk(given: argparse.Namespace) -> int:
    progress = _Progress()
    job = Job(given.encounter, given.policy, frozenset(name for name in given.keep.split(",") if name))
    try:
        ended = run_bulk(given.paths, given.out.resolve(), job, workers=given.jobs, on_progress=progress, on_problem=progress.tell)
    except Error as error:
        print(error.user_message, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    _summary(ended)
    return 1 if ended.failed else 0


def _summary(ended: Outcome) -> None:
    print(f"\n{ended.done} files redacted, {ended.already} done before, {ended.failed} left out. Removed, in the whole output folder:")
    for category, count in ended.counts.most_common():
        print(f"  {count:>8,}  {category.value}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.deid", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=lambda text: Path(text).resolve(), metavar="FILE|FOLDER", help="what to redact")
    jsonl = 'read {"id","text"} lines from standard input, write them with "spans" and "flags"'
    parser.add_argument("--jsonl", action="store_true", help=jsonl)
    parser.add_argument("--out", type=Path, help="the output folder, made when it is not there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one for each processor)")
    today = datetime.now().astimezone().date()
    parser.add_argument("--encounter", type=date.fromisoformat, default=today, help="day 0 of every case, YYYY-MM-DD (default: today)")
    parser.add_argument("--policy", choices=[p.id for p in POLICIES], default=POLICIES[0].id)
    parser.add_argument(
        "--keep", default="", metavar="NAME,NAME", help="columns or keys that stay as they are, a study's own case number say"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the command; see the module's text for the exit codes."""
    parser = _parser()
    given = parser.parse_args(argv)
    if given.jsonl == bool(given.paths) or (given.paths and given.out is None):
        parser.error("give either --jsonl, or files or folders and --out")
    if given.jobs < 1:
        parser.error("--jobs must be 1 or more")
    return _spans() if given.jsonl else _bulk(given)


if __name__ == "__main__":
    raise SystemExit(main())
