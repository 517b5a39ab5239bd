"""The app as a user starts it."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    """A running app: where it answers, where its files are."""

    url: str
    data: Path
    record: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End it as an administrator would, and wait for its end."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)

    def received(self) -> list[bytes]:
        """The bodies that reached the provider's side, oldest first."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [base64.b64decode(json.loads(line)["body_b64"]) for line in lines]

    def cli(self, *args: str) -> subprocess.CompletedProcess[str]:
        """A command of the product over this app's files."""
        return subprocess.run([sys.executable, "-m", *args], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    @property
    def audit(self) -> str:
        """The audit store's path."""
        return str(self.data / "audit.sqlite3")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment() -> dict[str, str]:
    """The machine's environment without any setting of ours."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("CASEGATE_", "STREAMLIT_")) and "HOLYSHEEP" not in k}


def wait_for(url: str, process: subprocess.Popen[bytes], limit_s: float = 90) -> None:
    """Return when /health answers JSON."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as reply:
                json.load(reply)
                return
        except (urllib.error.URLError, OSError, ValueError):
            time.sleep(0.1)
    raise AssertionError(f"the app did not come up (exit code {process.poll()})")


Serving = Callable[..., Served]


def console(page: Page) -> list[str]:
    """What the browser's console has said so far."""
    lines: Any = page.console_lines  # type: ignore[attr-defined]
    return list(lines)
