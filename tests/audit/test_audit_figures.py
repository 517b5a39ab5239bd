"""The usage rows say at every moment what a scan of all entries says."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import sqlalchemy as sa
from audit.conftest import make_event

from core.audit import Action, AuditLog, Entry, Event, FileAnchor, Histogram, Outcome, Question, UsageFilter, hour_of
from core.audit.__main__ import main
from core.audit.figures import Figures
from core.audit.rollup import SUMS
from core.audit.store import ENTRY, rollups
from core.audit.store.tail import seen
from core.model import FixedClock, Role, Tier

START = datetime(2026, 3, 7, 21, 15, tzinfo=UTC)
HOURS, ENTRIES = 200, 240
EDGES = tuple(hour_of(START) + offset for offset in (0, 5, 29, 30, 101, 197))
CALLS = (Action.DIAGNOSIS_RESPONSE_RECEIVED, Action.DIAGNOSIS_REQUEST_FAILED, Action.REQUEST_CANCELLED)


def some_event(chance: random.Random, number: int) -> Event:
    """Any act that a day may bring."""
    action = chance.choices(
        [*CALLS, Action.PREFLIGHT_BLOCKED, Action.DECISION_RECORDED, Action.SIGN_IN, Action.DIAGNOSIS_REQUEST_INITIATED],
        [8, 2, 1, 1, 2, 1, 4],
    )[0]
    outcome = {CALLS[1]: Outcome.FAILED, CALLS[2]: Outcome.CANCELLED}.get(action, Outcome.OK)
    return make_event(
        number,
        action=action,
        outcome=outcome,
        error_class="ProviderTimeoutError" if outcome is not Outcome.OK else None,
        actor_id=chance.choice(["u-1", "u-2", "u-3"]),
        actor_role=chance.choice([Role.CLINICIAN, Role.RESEARCHER]),
        case_ref=f"case-{chance.randrange(30)}",
        provider=chance.choice(["holysheep", "sandbox"]),
        model=chance.choice(["deepseek-v3.2", "gpt-4.1"]),
        tier=chance.choice(list(Tier)),
        simulated=chance.random() < 0.3,
        attempt=chance.choice([1, 1, 1, 3]),
        subject=chance.choice(["accepted", "rejected"]),
        latency_ms=chance.choice([None, chance.randrange(300, 9000)]),
        ttft_ms=chance.choice([None, chance.randrange(50, 900)]),
        cost_nano_usd=chance.choice([None, chance.randrange(10**7)]),
    )


def some_events(chance: random.Random) -> list[Event]:
    """Enough of them to fill rows of many kinds."""
    return [some_event(chance, number) for number in range(ENTRIES)]


def append(log: AuditLog, clock: FixedClock, step_s: float, event: Event) -> None:
    """One more, some time later."""
    clock.advance(step_s)
    log.append(event)


@pytest.fixture(scope="module", params=[(7, "sqlite"), (1_000, "sqlite"), (40, "postgresql")], ids=["often", "tail", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditLog]:
    """Some hundred entries over eight days: folded every few entries, not yet folded at all, and on PostgreSQL."""
    clock, chance, folder = FixedClock(at=START), random.Random(11), tmp_path_factory.mktemp("figures")
    every, backend = request.param
    database = folder / "audit.sqlite3" if backend == "sqlite" else request.getfixturevalue("postgres").fresh("figures")
    opened = AuditLog.open(database, clock=clock, signing_key=folder / "key", anchor=FileAnchor(folder / "head"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rollups, "FOLD_EVERY", every)
        steps = [HOURS * 3600 / ENTRIES * chance.uniform(0, 2) for _ in range(ENTRIES)]
        with ThreadPoolExecutor(24) as threads:  # they share a durable commit, which is what takes the time
            list(threads.map(lambda at: append(opened, clock, *at), zip(steps, some_events(chance), strict=True)))
    yield opened
    opened.close()


def everything(log: AuditLog) -> list[Entry]:
    """Oldest first, by way of the entries alone."""
    return log.entries(limit=1_000)[::-1]


def scan(entries: Iterable[Entry], question: Question) -> dict[tuple[Any, ...], Counter[str]]:
    """Sums by bucket and dimensions, the plain way."""
    found: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    cases: set[Any] = set()
    for entry in entries:
        e, told = entry.event, Counter[str]()
        if e.action in CALLS:
            at_model = (e.case_ref, e.provider, e.model)
            told.update(calls=1, retried=(e.attempt or 1) > 1, prompt_tokens=e.prompt_tokens, completion_tokens=e.completion_tokens)
            told.update(cost_nano_usd=e.cost_nano_usd or 0, cost_partial=e.outcome == "ok" and e.cost_nano_usd is None)
            told.update(cases=e.case_ref not in cases, model_cases=at_model not in cases)
            cases |= {e.case_ref, at_model}
        elif e.action is Action.PREFLIGHT_BLOCKED:
            told.update(blocked=1)
        elif e.action is Action.DECISION_RECORDED and e.subject == "accepted":
            told.update(accepted=1)
        if (place := _place(entry, question)) is not None and told:
            found[place].update(told)
    return found


def _place(entry: Entry, question: Question) -> tuple[Any, ...] | None:
    e, is_call, hour = entry.event, entry.event.action in CALLS, hour_of(entry.time)
    facts = {"provider": e.provider, "model": e.model, "simulated": e.simulated, "tier": e.tier, "role": e.actor_role, "department": ""}
    facts |= {"actor": e.actor_id, "outcome": e.outcome if is_call else ""}
    facts |= {"error_class": (e.error_class or "") if is_call and e.outcome != "ok" else ""}
    at, edges = (hour, question.edges) if question.scope != "person" else (hour // 24, [-(-edge // 24) for edge in question.edges])
    bucket = next((b for b, (a, z) in enumerate(pairwise(edges)) if a <= at < z), None)
    if bucket is None or any(facts[k] != v for k, v in question.where.given().items()):
        return None
    return (bucket, *(facts[name] for name in question.by))


QUESTIONS = {
    "everything": Question(EDGES, (), UsageFilter()),
    "by model and outcome": Question(EDGES, ("provider", "model", "simulated", "outcome", "error_class"), UsageFilter()),
    "one model": Question(EDGES, ("outcome",), UsageFilter(model="gpt-4.1", simulated=False)),
    "by tier": Question(EDGES, ("tier", "role"), UsageFilter(provider="holysheep")),
    "by tier alone": Question(EDGES, ("tier", "outcome"), UsageFilter(simulated=False)),
    "one tier": Question(EDGES, ("model",), UsageFilter(tier=Tier.ROUTINE.value)),
    "one role": Question(EDGES, ("model", "department"), UsageFilter(role=Role.CLINICIAN.value)),
    "by person": Question(EDGES, ("actor", "role", "outcome"), UsageFilter(simulated=False)),
    "one person": Question(EDGES, ("outcome",), UsageFilter(actor="u-2")),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_rows_say_what_a_scan_says(log: AuditLog, question: Question) -> None:
    """Counts, tokens, money and cases, whether folded into rows or still in the tail."""
    (table,), _ = log.figures.ask([question])
    width = 1 + len(question.by)
    assert table.columns == ("bucket", *question.by, *SUMS)
    told = {row[:width]: Counter(dict(zip(SUMS, row[width:], strict=True))) for row in table.rows}
    assert told == scan(everything(log), question)


def test_times_are_those_of_the_entries(log: AuditLog) -> None:
    """Histograms by model equal those made from the entries themselves; nobody's are kept by name."""
    question = Question(EDGES, ("model", "simulated"), UsageFilter())
    _, (found,) = log.figures.ask([], [question])
    plain: dict[tuple[Any, ...], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for entry in everything(log):
        e = entry.event
        if e.action is CALLS[0] and EDGES[0] <= hour_of(entry.time) < EDGES[-1]:
            for values, value in zip(plain[(e.model, e.simulated)], (e.latency_ms, e.ttft_ms), strict=True):
                values += [] if value is None else [value]
    assert found == {key: (Histogram.of(latency), Histogram.of(ttft)) for key, (latency, ttft) in plain.items()}
    assert log.figures.ask([], [QUESTIONS["one person"]])[1] == [{}]


def test_rows_can_be_made_anew(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebuild, chunk by chunk, gives the same figures; it reports where it is."""
    questions = list(QUESTIONS.values())
    before = log.figures.ask(questions, questions[:4])
    monkeypatch.setattr(rollups, "CHUNK", 64)
    steps: list[int] = []
    assert log.figures.rebuild(steps.append) == ENTRIES
    assert steps == [64, 128, 192, ENTRIES]
    assert log.figures.ask(questions, questions[:4]) == before


@pytest.mark.parametrize("every", [5, 1_000], ids=["folded", "tail"])
def test_what_is_carried_on_says_what_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int) -> None:
    """Asked after each entry, figures that remember the tail equal figures that know nothing; an unreadable body is looked at again."""
    clock, chance, questions = FixedClock(at=START), random.Random(5), list(QUESTIONS.values())
    monkeypatch.setattr(rollups, "FOLD_EVERY", every)
    with closing(AuditLog.open(tmp_path / "audit.sqlite3", clock=clock)) as log:

        def same() -> bool:
            anew = Figures(log._store.reading, log._store.folding)
            return log.figures.ask(questions, questions[:4]) == anew.ask(questions, questions[:4])

        for number in range(40):
            append(log, clock, chance.uniform(0, 9_000), some_event(chance, number))
            assert same()
        counted = log.append(some_event(random.Random(2), 40)).sequence
        with log._store.folding() as connection:
            body = connection.scalar(sa.select(ENTRY.c.body).where(ENTRY.c.sequence == counted))
        for altered in (str(body).replace('"time":"', '"time":"x'), body):
            with closing(sqlite3.connect(tmp_path / "audit.sqlite3")) as knife, knife:
                knife.execute("DROP TRIGGER IF EXISTS entry_no_update")
                knife.execute("UPDATE entry SET body = ? WHERE sequence = ?", (altered, counted))
            assert same()
            log.append(some_event(chance, 41))
            assert same()


def everything_of(path: Path) -> int:
    """Calls that the figures of a store know."""
    log = AuditLog.open(path, clock=FixedClock(at=START))
    (table,), _ = log.figures.ask([Question((hour_of(START), hour_of(START + timedelta(hours=1))), (), UsageFilter())])
    log.close()
    return int(table.rows[0][1])


def test_a_store_from_before_the_rows_is_migrated(tmp_path: Path) -> None:
    """Schema 2 gains the tables; its entries are in the figures at once, and in the rows after the command that rebuilds them."""
    path = tmp_path / "audit.sqlite3"
    log = AuditLog.open(path, clock=FixedClock(at=START))
    for number in range(9):
        log.append(make_event(number))
    log.close()
    with closing(sqlite3.connect(path)) as database:
        for table in ("usage_rollup", "usage_case", "usage_hour", "usage_mark"):
            database.execute(f"DROP TABLE {table}")
        database.execute("PRAGMA user_version = 2")
    assert everything_of(path) == 9
    assert main(["rebuild-figures", "--database", str(path), "--actor", "u-operator"]) == 0
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT through FROM usage_mark").fetchone() == (9,)
        assert "figures_rebuilt" in database.execute("SELECT body FROM entry ORDER BY sequence DESC").fetchone()[0]
    assert everything_of(path) == 9


def test_an_edited_body_does_not_stop_the_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that can't be read says nothing to the figures; the next acts are recorded all the same, and the verification names it."""
    monkeypatch.setattr(rollups, "FOLD_EVERY", 4)
    path = tmp_path / "audit.sqlite3"
    log = AuditLog.open(path, clock=FixedClock(at=START))
    log.append(make_event(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("DROP TRIGGER entry_no_update")
        database.execute("UPDATE entry SET body = replace(replace(body, 'latency_ms', 'latency'), '\"time\":', '\"tame\":')")
    log.close()
    log = AuditLog.open(path, clock=FixedClock(at=START))  # what it recorded itself it would know without reading
    for number in range(2, 9):
        log.append(make_event(number))
    assert log.figures.behind() < 8
    assert log.verify().first_bad == 1
    log.close()
    assert everything_of(path) == 7


def test_a_moment_without_work_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long before a fold is due the writer makes one when nobody waits; that it fails once harms nobody."""
    monkeypatch.setattr(rollups, "FOLD_WHEN_IDLE", 3)
    log = AuditLog.open(tmp_path / "audit.sqlite3", clock=FixedClock(at=START))
    settled, failed = log._store._appender.settle, threading.Event()

    def broken() -> None:
        monkeypatch.setattr(log._store._appender, "settle", settled)
        log._store._appender._keeper.put_off()  # type: ignore[union-attr]
        failed.set()
        raise MemoryError

    monkeypatch.setattr(log._store._appender, "settle", broken)
    for number in range(1, 5):
        log.append(make_event(number))
    assert failed.wait(60)
    assert log.figures.behind() == 4
    for number in range(5, 9):
        log.append(make_event(number))
    until = monotonic() + 60
    while log.figures.behind() and monotonic() < until:
        sleep(0.01)
    assert log.figures.behind() == 0
    log.close()
    assert everything_of(tmp_path / "audit.sqlite3") == 8


@pytest.mark.parametrize(
    ("edges", "by", "where"),
    [
        ((5,), (), {}),
        ((5, 5), (), {}),
        ((7, 5), (), {}),
        ((5, 7), ("colour",), {}),
        ((5, 7), ("error_class", "tier"), {}),
        ((5, 7), ("model",), {"actor": "u-1"}),
    ],
    ids=["one edge", "empty", "backwards", "no dimension", "not kept together", "a person's models"],
)
def test_what_no_row_knows_is_refused(edges: tuple[int, ...], by: tuple[str, ...], where: dict[str, str]) -> None:
    """A question that the rows can't answer is our own mistake."""
    with pytest.raises(ValueError, match="usage"):
        Question(edges, by, UsageFilter(**where))  # type: ignore[arg-type]


def test_questions_asked_at_once_are_answered_as_if_alone(log: AuditLog) -> None:
    """What shares its rows is read once, and says the same: other edges, fewer dimensions, a filter."""
    days, where = (EDGES[0] - 3, EDGES[2], EDGES[4]), UsageFilter(simulated=False)
    asked = [
        Question(EDGES, ("provider", "model", "outcome"), where),
        Question(days, ("outcome",), where),
        Question((EDGES[1], EDGES[5]), ("error_class", "model"), where),
        Question(days, ("tier",), where),
        Question(days, (), UsageFilter()),
    ]
    together, _ = log.figures.ask(asked)
    assert together == [log.figures.ask([question])[0][0] for question in asked]
    assert all(table.rows for table in together)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_a_tail_of_more_cases_than_a_query_takes(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """As after a restore, when no row is filled yet: 70,000 cases, of which two are known."""
    database = request.getfixturevalue("database" if backend == "sqlite" else "postgres_url")
    opened = AuditLog.open(database, clock=FixedClock(), signing_key=tmp_path / "key", anchor=FileAnchor(tmp_path / "head"))
    known = [("case-1", "holysheep", "gpt-4.1"), ("case-69999", "sandbox", "gpt-4.1")]
    with opened._store.folding() as connection:
        rollups._remember(connection, dict.fromkeys(known, 1))
        assert sorted(seen(connection, {f"case-{number}" for number in range(70_000)})) == known
    opened.close()


def test_departments_are_those_of_what_is_counted(database: Path) -> None:
    """Folded or not; not those that signed in only, or only rejected an answer."""
    log = AuditLog.open(database, clock=FixedClock())
    log.append(make_event(1, department="folded"))
    log.figures.catch_up()
    rejected = {"action": Action.DECISION_RECORDED, "subject": "rejected", "department": "rejecting"}
    accepted = {"action": Action.DECISION_RECORDED, "subject": "accepted", "department": "accepting"}
    for facts in (rejected, accepted, {"department": "asking"}, {"action": Action.SIGN_IN, "department": "door"}, {}):
        log.append(make_event(2, **facts))
    assert log.figures.departments() == ["accepting", "asking", "folded"]
    log.figures.catch_up()
    assert log.figures.departments() == ["accepting", "asking", "folded"]
    log.close()


def test_departments_that_came_since_are_told(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By entries folded meanwhile, few or too many to be read, by the newest, and after the rows were made anew."""
    monkeypatch.setattr(rollups, "FOLD_EVERY", 3)
    log = AuditLog.open(database, clock=FixedClock())
    log.append(make_event(1, department="first"))
    log.figures.catch_up()
    assert log.figures.departments() == ["first"]
    log.append(make_event(2, department="second"))
    log.figures.catch_up()
    log.append(make_event(3, department="third"))
    assert log.figures.departments() == ["first", "second", "third"]
    for number in range(4, 10):
        log.append(make_event(number, department=f"ward-{number}"))
    log.figures.catch_up()
    everyone = ["first", "second", "third", *(f"ward-{number}" for number in range(4, 10))]
    assert log.figures.departments() == everyone
    log.figures.rebuild()
    assert log.figures.departments() == everyone
    log.close()
