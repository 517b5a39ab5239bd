"""How much of what identifies stays, and how much of the case goes with it; at what speed, load time and memory.

    python -m benchmarks.deid CORPUS... [--show] [--peers]
    python -m benchmarks.deid --update-known

CORPUS is JSON lines (`{"id","text","spans":[[start,end,TYPE],...]}`) or a marked source (`.txt`); the golden set when none is
given. `--show` lists every leak and every over-masking of Casegate's; `--peers` measures the open de-identifiers that are
installed (requirements/bench.in) in the same run, their speed also text by text in turns. `--update-known` writes the golden set's
JSON lines and the list of its known failures anew. The last line is JSON: `core_leak`, `silent_leak`, `over_masked_per_1000` over
all corpora together, `ms_per_2000_chars`, `load_s`, `rss_mb`, `long_to_short` (time per character at 50,000 against 2,000
characters), `flags_per_note`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.deid_contestants import PEERS
from benchmarks.deid_corpus import read_corpus
from benchmarks.deid_golden import GOLDEN, update
from benchmarks.deid_score import Marked, Sample, Score, mark, total
from benchmarks.deid_turns import in_turns, times_as_long

ROOT = Path(__file__).parent.parent
OWN = "casegate"
SHORT, LONG = 2_000, 50_000
LOADS = 3
COLUMNS = f"{'':18}{'strict %':>9}{'core %':>8}{'silent %':>9}{'over/1000':>10}{'neg. touched':>13}{'traps kept':>12}{'flags/note':>11}"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a contestant costs: milliseconds for 2,000 characters, seconds and megabytes to load, the long text's slope."""

    ms_per_2000_chars: float
    load_s: float
    rss_mb: float
    long_to_short: float


class NotInstalledError(Exception):
    """The peer cannot be imported here."""


