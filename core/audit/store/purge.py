"""Emptying entries: which may go, and dropping their bodies in the transaction that records it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from core.audit.entry import Entry
from core.audit.purging import purge_digest
from core.audit.store.kept import MARK
from core.audit.store.lookup import note_again
from core.audit.store.schema import ENTRY, KEPT_ACTIONS
from core.errors import AuditError

_CHUNK = 5_000


def may_go(before: str, held_cases: Sequence[str], last: int | None) -> list[sa.ColumnElement[bool]]:
    """Entries with a body up to a place, older than a time (as text), of no held case; never those that purges and holds rest on."""
    conditions: list[sa.ColumnElement[bool]] = [
        ENTRY.c.body.is_not(None),
        ENTRY.c.time < before,
        ENTRY.c.action.not_in(KEPT_ACTIONS),
    ]
    if last is not None:
        conditions.append(ENTRY.c.sequence <= last)
    if held_cases:
        conditions.append(sa.or_(ENTRY.c.case_ref.is_(None), ENTRY.c.case_ref.not_in(held_cases)))
    return conditions


def commitment(connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]]) -> tuple[int, str]:
    """How many entries meet the conditions, and what the purge's entry says of them."""
    count = 0
    query = sa.select(ENTRY.c.sequence, ENTRY.c.leaf_hash).where(*conditions).order_by(ENTRY.c.sequence)

    def passing() -> Iterator[tuple[int, bytes]]:
        nonlocal count
        for sequence, leaf in connection.execute(query, execution_options={"yield_per": _CHUNK}):
            count += 1
            yield sequence, bytes(leaf)

    digest = purge_digest(passing())
    return count, digest


def require_counted(connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]]) -> None:
    """Raise AuditError while the usage rows do not hold all that is to go, because another process has begun to make them anew."""
    last = connection.scalar(sa.select(sa.func.max(ENTRY.c.sequence)).where(*conditions)) or 0
    if int(last) > int(connection.scalar(sa.select(MARK.c.through)) or 0):
        raise AuditError("The usage figures are just being made anew from the entries that would go. Purge again when that has ended.")


def empty(connection: sa.Connection, conditions: Sequence[sa.ColumnElement[bool]], entry: Entry) -> None:
    """Drop the bodies, naming the purge's entry in each row. The store's role has the right for this transaction only."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("GRANT UPDATE (body, purge) ON entry TO CURRENT_USER")
    change = ENTRY.update().where(*conditions, ENTRY.c.sequence < entry.sequence).values(body=None, purge=entry.sequence)
    connection.execute(change)
    last = connection.scalar(sa.select(sa.func.max(ENTRY.c.sequence)).where(ENTRY.c.purge == entry.sequence))
    note_again(connection, last or 0)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("REVOKE UPDATE ON entry FROM CURRENT_USER")
