"""From a path or URL to an engine: where the store is, whether it is ours, and how connections to it are set up."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url

from core.audit.store.faults import explain
from core.audit.store.schema import POSTGRES_SCHEMA, SCHEMA_VERSION
from core.errors import AuditError, ConfigError

APPLICATION_ID = 0x43474154  # "CGAT", tells an audit store from any other SQLite file
MIN_FREE_BYTES = 8 * 2**20
_LOG_BYTES = 5 * 2**20  # a thousand pages, and the fold that comes on top
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=1000",  # pages; a short log is soon written over, and a file that does not grow is durable in half the time
    "temp_store=MEMORY",
    "secure_delete=ON",  # a purge leaves nothing behind
)
_LIVENESS = {  # a server that vanished without a word, by a cable or a firewall, is known to be gone after 15 s, not two hours
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,  # ms
}
_EXAMPLES = "sqlite:////folder/audit.sqlite3 or postgresql://user@host/database"


def locate(database: str | Path) -> URL:
    """The SQLAlchemy URL of a path or URL. Raises ConfigError for other databases; shows no URL, it may hold a password."""
    text = str(database)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).absolute()))
    try:
        url = make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise ConfigError(f"The audit database's URL can't be read. Write it as {_EXAMPLES}, or give a path.") from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg") and (url.host or url.query.get("host")) and url.database:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise ConfigError(f"The audit store needs a SQLite file or a PostgreSQL database: give a path, or a URL such as {_EXAMPLES}.")
    return url


def sqlite_path(url: URL) -> Path:
    """The file of a SQLite URL."""
    return Path(str(url.database).removeprefix("file:"))


def sqlite_engine(url: URL, *, read_only: bool, busy_timeout_s: float) -> sa.Engine:
    """An engine on a file that exists. Transactions begin by themselves, so that a writer can take its lock at once."""
    path = sqlite_path(url)
    readable = URL.create("sqlite", database=_read_only_uri(path), query={"uri": "true"})
    engine = sa.create_engine(readable if read_only else url, hide_parameters=True, connect_args={"timeout": busy_timeout_s})

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in () if read_only else _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def postgres_engine(url: URL, *, read_only: bool, busy_timeout_s: float) -> sa.Engine:
    """An engine whose sessions see the store's own schema, wait at most `busy_timeout_s` for a lock, and commit durably."""
    settings = {
        "search_path": POSTGRES_SCHEMA,
        "lock_timeout": f"{max(1, round(busy_timeout_s * 1000))}ms",
        "synchronous_commit": "on",
        "default_transaction_read_only": "on" if read_only else "off",
        "application_name": "casegate-audit",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    arguments = {"options": options, "connect_timeout": max(2, round(busy_timeout_s)), **_LIVENESS}
    try:
        return sa.create_engine(url, hide_parameters=True, connect_args=arguments)
    except ModuleNotFoundError:
        raise ConfigError('PostgreSQL needs its driver: pip install "psycopg[binary]", then start Casegate again.') from None


def stretch_log(path: Path) -> None:
    """Write zeros behind the end of a write-ahead log, as far as it will be used. Nobody else may write to the store meanwhile.

    A commit that makes its file grow waits for the file system's own journal too. SQLite takes what is no frame for the log's end.
    """
    with suppress(OSError), path.with_name(f"{path.name}-wal").open("r+b") as log:
        end = log.seek(0, os.SEEK_END)
        if end < _LOG_BYTES < shutil.disk_usage(path.parent).free - MIN_FREE_BYTES:
            log.write(bytes(_LOG_BYTES - end))
            log.flush()
            os.fsync(log.fileno())


def make_file(path: Path) -> None:
    """Make the folder (mode 0700) and the file (0600) unless they are there. Raises AuditError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unknown reason"
        raise AuditError(f"The audit store {path} can't be opened for writing: {reason}. Check the path and its permissions.") from error


def require_ours(path: Path, *, may_be_empty: bool) -> None:
    """Look before touching: merely asking for a write-ahead log would change a stranger's database."""
    try:
        with closing(sqlite3.connect(_read_only_uri(path), uri=True)) as connection:
            queries = ("SELECT count(*) FROM sqlite_master", "PRAGMA application_id", "PRAGMA user_version")
            tables, application, version = (connection.execute(query).fetchone()[0] for query in queries)
    except sqlite3.Error as error:
        raise explain(error) from error
    if application != APPLICATION_ID and (tables or not may_be_empty):
        raise AuditError(f"{path} is not an audit store. Point the audit database setting at another file.")
    require_known(version, str(path))


def require_known(version: int, place: str) -> None:
    """Refuse a schema that is newer than this code."""
    if version > SCHEMA_VERSION:
        raise AuditError(f"The audit store {place} was made by a newer Casegate (schema {version}). Run that version, or restore a backup.")


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another put in its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _read_only_uri(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=ro"
