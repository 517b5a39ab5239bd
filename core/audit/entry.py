"""An event in its place: canonical bytes, leaf of the tree, link of the chain, and back again. Pure. Format: docs/audit-format.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from core.audit.canonical import FORMAT, draft_of
from core.audit.event import Event
from core.audit.merkle import Frontier

GENESIS = "0" * 64
DOMAIN = b"casegate/audit/link/2\n"


class Row(NamedTuple):
    """An entry as stored: body is its canonical bytes, None once purged by the entry numbered `purge`; hashes are 32 raw bytes."""

    sequence: int
    body: bytes | None
    leaf_hash: bytes
    node_hash: bytes
    prev_hash: bytes
    entry_hash: bytes
    purge: int | None = None


RawRow = tuple[int, bytes | None, bytes, bytes, bytes, bytes, int | None]  # a Row as a driver hands it out


class Head(NamedTuple):
    """The last entry of a chain, its hash in hex; sequence 0 and GENESIS when it is empty."""

    sequence: int
    entry_hash: str


class TreeHead(NamedTuple):
    """Size and root hash (32 raw bytes) of a tree."""

    size: int
    root: bytes


EMPTY = Head(0, GENESIS)


def chain_hash(prev_hash: bytes, leaf: bytes) -> bytes:
    """SHA-256 over domain, previous entry's hash and leaf hash: a link still holds when the body is purged."""
    return sha256(DOMAIN + prev_hash + leaf).digest()


_SECOND = (datetime(1970, 1, 1, tzinfo=UTC), "1970-01-01T00:00:00")  # the last one written, for most entries share theirs with others


def time_text(at: datetime) -> str:
    """UTC with six decimals and a Z: sorts as text. Raises ValueError for a time without a zone."""
    global _SECOND
    if at.tzinfo is None:
        raise ValueError("audit times need a time zone")
    second, text = _SECOND
    since = at - second
    if since.days or since.seconds:
        utc = at.astimezone(UTC)
        second, since = utc.replace(microsecond=0), timedelta(microseconds=utc.microsecond)
        text = second.isoformat()[:-6]
        _SECOND = second, text
    return f"{text}.{since.microseconds:06d}Z"


@dataclass(frozen=True)
class Entry:
    """An event with its sequence (from 1, no gaps), UTC time, and the hashes (hex) that hold it in place."""

    sequence: int
    time: datetime
    event: Event
    prev_hash: str
    entry_hash: str
    leaf_hash: str

    @classmethod
    def from_row(cls, row: Row) -> Entry:
        """An entry from its stored form. Raises ValueError when the body is purged or not an entry's; does not check hashes."""
        facts = json.loads(row.body or b"null")
        if not isinstance(facts, dict) or facts.pop("v", None) != FORMAT:
            raise ValueError("not an audit entry of a known format")
        sequence, at = facts.pop("sequence", None), datetime.fromisoformat(str(facts.pop("time", "")))
        if sequence != row.sequence:
            raise ValueError("the entry belongs in another place")
        return cls(row.sequence, at, Event.from_json(facts), row.prev_hash.hex(), row.entry_hash.hex(), row.leaf_hash.hex())

    @property
    def head(self) -> Head:
        """The chain's head when this entry is its last."""
        return Head(self.sequence, self.entry_hash)


class Chain:
    """The end of the log, onto which entries are put: last hash, and the tree's frontier. Mutable; one per writer."""

    __slots__ = ("entry_hash", "frontier")

    def __init__(self, frontier: Frontier | None = None, entry_hash: bytes = bytes(32)) -> None:
        self.frontier = frontier or Frontier()
        self.entry_hash = entry_hash

    @property
    def sequence(self) -> int:
        """Number of the last entry; 0 when there is none."""
        return self.frontier.size

    @property
    def head(self) -> Head:
        """The last entry's number and hash."""
        return Head(self.frontier.size, self.entry_hash.hex())

    @property
    def tree_head(self) -> TreeHead:
        """Size and root of the tree."""
        return TreeHead(self.frontier.size, self.frontier.root())

    def copy(self) -> Chain:
        """One that can be moved on without moving this."""
        return Chain(self.frontier.copy(), self.entry_hash)

    def add(self, body: bytes) -> Row:
        """Put an entry with this body at the end; the value is its stored form."""
        leaf, prev = sha256(b"\x00" + body).digest(), self.entry_hash
        node = self.frontier.push(leaf)
        self.entry_hash = own = sha256(DOMAIN + prev + leaf).digest()
        return Row._make((self.frontier.size, body, leaf, node, prev, own, None))  # three times as fast as by its own __new__

    def seal(self, at: datetime, event: Event, draft: str | None = None) -> tuple[Entry, Row]:
        """Put an event at the end; `draft` when it was made before. Raises ValueError for a time without a zone."""
        row = self.add(((draft or draft_of(event)) % (self.frontier.size + 1, time_text(at))).encode("ascii"))
        entry = object.__new__(Entry)  # past the frozen __init__, which sets each attribute by a call
        facts = entry.__dict__
        facts["sequence"], _, leaf, _, prev, own, _ = row
        facts["time"] = at if at.tzinfo is UTC else at.astimezone(UTC)
        facts["event"] = event
        facts["prev_hash"], facts["entry_hash"], facts["leaf_hash"] = prev.hex(), own.hex(), leaf.hex()
        return entry, row


def body_bytes(sequence: int, at: datetime, event: Event) -> bytes:
    """Canonical bytes of an entry's body: everything but the two hashes."""
    return (draft_of(event) % (sequence, time_text(at))).encode("ascii")


def body_sequence(body: bytes | None) -> int | None:
    """The place a body claims, or None when it can't be read."""
    if body is None:
        return None
    try:
        claimed = json.loads(body)["sequence"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return claimed if type(claimed) is int else None
