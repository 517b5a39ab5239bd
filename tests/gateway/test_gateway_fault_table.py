"""The whole walk before every fault: what the caller gets, how long it took, what the audit store says, what the clinician reads."""

from __future__ import annotations

import itertools
import json
import ssl
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme
from support.replies import answer

from core import consult
from core.audit import Action, AuditLog, Outcome
from core.deid import clear
from core.errors import AllProvidersError, Error, ProviderError, ProviderTimeoutError, RateLimitError
from core.gateway import Cancel, Gateway
from core.model import AgeRange, ClinicalCase, Principal, Role, Sex, Target
from core.vault import KeyRing, Vault

DEADLINE_S = 10.0
SHORT_S = 1.0  # for faults that only the deadline ends
SLACK_S = 3.0  # the machine may be busy
DOCTOR = Principal("u-doctor", Role.CLINICIAN)
TARGET = Target("holysheep", "deepseek-v3.2")
SECRET = "secret detail"
CASE = ClinicalCase(
    chief_complaint="Chest pain for two hours",
    symptoms="Crushing chest pain with sweating and nausea since this morning.",
    age_range=AgeRange.ADULT,
    age_years=58,
    sex=Sex.MALE,
    encounter=date(2026, 1, 5),
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """One audit store and vault for the whole table."""
    clock, folder = Now(), tmp_path_factory.mktemp("table")
    audit = AuditLog.open(folder / "audit.sqlite3", clock=clock)
    vault = Vault.open(folder / "vault.sqlite3", keyring=KeyRing.demo(folder / "vault.key"), clock=clock)
    yield audit, vault
    audit.close()
    vault.close()


class Now:
    """The true clock."""

    def now(self):
        return datetime.now(UTC)

    def monotonic(self):
        return time.monotonic()


NUMBERS = itertools.count(1)


@pytest.fixture
def ask(stores, scenes):
    """Walk the case before a provider that plays a scene; gives outcome, seconds, this call's events oldest first, and the server."""
    closing = []

    def walk(*played, tls=None, deadline_s=DEADLINE_S, fall_back=False, given=None, **changes):
        audit, vault = stores
        server = scenes.RawServer(list(played), tls)
        registry = scenes.registry_at(f"http{'s' if tls else ''}://127.0.0.1:{server.port}/v1", **changes)
        gateway = Gateway(registry, {"holysheep": scenes.KEY}, clock=Now(), sleep=lambda _: None, random=lambda: 0.0)
        closing.extend([gateway, server])
        request_id = f"req-{next(NUMBERS)}"
        tools = consult.Tools(
            clock=Now(),
            new_id=lambda: request_id,
            audit=audit,
            vault=vault,
            gateway=gateway,
            simulated=lambda _: False,
            cost_partial=lambda _: True,
            deadline_s=lambda _tier, _target: deadline_s,
            fallbacks=registry.fallbacks,
        )
        prepared = consult.prepare(tools, CASE, DOCTOR, target=TARGET, case_ref="case-1", fall_back=fall_back)
        began = time.monotonic()
        try:
            outcome = consult.submit(tools, prepared, DOCTOR, identity=CASE.identity, reviewed_sha256=prepared.sha256, **(given or {}))
        except Error as error:
            outcome = error
        took = time.monotonic() - began
        events = [e.event for e in reversed(audit.entries(limit=30)) if e.event.request_id == request_id]
        return outcome, took, events, server

    yield walk
    for each in closing:
        each.close()


def in_60_s():
    """A Retry-After as a date."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)


def head(*lines):
    """Status 200 with these headers."""
    return ("\r\n".join(["HTTP/1.1 200 OK", *lines]) + "\r\n\r\n").encode()


def raw(data, *, hold=False, pause_s=0.0):
    """Read the request, send these bytes as they are (in crumbs when there is a pause), then hold or hang up."""

    def play(peer):
        peer.request()
        for part in data if pause_s else [b"".join(data)]:
            peer.send(part)
            if peer.server.over.wait(pause_s):
                return
        if hold:
            peer.hold()

    return play


def flood(peer):
    """A hundred megabytes, if anybody took them."""
    peer.request()
    peer.send(head("Content-Type: application/json", "Content-Length: 104857600"))
    for _ in range(1600):
        peer.send(b"[" * 65_536)


EVENTS = "Content-Type: text/event-stream"
JSON = "Content-Type: application/json"
# id: (scene, error, HTTP status, attempts or None for "more than one", words on screen)
FAULTS = {
    "401": (lambda s: s.status(401), ProviderError, 401, 1, "YOUR_HOLYSHEEP_API_KEY (fingerprint"),
    "403": (lambda s: s.status(403), ProviderError, 403, 1, "lack access"),
    "404": (lambda s: s.status(404), ProviderError, 404, 1, "does not know deepseek-v3.2"),
    "408": (lambda s: s.status(408), ProviderError, 408, 1, "gave up waiting"),
    "409": (lambda s: s.status(409), ProviderError, 409, 1, "refused the request (409)"),
    "422": (lambda s: s.status(422), ProviderError, 422, 1, "refused its values"),
    "429 in seconds": (lambda s: s.status(429, "Retry-After: 60"), RateLimitError, 429, 1, "Wait 60 s"),
    "429 as a date": (lambda s: s.status(429, f"Retry-After: {in_60_s()}"), RateLimitError, 429, 1, "is limiting requests"),
    "500": (lambda s: s.status(500), ProviderError, 500, None, "fault on its side (500)"),
    "501": (lambda s: s.status(501), ProviderError, 501, 1, "fault on its side (501)"),
    "502": (lambda s: s.status(502), ProviderError, 502, None, "fault on its side (502)"),
    "503": (lambda s: s.status(503), ProviderError, 503, None, "fault on its side (503)"),
    "504": (lambda s: s.status(504), ProviderError, 504, None, "fault on its side (504)"),
    "html with 200": (lambda s: s.document(b"<html>secret detail</html>", media="text/html"), ProviderError, None, 1, "web page"),
    "malformed json": (lambda s: s.document(b'{"choices": [secret detail'), ProviderError, None, 1, "not valid JSON"),
    "truncated json": (lambda _: raw([head(JSON, "Content-Length: 900"), b'{"choices"']), ProviderError, None, 1, "broke off"),
    "stalled stream": (lambda s: s.stream(s.event(content="{"), hold=True), ProviderTimeoutError, None, 1, "did not finish it within 1 s"),
    "byte by byte": (
        lambda _: raw([head(EVENTS), *[b" "] * 2_000], pause_s=0.005),
        ProviderTimeoutError,
        None,
        1,
        "did not answer within 1 s",
    ),
    "disconnect in mid-stream": (lambda s: s.stream(s.event(content="{")), ProviderError, None, 1, "broke off"),
    "disconnect at once": (lambda _: raw([]), ProviderError, None, None, "closed the connection"),
    "slow first byte": (lambda _: lambda peer: peer.hold(), ProviderTimeoutError, None, None, "end again"),
    "wrong content length": (
        lambda s: raw([head(EVENTS, "Content-Length: 20"), s.event(content="{}"), s.event(finish="stop")]),
        ProviderError,
        None,
        None,
        "closed the connection",
    ),
    "100 MB": (lambda _: flood, ProviderError, None, 1, "larger than any assessment"),
}


@pytest.mark.parametrize(("make", "kind", "status", "attempts", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_from_wire_to_screen(ask, scenes, make, kind, status, attempts, words):
    """Error, time, entries and words of each fault; nothing that was sent or received is in any of them."""
    deadline_s = SHORT_S if kind is ProviderTimeoutError else DEADLINE_S
    error, took, events, server = ask(make(scenes), deadline_s=deadline_s)
    assert type(error) is kind
    assert took < deadline_s + SLACK_S
    assert words in error.user_message
    assert "kept" in error.user_message
    assert_told(events, kind, status, len(server.requests) if attempts else None, error)
    assert error.attempts == (attempts or error.attempts)
    assert attempts or error.attempts > 1
    said = error.user_message + repr([e.to_json() for e in events])
    assert not [secret for secret in (SECRET, "Crushing", scenes.KEY) if secret in said]


def assert_told(events, kind, status, requests, error):
    """One beginning, one ending, and between them each attempt: numbered, the failed ones with class and status."""
    assert [e.action for e in (events[0], events[-1])] == [Action.DIAGNOSIS_REQUEST_INITIATED, Action.DIAGNOSIS_REQUEST_FAILED]
    failed = [e for e in events if e.action is Action.MODEL_ATTEMPT_FAILED]
    started = [e for e in events if e.action is Action.MODEL_ATTEMPT_STARTED]
    assert [e.attempt for e in failed] == list(range(1, error.attempts + 1))
    assert [e.attempt for e in started] == list(range(2, error.attempts + 1))
    assert (failed[-1].error_class, failed[-1].http_status, failed[-1].outcome) == (kind.__name__, status, Outcome.FAILED)
    assert (events[-1].error_class, events[-1].http_status, events[-1].attempt) == (kind.__name__, status, error.attempts)
    assert requests in (None, len(failed))


def expired(authority):
    """A certificate that ended yesterday."""
    ended = datetime.now(UTC) - timedelta(days=1)
    return authority.issue_cert("127.0.0.1", not_before=ended - timedelta(days=30), not_after=ended)


TLS = {
    "expired certificate": (True, expired, ssl.TLSVersion.TLSv1_3, "could not be verified"),
    "self-signed certificate": (False, lambda ca: ca.issue_cert("127.0.0.1"), ssl.TLSVersion.TLSv1_3, "could not be verified"),
    "tls 1.2 only": (True, lambda ca: ca.issue_cert("127.0.0.1"), ssl.TLSVersion.TLSv1_2, "does not offer TLS 1.3"),
}


@pytest.mark.parametrize(("trusted", "issue", "newest", "words"), TLS.values(), ids=TLS)
def test_a_fault_of_tls_from_wire_to_screen(ask, scenes, monkeypatch, trusted, issue, newest, words):
    """Nothing is sent, nothing is tried twice, and the clinician reads why."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = newest
    issue(authority).configure_cert(context)
    if trusted:
        make = ssl.create_default_context
        monkeypatch.setattr("httpx.create_ssl_context", lambda **_: _trusting(authority, make()))
    error, took, events, server = ask(scenes.GOOD, tls=context)
    assert type(error) is ProviderError
    assert took < DEADLINE_S + SLACK_S
    assert words in error.user_message
    assert server.requests == []
    assert_told(events, ProviderError, None, None, error)
    assert events[-1].prompt_tokens is None  # nothing was sent, so nothing is counted


def _trusting(authority, context):
    authority.configure_trust(context)
    return context


def test_a_fallback_from_wire_to_screen(scenes, ask):
    """The first model fails, the second answers the reviewed messages; the entries name both, and the answer the one that gave it."""
    whole = json.dumps({"choices": [{"message": {"content": answer()}, "finish_reason": "stop"}]}).encode()
    done, _, events, server = ask(scenes.status(404), scenes.document(whole), fall_back=True)
    assert done.reply.target == Target("holysheep", "gemini-2.5-flash")
    first, second = (json.loads(body) for _, body in server.requests)
    assert first.pop("model") != second.pop("model")
    assert first == second
    assert [(e.action.value, e.model) for e in events] == [
        ("diagnosis_request_initiated", "deepseek-v3.2"),
        ("model_attempt_failed", "deepseek-v3.2"),
        ("model_attempt_started", "gemini-2.5-flash"),
        ("diagnosis_response_received", "gemini-2.5-flash"),
    ]
    assert events[2].payload_sha256 != events[0].payload_sha256
    assert events[3].estimate_nano_usd
    assert events[3].fallback_from == "deepseek-v3.2"


def test_stop_from_wire_to_screen(ask, scenes):
    """Stop in mid-stream: one cancelled attempt, one cancelled ending, both with the estimated cost of the prompt and the text so far."""
    cancel = Cancel()
    written = scenes.stream(scenes.event(content="x" * 420), hold=True)
    error, took, events, server = ask(written, given={"cancel": cancel, "on_text": lambda *_: cancel.cancel()})
    assert type(error).__name__ == "CancelledError"
    assert took < SHORT_S + SLACK_S
    assert [(e.action, e.outcome) for e in events[1:]] == [
        (Action.MODEL_ATTEMPT_FAILED, Outcome.CANCELLED),
        (Action.REQUEST_CANCELLED, Outcome.CANCELLED),
    ]
    for event in events[1:]:
        assert event.tokens_estimated
        assert event.prompt_tokens > 500
        assert (event.completion_tokens, event.cost_nano_usd) == (100, 42_000)
    for _ in range(300):
        if server.hung_up:
            break
        time.sleep(0.01)
    assert server.hung_up


def test_no_model_answering_from_wire_to_screen(scenes, ask):
    """Both models fail: one error that names them, one ending with the last status."""
    error, _, events, _ = ask(scenes.status(404), fall_back=True)
    assert isinstance(error, AllProvidersError)
    assert (events[-1].error_class, events[-1].http_status, events[-1].attempt) == ("AllProvidersError", 404, 2)
    assert (events[-1].model, events[-1].fallback_from) == ("gemini-2.5-flash", "deepseek-v3.2")


def test_an_output_the_policy_keeps_here(scenes, ask, monkeypatch):
    """What the site's policy refuses is an entry with outcome refused; the provider hears nothing."""
    monkeypatch.setattr("core.deid.clear", lambda *args, **given: replace(clear(*args, **given), policy="LIMITED_DATA_SET/1"))
    error, _, events, server = ask(scenes.GOOD)
    assert type(error).__name__ == "TrustError"
    assert "LIMITED_DATA_SET" in error.user_message
    assert (server.connections, events[-1].outcome, events[-1].error_class) == (0, Outcome.REFUSED, "TrustError")
