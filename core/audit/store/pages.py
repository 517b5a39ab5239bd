"""Damage to the database file that reading the entries does not meet: pages of the usage rows, of the places, of an index."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from core.audit.store.faults import explain

REST = "the list of free pages"
_MOST = 100
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN})


def damaged_parts(path: Path | None) -> list[str]:
    """Names of the damaged tables of a SQLite file (an index counts to its table), or REST; empty when every page is sound.

    None is PostgreSQL, which checks its own pages, by checksums and `pg_amcheck`. Raises AuditError when the file can't be read at all.
    """
    if path is None:
        return []
    try:  # a connection of its own: one that has met damage can't even end its transaction
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)) as store:
            store.text_factory = bytes  # a damaged page may hold no text
            store.execute("PRAGMA ignore_check_constraints = ON")  # the verification's to see to, and a parse of each entry
            if _sound(store, str(_MOST)):
                return []
            tables = store.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rootpage").fetchall()
            return [name for (raw,) in tables if not _sound(store, name := raw.decode(errors="replace"))] or [REST]
    except sqlite3.Error as error:
        raise explain(error) from error


def _sound(store: sqlite3.Connection, what: str) -> bool:
    try:
        return store.execute(f"PRAGMA integrity_check({what})").fetchall() == [(b"ok",)]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _BUSY:
            raise
        return False
