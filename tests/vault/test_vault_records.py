"""Records go in, come out equal, and leave no readable trace."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import VaultError
from core.model import FixedClock
from core.vault import KeyRing, Kind, Vault
from core.vault.sealing import Place, seal, unseal

CANARY = "Marisol Quintero, crushing chest pain since 04:10"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def files(path: Path) -> bytes:
    """Every byte of every file beside the vault."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def forms(text: str) -> list[bytes]:
    """How a text could stand in a file: plain, and as wide characters."""
    return [part.encode(code) for part in (text, text.split(",")[0]) for code in ("utf-8", "utf-16-le", "utf-16-be")]


@given(st.dictionaries(st.text(max_size=12), json_values, max_size=6))
def test_payloads_come_back_equal(payload: dict[str, Any]) -> None:
    """Whatever JSON can hold is opened as it was sealed, odd characters included."""
    keyring = KeyRing({"k": bytes(32)}, "k")
    place = Place("draft", "r-1", "u-1")
    sealed = seal(place, payload, keyring, lambda count: bytes(count))
    assert unseal(place, sealed, keyring) == payload


def test_a_lone_surrogate_does_not_stop_a_draft(vault: Vault) -> None:
    """What a browser can send, half a character included, is kept."""
    vault.put("draft", "r-1", "u-1", {"text": "a\ud800b"})
    assert vault.get("draft", "r-1") == {"text": "a\ud800b"}


def test_put_get_list_delete(path: Path, keyring: KeyRing) -> None:
    """A record is found by kind and id, replaced by its owner, listed with its times, and gone after deletion."""
    clock = FixedClock()
    vault = Vault.open(path, keyring=keyring, clock=clock)
    assert vault.get("draft", "r-1") is None
    vault.put("draft", "r-1", "u-1", {"n": 1})
    clock.advance(60)
    vault.put("draft", "r-2", "u-1", {"n": 2})
    vault.put("draft", "r-3", "u-2", {"n": 3})
    vault.put(Kind.IDENTITY, "r-1", "u-1", {"n": 4})
    clock.advance(60)
    vault.put("draft", "r-1", "u-1", {"n": 5})
    assert (vault.get("draft", "r-1"), vault.get("identity", "r-1")) == ({"n": 5}, {"n": 4})
    mine = vault.list("draft", "u-1")
    assert [info.record_id for info in mine] == ["r-1", "r-2"]
    assert mine[0].created == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert mine[0].updated == datetime(2026, 1, 5, 9, 2, tzinfo=UTC)
    assert {info.record_id for info in vault.list("draft", None)} == {"r-1", "r-2", "r-3"}
    assert (vault.delete("draft", "r-1"), vault.delete("draft", "r-1")) == (True, False)
    assert (vault.get("draft", "r-1"), vault.get("identity", "r-1")) == (None, {"n": 4})
    vault.close()


def test_records_outlive_the_process(path: Path, keyring: KeyRing) -> None:
    """A vault opened again holds what was put."""
    for turn in range(2):
        vault = Vault.open(path, keyring=keyring, clock=FixedClock())
        assert vault.get("draft", "r-1") == (None if turn == 0 else {"a": 1})
        vault.put("draft", "r-1", "u-1", {"a": 1})
        vault.close()


def test_no_plaintext_in_any_file(path: Path, keyring: KeyRing) -> None:
    """After puts, replacements and deletions, no file beside the vault holds a word of any payload, open or closed."""
    vault = Vault.open(path, keyring=keyring, clock=FixedClock())
    for number in range(40):
        vault.put("consultation", f"r-{number % 9}", "u-1", {"text": f"{CANARY} {number}", "more": [CANARY] * number})
        vault.put("reidentification_map", f"r-{number % 9}", "u-1", {"[PATIENT]": CANARY})
        if number % 4 == 3:
            vault.delete("consultation", f"r-{number % 9}")
    assert {path.name + "-wal", path.name + "-shm"} <= {file.name for file in path.parent.iterdir()}
    assert not any(form in files(path) for form in forms(CANARY))
    vault.close()
    assert not any(form in files(path) for form in forms(CANARY))


