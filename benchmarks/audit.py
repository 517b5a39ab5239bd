"""How fast entries become durable, how fast they are verified, and whether anything is lost when the process is killed.

    python -m benchmarks.audit [--rounds 5] [--entries 8000] [--verify 300000] [--flips 10000] [--skip-usage] [--folder DIR]
    python -m benchmarks.audit --kill 200

Every figure stands beside a probe of the same minute: 512 bytes written to a file and fdatasync'ed, over and over, in
the same folder. A round is `benchmarks.audit_limit` (what 8 threads reach when there is nothing to do but to write), and for SQLite
and PostgreSQL in turn `benchmarks.audit_prototype` (the plainest chained store with a group-commit writer) and our appends, by 8 threads
too, each between two probes. A ratio is a round's appends per second over the mean of the probes around it, and what is told is the
median of the rounds. PostgreSQL is a real server on a Unix
socket, with fsync, from the development requirement `pgserver`.

The last line is JSON: `append_per_fsync_sqlite`, `append_per_fsync_postgres`, `limit_per_fsync` (the bare group commit's),
`append_per_limit_sqlite`, `append_per_limit_postgres`, `prototype_per_fsync_sqlite`, `prototype_per_fsync_postgres`,
`append_per_prototype_sqlite`, `append_per_prototype_postgres`, `append_p99_ms` (8 threads, SQLite),
`append_p99_ms_postgres`, `append_p50_ms` (what one append adds to a call, alone), `verify_per_s` (one core, processor time),
`verify_per_sha256` (entries for each SHA-256 of 512 bytes that the same core computes in that time), `verify_per_prototype` (for each
event of the plain chain that it verifies in that time), `backup_s` and `restore_s` (of
that store, each with its verification), `flips` and `flips_unseen` (bytes of the database file changed one at a time), and what
`benchmarks.audit_usage` measures. With --kill: `kill_rounds`, `kill_acknowledged`, `kill_lost`, `kill_invalid`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.audit_faults import flip_bytes, kill_rounds
from benchmarks.audit_fill import fill
from benchmarks.audit_limit import group_commits
from benchmarks.audit_postgres import postgres
from benchmarks.audit_prototype import Prototype, filled, on_postgres, on_sqlite, verified
from benchmarks.audit_usage import measure
from benchmarks.audit_workload import ENTRIES_A_CALL, Workload
from core.audit import Action, AuditLog, Event, FileAnchor
from core.audit.rescue import restore
from core.model import Category, Principal, Role, Tier

THREADS = 8
PROBE_S = 0.6


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds."""
        return time.monotonic()


CLOCK = SystemClock()


def event(number: int) -> Event:
    """What a store holds, in turn: the review of a case, the call's beginning, its answer; some 530 bytes on average."""
    return (_reviewed, _begun, _answered)[number % 3](number)


def _reviewed(number: int) -> Event:
    return Event(action=Action.PREVIEW_REVIEWED, payload_sha256=f"{number:064x}", **_who(number))


def _begun(number: int) -> Event:
    lengths, marks = {"symptoms": 120 + number % 50, "chief_complaint": 20}, {Category.NAME: 2, Category.AGE: 1}
    return Event(action=Action.DIAGNOSIS_REQUEST_INITIATED, input_lengths=lengths, phi_counts=marks, **_call(number))


def _answered(number: int) -> Event:
    return Event(
        action=Action.DIAGNOSIS_RESPONSE_RECEIVED,
        prompt_tokens=400,
        completion_tokens=900,
        cost_nano_usd=378_000,
        latency_ms=2_100 + number % 700,
        ttft_ms=310,
        **_call(number),
    )


def _who(number: int) -> dict[str, Any]:
    return {
        "actor_id": f"u-{number % 40:04x}",
        "actor_role": Role.CLINICIAN,
        "case_ref": f"case-{number % 997}x",
        "policy_version": "SAFE_HARBOR/1",
    }


