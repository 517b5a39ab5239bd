"""How long contestants take for the same texts, each text given to all of them in turn.

What else the machine does meanwhile, and how fast it happens to be, falls on all alike; so the ratios say more than milliseconds of one
contestant after the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import IO, cast

ROOT = Path(__file__).parent.parent


def in_turns(names: Sequence[str], texts: Sequence[str], settings: dict[str, str]) -> dict[str, list[float]]:
    """Milliseconds of each contestant for each text: the median of several runs after a warm one. `settings`: of the environment."""
    workers = {name: _worker(name, settings) for name in names}
    try:
        for worker in workers.values():
            worker.stdout.readline()  # what loading took
        taken: dict[str, list[float]] = {name: [] for name in names}
        for text in texts:
            for name, worker in workers.items():
                worker.stdin.write(json.dumps(text) + "\n")
                worker.stdin.flush()
                taken[name].append(float(json.loads(worker.stdout.readline())["ms"]))
        return taken
    finally:
        for worker in workers.values():
            worker.process.communicate()


def times_as_long(taken: dict[str, list[float]], own: str) -> dict[str, float]:
    """For each other contestant the median over the texts of its time over `own`'s for that text."""
    return {name: median(a / b for a, b in zip(row, taken[own], strict=True)) for name, row in taken.items() if name != own}


class _Worker:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.stdin, self.stdout = cast(IO[str], process.stdin), cast(IO[str], process.stdout)


def _worker(name: str, settings: dict[str, str]) -> _Worker:
    command = [sys.executable, "-m", "benchmarks.deid_worker", name, "--time"]
    pipe = subprocess.PIPE
    return _Worker(
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env=os.environ | settings)
    )
