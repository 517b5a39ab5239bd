"""A large SQLite store in minutes: entries, their hashes and their usage rows written directly, in large transactions.

What comes out is what appending the same events one by one would give, byte for byte; tests/benchmarks holds it against that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.audit_workload import BEFORE, DEPARTMENTS, ENDS, ENTRIES_A_CALL, MODELS, PEOPLE, START, TARGETS, TIERS, Workload
from core.audit import Action, AuditLog, Histogram, Outcome, hour_of
from core.audit.entry import Chain, chain_hash
from core.audit.histogram import BINS, bin_of
from core.audit.merkle import Frontier, leaf_hash
from core.audit.rollup import DIMENSIONS, HOURS_A_DAY, SUMS
from core.audit.store import schema
from core.audit.store.lookup import FACTS as LOOKED_UP
from core.audit.store.lookup import RUN
from core.model import FixedClock, Role

CALLS_AT_ONCE = 8_192  # entries of a chunk but its last third are then a power of two: the tree's fast way
_INSERT = "INSERT INTO entry (sequence, body, leaf_hash, node_hash, prev_hash, entry_hash) VALUES (?, ?, ?, ?, ?, ?)"
_QUICK = ("synchronous = OFF", "journal_mode = OFF", "ignore_check_constraints = ON", "cache_size = -2000000", "locking_mode = EXCLUSIVE")
_EPOCH_HOUR = hour_of(START)
Ints = npt.NDArray[np.int64]


def fill(path: Path, work: Workload, calls: int, folded: int) -> None:
    """A new store of so many calls, with usage rows of the first `folded`; the rest is left to the tail, as the writer leaves it."""
    AuditLog.open(path, clock=FixedClock(at=START)).close()
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as database:
        for pragma in _QUICK:
            database.execute(f"PRAGMA {pragma}").fetchall()
        database.execute("DROP TRIGGER entry_next_only")
        database.execute("BEGIN")
        for rows in _ahead(_entries(work, calls)):
            database.executemany(_INSERT, rows)
        _fill_usage(database, work, folded)
        database.execute("COMMIT")
        for guard in schema.guards("sqlite"):
            database.execute(guard)
        database.execute("PRAGMA locking_mode = NORMAL")
        database.execute("PRAGMA journal_mode = WAL")


def _ahead(chunks: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The next chunk is made while SQLite, which needs no interpreter, takes in this one."""
    made: Queue[list[Any] | BaseException | None] = Queue(2)

    def make() -> None:
        try:
            for chunk in chunks:
                made.put(chunk)
            made.put(None)
        except BaseException as error:  # noqa: BLE001 – raised again where the chunk is wanted
            made.put(error)

    Thread(target=make, daemon=True).start()
    while (chunk := made.get()) is not None:
        if isinstance(chunk, BaseException):
            raise chunk
        yield chunk


def _entries(work: Workload, calls: int) -> Iterator[list[Any]]:
    frontier, link = Frontier(), Chain().entry_hash
    for first in range(0, calls, CALLS_AT_ONCE):
        bodies = work.bodies(first, min(first + CALLS_AT_ONCE, calls))
        leaves = [leaf_hash(body) for body in bodies]
        nodes: list[bytes] = []
        for start in range(0, len(leaves), CALLS_AT_ONCE):
            nodes += frontier.extend(leaves[start : start + CALLS_AT_ONCE])
        links = [link, *(link := chain_hash(link, leaf) for leaf in leaves)]
        texts, numbers = map(bytes.decode, bodies), range(first * ENTRIES_A_CALL + 1, first * ENTRIES_A_CALL + 1 + len(bodies))
        yield list(zip(numbers, texts, leaves, nodes, links[:-1], links[1:], strict=True))


def _fill_usage(database: sqlite3.Connection, work: Workload, folded: int) -> None:
    facts = _facts(work, folded)
    names = ("scope", "grain", "start", *DIMENSIONS, *SUMS, "latency", "ttft")
    insert = f"INSERT INTO usage_rollup ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 – our own names
    kept = {
        "all": ("provider", "model", "simulated", "outcome", "error_class"),
        "unit": ("provider", "model", "simulated", "outcome", "tier", "role", "department"),
        "tier": ("provider", "model", "simulated", "outcome", "tier"),
        "person": ("simulated", "outcome", "role", "department", "actor"),
    }
    for scope, grain in (("all", "hour"), ("all", "day"), ("unit", "hour"), ("unit", "day"), ("tier", "day"), ("person", "day")):
        database.executemany(insert, sorted(_rows(facts, scope, grain, kept[scope])))
    database.executemany("INSERT INTO usage_case (case_ref, provider, model, since) VALUES (?, ?, ?, ?)", _cases(work, folded))
    _fill_hours(database, work, ENTRIES_A_CALL * folded)
    _fill_places(database, work, folded)