def _call(number: int) -> dict[str, Any]:
    return _who(number) | {
        "request_id": f"req-{number:x}",
        "attempt": 1,
        "provider": "holysheep",
        "model": ("deepseek-v3.2", "gpt-4.1", "claude-sonnet-4.5", "gemini-2.5-flash")[number % 4],
        "endpoint": "chat/completions",
        "tier": Tier.ROUTINE,
        "prompt_version": "ddx/1",
        "payload_sha256": f"{number:064x}",
        "simulated": True,
    }


def probe(folder: Path, seconds: float = PROBE_S) -> float:
    """Durable writes of 512 bytes per second."""
    block, count = os.urandom(512), 0
    handle = os.open(folder / "probe", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        os.write(handle, block)
        os.fdatasync(handle)
        count += 1
    took = time.perf_counter() - begun
    os.close(handle)
    return count / took


def appends(append: Callable[[Any], object], events: list[Any], threads: int = THREADS) -> tuple[float, list[float]]:
    """Appends per second by so many threads, and how long each took in seconds."""
    took: list[float] = []

    def work(mine: list[Any]) -> None:
        for one in mine:
            begun = time.perf_counter()
            append(one)
            took.append(time.perf_counter() - begun)

    workers = [threading.Thread(target=work, args=(events[start::threads],)) for start in range(threads)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(events) / (time.perf_counter() - begun), sorted(took)


def plain_event(number: int) -> dict[str, Any]:
    """For the prototype: 511 bytes of JSON."""
    told = _who(number) | {"action": "diagnosis_response_received", "latency_ms": 2_100 + number % 700, "payload_sha256": f"{number:064x}"}
    return told | {"rest": "x" * (511 - len(json.dumps(told | {"rest": ""}, separators=(",", ":"))))}


def percentile_ms(sorted_s: list[float], share: float) -> float:
    """Of sorted seconds."""
    return 1_000 * sorted_s[min(len(sorted_s) - 1, int(share * len(sorted_s)))]


def append_figures(folder: Path, url: Callable[[], str], rounds: int, count: int) -> dict[str, float]:
    """The rounds, told one by one."""
    ratios: dict[str, list[float]] = {}
    tails: dict[str, list[float]] = {"sqlite": [], "postgres": []}
    before = probe(folder)

    def told(number: int, name: str, speed: float, took: list[float]) -> None:
        nonlocal before
        after = probe(folder)
        ratios.setdefault(name, []).append(speed / statistics.mean((before, after)))
        waits = f"p50 {percentile_ms(took, 0.5):5.2f}  p99 {percentile_ms(took, 0.99):6.2f} ms" if took else ""
        print(
            f"round {number + 1}  {name:18}  probe {before:7,.0f} and {after:7,.0f}/s  "
            f"appends {speed:7,.0f}/s  ratio {ratios[name][-1]:5.2f}  {waits}"
        )
        before = after

    for number in range(rounds):
        told(number, "limit", group_commits(folder, count, THREADS), [])
        for kind in tails:
            size = count if kind == "sqlite" else count // 2
            plain = Prototype(on_sqlite(folder / f"plain-{number}.sqlite3") if kind == "sqlite" else on_postgres(url()))
            speed, took = appends(plain.append, [plain_event(n) for n in range(size)])
            plain.close()
            told(number, f"prototype_{kind}", speed, took)
            place = str(folder / f"round-{number}.sqlite3") if kind == "sqlite" else url()
            log = AuditLog.open(
                place, clock=CLOCK, signing_key=folder / f"{kind}-{number}.key", anchor=FileAnchor(folder / f"{kind}-{number}.head")
            )
            speed, took = appends(log.append, [event(n) for n in range(size)])
            log.close()
            told(number, kind, speed, took)
            tails[kind].append(percentile_ms(took, 0.99))
    middle = {name: statistics.median(found) for name, found in ratios.items()}
    figures = {"limit_per_fsync": middle["limit"]}
    for kind in tails:
        figures[f"append_per_fsync_{kind}"] = middle[kind]
        figures[f"prototype_per_fsync_{kind}"] = middle[f"prototype_{kind}"]
        for other, name in (("limit", "limit"), (f"prototype_{kind}", "prototype")):
            figures[f"append_per_{name}_{kind}"] = statistics.median(a / b for a, b in zip(ratios[kind], ratios[other], strict=True))
    figures |= {"append_p99_ms": statistics.median(tails["sqlite"]), "append_p99_ms_postgres": statistics.median(tails["postgres"])}
    return {name: round(figure, 2) for name, figure in figures.items()}


def hashes(count: int = 200_000) -> float:
    """SHA-256 of 512 bytes per second of processor time: what a verification stands beside."""
    block, sha256, begun = os.urandom(512), hashlib.sha256, time.process_time()
    for _ in range(count):
        sha256(block).digest()
    return count / (time.process_time() - begun)


def alone(folder: Path) -> float:
    """Median milliseconds of an append when nobody else appends."""
    log = AuditLog.open(folder / "alone.sqlite3", clock=CLOCK)
    _, took = appends(log.append, [event(n) for n in range(1_000)], threads=1)
    log.close()
    return percentile_ms(took, 0.5)


def verify_figures(folder: Path, count: int) -> dict[str, float]:
    """Verification on one core, backup and restore of the same store."""
    path, person, calls = folder / "large.sqlite3", Principal("u-bench", Role.SERVICE), count // ENTRIES_A_CALL
    fill(path, Workload.drawn(calls), calls, calls)
    log, count = AuditLog.open(path, clock=CLOCK), ENTRIES_A_CALL * calls
    filled(folder / "plain.sqlite3", map(plain_event, range(count)))
    speeds, ratios, beside = [], [], []
    for _ in range(3):
        begun, wall = time.process_time(), time.perf_counter()
        found = log.verify()
        assert found.ok
        assert found.entries == count
        speeds.append(count / (time.process_time() - begun))
        ratios.append(speeds[-1] / hashes())
        begun = time.process_time()
        assert verified(folder / "plain.sqlite3") == count
        beside.append(speeds[-1] / (count / (time.process_time() - begun)))
        print(
            f"verify    {count:,} entries in {time.perf_counter() - wall:.2f} s: {speeds[-1]:,.0f} a second of processor time, "
            f"{ratios[-1]:.2f} for each SHA-256 of 512 bytes in the same time, {beside[-1]:.2f} of the plain chain's"
        )
    begun = time.perf_counter()
    log.backup(folder / "backup")
    backup_s = time.perf_counter() - begun
    log.close()
    begun = time.perf_counter()
    restore(
        folder / "backup",
        str(folder / "restored.sqlite3"),
        person,
        clock=CLOCK,
        signing_key=Path(f"{path}.key"),
        anchor=FileAnchor(folder / "restored.head"),
        accept_loss=False,
    )
    restore_s = time.perf_counter() - begun
    print(f"backup    {backup_s:.2f} s, restore {restore_s:.2f} s, each with its verification; {path.stat().st_size / 2**20:,.0f} MiB")
    told = {"verify_per_s": round(statistics.median(speeds)), "verify_per_sha256": round(statistics.median(ratios), 3)}
    told["verify_per_prototype"] = round(statistics.median(beside), 3)
    return told | {"backup_s": round(backup_s, 2), "restore_s": round(restore_s, 2)}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--entries", type=int, default=8_000)
    parser.add_argument("--verify", type=int, default=300_000)
    parser.add_argument("--flips", type=int, default=10_000)
    parser.add_argument(
        "--skip-usage", action="store_true", help="leave the usage page's queries out: they fill eleven million entries first"
    )
    parser.add_argument("--kill", type=int, default=0, help="kill -9 in so many rounds, and nothing else")
    parser.add_argument("--folder", type=Path, help="where to work; a disk, not memory")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        if options.kill:
            print(json.dumps(kill_rounds(folder, options.kill, random.Random(7))))  # noqa: S311 – moments, not secrets
            return
        with postgres() as url:
            figures = append_figures(folder, url, options.rounds, options.entries)
        figures["append_p50_ms"] = round(alone(folder), 3)
        figures |= verify_figures(folder, options.verify)
        figures |= flip_bytes(folder, options.flips, random.Random(7), event, CLOCK)  # noqa: S311 – the same
        if not options.skip_usage:
            figures |= measure(folder)
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
