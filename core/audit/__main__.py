"""`python -m core.audit verify`: is the audit store whole? Exit 0 intact, 1 altered, 2 could not be read."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic

from core.audit.entry import Head
from core.audit.log import AuditLog
from core.errors import Error


class _SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the value is the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _verify(options.database or _configured(), options.expected_head)
    except Error as error:
        print(error.user_message, file=sys.stderr)
        return 2


def _verify(database: str, expected: Head | None) -> int:
    log = AuditLog.open(database, clock=_SystemClock(), read_only=True)
    try:
        result = log.verify(expected_head=expected)
    finally:
        log.close()
    print(f"database  {log.path}")
    print(f"entries   {result.entries}")
    print(f"head      {result.head.sequence}:{result.head.entry_hash}")
    print(f"result    {result.describe()}")
    return 0 if result.ok else 1


def _configured() -> str:
    from core.settings import settings  # the command line may be used where no settings can be read

    return settings().audit_path


def _head(text: str) -> Head:
    sequence, _, entry_hash = text.partition(":")
    if not sequence.isdecimal() or len(entry_hash) != 64:
        raise argparse.ArgumentTypeError("write it as NUMBER:HASH, as an earlier verification printed it")
    return Head(int(sequence), entry_hash)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.audit", description="Work with the audit store.")
    verify = parser.add_subparsers(required=True).add_parser("verify", help="recompute the chain from the stored entries")
    verify.add_argument("--database", help="path or SQLite URL; by default the configured one")
    verify.add_argument("--expected-head", type=_head, help="NUMBER:HASH of a head noted earlier; shows a cut-off tail")
    return parser


if __name__ == "__main__":
    sys.exit(main())
