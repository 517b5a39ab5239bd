"""The same log on PostgreSQL: shared by processes, guarded by grants and triggers, and over a restart."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from support.audit_logs import open_postgres
from support.postgres import Postgres

from core.audit import Action, AuditLog, Event, Outcome, Reason
from core.errors import AuditError, ConfigError
from core.model import FixedClock

Make = Callable[..., Event]
ROOT = Path(__file__).parents[2]
APPENDER = """
import sys
from pathlib import Path
from core.audit import Action, AuditLog, Event, FileAnchor
from core.model import FixedClock
folder = Path(sys.argv[2])
log = AuditLog.open(sys.argv[1], clock=FixedClock(), signing_key=folder / "audit.key", anchor=FileAnchor(folder / "audit.head"))
for number in range(int(sys.argv[3])):
    entry = log.append(Event(actor_id="u-1", actor_role="clinician", action=Action.SIGN_IN, count=number))
    sys.stdout.write(f"{entry.sequence}:{entry.entry_hash}\\n")
    sys.stdout.flush()
log.close()
"""


def test_it_appends_browses_and_verifies(postgres_log: AuditLog, event: Make) -> None:
    """What holds on SQLite holds here: entries, filters, usage rows, verification, a signed head."""
    for number in range(1, 8):
        postgres_log.append(event(number))
    postgres_log.append(event(8, action=Action.SIGN_IN, case_ref=None, model=None, outcome=Outcome.REFUSED))
    assert [entry.sequence for entry in postgres_log.entries(limit=3)] == [8, 7, 6]
    assert [entry.sequence for entry in postgres_log.entries(case_ref="case-1x", before_sequence=7)] == [4, 1]
    assert [entry.sequence for entry in postgres_log.entries(outcome=Outcome.REFUSED)] == [8]
    assert postgres_log.entries(until=FixedClock().now() - timedelta(days=1)) == []
    assert len(postgres_log.calls()) == 7
    assert postgres_log.writable()
    found = postgres_log.verify()
    assert (found.ok, found.entries) == (True, 8)
    assert found.tree == postgres_log.seal().head
    assert "casegate@" not in postgres_log.name


def test_processes_share_one_tree(postgres_url: str, event: Make, tmp_path: Path) -> None:
    """Two processes and two threads at once leave one contiguous, valid tree with everything that each was told is recorded."""
    log = open_postgres(postgres_url, tmp_path)
    command = [sys.executable, "-c", APPENDER, postgres_url, str(tmp_path), "30"]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    mine: list[str] = []

    def work() -> None:
        for number in range(20):
            entry = log.append(event(number))
            mine.append(f"{entry.sequence}:{entry.entry_hash}")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [line for process in both for line in process.communicate(timeout=120)[0].splitlines()] + mine
    assert [process.returncode for process in both] == [0, 0]
    stored = [f"{entry.sequence}:{entry.entry_hash}" for entry in log.entries(limit=1_000)]
    assert sorted(told) == sorted(stored)
    assert len(stored) == 100
    assert log.verify().entries == 100
    log.close()


def test_a_restart_under_load_loses_nothing(postgres_url: str, event: Make, tmp_path: Path) -> None:
    """The server is stopped as if it crashed while four threads append, and started again: everything acknowledged is there once."""
    server = Postgres()
    try:
        log = open_postgres(server.url(), tmp_path, busy_timeout_s=60)
        told: dict[int, str] = {}
        going, enough = threading.Event(), threading.Event()

        def work(number: int) -> None:
            for turn in range(200):
                entry = log.append(event(turn, request_id=f"req-{number}-{turn}"))
                told[entry.sequence] = entry.entry_hash
                if len(told) > 40:
                    going.set()
                if enough.is_set():
                    return

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        assert going.wait(60)
        server.stop("immediate")
        server.start()
        enough.set()
        for thread in threads:
            thread.join()
        stored = log.entries(limit=1_000)
        assert {entry.sequence: entry.entry_hash for entry in stored} == told
        assert len({entry.event.request_id for entry in stored}) == len(stored)
        assert log.verify().ok
        log.close()
    finally:
        server.close()


def test_a_server_that_stays_away_is_named(event: Make, tmp_path: Path) -> None:
    """Without the server append says so and writable is False; once it is back both work, with nothing done by hand."""
    server = Postgres()
    try:
        log = open_postgres(server.url(), tmp_path, busy_timeout_s=0.2)
        log.append(event(1))
        server.stop()
        with pytest.raises(AuditError, match="can't be reached"):
            log.append(event(2))
        assert not log.writable()
        with pytest.raises(AuditError, match="can't be reached"):
            log.verify()
        server.start()
        assert log.append(event(3)).sequence == 2
        log.close()
    finally:
        server.close()


CHANGES = {
    "update": ("UPDATE entry SET body = '{}'", "never changed"),
    "delete": ("DELETE FROM entry WHERE sequence = 2", "never deleted"),
    "truncate": ("TRUNCATE entry", "never deleted"),
    "out of turn": (
        "INSERT INTO entry (sequence, body, leaf_hash, node_hash, prev_hash, entry_hash) "
        "SELECT 9, body, leaf_hash, node_hash, prev_hash, entry_hash FROM entry WHERE sequence = 2",
        "only appended",
    ),
    "unlinked": (
        "INSERT INTO entry (sequence, body, leaf_hash, node_hash, prev_hash, entry_hash) "
        "SELECT 3, body, leaf_hash, node_hash, prev_hash, entry_hash FROM entry WHERE sequence = 1",
        "only appended",
    ),
    "purge": ("UPDATE entry SET body = NULL, purge = 2 WHERE sequence = 1", "never changed"),
    "tree head": ("DELETE FROM tree_head", "never changed"),
}


@pytest.mark.parametrize(("statement", "words"), CHANGES.values(), ids=CHANGES.keys())
def test_the_database_refuses_changes(postgres: Postgres, postgres_log: AuditLog, event: Make, statement: str, words: str) -> None:
    """Triggers refuse even the superuser; the store's own role lacks the right in the first place."""
    postgres_log.append(event(1))
    postgres_log.append(event(2))
    postgres_log.seal()
    name = str(postgres_log.name).rpartition("/")[2]
    with pytest.raises(AssertionError, match=words):
        postgres.sql(f"SET search_path = casegate_audit; {statement}", name)
    if not statement.startswith("INSERT"):
        with pytest.raises(AssertionError, match="permission denied"):
            postgres.sql(f"SET ROLE casegate; SET search_path = casegate_audit; {statement}", name)
    assert postgres_log.verify().entries == 2