def ask(
    name: str, texts: Sequence[str], *, timed: bool = False, compiled: str | None = None
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Loading costs and one answer per text from a fresh process. Raises NotInstalledError. `compiled`: a folder for byte code."""
    byte_code = {} if compiled is None else {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-m", "benchmarks.deid_worker", name, *(["--time"] if timed else [])]
    done = subprocess.run(
        command,
        input="".join(json.dumps(t) + "\n" for t in texts),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=os.environ | ONE_THREAD | byte_code,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if lines and "missing" in lines[0]:
        raise NotInstalledError(name)
    if done.returncode or len(lines) != len(texts) + 1:
        raise SystemExit(f"{name} failed after {max(0, len(lines) - 1)} of {len(texts)} texts")
    return lines[0], lines[1:]


def scored(name: str, samples: Sequence[Sample]) -> list[Marked]:
    """Every sample scored on a contestant's answer."""
    _, answers = ask(name, [s.text for s in samples])
    return [mark(s, [(b, e) for b, e in a["masked"]], [(b, e) for b, e in a["flagged"]]) for s, a in zip(samples, answers, strict=True)]


def cost(name: str, samples: Sequence[Sample]) -> Cost:
    """Speed on texts of 2,000 and 50,000 characters cut from the corpora, and what loading took."""
    whole, short = long_and_short(samples)
    _, answers = ask(name, [*short, whole[:LONG]], timed=True)
    loading = loaded(name)
    taken = sorted(a["ms"] for a in answers[:-1])
    mean = sum(taken) / len(taken)
    return Cost(taken[len(taken) // 2], loading["load_s"], loading["rss_mb"], answers[-1]["ms"] / LONG / (mean / SHORT))


def long_and_short(samples: Sequence[Sample]) -> tuple[str, list[str]]:
    """A text of at least 50,000 characters cut from the corpora, and its beginning in pieces of 2,000."""
    whole = "\n\n".join(s.text for s in samples) or "No text."
    whole *= LONG // len(whole) + 1
    return whole, [whole[i : i + SHORT] for i in range(0, LONG, SHORT)]


def loaded(name: str) -> dict[str, float]:
    """What loading takes from the second start on, when the byte code is there, as it is for installed packages: medians."""
    with tempfile.TemporaryDirectory(prefix="casegate-byte-code-") as folder:
        _, *costs = (ask(name, [], compiled=folder)[0] for _ in range(1 + LOADS))
    return {key: median(one[key] for one in costs) for key in costs[0]}


def line(name: str, score: Score) -> str:
    """A contestant's row under COLUMNS."""
    traps = f"{score.traps - score.traps_hit}/{score.traps}" if score.traps else "–"
    return (
        f"{name:18}{100 * score.strict_leak:9.2f}{100 * score.core_leak:8.2f}{100 * score.silent_leak:9.2f}"
        f"{score.over_masked_per_1000:10.2f}{f'{score.touched}/{score.negatives}':>13}{traps:>12}{score.flags_per_note:11.2f}"
    )


def show(marked: Sequence[Marked]) -> None:
    """Every leak and every over-masking, one a line."""
    for m in marked:
        for leak in m.leaks:
            degree = "silent" if leak.silent else "core" if leak.core else "strict"
            print(f"  LEAK {degree:6} {m.sample.id} {leak.kind} {leak.text!r} left: {leak.left[:40]}")
        for run in m.over:
            print(f"  OVER {m.sample.id} {run!r}")


def corpus_table(path: Path, contestants: Sequence[str], *, details: bool) -> list[Marked]:
    """Print one corpus's table; Casegate's scored samples."""
    samples = read_corpus(path)
    own = scored(OWN, samples)
    score = total(own)
    print(f"\n{path.name}: {score.notes} texts, {score.spans} spans, {score.chars:,} characters\n{COLUMNS}")
    print(line(OWN, score))
    for name in contestants:
        print(line(name, total(scored(name, samples))))
    if score.spans:
        print("core leaks by type: " + ", ".join(f"{kind} {leaked}/{all_}" for kind, (leaked, all_) in score.by_kind.items()))
    if any(s.kind for s in samples):
        print("core leaks by kind of text: " + ", ".join(f"{k} {leaked}/{all_}" for k, (leaked, all_) in by_text_kind(own).items()))
    if details:
        show(own)
    return own


def by_text_kind(marked: Sequence[Marked]) -> dict[str, tuple[int, int]]:
    """Core leaks and expected spans by kind of text, the kinds without any span left out."""
    kinds = sorted({m.sample.kind for m in marked if m.sample.gold})
    scores = {kind: total([m for m in marked if m.sample.kind == kind]) for kind in kinds}
    return {kind: (s.core_leaks, s.spans) for kind, s in scores.items()}


def installed(names: Sequence[str]) -> list[str]:
    """Those of `names` that load here; the others are printed."""
    ready = []
    for name in names:
        try:
            ask(name, [])
            ready.append(name)
        except NotInstalledError:
            print(f"{name}: not installed (pip install -r requirements/bench.in)")
    return ready


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="*", type=Path)
    parser.add_argument("--show", action="store_true", help="list leaks and over-maskings")
    parser.add_argument("--peers", action="store_true", help="measure the installed peers in the same run")
    parser.add_argument("--update-known", action="store_true", help="write the golden set's known failures anew")
    args = parser.parse_args()
    if args.update_known:
        print(update())
        return
    paths = args.corpus or [GOLDEN]
    peers = installed(PEERS) if args.peers else []
    own = [m for path in paths for m in corpus_table(path, peers, details=args.show)]
    costs = {name: cost(name, [m.sample for m in own]) for name in (OWN, *peers)}
    print(f"\n{'':18}{'ms/2,000':>9}{'50k : 2k':>10}{'load s':>8}{'MB':>7}")
    for name, c in costs.items():
        print(f"{name:18}{c.ms_per_2000_chars:9.2f}{c.long_to_short:10.2f}{c.load_s:8.2f}{c.rss_mb:7.0f}")
    if peers:
        ratios = times_as_long(in_turns([OWN, *peers], long_and_short([m.sample for m in own])[1], ONE_THREAD), OWN)
        told = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
        print(f"\ntimes as long as {OWN} for 2,000 characters, each text given to all in turn: {told}")
    print(last_line(total(own), costs[OWN]))


def last_line(score: Score, cost: Cost) -> str:
    """The figures for machines."""
    figures = {
        "core_leak": score.core_leak,
        "silent_leak": score.silent_leak,
        "over_masked_per_1000": score.over_masked_per_1000,
        **asdict(cost),
        "flags_per_note": score.flags_per_note,
    }
    return json.dumps({key: round(value, 5) for key, value in figures.items()})


if __name__ == "__main__":
    main()
