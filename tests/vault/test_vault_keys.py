"""Keys: where they come from, what they are bound to, how they are replaced, and what is said when one is missing."""

from __future__ import annotations

import base64
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.audit import Action, AuditLog, Outcome
from core.errors import ConfigError, VaultError
from core.model import FixedClock, Role
from core.settings import settings
from core.vault import KeyRing, Vault, new_key
from core.vault.__main__ import main
from core.vault.keys import Random
from core.vault.sealing import Place, Sealed, rewrap, seal, unseal

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLACE = Place("draft", "r-1", "u-1")


def coded(key: bytes) -> str:
    """A key in base64."""
    return base64.b64encode(key).decode()


def reopened(path: Path, keyring: KeyRing) -> Vault:
    """The same vault with other keys."""
    return Vault.open(path, keyring=keyring, clock=FixedClock())


def rows(path: Path, columns: str) -> list[tuple[Any, ...]]:
    """Columns of the stored records, in order of their ids."""
    connection = sqlite3.connect(path)
    found = connection.execute(f"SELECT {columns} FROM record ORDER BY record_id").fetchall()
    connection.close()
    return found


@pytest.mark.parametrize(
    "place",
    [Place("identity", "r-1", "u-1"), Place("draft", "r-2", "u-1"), Place("draft", "r-1", "u-2"), Place("draft", "r-1u", "-1")],
    ids=str,
)
def test_a_record_opens_only_where_it_belongs(keyring: KeyRing, place: Place) -> None:
    """Moved to another kind, id or owner, a record does not open."""
    sealed = seal(PLACE, {"a": 1}, keyring, os.urandom)
    assert unseal(PLACE, sealed, keyring) == {"a": 1}
    with pytest.raises(VaultError, match="k-old"):
        unseal(place, sealed, keyring)


@pytest.mark.parametrize("column", ["wrapped_key", "nonce", "ciphertext"])
def test_every_flipped_byte_is_noticed(keyring: KeyRing, column: str) -> None:
    """No changed byte of a sealed record goes unseen."""
    sealed = seal(PLACE, {"a": "b"}, keyring, os.urandom)
    data = getattr(sealed, column)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 0x10
        with pytest.raises(VaultError):
            unseal(PLACE, sealed._replace(**{column: bytes(changed)}), keyring)


@pytest.mark.parametrize("column", ["wrapped_key", "nonce", "ciphertext"])
def test_a_truncated_column_is_noticed(keyring: KeyRing, column: str) -> None:
    """A column cut to nothing is a refusal, not a traceback."""
    sealed = seal(PLACE, {"a": "b"}, keyring, os.urandom)
    with pytest.raises(VaultError, match="altered"):
        unseal(PLACE, sealed._replace(**{column: b""}), keyring)


def test_swapped_rows_do_not_open(vault: Vault, path: Path) -> None:
    """Two records whose contents were exchanged in the database are refused."""
    vault.put("draft", "r-1", "u-1", {"n": 1})
    vault.put("draft", "r-2", "u-1", {"n": 2})
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT wrapped_key, nonce, ciphertext FROM record ORDER BY record_id").fetchall()
    for record_id, row in zip(("r-1", "r-2"), reversed(rows), strict=True):
        connection.execute("UPDATE record SET wrapped_key = ?, nonce = ?, ciphertext = ? WHERE record_id = ?", (*row, record_id))
    connection.commit()
    connection.close()
    with pytest.raises(VaultError, match="altered"):
        vault.get("draft", "r-1")


def test_every_record_and_version_has_its_own_key(vault: Vault, path: Path) -> None:
    """The same payload put twice shares neither wrapped key, nonce nor ciphertext."""
    seen: list[bytes] = []
    for record_id in ("r-1", "r-1", "r-2"):
        vault.put("draft", record_id, "u-1", {"a": 1})
        connection = sqlite3.connect(path)
        seen += connection.execute("SELECT wrapped_key, nonce, ciphertext FROM record WHERE record_id = ?", (record_id,)).fetchone()
        connection.close()
    assert len(set(seen)) == 9


