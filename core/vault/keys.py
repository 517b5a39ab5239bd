"""The key-encryption keys: where they come from and which one is current. Keys never show in a repr or a message.

A `KeyRing` holds them in this process, from the environment or a private file. A key-management service keeps them to itself: whoever
speaks to it as a `KeyService` takes the ring's place, and only data keys pass.
"""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import ConfigError, VaultError

KEY_BYTES = 32
NONCE_BYTES = 12
Random = Callable[[int], bytes]
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")


class KeyService(Protocol):
    """Who wraps data keys: the key ring, or a key-management service. Key ids are 1 to 40 letters, digits, dots, dashes, underscores."""

    @property
    def current(self) -> str:
        """The id of the key that wraps what is written from now on."""
        ...

    def wrap(self, key_id: str, data_key: bytes, context: bytes, random: Random) -> bytes:
        """The data key, encrypted and bound to the context. Raises VaultError that names the key id."""
        ...

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Inverse of `wrap`. Raises VaultError that names the key id when the key is missing or wrong, or the bytes were altered."""
        ...


def refusal(key_id: str) -> VaultError:
    """What is said when a key does not open what it should."""
    return VaultError(
        f"A vault record can't be opened with key '{key_id}': this is not the key it was sealed with, or the record was altered. "
        "Check CASEGATE_VAULT_KEYS or the key file."
    )


@dataclass(frozen=True)
class KeyRing:
    """Key-encryption keys by id, 32 bytes each. `current` seals what is written from now on; the others still open."""

    keys: Mapping[str, bytes] = field(repr=False)
    current: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        if self.current not in self.keys:
            raise ValueError("the current key is not among the keys")
        if any(not _KEY_ID.fullmatch(key_id) for key_id in self.keys):
            raise ValueError("a key id is 1 to 40 letters, digits, dots, dashes or underscores")
        if any(len(key) != KEY_BYTES for key in self.keys.values()):
            raise ValueError(f"a key is {KEY_BYTES} bytes")

    def key(self, key_id: str) -> bytes:
        """The key of an id. Raises VaultError that names the id wanted."""
        try:
            return self.keys[key_id]
        except KeyError:
            raise VaultError(
                f"The vault needs key '{key_id}', which is not in the key ring. Add it to CASEGATE_VAULT_KEYS or the key file again."
            ) from None

    def wrap(self, key_id: str, data_key: bytes, context: bytes, random: Random) -> bytes:
        """A nonce, then the data key under AES-256-GCM."""
        nonce = random(NONCE_BYTES)
        return nonce + AESGCM(self.key(key_id)).encrypt(nonce, data_key, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Inverse of `wrap`. Raises VaultError that names the key id."""
        key = AESGCM(self.key(key_id))
        try:
            return key.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise refusal(key_id) from None

    @classmethod
    def from_base64(cls, text: str) -> Self:
        """Keys from `id:base64,id:base64`, the current one first. Raises ConfigError that names the entry's number, never its content."""
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        pairs = [_decode(entry, number) for number, entry in enumerate(entries, 1)]
        keys = dict(pairs)
        if not pairs:
            raise ConfigError("CASEGATE_VAULT_KEYS is empty. Set it to id:key, the key being 32 random bytes in base64.")
        if len(keys) < len(pairs):
            raise ConfigError("CASEGATE_VAULT_KEYS holds two keys with the same id. Give each its own.")
        return cls(keys, pairs[0][0])

    @classmethod
    def demo(cls, path: str | Path, *, random: Random = os.urandom) -> Self:
        """The keys in a file, made with mode 0600 when there is none yet; processes that start together get the same.

        Raises VaultError when others may read the file, or it can't be read, made or understood.
        """
        path = Path(path)
        try:
            if not path.exists():
                _make(path, random)
        except OSError as error:
            raise _unusable(path, error) from error
        return cls.from_file(path)

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Keys from a file that nobody else may read, an `id:base64` a line, the current one first; never made.

        Raises VaultError when others may read the file, or it can't be read or understood.
        """
        path = Path(path)
        try:
            return cls.from_base64(",".join(_read_private(path).split()))
        except ConfigError:
            raise VaultError(
                f"The key file {path} is damaged. Restore it from a backup; without it the vault's records can't be opened."
            ) from None
        except OSError as error:
            raise _unusable(path, error) from error


def new_key(key_id: str, *, random: Random = os.urandom) -> str:
    """A new random key as a line for the environment or the key file. Raises ValueError for a malformed id."""
    if not _KEY_ID.fullmatch(key_id):
        raise ValueError("a key id is 1 to 40 letters, digits, dots, dashes or underscores")
    return f"{key_id}:{base64.b64encode(random(KEY_BYTES)).decode()}"


def _unusable(path: Path, error: OSError) -> VaultError:
    return VaultError(f"The key file {path} can't be used: {os.strerror(error.errno or 0)}. Check the path and its permissions.")


def _decode(entry: str, number: int) -> tuple[str, bytes]:
    key_id, _, encoded = entry.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if not _KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
        raise ConfigError(f"CASEGATE_VAULT_KEYS: entry {number} is not id:key with a key of 32 bytes in base64.")
    return key_id, key


def _make(path: Path, random: Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{random(8).hex()}")
    try:
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(new_key(f"demo-{random(4).hex()}", random=random) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key counts
            os.link(draft, path)  # appears whole or not at all, and never replaces a key
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_private(path: Path) -> str:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, encoding="ascii", errors="replace") as file:
        mode = stat.S_IMODE(os.fstat(handle).st_mode)
        if mode & 0o077:
            raise VaultError(f"The key file {path} may be read by others (mode {mode:04o}). Run: chmod 600 {path}")
        return file.read()
