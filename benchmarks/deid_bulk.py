"""How well bulk redaction uses several processors: one folder of notes redacted by one process and by several.

    python -m benchmarks.deid_bulk [CORPUS...] [--notes 2000] [--jobs 2] [--rounds 1]

The folder holds one text file a note, cut from the corpora (the golden set when none is given) into 2,000 characters and taken
again from the start until there are enough. Each run is the command itself, `python -m core.deid`, its start included. Efficiency
is the time of one process divided by that of several and by their number; of several rounds, taken in turns, each way's best
counts. The last line is JSON: `notes`, `jobs`, `s_one`, `s_several`, `parallel_efficiency`, `cpu_overhead` (processor time of
several against one).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from benchmarks.deid import ONE_THREAD, ROOT
from benchmarks.deid_corpus import read_corpus
from benchmarks.deid_golden import GOLDEN

SIZE = 2_000


class Taken(NamedTuple):
    """Seconds by the clock and of processor time, children included."""

    wall: float
    cpu: float


def fill(folder: Path, corpora: Sequence[Path], notes: int) -> None:
    """Write so many notes, a hundred a folder."""
    whole = "\n\n".join(sample.text for path in corpora for sample in read_corpus(path))
    texts = [whole[i : i + SIZE] for i in range(0, len(whole), SIZE)]
    for number, text in enumerate(islice(cycle(texts), notes)):
        part = folder / f"part {number // 100}"
        part.mkdir(exist_ok=True)
        (part / f"note {number % 100}.txt").write_text(text, encoding="utf-8")


def run(folder: Path, jobs: int) -> Taken:
    """One run of the command into a new folder. Raises SystemExit when it fails."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "core.deid", str(folder), "--out", out, "--jobs", str(jobs)]
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=os.environ | ONE_THREAD, stdout=subprocess.DEVNULL, check=False)
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"the command ended with {done.returncode}")
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="*", type=Path)
    parser.add_argument("--notes", type=int, default=2_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        fill(Path(made), args.corpus or [GOLDEN], args.notes)
        taken = [(run(Path(made), 1), run(Path(made), args.jobs)) for _ in range(args.rounds)]
    one, several = min(pair[0] for pair in taken), min(pair[1] for pair in taken)
    print(f"{'processes':>10}{'seconds':>9}{'notes/s':>9}{'cpu s':>8}")
    for jobs, way in ((1, one), (args.jobs, several)):
        print(f"{jobs:10}{way.wall:9.2f}{args.notes / way.wall:9.1f}{way.cpu:8.2f}")
    figures = {
        "notes": args.notes,
        "jobs": args.jobs,
        "s_one": round(one.wall, 2),
        "s_several": round(several.wall, 2),
        "parallel_efficiency": round(one.wall / several.wall / args.jobs, 4),
        "cpu_overhead": round(several.cpu / one.cpu, 4),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