def test_rotation(vault: Vault, path: Path, rotated: KeyRing) -> None:
    """With a new current key old records still open, and what is written uses the new key."""
    vault.put("draft", "r-1", "u-1", {"n": 1})
    vault.put("draft", "r-2", "u-1", {"n": 2})
    second = reopened(path, rotated)
    assert second.get("draft", "r-1") == {"n": 1}
    second.put("draft", "r-2", "u-1", {"n": 3})
    assert rows(path, "record_id, key_id") == [("r-1", "k-old"), ("r-2", "k-new")]
    second.close()


def test_rewrapping_lets_an_old_key_go(vault: Vault, path: Path, rotated: KeyRing) -> None:
    """After rewrap the new key alone opens everything, and no ciphertext was touched."""
    for number in range(5):
        vault.put("draft", f"r-{number}", "u-1", {"n": number})
    before = rows(path, "nonce, ciphertext")
    second = reopened(path, rotated)
    assert (second.rewrap(), second.rewrap()) == (5, 0)
    second.close()
    alone = reopened(path, KeyRing({"k-new": NEW}, "k-new"))
    assert [alone.get("draft", f"r-{number}") for number in range(5)] == [{"n": number} for number in range(5)]
    assert rows(path, "nonce, ciphertext") == before
    alone.close()


def test_rewrapping_keeps_the_place(keyring: KeyRing, rotated: KeyRing) -> None:
    """A record can't be moved by way of a rewrap."""
    sealed = seal(PLACE, {"a": 1}, keyring, os.urandom)
    assert unseal(PLACE, rewrap(PLACE, sealed, rotated, os.urandom), rotated) == {"a": 1}
    with pytest.raises(VaultError):
        rewrap(Place("draft", "r-2", "u-1"), sealed, rotated, os.urandom)


def test_a_missing_key_is_named(vault: Vault, path: Path) -> None:
    """The message says which key id is wanted and where to put it."""
    vault.put("draft", "r-1", "u-1", {"n": 1})
    second = reopened(path, KeyRing({"k-new": NEW}, "k-new"))
    with pytest.raises(VaultError, match=r"'k-old'.*CASEGATE_VAULT_KEYS"):
        second.get("draft", "r-1")
    second.close()


def test_a_wrong_key_is_named(vault: Vault, path: Path) -> None:
    """A key that has the right id and the wrong bytes is told from a missing one; no key shows in the message."""
    vault.put("draft", "r-1", "u-1", {"n": 1})
    second = reopened(path, KeyRing({"k-old": NEW}, "k-old"))
    with pytest.raises(VaultError, match=r"'k-old'.*not the key") as refusal:
        second.get("draft", "r-1")
    assert coded(NEW) not in str(refusal.value)
    second.close()


def test_keys_from_text() -> None:
    """The first entry is current; white space does not matter; keys stay out of the repr."""
    ring = KeyRing.from_base64(f" k-new:{coded(NEW)} , k-old:{coded(OLD)},")
    assert (ring.current, ring.key("k-new"), ring.key("k-old")) == ("k-new", NEW, OLD)
    assert coded(OLD) not in repr(ring)
    assert str(OLD) not in repr(ring)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" , ", "empty"),
        ("hunter2", "entry 1"),
        (f"k:{coded(NEW)},l:hunter2", "entry 2"),
        (f"k:{coded(NEW[:16])}", "32 bytes"),
        (f"a b:{coded(NEW)}", "entry 1"),
        (f":{coded(NEW)}", "entry 1"),
        (f"k:{coded(NEW)},k:{coded(OLD)}", "same id"),
        (f"k:{coded(NEW)}\u00e9", "entry 1"),
    ],
    ids=range(9),
)
def test_malformed_key_text_is_refused(text: str, message: str) -> None:
    """What is wrong is said by number, without any of the text."""
    with pytest.raises(ConfigError, match=message) as refusal:
        KeyRing.from_base64(text)
    assert "hunter2" not in str(refusal.value)
    assert coded(NEW) not in str(refusal.value)


@pytest.mark.parametrize("arguments", [({}, "k"), ({"k": b"short"}, "k"), ({"k": NEW}, "l"), ({"a b": NEW}, "a b")], ids=range(4))
def test_a_key_ring_is_checked_at_birth(arguments: Any) -> None:
    """No ring without its current key, with a short key or a malformed id."""
    with pytest.raises(ValueError, match="key"):
        KeyRing(*arguments)


