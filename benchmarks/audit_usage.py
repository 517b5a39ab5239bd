"""How fast the usage page's and the audit trail's queries are at one and ten million entries; part of `python -m benchmarks.audit`.

The stores are those of `benchmarks.audit_fill`: thirty days of entries and their usage rows, and five hundred entries more that are left
to the tail, as the writer leaves them in a quiet moment; under load it may be eleven times as many.

`python -m benchmarks.audit_usage [SIZE …]` runs this part alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

from benchmarks.audit_fill import fill
from benchmarks.audit_workload import DAYS, ENTRIES_A_CALL, START, Workload
from core.audit import Action, AuditLog, EntryFilter, Outcome, Question, UsageFilter, hour_of
from core.model import FixedClock

SIZES = (1_000_000, 10_000_000)
TAIL = 500
TURNS = 15


def measure(folder: Path, sizes: Sequence[int] = SIZES) -> dict[str, float]:
    """`usage_ms_1m`, `usage_ms_10m` (named after the sizes) and `browse_ms`, the slowest kind of page at the last size; medians.

    The sizes take turns, so that both meet the same machine. `cpu_ms` instead of `ms` is the processor's time alone, `ms` the clock's.
    """
    logs = {size: filled(folder / f"audit-{size}.sqlite3", size) for size in sizes}
    try:
        found: dict[str, float] = {}
        for size, (wall, cpu) in _usage_ms(logs).items():
            name = f"{size // 1_000_000}m" if size >= 1_000_000 else str(size)
            found |= {f"usage_ms_{name}": wall, f"usage_cpu_ms_{name}": cpu}
        found["browse_ms"], found["browse_cpu_ms"] = _browse_ms(logs[sizes[-1]], sizes[-1])
        return found
    finally:
        for log in logs.values():
            log.close()


def filled(path: Path, size: int) -> AuditLog:
    """A store of so many entries, and a tail that is not in the rows yet."""
    folded, begun = size // ENTRIES_A_CALL, perf_counter()
    calls = folded + TAIL // ENTRIES_A_CALL
    fill(path, Workload.drawn(calls), calls, folded)
    took, bytes_each = perf_counter() - begun, path.stat().st_size / size
    print(f"  {size:,} entries and their usage rows made in {took:,.0f} s, {bytes_each:,.0f} bytes each", file=sys.stderr)
    return AuditLog.open(path, clock=FixedClock(at=START + timedelta(days=DAYS)))


def _usage_ms(logs: Mapping[int, AuditLog]) -> dict[int, tuple[float, float]]:
    """What the page asks: departments; thirty of the viewer's days (five hours off UTC) by model and outcome, times, tiers, the month."""
    edges = tuple(hour_of(START) + 5 + 24 * day for day in range(DAYS + 1))
    real = UsageFilter(simulated=False)
    sums = [
        Question(edges, ("provider", "model", "outcome", "error_class"), real),
        Question(edges, ("outcome",), real),
        Question((edges[0], edges[-1]), ("tier", "outcome"), real),
    ]
    times = [Question((edges[0], edges[-1]), ("provider", "model"), real)]

    def page(log: AuditLog) -> None:
        log.figures.departments()
        log.figures.ask(sums, times)

    taken: dict[int, list[tuple[float, float]]] = {size: [] for size in logs}
    for _ in range(TURNS):
        for size, log in logs.items():
            taken[size].append(_timed(partial(page, log)))
    return {size: _medians(one) for size, one in taken.items()}


def _browse_ms(log: AuditLog, size: int) -> tuple[float, float]:
    """The slowest of: no filter, each filter, a day in the middle with an action; at the newest, in the middle and near the oldest."""
    middle = START + timedelta(days=DAYS / 2)
    wanted = {
        "everything": EntryFilter(),
        "one action": EntryFilter(actions=(Action.DIAGNOSIS_RESPONSE_RECEIVED,)),
        "one user": EntryFilter(actor="u-7"),
        "one case": EntryFilter(case_ref=f"case-{size // 12}"),
        "model and outcome": EntryFilter(model="gpt-4.1", outcome=Outcome.OK),
        "a day, an action": EntryFilter(since=middle, until=middle + timedelta(days=1), actions=(Action.PREVIEW_REVIEWED,)),
        "a day, a user": EntryFilter(since=middle, until=middle + timedelta(days=1), actor="u-7"),
        "the first hour": EntryFilter(until=START + timedelta(hours=1)),
    }
    taken = {}
    for name, one in wanted.items():
        for depth, before in (("newest", None), ("middle", size // 2), ("oldest", 1_000)):
            taken[f"{name}, {depth}"] = _median_ms(partial(log.browser.page, one, before=before, limit=50))
    for name, (wall, cpu) in sorted(taken.items(), key=lambda item: -item[1][1])[:6]:
        print(f"  browse: {name:32} {wall:7.1f} ms, {cpu:5.1f} ms of the processor", file=sys.stderr)
    return max(wall for wall, _ in taken.values()), max(cpu for _, cpu in taken.values())


def _median_ms(act: Callable[[], object]) -> tuple[float, float]:
    return _medians([_timed(act) for _ in range(TURNS)])


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds on the clock and of the processor: on a machine that others use too the two differ."""
    wall, cpu = perf_counter(), thread_time()
    act()
    return (perf_counter() - wall) * 1000, (thread_time() - cpu) * 1000


def _medians(taken: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return round(median(wall for wall, _ in taken), 2), round(median(cpu for _, cpu in taken), 2)


def main(arguments: Sequence[str]) -> int:
    """Measure the sizes given, else one and ten million, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="casegate-usage-") as folder:
        print(json.dumps(measure(Path(folder), tuple(int(size) for size in arguments) or SIZES)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
