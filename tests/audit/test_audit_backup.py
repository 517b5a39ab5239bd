"""Backups while the store is in use, the restore drill, and keys that are lost."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.audit_logs import open_postgres

from core.audit import Action, AuditLog, Event, FileAnchor, Reason, Signer
from core.audit.__main__ import main
from core.errors import AuditError
from core.model import FixedClock, Principal, Role

Make = Callable[..., Event]
OFFICER = Principal("u-officer", Role.PRIVACY_OFFICER)


@pytest.fixture(params=["sqlite", "postgresql"])
def source(request: pytest.FixtureRequest, database: Path, tmp_path: Path, event: Make) -> AuditLog:
    """A store of either kind with a purged entry, under load by a thread until it is closed."""
    clock = FixedClock()
    if request.param == "sqlite":
        log = AuditLog.open(database, clock=clock, signing_key=tmp_path / "audit.key")
    else:
        log = open_postgres(str(request.getfixturevalue("postgres_url")), tmp_path, clock=clock)
    log.append(event(0))
    clock.advance(7 * 366 * 86_400)
    for number in range(1, 20):
        log.append(event(number))
    log.purge(OFFICER)
    return log


def test_the_drill(source: AuditLog, tmp_path: Path, event: Make, request: pytest.FixtureRequest) -> None:
    """Back up under load, lose everything, restore, verify: every entry of the backup is there, and the restore is an entry."""
    stop, copy = threading.Event(), tmp_path / "copies" / "audit.backup"

    def load() -> None:
        while not stop.is_set():
            source.append(event(7))

    thread = threading.Thread(target=load)
    thread.start()
    try:
        found = source.backup(copy)
    finally:
        stop.set()
        thread.join()
    assert found.ok
    assert found.entries >= 21
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in copy.parent.iterdir()] == ["audit.backup"]
    wanted = {entry.sequence: entry.entry_hash for entry in source.entries(limit=1_000) if entry.sequence <= found.entries}
    source.close()
    for target in (str(tmp_path / "new" / "audit.sqlite3"), str(request.getfixturevalue("postgres_url")) + "_restored"):
        if "://" in target:
            request.getfixturevalue("postgres").fresh(target.partition("@/")[2].partition("?")[0] + "_restored")
            target = target.replace("?host", "_restored?host").removesuffix("_restored")
        anchor = tmp_path / f"{len(target)}.head"
        places = ["--database", target, "--key-file", str(tmp_path / "audit.key"), "--anchor", str(anchor)]
        assert main(["restore", str(copy), *places]) == 0
        assert main(["verify", *places]) == 0
        log = open_postgres(target, tmp_path, read_only=True, anchor=FileAnchor(anchor))
        entries = log.entries(limit=1_000)
        log.close()
        assert {entry.sequence: entry.entry_hash for entry in entries[1:]} == wanted
        assert (entries[0].event.action, entries[0].event.count) == (Action.STORE_RESTORED, 0)


def test_nothing_is_written_over(log: AuditLog, event: Make, tmp_path: Path, database: Path) -> None:
    """Neither a backup nor a restore replaces a file."""
    log.append(event())
    there = tmp_path / "there"
    there.write_text("mine")
    with pytest.raises(AuditError, match="already"):
        log.backup(there)
    log.backup(tmp_path / "copy")
    log.close()
    assert main(["restore", str(tmp_path / "copy"), "--database", str(database)]) == 2
    assert there.read_text() == "mine"


def test_a_backup_that_lacks_the_tail_says_so(
    log: AuditLog, event: Make, tmp_path: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An old backup is not taken for the whole: how much is lost is said, and going on is recorded with the lost head's root."""
    for number in range(3):
        log.append(event(number))
    copy = tmp_path / "copy"
    log.backup(copy)
    for number in range(2):
        log.append(event(number))
    lost = log.seal()
    log.close()
    for path in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
        path.unlink(missing_ok=True)
    places = ["--database", str(database)]
    assert main(["restore", str(copy), *places]) == 2
    assert "without the last 2 entries" in capsys.readouterr().err
    assert not database.exists()
    assert main(["restore", str(copy), *places, "--accept-loss"]) == 0
    again = AuditLog.open(database, clock=FixedClock())
    assert again.entries()[0].event.payload_sha256 == lost.head.root.hex()
    assert again.verify().ok
    again.close()
    assert database.with_name("audit.sqlite3.head.lost-5").exists()