def test_deletion_destroys_the_data_key(vault: Vault, path: Path) -> None:
    """After a deletion neither wrapped key nor ciphertext is left in the database or its write-ahead log."""
    vault.put("draft", "r-1", "u-1", {"text": CANARY * 400})
    connection = sqlite3.connect(path)
    wrapped, ciphertext = connection.execute("SELECT wrapped_key, ciphertext FROM record").fetchone()
    connection.close()
    assert wrapped in files(path)
    vault.delete("draft", "r-1")
    left = files(path)
    assert wrapped not in left
    assert not any(ciphertext[at : at + 64] in left for at in range(0, len(ciphertext), 512))


def test_another_owner_cannot_replace_or_read(vault: Vault) -> None:
    """An id that belongs to somebody else is refused and left as it is; asked for as one's own it reads as nothing."""
    vault.put("draft", "r-1", "u-1", {"n": 1})
    with pytest.raises(VaultError, match="belongs to another user"):
        vault.put("draft", "r-1", "u-2", {"n": 2})
    assert vault.get("draft", "r-1", owner="u-1") == {"n": 1}
    assert vault.get("draft", "r-1", owner="u-2") is None


@pytest.mark.parametrize(
    ("kind", "record_id", "owner"),
    [("note", "r", "u"), ("draft", CANARY, "u"), ("draft", "r", CANARY), ("draft", "", "u"), ("draft", "r", ""), ("draft", "r\n", "u")],
    ids=range(6),
)
def test_kinds_and_ids_are_checked(vault: Vault, kind: str, record_id: str, owner: str) -> None:
    """What stands in clear in the database can't be prose, and the refusal does not repeat it."""
    with pytest.raises(ValueError, match="vault") as refusal:
        vault.put(kind, record_id, owner, {})
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("payload", [{"a": object()}, {"a": float("nan")}, {"a": {1, 2}}], ids=range(3))
def test_a_payload_that_is_not_json_is_refused(vault: Vault, payload: dict[str, Any]) -> None:
    """Nothing is stored when the payload has no JSON form."""
    with pytest.raises((TypeError, ValueError)):
        vault.put("draft", "r-1", "u-1", payload)
    assert vault.list("draft", "u-1") == []


def test_files_are_private(vault: Vault, path: Path) -> None:
    """The folder is made with mode 0700 and every file with 0600."""
    vault.put("draft", "r-1", "u-1", {})
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_threads_share_a_vault(vault: Vault) -> None:
    """Eight threads that put, get and delete at once each see their own records."""
    seen: list[bool] = []

    def work(number: int) -> None:
        for turn in range(6):
            vault.put("draft", f"r-{number}", f"u-{number}", {"turn": turn})
            seen.append(vault.get("draft", f"r-{number}") == {"turn": turn})
        seen.append(vault.delete("draft", f"r-{number}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 56


def test_a_locked_vault_is_named(vault: Vault, path: Path, monkeypatch: pytest.MonkeyPatch, keyring: KeyRing) -> None:
    """While another program holds the lock put says what to do, and works afterwards."""
    from core.vault.store import Store

    quick = Vault(Store.open(path, busy_timeout_s=0.05), keyring, FixedClock(), lambda count: bytes(count))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(VaultError, match="locked by another program"):
        quick.put("draft", "r-1", "u-1", {})
    other.execute("ROLLBACK")
    other.close()
    quick.put("draft", "r-1", "u-1", {})
    assert quick.get("draft", "r-1") == {}
    quick.close()


def _sql(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda p: p.write_bytes(b"not a database at all " * 100), "not a vault"),
        (lambda p: p.mkdir(), "can't be opened"),
        (lambda p: _sql(p, "CREATE TABLE other (x)"), "not a vault"),
        (lambda p: _sql(p, "PRAGMA application_id=1128748609; PRAGMA user_version=99; CREATE TABLE record (x)"), "newer Casegate"),
    ],
    ids=["garbage", "a folder", "another database", "newer schema"],
)
def test_what_is_not_our_vault_is_named(tmp_path: Path, keyring: KeyRing, prepare: Callable[[Path], object], message: str) -> None:
    """A wrong file is refused with its own message and left as it is."""
    path = tmp_path / "vault.sqlite3"
    prepare(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(VaultError, match=message):
        Vault.open(path, keyring=keyring, clock=FixedClock())
    assert before is None or path.read_bytes() == before
