"""What every test may use: a real Chromium, and no network but loopback."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from support.chromium import CHROMIUM_FLAGS, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: half of a browser test is waiting."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: browsers, then whole servers."""
    items.sort(key=lambda item: next((i for i, folder in enumerate(_LONG) if folder in item.path.parts), len(_LONG)))


_LONG = ("browser", "walk", "ui")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A real Chromium's executable: from the path, else installed. Fails, never skips, when there is none to be had."""
    return chromium()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A real Chromium, kept off the network. For a module at a time: while it lives, nothing else may run an event loop in this process."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # what waits longer on a busy machine has not failed
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


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
