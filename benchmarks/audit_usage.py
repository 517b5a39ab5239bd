"""How fast the usage page's and the audit trail's queries are at one and ten million entries; part of `python -m benchmarks.audit`.

Entries are made inside SQLite, thirty days of them: a preview, the start and the answer of each call, at eight models by two hundred
people. Their hashes are noise, for nothing here verifies. The usage rows are then made from the bodies by the product's own code, and
five hundred entries more are left to the tail, as the writer leaves them.
`python -m benchmarks.audit_usage [SIZE …]` runs this part alone.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

from core.audit import Action, AuditLog, EntryFilter, Outcome, Question, UsageFilter, hour_of
from core.audit.store import rollups, schema
from core.model import FixedClock

SIZES = (1_000_000, 10_000_000)
TAIL = 500
START, DAYS = datetime(2026, 1, 5, tzinfo=UTC), 30
TURNS = 9
_MODELS = ["deepseek-v3.2", "gemini-2.5-flash", "gpt-4.1", "claude-sonnet-4.5"]
_FILL = """
WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last),
  drawn(i, call, place, chance) AS (SELECT i, i / 3, (i / 3 * 7919) % 8, abs(random()) FROM n)
INSERT INTO entry (sequence, body, leaf_hash, node_hash, prev_hash, entry_hash)
SELECT i, printf(
  '{"action":"%s","actor_id":"u-%d","actor_role":"clinician",%s"case_ref":"case-%d",%s"cost_partial":false,%s"model":"%s",' ||
  '"outcome":"ok","policy_version":"SAFE_HARBOR/1","prompt_version":"assess-2","provider":"%s","request_id":"req-%d","sequence":%d,' ||
  '"simulated":%s,"tier":"%s","time":"%s000Z","tokens_estimated":false,%s"v":1}',
  CASE i % 3 WHEN 0 THEN 'preview_reviewed' WHEN 1 THEN 'diagnosis_request_initiated' ELSE 'diagnosis_response_received' END,
  (call * 31) % 200,
  CASE i % 3 WHEN 2 THEN printf('"attempt":%d,', 1 + (chance % 20 = 0)) ELSE '' END,
  call / 2,
  CASE i % 3 WHEN 2 THEN printf('"completion_tokens":%d,"cost_nano_usd":%d,', 900 + chance % 1100, (900 + chance % 1100) * 420) ELSE '' END,
  CASE i % 3 WHEN 2 THEN printf('"latency_ms":%d,', 600 + chance % 3000 + (chance / 7) % 3000 + (chance / 11) % 9000) ELSE '' END,
  json_extract(:models, '$[' || (place % 4) || ']'),
  CASE WHEN place < 4 THEN 'holysheep' ELSE 'sandbox' END,
  call, i,
  CASE WHEN place < 4 THEN 'false' ELSE 'true' END,
  json_extract('["routine","time-sensitive","complex","documentation"]', '$[' || (place % 4) || ']'),
  strftime('%Y-%m-%dT%H:%M:%f', :start + (i - 1) * :days / :size),
  CASE i % 3 WHEN 2 THEN printf('"prompt_tokens":%d,"ttft_ms":%d,', 1100 + chance % 900, 100 + (chance / 3) % 900) ELSE '' END),
  randomblob(32), randomblob(32), randomblob(32), randomblob(32) FROM drawn
"""


def measure(folder: Path, sizes: Sequence[int] = SIZES) -> dict[str, float]:
    """`usage_ms_1m`, `usage_ms_10m` (named after the sizes) and `browse_ms`, the slowest kind of page at the last size; medians.

    The same with `cpu_ms` is the processor's time alone.
    """
    found: dict[str, float] = {}
    for size in sizes:
        log = filled(folder / f"audit-{size}.sqlite3", size)
        try:
            name = f"{size // 1_000_000}m" if size >= 1_000_000 else str(size)
            found[f"usage_ms_{name}"], found[f"usage_cpu_ms_{name}"] = _usage_ms(log)
            found["browse_ms"], found["browse_cpu_ms"] = _browse_ms(log, size)
        finally:
            log.close()
    return found


def filled(path: Path, size: int) -> AuditLog:
    """A store of so many entries and a tail that is not in the rows yet."""
    clock = FixedClock(at=START + timedelta(days=DAYS))
    AuditLog.open(path, clock=clock).close()
    begun = perf_counter()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("synchronous = OFF", "journal_mode = OFF", "ignore_check_constraints = ON", "cache_size = -400000"):
            database.execute(f"PRAGMA {pragma}")
        for name in schema.FACTS:
            database.execute(f"DROP INDEX entry_{name}")
        _insert(database, 1, size)
        for statement in schema._indexes("sqlite"):
            database.execute(statement)
        for guard in schema.guards("sqlite"):
            database.execute(guard)
    print(f"  {size:,} entries made in {perf_counter() - begun:,.0f} s", file=sys.stderr)
    begun, log = perf_counter(), AuditLog.open(path, clock=clock)
    log.figures.catch_up()
    print(f"  their usage rows in {perf_counter() - begun:,.0f} s ({size / (perf_counter() - begun):,.0f} a second)", file=sys.stderr)
    log.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = OFF")
        _insert(database, size + 1, size + TAIL)
        database.execute("PRAGMA journal_mode = WAL")
    return AuditLog.open(path, clock=clock)


def _insert(database: sqlite3.Connection, first: int, last: int) -> None:
    database.execute("DROP TRIGGER IF EXISTS entry_next_only")
    start = START.timestamp() / 86_400 + 2_440_587.5  # a Julian day, as SQLite counts
    facts = {"first": first, "last": last, "models": json.dumps(_MODELS), "start": start, "days": float(DAYS), "size": last}
    database.execute("BEGIN")
    database.execute(_FILL, facts)
    database.execute("COMMIT")


def _usage_ms(log: AuditLog) -> tuple[float, float]:
    """What the page asks at once: thirty of the viewer's days (an odd five hours off UTC) by model and outcome, times, tiers, the month."""
    edges = tuple(hour_of(START) + 5 + 24 * day for day in range(DAYS + 1))
    real = UsageFilter(simulated=False)
    sums = [
        Question(edges, ("provider", "model", "outcome", "error_class"), real),
        Question(edges, ("outcome",), real),
        Question((edges[0], edges[-1]), ("tier", "outcome"), real),
    ]
    times = [Question((edges[0], edges[-1]), ("provider", "model"), real)]
    return _median_ms(lambda: log.figures.ask(sums, times))


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
    """Medians of the time taken, on the clock and of the processor: on a machine that others use too the two differ."""
    walls, cpus = [], []
    for _ in range(TURNS):
        wall, cpu = perf_counter(), thread_time()
        act()
        walls.append((perf_counter() - wall) * 1000)
        cpus.append((thread_time() - cpu) * 1000)
    return round(median(walls), 2), round(median(cpus), 2)


def main(arguments: Sequence[str]) -> int:
    """Measure the sizes given, else one and ten million, in a folder that is removed afterwards."""
    rollups.CHUNK = 50_000
    with tempfile.TemporaryDirectory(prefix="casegate-usage-") as folder:
        print(json.dumps(measure(Path(folder), tuple(int(size) for size in arguments) or SIZES)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
