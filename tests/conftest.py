"""What every test may use: a real Chromium, and no network but loopback."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from support.chromium import chromium


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A real Chromium's executable: from the path, else installed. Fails, never skips, when there is none to be had."""
    return chromium()


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to anything but this machine's loopback."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else ""
        if self.family != getattr(socket, "AF_UNIX", None) and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {host}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