def _cases(work: Workload, calls: int) -> list[tuple[Any, ...]]:
    """Each case at each model, and the hour in which it was first asked about there."""
    hours = _hour_of_entry(work, ENTRIES_A_CALL * np.arange(calls) + 2)
    told = zip(work.columns["case"][:calls].tolist(), work.columns["target"][:calls].tolist(), hours.tolist(), strict=True)
    first = {(case, target): hour for case, target, hour in reversed(list(told))}
    return sorted((f"case-{case}", *TARGETS[target], hour) for (case, target), hour in first.items())


def _fill_places(database: sqlite3.Connection, work: Workload, folded: int) -> None:
    """Where the entries with a fact stand, run by run."""
    insert = "INSERT INTO entry_place (fact, value, start, offsets) VALUES (?, ?, ?, ?)"
    for first in range(0, ENTRIES_A_CALL * folded, RUN):
        entries = np.arange(first, min(first + RUN, ENTRIES_A_CALL * folded))
        rows = []
        for name, (codes, word) in _told(work, entries).items():
            order = np.argsort(codes, kind="stable")
            values, begins = np.unique(codes[order], return_index=True)
            for value, places in zip(values.tolist(), np.split(order, begins[1:]), strict=True):
                if value >= 0:
                    rows.append((LOOKED_UP.index(name), word(value), first + 1, places.astype("<u2").tobytes()))
        database.executemany(insert, rows)


def _told(work: Workload, entries: Ints) -> dict[str, tuple[Ints, Callable[[int], str]]]:
    """Fact by fact a number for each entry (-1 where it has none), and the word that such a number stands for."""
    call, kind = entries // ENTRIES_A_CALL, entries % ENTRIES_A_CALL
    part = {name: work.columns[name][call] for name in ("case", "user", "target", "before", "end")}
    actions = [*(action.value for action in BEFORE), Action.DIAGNOSIS_REQUEST_INITIATED.value, *(action.value for action, _, _ in ENDS)]
    action = np.where(kind == 0, part["before"], np.where(kind == 1, len(BEFORE), len(BEFORE) + 1 + part["end"]))
    unlike = np.array([actions.index(word) for word in actions])  # two kinds of end share an action
    return {
        "case_ref": (part["case"], "case-{}".format),
        "actor_id": (part["user"], "u-{}".format),
        "model": (np.where(kind == 0, -1, part["target"] % len(MODELS)), MODELS.__getitem__),
        "action": (unlike[action], actions.__getitem__),
        "outcome": (np.where(kind == 2, part["end"], 0), lambda end: ENDS[end][1].value),
    }


def _fill_hours(database: sqlite3.Connection, work: Workload, entries: int) -> None:
    hours, firsts = np.unique(_hour_of_entry(work, np.arange(entries)), return_index=True)
    lasts = [*firsts[1:].tolist(), entries]
    rows = zip(hours.tolist(), (firsts + 1).tolist(), lasts, strict=True)
    database.executemany("INSERT INTO usage_hour (hour, first, last) VALUES (?, ?, ?)", list(rows))
    database.execute("UPDATE usage_mark SET through = ?", (entries,))


def _hour_of_entry(work: Workload, entries: Ints) -> Ints:
    found: Ints = _EPOCH_HOUR + entries * work.step_us // 3_600_000_000
    return found


# What a row's scope does not know is the empty text, which every list of words has first.
_WORDS: dict[str, tuple[Any, ...]] = {
    "provider": ("", *dict.fromkeys(provider for provider, _ in TARGETS)),
    "model": ("", *dict.fromkeys(model for _, model in TARGETS)),
    "simulated": (False, True),
    "outcome": ("", *(outcome.value for outcome in Outcome)),
    "error_class": ("", *dict.fromkeys(error for _, _, error in ENDS if error)),
    "tier": ("", *(tier.value for tier in TIERS)),
    "role": ("", Role.CLINICIAN.value),
    "department": ("", *(f"ward-{number}" for number in range(DEPARTMENTS))),
    "actor": ("", *(f"u-{number}" for number in range(PEOPLE))),
}


