"""The gallery served by a real Streamlit, and a page of a real Chromium on it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the gallery did not start"
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the gallery did not answer")


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The gallery's address; it runs in a folder of its own with the product's theme and static files."""
    folder = tmp_path_factory.mktemp("gallery")
    for name in ("gallery.py", "gallery_pages.py", "ui_samples.py"):
        shutil.copy(HERE / name, folder)
    shutil.copytree(ROOT / "static", folder / "static")
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit", ignore=shutil.ignore_patterns("secrets*"))
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "gallery.py", "--server.port", str(port)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(folder)))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{url}/_stcore/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def fare(gallery: str) -> Iterator[Callable[..., None]]:
    """Sets how the fake redactor fares, e.g. `fare(answer=503)`; well again after the test."""

    def post(**state: object) -> None:
        request = urllib.request.Request(f"{gallery}/fake-health", json.dumps(state).encode(), method="POST")
        urllib.request.urlopen(request, timeout=60).close()

    yield post
    post(answer=200, delay_s=0.0)


@pytest.fixture(scope="module")
def _gallery_form(browser: Browser, gallery: str) -> Iterator[tuple[Page, list[str]]]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.goto(gallery)
    page.get_by_label("History").wait_for()
    yield page, complaints
    page.close()


@pytest.fixture
def complaints(_gallery_form: tuple[Page, list[str]]) -> list[str]:
    """What the browser's console has said against the form so far."""
    return _gallery_form[1]


@pytest.fixture
def form(_gallery_form: tuple[Page, list[str]]) -> Page:
    """The gallery's form with all fields empty, 1280 by 900; one page for all tests."""
    page, _ = _gallery_form
    runs = page.get_by_text("runs:").inner_text()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("runs:")).not_to_have_text(runs)
    for label in ("Chief complaint", "Symptoms", "History"):
        expect(page.get_by_label(label)).to_have_value("")
    expect(page.get_by_text("symptoms='' ok=True")).to_be_visible()
    page.mouse.move(0, 0)
    return page