def test_a_demo_key_is_made_once(tmp_path: Path) -> None:
    """The first start makes a key in a private file; later starts read the same; no draft of it stays behind."""
    path = tmp_path / "new" / "vault.key"
    first, second = KeyRing.demo(path), KeyRing.demo(path)
    assert first == second
    assert len(first.key(first.current)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["vault.key"]


def test_starts_at_the_same_time_share_a_demo_key(tmp_path: Path) -> None:
    """Whoever comes first makes the key; nobody reads half of it and nobody replaces it."""
    rings: list[KeyRing] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        rings.append(KeyRing.demo(tmp_path / "vault.key"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rings) == 8
    assert all(ring == rings[0] for ring in rings)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """The message says which command closes it."""
    path = tmp_path / "vault.key"
    KeyRing.demo(path)
    path.chmod(mode)
    with pytest.raises(VaultError, match=r"read by others.*chmod 600"):
        KeyRing.demo(path)


def test_a_damaged_key_file_is_never_replaced(tmp_path: Path) -> None:
    """Making a new key would lock every record away for good; the file stays as it is."""
    path = tmp_path / "vault.key"
    path.write_text("k:hunter2")
    path.chmod(0o600)
    with pytest.raises(VaultError, match="damaged") as refusal:
        KeyRing.demo(path)
    assert "hunter2" not in str(refusal.value)
    assert path.read_text() == "k:hunter2"


def test_a_key_file_behind_a_link_is_refused(tmp_path: Path) -> None:
    """A symbolic link is not followed."""
    KeyRing.demo(tmp_path / "real.key")
    (tmp_path / "vault.key").symlink_to(tmp_path / "real.key")
    with pytest.raises(VaultError, match="can't be used"):
        KeyRing.demo(tmp_path / "vault.key")


def test_a_key_file_holds_a_key_a_line(tmp_path: Path) -> None:
    """The first line is current; a file that is not there is named and never made."""
    path = tmp_path / "keys"
    with pytest.raises(VaultError, match="can't be used"):
        KeyRing.from_file(path)
    assert not path.exists()
    path.write_text(f"{new_key('k-2026')}\nk-old:{coded(OLD)}\n")
    path.chmod(0o600)
    ring = KeyRing.from_file(path)
    assert (ring.current, ring.key("k-old")) == ("k-2026", OLD)


class FarService:
    """A key-management service: the keys never leave it, and it can be switched off."""

    def __init__(self) -> None:
        self.current = "arn-1"
        self.up = True
        self._ring = KeyRing({"arn-1": OLD, "arn-2": NEW}, "arn-1")

    def wrap(self, key_id: str, data_key: bytes, context: bytes, random: Random) -> bytes:
        """Wrapped over there."""
        return self._ring.wrap(key_id, data_key, context, random)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Unwrapped over there, while it is up."""
        if not self.up:
            raise VaultError(f"The key service does not answer; key '{key_id}' is wanted.")
        return self._ring.unwrap(key_id, wrapped, context)


def test_a_key_service_takes_the_rings_place(path: Path) -> None:
    """Records are sealed, opened and rewrapped through it; when it is down nothing opens and the key id is named."""
    service = FarService()
    vault = Vault.open(path, keyring=service, clock=FixedClock())
    vault.put("draft", "r-1", "u-1", {"n": 1})
    service.current = "arn-2"
    assert (vault.rewrap(), vault.key_ids()) == (1, {"arn-2": 1})
    assert vault.get("draft", "r-1") == {"n": 1}
    service.up = False
    with pytest.raises(VaultError, match="'arn-2'"):
        vault.get("draft", "r-1")
    vault.close()


def test_a_backup_opens_with_the_same_keys_alone(vault: Vault, tmp_path: Path, keyring: KeyRing) -> None:
    """Made while the vault is in use, private, never over another file, and of no use without the key."""
    vault.put("draft", "r-1", "u-1", {"n": 1})
    target = tmp_path / "copy.sqlite3"
    assert vault.backup(target) == 1
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(VaultError, match="Name a new file"):
        vault.backup(target)
    restored, locked = reopened(target, keyring), reopened(target, KeyRing({"k-new": NEW}, "k-new"))
    assert restored.get("draft", "r-1") == {"n": 1}
    with pytest.raises(VaultError, match="k-old"):
        locked.get("draft", "r-1")
    restored.close()
    locked.close()


@pytest.fixture
def configured(path: Path, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A vault with three records of an old key, and the key file of an installation where a newer key comes first."""
    for number in range(3):
        vault.put("draft", f"r-{number}", "u-1", {"n": number})
    keys = tmp_path / "keys"
    keys.write_text(f"k-new:{coded(NEW)}\nk-old:{coded(OLD)}\n")
    keys.chmod(0o600)
    monkeypatch.setenv("CASEGATE_DATA_DIR", str(path.parent))
    monkeypatch.setenv("CASEGATE_VAULT_DATABASE", str(path))
    monkeypatch.setenv("CASEGATE_VAULT_KEY_FILE", str(keys))
    settings.cache_clear()
    yield keys
    settings.cache_clear()


def test_rotation_from_the_command_line(configured: Path, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """status, rewrap, status, backup: the old key can go, and no ciphertext changed."""
    before = rows(path, "nonce, ciphertext")
    assert [main([command]) for command in ("status", "rewrap", "status")] == [0, 0, 0]
    assert capsys.readouterr().out.split("\n")[:3] == ["key k-old  3 records", "3 records wrapped anew.", "key k-new  3 records"]
    assert main(["backup", str(tmp_path / "copy.sqlite3")]) == 0
    assert rows(tmp_path / "copy.sqlite3", "nonce, ciphertext") == before
    configured.write_text(f"k-old:{coded(OLD)}\n")
    assert main(["backup", str(tmp_path / "copy.sqlite3")]) == 2
    assert "Name a new file" in capsys.readouterr().err


def recorded(folder: Path) -> list[tuple[object, ...]]:
    """What the audit store tells of rewraps, oldest first."""
    with closing(AuditLog.open(folder / "audit.sqlite3", clock=FixedClock(), read_only=True)) as log:
        events = [entry.event for entry in reversed(log.entries(action=Action.VAULT_REWRAPPED))]
        return [(e.actor_id, e.actor_role, e.outcome, e.subject, e.count) for e in events]


def test_a_rewrap_is_an_entry_before_and_after(configured: Path, path: Path) -> None:
    """Who did it, that it began, and how many records it changed; one that fails says so."""
    assert main(["rewrap", "--actor", "u-keeper"]) == 0
    begun, ended = (("u-keeper", Role.ADMIN, Outcome.OK, *rest) for rest in (("begun", None), ("ended", 3)))
    assert recorded(path.parent) == [begun, ended]
    configured.write_text(f"k-third:{coded(b'3' * 32)}\n")
    assert main(["rewrap"]) == 2
    assert recorded(path.parent)[2:] == [
        ("operator", Role.ADMIN, Outcome.OK, "begun", None),
        ("operator", Role.ADMIN, Outcome.FAILED, "ended", None),
    ]


def test_without_an_entry_nothing_is_rewrapped(configured: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While another process writes the audit store the vault is left as it is, and the message says what is in the way."""
    with closing(AuditLog.open(path.parent / "audit.sqlite3", clock=FixedClock(), signing_key=path.parent / "audit.key")):
        assert main(["rewrap"]) == 2
    assert "already writes the audit store" in capsys.readouterr().err
    assert main(["status"]) == 0
    assert "k-old  3 records" in capsys.readouterr().out


def test_a_new_key_is_printed_once_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    """What new-key prints is what the environment takes; a malformed id is refused."""
    assert main(["new-key", "k-2027"]) == 0
    assert KeyRing.from_base64(capsys.readouterr().out).current == "k-2027"
    assert main(["new-key", "a b"]) == 2


def test_sealed_shows_no_key() -> None:
    """The data key itself is never part of what is stored."""
    drawn: list[bytes] = []

    def random(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    sealed: Sealed = seal(PLACE, {"a": 1}, KeyRing({"k": NEW}, "k"), random)
    keys = [data for data in drawn if len(data) == 32]
    assert len(keys) == 1
    assert keys[0] not in b"".join((sealed.wrapped_key, sealed.nonce, sealed.ciphertext))
