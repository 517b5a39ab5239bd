"""The tables of usage figures. They follow from the entries, and are made anew from them; of purged days they are all there is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.audit.rollup import DIMENSIONS, SUMS


def add_usage_tables(metadata: sa.MetaData, number: Any) -> None:
    """Rows by scope, grain and hour; cases asked about; where entries of an hour and with a fact stand; and how far all that reaches."""
    sa.Table(
        "usage_rollup",
        metadata,
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("grain", sa.Text, primary_key=True),
        sa.Column("start", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Boolean if name == "simulated" else sa.Text, primary_key=True) for name in DIMENSIONS),
        *(sa.Column(name, number, nullable=False) for name in SUMS),
        sa.Column("latency", sa.LargeBinary, nullable=False),
        sa.Column("ttft", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    sa.Table(
        "usage_case",
        metadata,
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("case_ref", "provider", "model")),
        sa.Column("since", sa.Integer, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    sa.Table(
        "usage_hour",
        metadata,
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("first", number, nullable=False),
        sa.Column("last", number, nullable=False),
    )
    sa.Table(
        "usage_mark",
        metadata,
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="usage_mark_one"), primary_key=True, autoincrement=False),
        sa.Column("through", number, nullable=False),
        sa.Column("kept_before", sa.Integer, nullable=False, server_default="0"),
        sa.Column("kept_through", number, nullable=False, server_default="0"),
    )
    sa.Table(
        "entry_place",
        metadata,
        sa.Column("fact", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("start", number, primary_key=True, autoincrement=False),
        sa.Column("offsets", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def start_usage(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Make what is not there yet; the rows then follow from the entries. Within the caller's transaction."""
    mark = metadata.tables["usage_mark"]
    for name in ("usage_rollup", "usage_case", "usage_hour", "usage_mark", "entry_place"):
        metadata.tables[name].create(connection, checkfirst=True)
    if connection.scalar(sa.select(mark.c.through)) is None:
        connection.execute(mark.insert().values(id=1, through=0))
