"""The audit store's tables, and the guards by which the database itself refuses to change or drop an entry.

The body is the only truth. The columns that filters use are generated from it by the database, so they can't disagree
with it, and no other column of an entry can hold more than a number or a hash. The tables of figures and of places are
unguarded: they are made from the bodies, which places lead to is compared with them by the verification, and a purge
leaves the figures of its days in the rows alone.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.audit.store.usage_tables import add_usage_tables, start_usage

SCHEMA_VERSION = 6
POSTGRES_SCHEMA = "casegate_audit"
FACTS = ("time", "actor_id", "action", "case_ref", "model", "outcome")
_SAYS_WHO = " AND ".join(f"{name} IS NOT NULL" for name in ("time", "actor_id", "action", "outcome"))
# PostgreSQL would parse the whole body anew for each fact. A canonical body has its strings without a quote or an escape in them.
_BODY_FACT = {
    "sqlite": "json_extract(body, '$.{}')",
    "postgresql": """nullif(split_part(split_part(body, '"{}":"', 2), '"', 1), '')""",
}


def _hash(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, sa.CheckConstraint(f"length({name}) = 32", name=f"entry_{name}_length"), nullable=False)


def tables(backend: str) -> sa.MetaData:
    """Every table as it is on one backend: on SQLite the facts are computed when asked for, on PostgreSQL stored."""
    metadata, number, stored = sa.MetaData(), sa.BigInteger().with_variant(sa.Integer(), "sqlite"), backend == "postgresql"
    facts = (sa.Column(name, sa.Text, sa.Computed(_BODY_FACT[backend].format(name), persisted=stored)) for name in FACTS)
    sa.Table(
        "entry",
        metadata,
        sa.Column("sequence", number, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text),
        *(_hash(name) for name in ("leaf_hash", "node_hash", "prev_hash", "entry_hash")),
        sa.Column("purge", number),
        *facts,
        sa.CheckConstraint("(body IS NULL) = (purge IS NOT NULL)", name="entry_body_or_purge"),
        sa.CheckConstraint(f"body IS NULL OR ({_SAYS_WHO})", name="entry_says_who"),
    )
    sa.Table(
        "tree_head",
        metadata,
        sa.Column("tree_size", number, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    sa.Table(
        "signing_key",
        metadata,
        sa.Column("since_size", number, primary_key=True, autoincrement=False),
        sa.Column("key_id", sa.Text, nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
    )
    add_usage_tables(metadata, number)
    if stored:
        sa.Table("schema_step", metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
        sa.Table(  # its one row is the lock that the processes take once per batch
            "chain_end",
            metadata,
            sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="chain_end_one"), primary_key=True, autoincrement=False),
            sa.Column("sequence", sa.BigInteger, nullable=False),
            sa.Column("entry_hash", sa.LargeBinary, nullable=False),
        )
    return metadata


# For queries, which read alike on both.
_FOR_QUERIES = tables("postgresql").tables
ENTRY, TREE_HEAD, SIGNING_KEY = (_FOR_QUERIES[name] for name in ("entry", "tree_head", "signing_key"))
SCHEMA_STEP, CHAIN_END = (_FOR_QUERIES[name] for name in ("schema_step", "chain_end"))


# What purges, holds and the tree's past rest on stays readable for ever.
KEPT_ACTIONS = ("entries_purged", "retention_decided", "legal_hold_set", "legal_hold_lifted", "store_migrated", "store_restored")
_KEPT = ", ".join(f"'{name}'" for name in KEPT_ACTIONS)
_SAME = " AND ".join(f"NEW.{name} = OLD.{name}" for name in ("sequence", "leaf_hash", "node_hash", "prev_hash", "entry_hash"))
_PURGE_ENTRY = "(SELECT 1 FROM entry AS p WHERE p.sequence = NEW.purge AND p.action = 'entries_purged')"
_LAWFUL_PURGE = (
    f"{_SAME} AND NEW.body IS NULL AND OLD.body IS NOT NULL AND OLD.action NOT IN ({_KEPT}) "
    f"AND NEW.purge > OLD.sequence AND EXISTS {_PURGE_ENTRY}"
)


def _abort(name: str, when: str, text: str) -> str:
    return f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{text}'); END"


_SQLITE_GUARDS = (
    _abort("entry_no_update", f"UPDATE ON entry WHEN NOT ({_LAWFUL_PURGE})", "audit entries are never changed"),
    _abort("entry_no_delete", "DELETE ON entry", "audit entries are never deleted"),
    _abort(
        "entry_next_only",
        "INSERT ON entry WHEN NEW.body IS NULL OR NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM entry)",
        "audit entries are only appended",
    ),
    *(
        _abort(f"{table}_no_{act.lower()}", f"{act} ON {table}", "signed tree heads and their keys are never changed")
        for table in ("tree_head", "signing_key")
        for act in ("UPDATE", "DELETE")
    ),
)
_POSTGRES_FUNCTIONS = (
    f"""CREATE OR REPLACE FUNCTION entry_no_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF TG_OP = 'UPDATE' AND TG_LEVEL = 'ROW' THEN
        IF {_LAWFUL_PURGE} THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'audit entries are never changed';
      END IF;
      RAISE EXCEPTION 'audit entries are never deleted'; END $$""",
    """CREATE OR REPLACE FUNCTION signed_no_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION 'signed tree heads and their keys are never changed'; END $$""",
    """CREATE OR REPLACE FUNCTION entry_next_only() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE added record; BEGIN
      SELECT count(*) AS n, min(sequence) AS first, max(sequence) AS last, bool_or(body IS NULL) AS hollow INTO added FROM fresh;
      IF added.n = 0 THEN RETURN NULL; END IF;
      UPDATE chain_end SET sequence = added.last, entry_hash = (SELECT entry_hash FROM fresh WHERE fresh.sequence = added.last)
        WHERE sequence = added.first - 1 AND entry_hash = (SELECT prev_hash FROM fresh WHERE fresh.sequence = added.first)
          AND added.last - added.first + 1 = added.n AND NOT added.hollow;
      IF NOT FOUND THEN RAISE EXCEPTION 'audit entries are only appended'; END IF;
      RETURN NULL; END $$""",
)


def _postgres_trigger(name: str, when: str, function: str) -> str:
    return f"CREATE OR REPLACE TRIGGER {name} {when} EXECUTE FUNCTION {function}()"


_POSTGRES_GUARDS = (
    *_POSTGRES_FUNCTIONS,
    _postgres_trigger("entry_no_change", "BEFORE UPDATE OR DELETE ON entry FOR EACH ROW", "entry_no_change"),
    _postgres_trigger("entry_no_truncate", "BEFORE TRUNCATE ON entry FOR EACH STATEMENT", "entry_no_change"),
    _postgres_trigger("entry_next_only", "AFTER INSERT ON entry REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT", "entry_next_only"),
    *(
        _postgres_trigger(f"{table}_no_change", f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT", "signed_no_change")
        for table in ("tree_head", "signing_key")
    ),
    "REVOKE UPDATE, DELETE, TRUNCATE ON entry, tree_head, signing_key FROM PUBLIC, CURRENT_USER",
)


def guards(backend: str) -> tuple[str, ...]:
    """Statements that put every guard in its place; harmless to repeat."""
    return _SQLITE_GUARDS if backend == "sqlite" else _POSTGRES_GUARDS


def create(connection: sa.Connection) -> None:
    """Make the present schema in an empty database. Within the caller's transaction."""
    backend = connection.dialect.name
    metadata = tables(backend)
    metadata.create_all(connection)
    start_usage(connection, metadata)
    if backend == "postgresql":
        connection.execute(CHAIN_END.insert(), {"id": 1, "sequence": 0, "entry_hash": bytes(32)})
    for statement in guards(backend):
        connection.exec_driver_sql(statement)
