"""Each thing that can go wrong on the way out: its own message, an entry of the failure, nothing kept as an answer."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from support.replies import answer
from support.upstream import TARGET, Building, stream_of
from werkzeug import Request, Response

from core import consult
from core.audit import Action
from core.bootstrap import Services
from core.consultation import Consultation, Prepared
from core.errors import AuditError, Error
from core.model import AgeRange, ClinicalCase, Principal, Role, Sex

DOCTOR = Principal("u-doctor", Role.CLINICIAN)
CASE = ClinicalCase(
    chief_complaint="Chest pain for two hours",
    symptoms="Crushing chest pain with sweating and nausea since this morning.",
    age_range=AgeRange.ADULT,
    age_years=58,
    sex=Sex.MALE,
    encounter=date(2026, 1, 5),
)
PATH = "/v1/chat/completions"
AMPLE_S = 15.0


def ask(services: Services) -> Consultation:
    """The walk from case to answer."""
    prepared = consult.prepare(services, CASE, DOCTOR, target=TARGET, case_ref="case-1")
    return consult.submit(services, prepared, DOCTOR, identity=CASE.identity, reviewed_sha256=prepared.sha256)


let_go = threading.Event()
under_way = threading.Semaphore(0)


def slow(_: Request) -> Response:
    """An answer that comes too late: when the test has ended."""
    let_go.wait(10)
    under_way.release()
    return Response(b"{}", 200)


@pytest.fixture(autouse=True)
def _no_stragglers(httpserver: HTTPServer) -> Iterator[None]:
    """Slow answers of one test are over before the next begins."""
    let_go.clear()
    yield
    let_go.set()
    while under_way.acquire(timeout=0.2):
        continue
    time.sleep(0.1)
    httpserver.clear()


ANSWERS: dict[str, tuple[Callable[[Request], Response], str, int | None]] = {
    "401": (lambda _: Response('{"error":{}}', 401), "ELSEWHERE_API_KEY", 401),
    "403": (lambda _: Response('{"error":{}}', 403), "403", 403),
    "404": (lambda _: Response('{"error":{}}', 404), "model-1", 404),
    "429": (lambda _: Response('{"error":{}}', 429, headers={"Retry-After": "60"}), "", 429),
    "500": (lambda _: Response("oops", 500), "500", 500),
    "malformed JSON": (lambda _: Response("{not json", 200, content_type="application/json"), "", None),
    "truncated stream": (lambda _: Response(stream_of(answer()[:200], done=False), 200, content_type="text/event-stream"), "", None),
    "time-out": (slow, "", None),
}


@pytest.mark.parametrize(("reply", "word", "status"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_upstream_fault_has_its_message_and_its_entry(
    build: Building, httpserver: HTTPServer, reply: Callable[[Request], Response], word: str, status: int | None
) -> None:
    """The error tells the user what to do; the store tells what happened; the vault holds no answer."""
    httpserver.expect_request(PATH).respond_with_handler(reply)
    services = build(deadline_s=2.0 if reply is slow else AMPLE_S)
    with pytest.raises(Error) as failed:
        ask(services)
    assert word in failed.value.user_message
    entry = services.audit.entries()[0].event
    assert entry.action is Action.DIAGNOSIS_REQUEST_FAILED
    assert entry.error_class == type(failed.value).__name__
    if status is not None:
        assert entry.http_status == status
    assert services.vault.list("consultation", DOCTOR.user_id) == []
    assert services.audit.verify().ok


def test_every_fault_has_words_of_its_own(build: Building, httpserver: HTTPServer) -> None:
    """No two faults are told in the same words."""
    messages = set()
    for reply, _, _ in ANSWERS.values():
        httpserver.clear()
        httpserver.expect_request(PATH).respond_with_handler(reply)
        services = build(deadline_s=2.0 if reply is slow else AMPLE_S)
        with pytest.raises(Error) as failed:
            ask(services)
        messages.add(failed.value.user_message)
        services.close()
    assert len(messages) == len(ANSWERS)


def test_a_refused_connection_says_so(build: Building) -> None:
    """Nobody listens: attempts while the deadline lasts, then a message and an entry for each and for the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    services = build(url=f"http://127.0.0.1:{port}/v1")
    with pytest.raises(Error) as failed:
        ask(services)
    assert "Elsewhere AI" in failed.value.user_message
    ending, *before = services.audit.entries()
    assert ending.event.attempt in (3, 4, 5)
    failed_at = [e.event.attempt for e in before if e.event.action is Action.MODEL_ATTEMPT_FAILED]
    assert failed_at == list(range(ending.event.attempt, 0, -1))
    assert {e.event.request_id for e in before if e.event.attempt} == {ending.event.request_id}


def test_a_server_error_that_passes_is_retried(build: Building, httpserver: HTTPServer) -> None:
    """503, then an answer: the clinician sees the answer, the entry counts two attempts."""
    httpserver.expect_ordered_request(PATH).respond_with_data("busy", 503)
    httpserver.expect_ordered_request(PATH).respond_with_data(stream_of(answer()), content_type="text/event-stream")
    done = ask(build())
    assert done.reply.attempts == 2
    assert (done.reply.usage.prompt_tokens, done.reply.usage.completion_tokens) == (900, 300)
    assert done.reply.cost_usd == Decimal("0.0015")


def test_an_unwritable_audit_store_stops_the_call(build: Building, httpserver: HTTPServer) -> None:
    """Another process holds the store: a clear error, and nothing is sent."""
    services = build()
    prepared = consult.prepare(services, CASE, DOCTOR, target=TARGET, case_ref="case-1")
    held = sqlite3.connect(services.audit.path)
    held.execute("begin exclusive")
    try:
        with pytest.raises(AuditError) as failed:
            consult.submit(services, prepared, DOCTOR, identity=CASE.identity, reviewed_sha256=prepared.sha256)
    finally:
        held.rollback()
        held.close()
    assert failed.value.user_message
    assert httpserver.log == []


def fill(services: Services, prepared: Prepared) -> None:
    """Append until the store has no room."""
    for _ in range(500):
        consult.note_review(services, prepared, DOCTOR)


def test_a_full_disk_stops_the_call(build: Building, httpserver: HTTPServer, tmp_path: Path) -> None:
    """The store can't grow: a clear error that speaks of space, and nothing is sent."""
    services = build()
    engine = services.audit._store._engine  # the disk's end is simulated on the store's own connection
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar()
        connection.exec_driver_sql(f"pragma max_page_count={pages}")
    prepared = consult.prepare(services, CASE, DOCTOR, target=TARGET, case_ref="case-1")
    with pytest.raises(AuditError) as failed:
        fill(services, prepared)
    with pytest.raises(AuditError):
        consult.submit(services, prepared, DOCTOR, identity=CASE.identity, reviewed_sha256=prepared.sha256)
    assert "full" in failed.value.user_message.lower() or "space" in failed.value.user_message.lower()
    assert httpserver.log == []
    assert tmp_path.exists()
