"""The app as a user starts it, and a real Chromium beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from support.serving import ROOT, Served, Serving, clean_environment, free_port, wait_for


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Start the app by the README's command, each time with a data folder of its own; all are stopped at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def start(data: Path | None = None, port: int | None = None, **settings: str) -> Served:
        folder = tmp_path_factory.mktemp("app")
        port = port or free_port()
        served = Served(f"http://127.0.0.1:{port}", data or folder / "var", folder / "received.jsonl", folder / "server.log")
        env = clean_environment() | {
            "CASEGATE_DATA_DIR": str(served.data),
            "CASEGATE_SANDBOX_RECORD": str(served.record),
            "CASEGATE_SANDBOX_SPEED": "20",
            **settings,
        }
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        with served.log.open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        running.append(process)
        served.process = process
        wait_for(served.url, process)
        return served

    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    for process in running:
        process.wait(20)


@pytest.fixture(scope="session")
def app(serve: Serving) -> Served:
    """One app for the tests that don't mind company."""
    return serve()


DESKTOP = {"width": 1440, "height": 1000}


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """A desktop's browser. One for a module, so that the app's own scripts are fetched once."""
    context = browser.new_context(viewport=DESKTOP, timezone_id="America/New_York")  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture(scope="module")
def tab(desk: BrowserContext) -> Iterator[Page]:
    """One tab for a module: there the app's scripts are compiled once, which is half of what a page costs."""
    tab = desk.new_page()
    lines: list[str] = []
    tab.on("console", lambda message: lines.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: lines.append(f"error: {error}"))
    tab.console_lines = lines  # type: ignore[attr-defined]
    yield tab
    tab.close()


@pytest.fixture
def page(desk: BrowserContext, tab: Page) -> Iterator[Page]:
    """A fresh visitor there, of whom no cookie and no stored word is left; what the console says is in `page.console_lines`."""
    tab.console_lines.clear()  # type: ignore[attr-defined]
    yield tab
    tab.evaluate("() => { if (location.origin !== 'null') { localStorage.clear(); sessionStorage.clear(); } }")
    tab.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    tab.emulate_media(color_scheme="null")
    desk.clear_cookies()
