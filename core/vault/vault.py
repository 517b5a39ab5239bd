"""The vault: case texts and identities, each record sealed before it reaches the database."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from core.errors import VaultError
from core.model import Clock
from core.vault.keys import KeyService, Random
from core.vault.sealing import Place, rewrap, seal, unseal
from core.vault.store import Store

_ID = re.compile(r"[A-Za-z0-9._:/-]{1,80}")


class Kind(StrEnum):
    """What a record holds."""

    CONSULTATION = "consultation"
    REPLY = "reply"
    DRAFT = "draft"
    IDENTITY = "identity"
    REIDENTIFICATION_MAP = "reidentification_map"
    DECISION = "decision"
    COMPARISON = "comparison"
    STUDY_RATING = "study_rating"
    TERM_LIST = "term_list"


@dataclass(frozen=True, slots=True)
class RecordInfo:
    """What can be known of a record without opening it. Times in UTC."""

    record_id: str
    owner: str
    created: datetime
    updated: datetime


class Vault:
    """Encrypted records by kind and id. Safe to use from several threads and processes."""

    def __init__(self, store: Store, keyring: KeyService, clock: Clock, random: Random) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._random = random

    @classmethod
    def open(cls, path: str | Path, *, keyring: KeyService, clock: Clock, random: Random = os.urandom) -> Self:
        """Open or make the vault at a path, folder 0700 and file 0600. `random` must be fit for keys. Raises VaultError."""
        return cls(Store.open(path), keyring, clock, random)

    def put(self, kind: str, record_id: str, owner: str, payload: Mapping[str, Any]) -> None:
        """Seal and store, replacing an earlier version; durable on return.

        Raises VaultError when it can't be stored or the id belongs to another owner, ValueError or TypeError when kind or
        ids are not of the allowed form or the payload is not JSON.
        """
        place = Place(_kind(kind), _identifier("record id", record_id), _identifier("owner", owner))
        sealed = seal(place, payload, self._keyring, self._random)
        if not self._store.put(place, sealed, self._clock.now().astimezone(UTC).isoformat(timespec="microseconds")):
            raise VaultError("This record belongs to another user and was left as it is.")

    def get(self, kind: str, record_id: str, *, owner: str | None = None) -> dict[str, Any] | None:
        """Open a record; None when there is none, or when `owner` is given and it is another's. Raises VaultError."""
        found = self._store.get(_kind(kind), record_id)
        if found is None or (owner is not None and found[0].owner != owner):
            return None
        return unseal(*found, self._keyring)

    def delete(self, kind: str, record_id: str) -> bool:
        """Destroy a record and its data key. False when there was none. Raises VaultError."""
        return self._store.delete(_kind(kind), record_id)

    def list(self, kind: str, owner: str | None) -> list[RecordInfo]:
        """An owner's records of a kind, or everybody's for None, latest change first. Opens none. Raises VaultError."""
        rows = self._store.list(_kind(kind), owner)
        return [RecordInfo(record_id, whose, datetime.fromisoformat(c), datetime.fromisoformat(u)) for record_id, whose, c, u in rows]

    def rewrap(self) -> int:
        """Wrap every data key with the current key, so that old keys can be retired; ciphertexts stay. Gives the number changed.

        Raises VaultError at the first record whose key is missing; those done before it stay done.
        """
        changed = 0
        for place, sealed in self._store.sealed_by_others(self._keyring.current):
            changed += self._store.replace_wrapping(place, sealed, rewrap(place, sealed, self._keyring, self._random))
        return changed

    def key_ids(self) -> dict[str, int]:
        """How many records each key still seals, by key id. Raises VaultError."""
        return self._store.key_ids()

    def backup(self, target: str | Path) -> int:
        """Copy the vault to a new file, mode 0600, while it is in use; the copy is as sealed as the vault. Gives the number of records.

        Raises VaultError, also when the file exists: a backup is never written over.
        """
        return self._store.backup(Path(target).absolute())

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()


def _kind(kind: str) -> str:
    if kind not in set(Kind):
        raise ValueError("not a kind of record that the vault keeps")
    return str(kind)


def _identifier(what: str, value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError(f"vault: {what} is not of the allowed form")
    return value
