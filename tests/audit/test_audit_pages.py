"""Damage besides the entries: named by table, with a message of its own, and no false alarm."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.audit import AuditLog, Event
from core.audit.__main__ import main
from core.audit.store.pages import REST
from core.model import FixedClock

Make = Callable[..., Event]
PAGE = 4_096


@pytest.fixture
def stored(database: Path, event: Make) -> Path:
    """Some entries with their rows and places, in one file."""
    log = AuditLog.open(database, clock=FixedClock())
    for number in range(30):
        log.append(event(number))
    log.figures.catch_up()
    log.close()
    with closing(sqlite3.connect(database)) as plain:
        plain.execute("PRAGMA journal_mode = DELETE")
    return database


def root(database: Path, name: str) -> int:
    """Where in the file the first page of a table or index begins."""
    with closing(sqlite3.connect(database)) as plain:
        return (int(plain.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]) - 1) * PAGE


def overwrite(database: Path, at: int, data: bytes) -> None:
    """Damage the file."""
    with database.open("r+b") as file:
        file.seek(at)
        file.write(data)


def test_a_sound_file_is_no_alarm(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of pages."""
    assert main(["verify", "--database", str(stored)]) == 0
    assert "pages" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("usage_rollup", "usage_rollup"),
        ("usage_case", "usage_case"),
        ("entry_place", "entry_place"),
        ("sqlite_autoindex_signing_key_1", "signing_key"),
    ],
)
def test_a_damaged_page_is_named_by_its_table(stored: Path, capsys: pytest.CaptureFixture[str], name: str, table: str) -> None:
    """The entries are intact and said to be; the page is named, with what to do, and the exit says that not all is well."""
    overwrite(stored, root(stored, name), b"\xff" * 100)
    assert main(["verify", "--database", str(stored)]) == 1
    told = capsys.readouterr().out
    assert "All 30 entries are intact." in told
    assert f"Damaged in {table}:" in told
    assert "restore the last backup" in told


def test_an_index_that_lacks_a_row_is_named(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page that is well formed and wrong is found too: a key flipped within an index."""
    at = root(stored, "sqlite_autoindex_signing_key_1")
    page = stored.read_bytes()[at : at + PAGE]
    with closing(sqlite3.connect(stored)) as plain:
        key = str(plain.execute("SELECT key_id FROM signing_key").fetchone()[0]).encode()
    overwrite(stored, at + page.index(key), bytes([key[0] ^ 1]))
    assert main(["verify", "--database", str(stored)]) == 1
    assert "Damaged in signing_key:" in capsys.readouterr().out


def test_damage_of_no_table_is_named_too(stored: Path) -> None:
    """The header's count of free pages is wrong."""
    overwrite(stored, 36, (7).to_bytes(4, "big"))
    with closing(AuditLog.open(stored, clock=FixedClock(), read_only=True)) as log:
        assert log.damaged_parts() == [REST]
        assert log.verify().ok