def _facts(work: Workload, calls: int) -> dict[str, Ints]:
    """Column by column what `core.audit.rollup.fact_of` says of each entry that counts: calls first, then what came before them."""
    part = {name: column[:calls] for name, column in work.columns.items()}
    counted = np.flatnonzero(part["before"] > 0)
    number = np.arange(calls)
    hour = np.concatenate([_hour_of_entry(work, ENTRIES_A_CALL * number + 2), _hour_of_entry(work, ENTRIES_A_CALL * counted)])
    facts = _call_facts(part) | {"hour": hour, "user": part["user"]}
    beside = {"user": part["user"][counted], "blocked": part["before"][counted] == BEFORE.index(Action.PREFLIGHT_BLOCKED)}
    beside["accepted"] = part["before"][counted] == BEFORE.index(Action.DECISION_RECORDED)
    nothing = np.zeros(len(counted), dtype=np.int64)
    for name in (*_WORDS, *SUMS, "user", "latency_ms", "ttft_ms"):
        if name in ("role", "department", "actor"):
            continue
        missing = nothing - 1 if name.endswith("_ms") else nothing
        facts[name] = np.concatenate([facts.get(name, 0 * number), beside.get(name, missing)]).astype(np.int64)
    return facts | {"role": 0 * hour + 1, "department": 1 + facts["user"] % DEPARTMENTS, "actor": 1 + facts["user"]}


def _call_facts(part: dict[str, Ints]) -> dict[str, Ints]:
    def worded(name: str, words: Sequence[Any], column: str) -> Ints:
        found: Ints = np.array([_WORDS[name].index(word) for word in words])[part[column]]
        return found

    answered = part["end"] == 0
    target_before = np.concatenate([[-1], part["target"][:-1]])
    opening = part["case"] != np.concatenate([[-1], part["case"][:-1]])
    facts = {
        "provider": worded("provider", [provider for provider, _ in TARGETS], "target"),
        "model": worded("model", [model for _, model in TARGETS], "target"),
        "simulated": worded("simulated", [provider == "sandbox" for provider, _ in TARGETS], "target"),
        "outcome": worded("outcome", [outcome.value for _, outcome, _ in ENDS], "end"),
        "error_class": worded("error_class", [error or "" for _, _, error in ENDS], "end"),
        "tier": worded("tier", [TIERS[place % len(TIERS)].value for place in range(len(TARGETS))], "target"),
        "calls": 0 * part["call"] + 1,
        "retried": part["attempt"] > 1,
        "fallbacks": part["fallback"],
        "cases": opening,
        "model_cases": opening | (part["target"] != target_before),
    }
    facts |= {name: np.where(answered, part[name], 0) for name in ("prompt_tokens", "completion_tokens", "cost_nano_usd")}
    return facts | {name: np.where(answered, part[name], -1) for name in ("latency_ms", "ttft_ms")}


def _rows(facts: dict[str, Ints], scope: str, grain: str, kept: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    start = facts["hour"] if grain == "hour" else facts["hour"] - facts["hour"] % HOURS_A_DAY
    code = start.copy()
    for name in kept:
        code = code * len(_WORDS[name]) + facts[name]
    _, example, group = np.unique(code, return_index=True, return_inverse=True)
    sums = [np.bincount(group, facts[name].astype(float), len(example)).astype(np.int64).tolist() for name in SUMS]
    words = [
        [_WORDS[name][place] for place in facts[name][example].tolist()] if name in kept else [_WORDS[name][0]] * len(example)
        for name in DIMENSIONS
    ]
    timed = scope in ("all", "unit")
    times = [_histograms(group, facts[name], len(example)) if timed else [b""] * len(example) for name in ("latency_ms", "ttft_ms")]
    starts = start[example].tolist()
    return ((scope, grain, *row) for row in zip(starts, *words, *sums, *times, strict=True))


def _histograms(group: Ints, values: Ints, groups: int) -> list[bytes]:
    """Each group's times, encoded."""
    taken = values >= 0
    bins = np.array([bin_of(value) for value in range(int(values.max(initial=0)) + 1)], dtype=np.int64)
    code, count = np.unique(group[taken] * BINS + bins[values[taken]], return_counts=True)
    counts: list[dict[int, int]] = [{} for _ in range(groups)]
    for place, number in zip(code.tolist(), count.tolist(), strict=True):
        counts[place // BINS][place % BINS] = number
    return [Histogram(one).encode() for one in counts]
