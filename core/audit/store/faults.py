"""What a database's faults mean to a person, and what to do about each."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from core.errors import AuditError

_DAMAGED = "The audit store is damaged or not a database. Keep the file as it is, and restore the last backup under another name."
SQLITE_HINTS: tuple[tuple[frozenset[int], str], ...] = (
    (
        frozenset({sqlite3.SQLITE_FULL}),
        "The disk that holds the audit store is full. Free some space, then try again; nothing recorded so far is lost.",
    ),
    (
        frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}),
        "The audit store is read-only. Give the account that runs Casegate write access to the file and its folder.",
    ),
    (
        frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}),
        "The audit store is locked by another program. Close whatever else has the database open, then try again.",
    ),
    (
        frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}),
        _DAMAGED,
    ),
    (
        frozenset({sqlite3.SQLITE_CANTOPEN}),
        "The audit store can't be opened. Check that its folder exists and that the account that runs Casegate may write there.",
    ),
    (frozenset({sqlite3.SQLITE_IOERR}), "The disk that holds the audit store reports an error. Check the disk, then start Casegate again."),
)
# SQLSTATE, by its beginning; longer ones first.
POSTGRES_HINTS: tuple[tuple[str, str], ...] = (
    ("28", "PostgreSQL refused the audit store's user or password. Check CASEGATE_DATABASE_URL and the server's pg_hba.conf."),
    ("3D", "PostgreSQL has no database of that name. Create it, or mend CASEGATE_DATABASE_URL."),
    (
        "42501",
        "PostgreSQL denies the audit store's user a right it needs. Grant it CREATE on the database, or let its owner migrate first.",
    ),
    ("53100", "The disk that holds PostgreSQL's data is full. Free some space, then try again; nothing recorded so far is lost."),
    ("53", "PostgreSQL has no room for another connection or more memory. Raise its limits, or close what else is connected."),
    ("55P03", "The audit store is locked by another session of PostgreSQL. End that session, then try again."),
    ("57014", "The audit store is locked by another session of PostgreSQL. End that session, then try again."),
    ("25006", "PostgreSQL is read-only, perhaps a standby. Point CASEGATE_DATABASE_URL at the primary."),
    ("XX", "PostgreSQL reports damaged data. Keep the server's files as they are, and restore the last backup elsewhere."),
)
UNREACHABLE = "PostgreSQL can't be reached, so no audit entry can be written. Start it or check CASEGATE_DATABASE_URL; Casegate reconnects."
_ELSE = "The audit store refused the entry. Verify the store before going on."


def explain(error: sa.exc.DBAPIError | sqlite3.Error | UnicodeDecodeError) -> AuditError:
    """What a database fault means and what to do about it; text that is none comes from a damaged page."""
    if isinstance(error, UnicodeDecodeError):
        return AuditError(_DAMAGED)
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the extended codes keep the primary one in the low byte
        return AuditError(next((text for codes, text in SQLITE_HINTS if code in codes), _ELSE))
    if is_lost(error):
        return AuditError(UNREACHABLE)
    state = getattr(cause, "sqlstate", None) or _refusal(str(cause))
    return AuditError(next((text for start, text in POSTGRES_HINTS if state.startswith(start)), _ELSE))


def _refusal(text: str) -> str:
    """The SQLSTATE class of a refused connection, which the driver gives as text alone."""
    return "3D000" if "database" in text and "does not exist" in text else "28000"


def is_lost(error: BaseException | None) -> bool:
    """Whether the server went away or never answered: worth asking again."""
    if not isinstance(error, sa.exc.DBAPIError) or isinstance(error.orig, sqlite3.Error):
        return False
    state = getattr(error.orig, "sqlstate", None)
    gone = state is None and type(error.orig).__name__ == "OperationalError"  # libpq's own errors carry no SQLSTATE
    refused = gone and any(word in str(error.orig) for word in ("password", "does not exist", "authentication"))
    return not refused and (gone or error.connection_invalidated or (state or "")[:2] == "08" or state in ("57P01", "57P02", "57P03"))