def test_an_altered_backup_is_not_restored(log: AuditLog, event: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is verified first, and nothing is made of it."""
    for number in range(3):
        log.append(event(number))
    copy = tmp_path / "copy"
    log.backup(copy)
    data = copy.read_bytes()
    copy.write_bytes(data.replace(b"u-7f3a", b"u-evil", 1))
    assert main(["restore", str(copy), "--database", str(tmp_path / "new.sqlite3")]) == 2
    assert "The backup was not restored" in capsys.readouterr().err
    assert not (tmp_path / "new.sqlite3").exists()


def test_a_store_that_does_not_verify_gives_no_backup(log: AuditLog, event: Make, tamper: Callable[..., None], tmp_path: Path) -> None:
    """A backup of an altered store would pass for a good one."""
    for number in range(3):
        log.append(event(number))
    tamper("UPDATE entry SET body = replace(body, 'u-7f3a', 'u-evil') WHERE sequence = 2")
    with pytest.raises(AuditError, match="entry 2"):
        log.backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def key_file(database: Path) -> Path:
    """Beside the store."""
    return database.with_name(database.name + ".key")


LOST = {
    "missing": (lambda path: path.unlink(), "is missing"),
    "damaged": (lambda path: path.write_text("not a key"), "is damaged"),
    "another": (lambda path: path.write_text(Signer.generate().to_base64()), "but the key given is"),
    "open to all": (lambda path: path.chmod(0o644), "Others may read"),
}


@pytest.mark.parametrize(("harm", "words"), LOST.values(), ids=LOST.keys())
def test_a_lost_key_is_named(log: AuditLog, event: Make, database: Path, harm: Callable[[Path], object], words: str) -> None:
    """A store whose key is not at hand is not silently given another; the message names what is wanted."""
    log.append(event())
    log.close()
    harm(key_file(database))
    with pytest.raises(AuditError, match=words):
        AuditLog.open(database, clock=FixedClock())


def test_going_on_with_a_new_key(log: AuditLog, event: Make, database: Path, tmp_path: Path) -> None:
    """After a loss a new key is an entry; what the old one signed still verifies, and so does what the new one signs."""
    log.append(event(1))
    origin = log.origin
    log.close()
    key_file(database).unlink()
    assert main(["new-key", "--database", str(database)]) == 0
    again = AuditLog.open(database, clock=FixedClock())
    assert again.entries()[0].event.action is Action.SIGNING_KEY_CHANGED
    again.append(event(2))
    again.seal()
    found = again.verify()
    assert (found.ok, found.entries, again.origin) == (True, 3, origin)
    again.close()


def test_a_swapped_key_record_is_found(log: AuditLog, event: Make, tamper: Callable[..., None]) -> None:
    """Whoever replaces the public key in the database to sign heads of their own is found by the key at hand."""
    log.append(event())
    log.seal()
    forger = Signer.generate()
    tamper(("UPDATE signing_key SET public_key = ?, key_id = ?", (forger.public_key, forger.key_id)))
    found = log.verify()
    assert (found.ok, found.reason) == (False, Reason.FORGED)


def test_a_damaged_page_is_named_by_the_backup(log: AuditLog, event: Make, database: Path, tmp_path: Path) -> None:
    """A page that can't be read ends the backup with a message, and leaves no file."""
    for number in range(60):
        log.append(event(number))
    log.close()
    with sqlite3.connect(database) as store:
        root = store.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entry'").fetchone()[0]
    store.close()
    data = bytearray(database.read_bytes())
    data[(root - 1) * 4096 : root * 4096] = b"\xa5" * 4096
    database.write_bytes(data)
    again = AuditLog.open(database, clock=FixedClock(), read_only=True)
    with pytest.raises(AuditError):
        again.backup(tmp_path / "copy")
    again.close()
    assert not (tmp_path / "copy").exists()
