"""The ladder of schemas: each step takes a store from one version to the next, in one transaction, or not at all.

A new step is a function in STEPS under the version it leads to; SCHEMA_VERSION in `schema` goes up with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from core.audit.actions import Action
from core.audit.entry import Chain, Row
from core.audit.event import Event
from core.audit.histogram import Histogram
from core.audit.rollup import DIMENSIONS, SUMS, Grain, Scope
from core.audit.store import lookup, rollups, schema
from core.audit.store.place import APPLICATION_ID, require_known
from core.audit.store.usage_tables import start_usage
from core.errors import AuditError, ChainError
from core.model import Role

Now = Callable[[], datetime]
_CHUNK = 5_000
_V1_DOMAIN = b"casegate/audit/entry/1\n"
_INSERT = "INSERT INTO entry (sequence, body, leaf_hash, node_hash, prev_hash, entry_hash) VALUES (?, CAST(? AS TEXT), ?, ?, ?, ?)"


def climb(connection: sa.Connection, now: Now, place: str) -> None:
    """Make the schema, or bring it up to date; alone, and within the caller's transaction. Raises AuditError."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1128743252)")  # "CGAT": one process migrates, the others wait
    version = current(connection)
    if version is None:
        schema.create(connection)
        _note(connection, schema.SCHEMA_VERSION)
        return
    require_known(version, place)
    for step in range(version + 1, schema.SCHEMA_VERSION + 1):
        STEPS[step](connection, now)
        _note(connection, step)
    require_whole(connection, place)
    if connection.dialect.name == "sqlite":
        for guard in schema.guards("sqlite"):
            connection.exec_driver_sql(guard)


def current(connection: sa.Connection) -> int | None:
    """The version of the store's schema; None in an empty database."""
    if connection.dialect.name == "sqlite":
        if not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
            return None
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if not sa.inspect(connection).has_table(schema.SCHEMA_STEP.name):
        return None
    found = connection.scalar(sa.select(sa.func.max(schema.SCHEMA_STEP.c.version)))
    return int(found or 0)


def require_whole(connection: sa.Connection, place: str) -> None:
    """Refuse a store that lacks what its version says it has: a migration or a restore by hand stopped half way."""
    there = sa.inspect(connection)
    for table in schema.tables(connection.dialect.name).sorted_tables:
        lacking = {column.name for column in table.columns}
        if there.has_table(table.name):
            lacking -= set(_columns(connection, table.name))
        if lacking:
            raise AuditError(
                f"The audit store {place} is half migrated: its table {table.name} lacks {', '.join(sorted(lacking))}. "
                "Restore the last backup with `python -m core.audit restore`; nothing was changed."
            )


