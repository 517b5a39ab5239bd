"""What the gateway adds to a call, beside bare httpx, openai-python and (when installed) LiteLLM, in one run.

    python -m benchmarks.gateway [--calls 1500] [--seconds 4] [--memory-calls 100000]

An upstream in a process of its own gives a canned answer of 0.9 kB. Latencies are measured one call at a time, the contestants taking turns
in blocks, so that what else the machine does hits all alike; throughput with 32 threads. Casegate's audit entries are measured apart
(`audit_entry_ms`), as the provider's time never waits for them but the first. The last line is JSON:

`added_p50_ms`, `added_p99_ms`   Casegate above bare httpx     `openai_added_p50_ms`, `litellm_added_p50_ms`   the others above it
`rps_32`, `httpx_rps_32`         requests a second             `import_s`   a fresh import above the bare interpreter
`budget_passed`                  of 64 at once against a spending limit for 10
`answered_share`, `upstream_load`   with three upstream calls in ten failing: answered inside the deadline, and requests made per request
`memory_growth_mb`               resident memory at the end of the many calls above what it was after the first tenth
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gateway_contestants import Contestant, SystemClock, cleared, contestants, gateway
from core.audit import Action, AuditLog, Event
from core.errors import BudgetError, GatewayError
from core.gateway import Purse, Spender, open_ledger, parse_limits
from core.model import Role

ROOT = Path(__file__).parent.parent
THREADS = 32
BLOCK = 50


@contextmanager
def upstream() -> Iterator[int]:
    """The benchmark's provider; gives its port."""
    command = [sys.executable, "-m", "benchmarks.gateway_upstream"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def seconds_of(contestant: Contestant, calls: int) -> list[float]:
    """Each call's seconds."""
    taken = []
    for _ in range(calls):
        begun = time.perf_counter()
        contestant.ask()
        taken.append(time.perf_counter() - begun)
    return taken


def latencies(field: list[Contestant], calls: int) -> dict[str, tuple[float, float]]:
    """Median and 99th percentile in milliseconds of each, taking turns in blocks."""
    for contestant in field:
        seconds_of(contestant, BLOCK)
    taken: dict[str, list[float]] = {c.name: [] for c in field}
    for turn in range(max(1, calls // BLOCK)):
        for contestant in field if turn % 2 else reversed(field):
            taken[contestant.name] += seconds_of(contestant, BLOCK)
    return {name: (statistics.median(v) * 1000, statistics.quantiles(v, n=100)[98] * 1000) for name, v in taken.items()}


def throughput(contestant: Contestant, seconds: float) -> float:
    """Requests a second with THREADS threads."""
    end = time.perf_counter() + seconds

    def work() -> int:
        done = 0
        while time.perf_counter() < end:
            contestant.ask()
            done += 1
        return done

    begun = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        total = sum(f.result() for f in [pool.submit(work) for _ in range(THREADS)])
    return total / (time.perf_counter() - begun)


def import_seconds(module: str, rounds: int = 7) -> float:
    """The least seconds of a fresh interpreter that imports it, above one that does not: the machine's other work only adds."""

    def once(code: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return time.perf_counter() - begun

    floor = min(once("pass") for _ in range(rounds))
    return min(once(f"import {module}") for _ in range(rounds)) - floor


def budget_passed(port: int) -> int:
    """How many of 64 calls at once pass a spending limit for ten of them; the upstream answers late, so that all are under way together."""
    prompt = cleared("slow", max_tokens=160)  # as many as the answer has: what is reserved is what it costs
    clock, passed, gate = SystemClock(), [], threading.Barrier(64)
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder) / "budget.sqlite3", clock=clock)
        built = gateway(port, Purse(clock, limits=parse_limits("site/month=1.60"), ledger=ledger))  # 160 tokens at 0.001 USD, ten times

        def call(number: int) -> None:
            gate.wait()
            try:
                built.complete(prompt, deadline_s=30, request_id=f"req-{number}", spender=Spender(f"u-{number}", "clinician"))
                passed.append(number)
            except BudgetError:
                pass

        with ThreadPoolExecutor(64) as pool:
            for future in [pool.submit(call, n) for n in range(64)]:
                future.result()
        built.close()
    return len(passed)


def flaky(port: int, calls: int = 2_000) -> tuple[float, float]:
    """Share answered within 30 s, and upstream requests per call, when three upstream calls in ten fail; one model, no fallback."""
    built, prompt = gateway(port), cleared("flaky")
    count(port)

    def call(number: int) -> bool:
        try:
            built.complete(prompt, deadline_s=30, request_id=f"req-{number}")
        except GatewayError:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        answered = sum(pool.map(call, range(calls)))
    built.close()
    return answered / calls, count(port) / calls


def count(port: int) -> int:
    """Requests that reached the upstream since the last time."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count", timeout=10) as answer:
        return int(answer.read())


def resident_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def memory_growth(contestant: Contestant, calls: int) -> float:
    """Megabytes that the last nine tenths of so many calls added."""
    for _ in range(calls // 10):
        contestant.ask()
    before = resident_mb()
    for _ in range(calls - calls // 10):
        contestant.ask()
    return resident_mb() - before


def audit_entry_ms(entries: int = 200) -> float:
    """Median milliseconds of one durable audit entry."""
    event = Event(
        actor_id="u-1",
        actor_role=Role.CLINICIAN,
        action=Action.DIAGNOSIS_REQUEST_INITIATED,
        case_ref="case-1",
        request_id="req-1",
        provider="upstream",
        model="well",
    )
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        log = AuditLog.open(Path(folder) / "audit.sqlite3", clock=SystemClock())
        for _ in range(entries):
            begun = time.perf_counter()
            log.append(event)
            taken.append(time.perf_counter() - begun)
        log.close()
    return statistics.median(taken) * 1000


def measured(port: int, calls: int, seconds: float, memory_calls: int) -> dict[str, float | int]:
    """Every figure; each is printed when it is there."""
    field = contestants(port)
    times = latencies(field, calls)
    floor, floor_p99 = times["httpx"]
    for name, (p50, p99) in times.items():
        print(f"{name:10} p50 {p50:7.3f} ms   p99 {p99:7.3f} ms   added p50 {p50 - floor:+7.3f}   p99 {p99 - floor_p99:+7.3f}")
    rates = {c.name: throughput(c, seconds) for c in field}
    for name, rate in rates.items():
        print(f"{name:10} {rate:8.0f} requests a second with {THREADS} threads ({rate / rates['httpx']:.0%} of bare httpx)")
    share, load = flaky(port)
    print(f"three in ten failing: {share:.2%} answered inside the deadline, {load:.2f} upstream requests for each")
    figures: dict[str, float | int] = {
        "added_p50_ms": times["casegate"][0] - floor,
        "added_p99_ms": times["casegate"][1] - floor_p99,
        "rps_32": rates["casegate"],
        "httpx_rps_32": rates["httpx"],
        "import_s": import_seconds("core.gateway"),
        "httpx_import_s": import_seconds("httpx"),
        "budget_passed": budget_passed(port),
        "answered_share": share,
        "upstream_load": load,
        "audit_entry_ms": audit_entry_ms(),
    }
    figures |= {f"{name}_added_p50_ms": p50 - floor for name, (p50, _) in times.items() if name not in ("httpx", "casegate")}
    if memory_calls:
        figures["memory_growth_mb"] = memory_growth(field[1], memory_calls)
    for contestant in field:
        contestant.close()
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_500, help="calls of each, one at a time")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each with 32 threads")
    parser.add_argument("--memory-calls", type=int, default=100_000, help="0 leaves the memory's figure out")
    given = parser.parse_args()
    with upstream() as port:
        figures = measured(port, given.calls, given.seconds, given.memory_calls)
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
