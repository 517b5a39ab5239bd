"""What the audit tests share: a log in a fresh folder, events, and a hand on the raw rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.audit_logs import open_postgres
from support.postgres import Postgres

from core.audit import Action, AuditLog, Event
from core.model import Category, FixedClock, Role, Tier

Tamper = Callable[..., None]


def make_event(number: int = 1, **changes: object) -> Event:
    """An answered call; `changes` replace facts."""
    facts: dict[str, object] = {
        "actor_id": "u-7f3a",
        "actor_role": Role.CLINICIAN,
        "action": Action.DIAGNOSIS_RESPONSE_RECEIVED,
        "case_ref": f"case-{number % 3}x",
        "request_id": f"req-{number}",
        "attempt": 1,
        "provider": "holysheep",
        "model": "deepseek-v3.2",
        "endpoint": "chat/completions",
        "tier": Tier.ROUTINE,
        "policy_version": "SAFE_HARBOR/1",
        "prompt_version": "ddx/1",
        "input_lengths": {"symptoms": 120, "chief_complaint": 20},
        "phi_counts": {Category.NAME: 2, Category.AGE: 1},
        "payload_sha256": "ab" * 32,
        "prompt_tokens": 400,
        "completion_tokens": 900,
        "cost_nano_usd": 378_000,
        "latency_ms": 2_100,
        "ttft_ms": 310,
        "concern_count": 0,
        "simulated": True,
    }
    return Event(**(facts | changes))  # type: ignore[arg-type]


@pytest.fixture
def event() -> Callable[..., Event]:
    """Makes events."""
    return make_event


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return tmp_path / "store" / "audit.sqlite3"


@pytest.fixture
def log(database: Path) -> Iterator[AuditLog]:
    """An empty log."""
    opened = AuditLog.open(database, clock=FixedClock())
    yield opened
    opened.close()


@pytest.fixture
def tamper(database: Path) -> Tamper:
    """Runs SQL on the raw store with its guards taken away, as someone with the file could."""

    def run(*statements: tuple[str, tuple[object, ...]] | str) -> None:
        connection = sqlite3.connect(database, isolation_level=None)
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            sql, values = (statement, ()) if isinstance(statement, str) else statement
            connection.execute(sql, values)
        connection.close()

    return run


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole run."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database."""
    return postgres.fresh(f"t{abs(hash(request.node.nodeid)):x}")


@pytest.fixture
def postgres_log(postgres_url: str, tmp_path: Path) -> Iterator[AuditLog]:
    """An empty log on PostgreSQL."""
    opened = open_postgres(postgres_url, tmp_path)
    yield opened
    opened.close()
