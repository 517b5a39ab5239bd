"""Signed tree heads and the keys that signed them, as the store keeps them; and the tree's nodes, for roots and proofs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.audit.entry import Chain, TreeHead
from core.audit.merkle import Frontier, Tree, edge_ends
from core.audit.store.schema import ENTRY, SIGNING_KEY, TREE_HEAD
from core.errors import ChainError


class KeyRecord(NamedTuple):
    """A public key (32 raw bytes) and the size of the tree from which it signs."""

    since_size: int
    key_id: str
    public_key: bytes


def read_keys(connection: sa.Connection) -> list[KeyRecord]:
    """Every key that ever signed, oldest first."""
    query = sa.select(SIGNING_KEY.c.since_size, SIGNING_KEY.c.key_id, SIGNING_KEY.c.public_key).order_by(SIGNING_KEY.c.since_size)
    return [KeyRecord(since, key_id, bytes(key)) for since, key_id, key in connection.execute(query)]


def add_key(connection: sa.Connection, record: KeyRecord) -> None:
    """Record a key."""
    connection.execute(SIGNING_KEY.insert(), record._asdict())


def read_notes(connection: sa.Connection) -> list[tuple[int, str]]:
    """Size and text of every signed tree head, smallest first."""
    query = sa.select(TREE_HEAD.c.tree_size, TREE_HEAD.c.note).order_by(TREE_HEAD.c.tree_size)
    return [(size, note) for size, note in connection.execute(query)]


def last_note(connection: sa.Connection, up_to: int | None = None) -> str | None:
    """The signed tree head of the largest size, or of the largest not above `up_to`."""
    query = sa.select(TREE_HEAD.c.note).order_by(TREE_HEAD.c.tree_size.desc()).limit(1)
    return connection.scalar(query if up_to is None else query.where(TREE_HEAD.c.tree_size <= up_to))


def add_note(connection: sa.Connection, size: int, note: str) -> str:
    """Record a signed tree head; the value is the one recorded for that size, which may be an earlier one."""
    known = connection.scalar(sa.select(TREE_HEAD.c.note).where(TREE_HEAD.c.tree_size == size))
    if known is not None:
        return str(known)
    connection.execute(TREE_HEAD.insert(), {"tree_size": size, "note": note})
    return note


def nodes_at(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, bytes]:
    """The nodes stored with these entries."""
    found = connection.execute(sa.select(ENTRY.c.sequence, ENTRY.c.node_hash).where(ENTRY.c.sequence.in_(numbers)))
    return {number: bytes(node) for number, node in found}


def chain_at(connection: sa.Connection, size: int, entry_hash: bytes) -> Chain:
    """The chain's end after `size` entries, from stored nodes. Raises ChainError when one is not there."""
    nodes = nodes_at(connection, edge_ends(size))
    missing = next((end for end in edge_ends(size) if end not in nodes), None)
    if missing is not None:
        raise ChainError(f"The audit store was altered: entry {missing} is missing. Run the verification.", sequence=missing)
    return Chain(Frontier.load(size, nodes.__getitem__), entry_hash)


def tree_at(connection: sa.Connection, size: int | None = None) -> TreeHead:
    """The stored tree's head, or that of its first `size` leaves."""
    count = connection.scalar(sa.select(sa.func.max(ENTRY.c.sequence))) or 0 if size is None else size
    return chain_at(connection, count, bytes(32)).tree_head


def stored_tree(connection: sa.Connection) -> Tree:
    """For proofs, as long as the connection's transaction lasts. Its methods raise ChainError when a row is not there."""

    def looking_up(column: sa.Column[Any]) -> Callable[[int], bytes]:
        query = sa.select(column).where(ENTRY.c.sequence == sa.bindparam("number"))

        def look_up(number: int) -> bytes:
            found = connection.execute(query, {"number": number}).scalar()
            if found is None:
                raise ChainError(f"The audit store was altered: entry {number} is missing. Run the verification.", sequence=number)
            return bytes(found)

        return look_up

    return Tree(looking_up(ENTRY.c.node_hash), looking_up(ENTRY.c.leaf_hash))
