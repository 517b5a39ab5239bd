"""An event in its place in the chain: canonical bytes, hash, and back again. Pure. Format: docs/audit-format.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from core.audit.event import Event

FORMAT = 1
GENESIS = "0" * 64
DOMAIN = b"casegate/audit/entry/1\n"


class Row(NamedTuple):
    """An entry as stored: body is its canonical bytes, hashes are 64 lower-case hex digits."""

    sequence: int
    body: bytes
    prev_hash: str
    entry_hash: str


class Head(NamedTuple):
    """The last entry of a chain; sequence 0 and GENESIS when it is empty."""

    sequence: int
    entry_hash: str


EMPTY = Head(0, GENESIS)


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON as RFC 8785 writes it, for the ASCII strings, whole numbers and truth values an entry holds."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def chain_hash(prev_hash: str, body: bytes) -> str:
    """SHA-256 over domain, previous hash (32 raw bytes) and body, in hex. Raises ValueError when prev_hash is not hex."""
    return hashlib.sha256(DOMAIN + bytes.fromhex(prev_hash) + body).hexdigest()


def time_text(at: datetime) -> str:
    """UTC with six decimals and a Z: sorts as text. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("audit times need a time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


@dataclass(frozen=True)
class Entry:
    """An event with its sequence (from 1, no gaps), UTC time, and the hashes that hold it in place."""

    sequence: int
    time: datetime
    event: Event
    prev_hash: str
    entry_hash: str

    @classmethod
    def from_row(cls, row: Row) -> Entry:
        """An entry from its stored form. Raises ValueError when the body is not an entry's; does not check hashes."""
        facts = json.loads(row.body)
        if not isinstance(facts, dict) or facts.pop("v", None) != FORMAT:
            raise ValueError("not an audit entry of a known format")
        sequence, at = facts.pop("sequence", None), datetime.fromisoformat(str(facts.pop("time", "")))
        if sequence != row.sequence:
            raise ValueError("the entry belongs in another place")
        return cls(row.sequence, at, Event.from_json(facts), row.prev_hash, row.entry_hash)

    @property
    def head(self) -> Head:
        """The chain's head when this entry is its last."""
        return Head(self.sequence, self.entry_hash)


def seal(head: Head, at: datetime, event: Event) -> tuple[Entry, Row]:
    """The entry that follows `head`, and its stored form. Raises ValueError for a time without a zone."""
    sequence, prev_hash = head.sequence + 1, head.entry_hash
    body = body_bytes(sequence, at, event)
    row = Row(sequence, body, prev_hash, chain_hash(prev_hash, body))
    return Entry(sequence, at.astimezone(UTC), event, prev_hash, row.entry_hash), row


def body_bytes(sequence: int, at: datetime, event: Event) -> bytes:
    """Canonical bytes of an entry's body: everything but the two hashes."""
    return canonical({"v": FORMAT, "sequence": sequence, "time": time_text(at)} | event.to_json())


def body_sequence(body: bytes) -> int | None:
    """The place a body claims, or None when it can't be read."""
    try:
        claimed = json.loads(body)["sequence"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return claimed if type(claimed) is int else None