def _columns(connection: sa.Connection, table: str) -> list[str]:
    if connection.dialect.name == "sqlite":  # the inspector leaves generated columns out
        return [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_xinfo({table})")]
    return [column["name"] for column in sa.inspect(connection).get_columns(table)]


def _note(connection: sa.Connection, version: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    else:
        connection.execute(schema.SCHEMA_STEP.insert(), {"version": version})


def _to_tree(connection: sa.Connection, now: Now) -> None:
    """1 → 2 (SQLite only, as version 1 was): the chain over bodies becomes a tree; its old head is kept in an entry."""
    for name in ("entry_no_update", "entry_no_delete", "entry_next_only"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
    for name in ("entry_time", "entry_actor", "entry_action", "entry_case"):
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
    connection.exec_driver_sql("ALTER TABLE entry RENAME TO former")
    schema.create(connection)
    chain, head = Chain(), "0" * 64
    query = "SELECT sequence, CAST(body AS BLOB), prev_hash, entry_hash FROM former ORDER BY sequence"
    rows: list[Row] = []
    for sequence, body, prev_hash, entry_hash in connection.exec_driver_sql(query).yield_per(_CHUNK):
        expected = hashlib.sha256(_V1_DOMAIN + bytes.fromhex(head) + body).hexdigest()
        if (sequence, prev_hash, entry_hash) != (chain.sequence + 1, head, expected):
            raise ChainError(
                f"The audit store was altered before it could be migrated: entry {chain.sequence + 1} is the first bad one. "
                "Keep the file as it is, and restore the last backup under another name.",
                sequence=chain.sequence + 1,
            )
        rows.append(chain.add(body))
        head = entry_hash
        if len(rows) == _CHUNK:
            _insert(connection, rows)
            rows = []
    event = Event(
        actor_id="casegate",
        actor_role=Role.SERVICE,
        action=Action.STORE_MIGRATED,
        count=chain.sequence,
        payload_sha256=head,
        subject="schema.2",
    )
    _require_uncut(connection, chain.sequence)
    _insert(connection, [*rows, chain.seal(now(), event)[1]])
    connection.exec_driver_sql("DROP TABLE former")


def _require_uncut(connection: sa.Connection, count: int) -> None:
    """Against the head that version 1 kept beside the store."""
    try:
        kept = json.loads(Path(f"{connection.engine.url.database}.head").read_bytes())
        sequence, entry_hash = int(kept["sequence"]), str(kept["entry_hash"])
        stored = connection.exec_driver_sql("SELECT entry_hash FROM former WHERE sequence = ?", (sequence,)).scalar()
    except (OSError, ValueError, KeyError, TypeError):
        return
    if stored != entry_hash:
        bad = min(sequence, count + 1)
        raise ChainError(
            f"The audit store was altered before it could be migrated: by the head kept beside it, entry {bad} is missing or rewritten. "
            "Keep the files as they are, and restore the last backup under another name.",
            sequence=bad,
        )


def _to_rollups(connection: sa.Connection, _: Now) -> None:
    """2 → 3: tables of usage figures, empty; they follow from the entries."""
    start_usage(connection, schema.tables(connection.dialect.name))


def _to_places(connection: sa.Connection, _: Now) -> None:
    """3 → 4: a table that takes in entries by the thousand, instead of an index on each fact."""
    start_usage(connection, schema.tables(connection.dialect.name))
    lookup.note_again(connection, 0)
    for name in schema.FACTS:
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS entry_{name}")


def _to_kept_rows(connection: sa.Connection, _: Now) -> None:
    """4 → 5: the usage rows know which of them a rebuild must keep. A case of which no body is left counts as asked about long ago."""
    number = "BIGINT" if connection.dialect.name == "postgresql" else "INTEGER"
    for table, name, kind in (
        ("usage_case", "since", "INTEGER"),
        ("usage_mark", "kept_before", "INTEGER"),
        ("usage_mark", "kept_through", number),
    ):
        if name not in _columns(connection, table):  # a store from before version 3 has them since the step to it
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {name} {kind} NOT NULL DEFAULT 0")
    rollups.date_cases(connection)


def _to_tier_rows(connection: sa.Connection, _: Now) -> None:
    """5 → 6: days by tier, summed over roles and departments out of the rows there are."""
    usage = schema.tables(connection.dialect.name).tables["usage_rollup"]
    told = ("provider", "model", "simulated", "outcome", "tier")
    fixed = {"scope": Scope.TIER.value, "grain": Grain.DAY.value} | {name: "" for name in DIMENSIONS if name not in told}
    nothing = sa.literal(Histogram().encode(), sa.LargeBinary)
    columns: dict[str, sa.ColumnElement[Any]] = {name: sa.literal(text) for name, text in fixed.items()}
    columns |= {name: usage.c[name] for name in ("start", *told)}
    columns |= {name: sa.cast(sa.func.sum(usage.c[name]), sa.BigInteger) for name in SUMS} | {"latency": nothing, "ttft": nothing}
    days = sa.select(*columns.values()).where(usage.c.scope == Scope.UNIT.value, usage.c.grain == Grain.DAY.value)
    days = days.group_by(usage.c.start, *(usage.c[name] for name in told))
    connection.execute(usage.delete().where(usage.c.scope == Scope.TIER.value))
    connection.execute(usage.insert().from_select(list(columns), days))


def _insert(connection: sa.Connection, rows: list[Row]) -> None:
    connection.exec_driver_sql(_INSERT, [row[:6] for row in rows])


STEPS: Mapping[int, Callable[[sa.Connection, Now], None]] = MappingProxyType(
    {2: _to_tree, 3: _to_rollups, 4: _to_places, 5: _to_kept_rows, 6: _to_tier_rows}
)