def test_a_change_behind_the_guards_is_found(postgres: Postgres, postgres_log: AuditLog, event: Make) -> None:
    """A superuser may switch triggers off; the verification names what was changed."""
    for number in range(1, 6):
        postgres_log.append(event(number))
    name = str(postgres_log.name).rpartition("/")[2]
    change = "UPDATE entry SET body = replace(body, 'u-7f3a', 'u-evil') WHERE sequence = 3"
    postgres.sql(f"SET session_replication_role = replica; SET search_path = casegate_audit; {change}", name)
    found = postgres_log.verify()
    assert (found.ok, found.first_bad, found.reason) == (False, 3, Reason.EDITED)


WRONG = {
    "no such database": (lambda url: url.replace("@/t", "@/no-such-"), AuditError, "no database of that name"),
    "no such server": (lambda url: url.replace("host=", "host=/nowhere"), AuditError, "can't be reached"),
    "no such user": (lambda url: url.replace("casegate@", "nobody@"), AuditError, "user or password"),
    "another kind": (lambda url: url.replace("postgresql", "oracle"), ConfigError, "SQLite file or a PostgreSQL"),
}


@pytest.mark.parametrize(("change", "kind", "words"), WRONG.values(), ids=WRONG.keys())
def test_wrong_urls_have_their_own_messages(
    postgres_url: str, tmp_path: Path, change: Callable[[str], str], kind: type[Exception], words: str
) -> None:
    """Each wrong part of the URL is named, and the URL is not repeated."""
    with pytest.raises(kind, match=words) as refusal:
        open_postgres(change(postgres_url), tmp_path)
    assert "casegate@" not in str(refusal.value)
    assert not (tmp_path / "audit.key").exists()
