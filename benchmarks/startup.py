"""How long from `streamlit run app.py` to the first /health and to the first drawn page, and what the imports cost.

    python -m benchmarks.startup [--rounds 5]

Each round is a new process in an empty data folder. The page is timed in a real Chromium that is already open, from
process start to the moment the work-up form's first label is visible. Python's own start and Streamlit's bare import
are measured in the same run, as the floor. The last line is JSON with `health_s` and `first_page_s` (medians).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)
IMPORTS = (
    "core.deid",
    "core.reference",
    "core.prompting",
    "core.gateway",
    "core.audit",
    "core.vault",
    "core.bootstrap",
    "core.api",
    "streamlit",
)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(port: int, data: str) -> subprocess.Popen[bytes]:
    """The README's command, in an empty data folder."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    env = os.environ | {"CASEGATE_DATA_DIR": data}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def wait_for_health(port: int, limit_s: float = 60) -> None:
    """Return at the first 200 with JSON."""
    end = time.perf_counter() + limit_s
    while time.perf_counter() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                json.load(answer)
                return
        except (urllib.error.URLError, OSError, ValueError):
            time.sleep(0.01)
    raise SystemExit("the app did not answer /health")


def one_round(browser: Browser) -> tuple[float, float]:
    """Seconds to /health and to the first page."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        begun = time.perf_counter()
        process = start(port, data)
        try:
            wait_for_health(port)
            health = time.perf_counter() - begun
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}/")
            page.get_by_label("Chief complaint", exact=True).wait_for(timeout=60_000)
            return health, time.perf_counter() - begun
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


def seconds_of(code: str, rounds: int = 5) -> float:
    """Median seconds of a fresh interpreter that runs `code`."""
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    floor = seconds_of("pass")
    print(f"{'bare interpreter':24}{floor:8.3f} s")
    imports = {name: seconds_of(f"import {name}") - floor for name in IMPORTS}
    for name, taken in imports.items():
        print(f"import {name:17}{taken:8.3f} s above the interpreter")
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=which("chromium") or which("google-chrome"), args=list(FLAGS))
        figures = [one_round(browser) for _ in range(rounds)]
        browser.close()
    health, page = (statistics.median(column) for column in zip(*figures, strict=True))
    print(f"{'start to /health':24}{health:8.3f} s  (each: {', '.join(f'{h:.2f}' for h, _ in figures)})")
    print(f"{'start to first page':24}{page:8.3f} s  (each: {', '.join(f'{f:.2f}' for _, f in figures)})")
    rounded = {name: round(taken, 3) for name, taken in imports.items()}
    print(json.dumps({"health_s": round(health, 3), "first_page_s": round(page, 3), "import_s": rounded}))


if __name__ == "__main__":
    main()
