"""What the vault tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.model import FixedClock
from core.vault import KeyRing, Vault

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture
def keyring() -> KeyRing:
    """One key."""
    return KeyRing({"k-old": OLD}, "k-old")


@pytest.fixture
def rotated() -> KeyRing:
    """The same key, and a newer one that is current."""
    return KeyRing({"k-old": OLD, "k-new": NEW}, "k-new")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a vault may be made."""
    return tmp_path / "store" / "vault.sqlite3"


@pytest.fixture
def vault(path: Path, keyring: KeyRing) -> Iterator[Vault]:
    """An empty vault."""
    opened = Vault.open(path, keyring=keyring, clock=FixedClock())
    yield opened
    opened.close()
