"""One writing process per SQLite store: a lock that ends with the process, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from core.errors import AuditError


class WriterLock:
    """Held from opening to closing. It is a file of its own: a lock on the database would disturb SQLite's."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    @classmethod
    def take(cls, store: Path) -> Self:
        """Take the lock of a store. Raises AuditError when another process, or another log of this one, holds it."""
        path = store.with_name(store.name + ".lock")
        try:
            handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise AuditError(
                f"The audit store's lock {path} can't be opened ({error.strerror}). Check the folder's permissions."
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise AuditError(
                f"Another Casegate process already writes the audit store {store}. Stop that one, "
                "or let both use PostgreSQL, which several processes share: set CASEGATE_DATABASE_URL."
            ) from None
        return cls(handle)

    def release(self) -> None:
        """Let another process write."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
