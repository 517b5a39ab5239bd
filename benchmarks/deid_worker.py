"""One contestant in a process of its own, so that load time and memory are its own.

    python -m benchmarks.deid_worker NAME [--time]

Texts come in as JSON strings, one a line. The first line out is what loading took (`load_s`, `rss_mb` added to the bare
interpreter), or `missing` with a reason. Then one line a text: `masked` and `flagged` spans and `ms` of processor time (a busy
neighbour does not count), with `--time` the median of several runs after a warm one.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.deid_contestants import LOADERS, Finder

ROUNDS = 3


def resident_mb() -> float:
    """Resident memory of this process (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def load(name: str) -> tuple[Finder, dict[str, float]]:
    """The contestant ready to work, and what that took. Raises ImportError or OSError when it is not installed."""
    before, begun = resident_mb(), time.perf_counter()
    finder = LOADERS[name]()
    return finder, {"load_s": time.perf_counter() - begun, "rss_mb": resident_mb() - before}


def answer(finder: Finder, text: str, rounds: int) -> dict[str, Any]:
    """Spans of a text, and the median milliseconds of `rounds` runs after a warm one (none: the only run's)."""
    taken = []
    for _ in range(rounds + 1):
        begun = time.process_time()
        masked, flagged = finder(text)
        taken.append(1000 * (time.process_time() - begun))
    return {"masked": masked, "flagged": flagged, "ms": statistics.median(taken[1:] or taken)}


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=LOADERS)
    parser.add_argument("--time", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    try:
        finder, costs = load(args.name)
    except (ImportError, OSError) as error:
        print(json.dumps({"missing": type(error).__name__}), flush=True)
        return
    print(json.dumps(costs), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(finder, json.loads(line), ROUNDS if args.time else 0)), flush=True)


if __name__ == "__main__":
    main()
