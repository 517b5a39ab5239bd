"""POST /api/v1/diagnosis-assist: the contract, its refusals, and their entries in the audit store."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from api_doubles import API_KEY, TARGET, StubServices, local_client, redact_words, settings_for
from starlette.testclient import TestClient

from core.api.assist import PATH, assist_route
from core.assessment import Assessment, CheckedAssessment, Concern, ConcernKind
from core.audit import Action
from core.auth import Permission
from core.errors import (
    AccessError,
    AllProvidersError,
    AuditError,
    BudgetError,
    ConfigError,
    DeidError,
    Error,
    Finding,
    PreflightError,
    ProviderError,
    ProviderRestingError,
    ProviderTimeoutError,
    RateLimitError,
    ReplyFormatError,
    TrustError,
    VaultError,
)
from core.model import Reply, Usage

CASE = {
    "chief_complaint": "chest pain",
    "symptoms": "Crushing chest pain for two hours with sweating.",
    "patient_age_range": "adult",
    "patient_sex": "male",
}
ASSESSMENT = Assessment(
    case_summary="s",
    differential=(),
    residual_probability=1.0,
    missing_information=(),
    abstained=True,
    abstain_reason="little",
    limitations=("l",),
)


@dataclass
class StubSpine:
    """Redacts with words, then answers or fails as told."""

    error: Error | Exception | None = None
    blocked: PreflightError | None = None
    cases: list[Any] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    during: Callable[[Any], None] = lambda cancel: None

    def prepare(self, services: Any, case: Any, principal: Any, **asked: Any) -> Any:
        self.cases.append(case)
        self.calls.append({"principal": principal, **asked})
        redact = redact_words({})
        done = redact(case.texts(), identity=case.identity, encounter=case.encounter, decisions=asked["decisions"])
        if "quandary" in asked["decisions"].redact:
            done = SimpleNamespace(flags=())
        return SimpleNamespace(deidentified=done, blocked=self.blocked, sha256="a" * 64, case_ref=asked["case_ref"])

    def submit(self, services: Any, prepared: Any, principal: Any, *, identity: Any, reviewed_sha256: str, cancel: Any) -> Any:
        assert reviewed_sha256 == prepared.sha256
        self.during(cancel)
        if self.error:
            raise self.error
        reply = Reply("{}", TARGET, Usage(10, 5), 0.5, 0.1, 1, "stop", Decimal("0.001"), True)
        checked = CheckedAssessment(ASSESSMENT, (Concern(ConcernKind.DUPLICATE, "detail for the screen", 2),))
        return SimpleNamespace(case_ref=prepared.case_ref, request_id="req-9", checked=checked, reply=reply)


@pytest.fixture
def spine() -> StubSpine:
    """A spine that answers."""
    return StubSpine()


@pytest.fixture
def services() -> StubServices:
    """Services with one caller."""
    return StubServices(settings_for())


@pytest.fixture
def client(services: StubServices, spine: StubSpine) -> TestClient:
    """A client of the route."""
    return local_client([assist_route(lambda: services, spine)])


def post(client: TestClient, case: Any = None, key: str = API_KEY, **changes: Any) -> Any:
    """Post a case, the good one unless changed."""
    return client.post(PATH, json={**CASE, **changes} if case is None else case, headers={"X-API-Key": key})


def test_a_case_gets_its_suggestions(client: TestClient, spine: StubSpine) -> None:
    """The answer has the contract's four fields, and says by whom and how it was made."""
    answer = post(client, medical_history="hypertension", lab_results="troponin 2.4")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["success"], body["error"], body["simulated"], body["request_id"]) == (True, None, True, "req-9")
    assert body["case_id"].startswith("case-")
    assert body["suggestions"] == ASSESSMENT.model_dump(mode="json")
    assert body["warnings"] == [{"kind": "diagnosis is listed twice", "rank": 2}]
    assert "physician" in body["notice"]
    case, call = spine.cases[0], spine.calls[0]
    assert (case.chief_complaint, case.history, case.labs) == ("chest pain", "hypertension", "troponin 2.4")
    assert (call["principal"].user_id, call["permission"], call["target"]) == ("api:ward", Permission.API_ASSIST, TARGET)


def test_identifiers_teach_the_redactor_only(client: TestClient, spine: StubSpine) -> None:
    """Identifier fields become the Identity; a patient id beside a record number becomes a term to redact."""
    post(
        client,
        patient_name="Ngozi Oduya",
        mrn="QX-1",
        patient_id="PT  77Z",
        date_of_birth="1961-02-03",
        phone="555-0100",
        email="n@example.org",
        address="1 Elm St",
        social_security_number="900-00-0000",
    )
    identity = spine.cases[0].identity
    assert list(identity.values().values()) == ["Ngozi Oduya", "QX-1", "1961-02-03", "555-0100", "n@example.org", "1 Elm St", "900-00-0000"]
    assert spine.calls[0]["decisions"].redact == {"pt 77z"}


def test_a_lone_patient_id_is_the_record_number(client: TestClient, spine: StubSpine) -> None:
    """Callers who know only a patient id are served as well."""
    post(client, patient_id="PT-77Z")
    assert spine.cases[0].identity.record_number == "PT-77Z"


def test_flags_are_redacted_since_no_human_decides(client: TestClient, spine: StubSpine, services: StubServices) -> None:
    """A flagged term is redacted and the case prepared again under the same reference, with an entry of how many."""
    answer = post(client, symptoms="Seen by Quandary for chest pain")
    assert answer.status_code == 200
    assert [c["decisions"].redact for c in spine.calls] == [frozenset(), {"quandary"}]
    assert len({c["case_ref"] for c in spine.calls}) == 1
    assert [(e.action, e.count) for e in services.audit.events] == [(Action.FLAG_REDACTED, 1)]


def test_flags_that_stay_block_the_case(client: TestClient, spine: StubSpine, monkeypatch: pytest.MonkeyPatch) -> None:
    """When redacting doesn't clear the flags the case is refused with categories and offsets, never the words."""
    monkeypatch.setattr("core.api.assist.term_key", lambda text: "other")
    answer = post(client, symptoms="Seen by Quandary for chest pain")
    assert answer.status_code == 422
    assert answer.json()["findings"] == [{"category": "name", "place": "symptoms", "start": 8, "end": 16}]
    assert "Quandary" not in answer.text


def test_preflights_refusal_is_told_by_category(client: TestClient, spine: StubSpine, services: StubServices) -> None:
    """What preflight still finds refuses the case, and is audited."""
    spine.blocked = PreflightError([Finding("ssn", "message 1", 5, 16)])
    answer = post(client)
    assert (answer.status_code, answer.json()["findings"][0]["category"]) == (422, "ssn")
    assert services.audit.events[-1].error_class == "PreflightError"


ERRORS: dict[str, tuple[Exception, int]] = {
    "trust": (TrustError("Not there."), 403),
    "resting": (ProviderRestingError("Later.", provider="p", attempts=0), 503),
    "budget": (BudgetError("The budget is spent."), 429),
    "provider": (ProviderError("It answered 500.", provider="p", status=500), 502),
    "provider's rate": (RateLimitError("Later.", provider="p", retry_after_s=7), 503),
    "time-out": (ProviderTimeoutError("Too slow.", provider="p"), 504),
    "all failed": (AllProvidersError("None.", [ProviderError("x", provider="p")]), 502),
    "all timed out": (AllProvidersError("None.", [ProviderTimeoutError("x", provider="p")]), 504),
    "reply": (ReplyFormatError("It made no sense.", detail="d"), 502),
    "audit": (AuditError("The audit store can't be written."), 503),
    "vault": (VaultError("Sealed."), 503),
    "role": (AccessError(wanted="x", held="y"), 403),
    "redactor": (DeidError("Redaction failed."), 500),
    "config": (ConfigError("Set a key."), 503),
}


@pytest.mark.parametrize(("error", "status"), ERRORS.values(), ids=ERRORS.keys())
def test_our_errors_have_their_statuses(client: TestClient, spine: StubSpine, error: Error, status: int) -> None:
    """Each error is told in its own words with its own status, success false."""
    spine.error = error
    answer = post(client)
    assert answer.status_code == status
    body = answer.json()
    assert body.pop("case_id").startswith("case-")
    assert body == {"success": False, "suggestions": None, "error": error.user_message}


def test_a_budget_refusal_says_when_to_come_back(client: TestClient, spine: StubSpine) -> None:
    """Retry-After is sent where waiting helps."""
    spine.error = RateLimitError("Later.", provider="p", retry_after_s=7)
    assert post(client).headers["retry-after"] == "7"


def test_an_unforeseen_error_is_not_quoted(client: TestClient, spine: StubSpine, caplog: pytest.LogCaptureFixture) -> None:
    """Foreign exceptions may hold case text: neither answer nor log repeats them."""
    spine.error = KeyError("Oduya")
    answer = post(client)
    assert answer.status_code == 500
    assert "Oduya" not in answer.text + caplog.text
    assert "KeyError" in caplog.text


INVALID = {
    "short symptoms": ({**CASE, "symptoms": "short"}, "symptoms"),
    "blank symptoms": ({**CASE, "symptoms": " " * 40}, "Symptoms"),
    "long complaint": ({**CASE, "chief_complaint": "x" * 501}, "chief_complaint"),
    "long history": ({**CASE, "medical_history": "x" * 3001}, "medical_history"),
    "age in years": ({**CASE, "patient_age_range": "54"}, "patient_age_range"),
    "sex": ({**CASE, "patient_sex": "m"}, "patient_sex"),
    "missing": ({k: v for k, v in CASE.items() if k != "chief_complaint"}, "chief_complaint"),
    "wrong type": ({**CASE, "lab_results": {"K": 7.1}}, "lab_results"),
    "unknown field": ({**CASE, "Ngozi Oduya": "x"}, "these fields only"),
    "a list": ([CASE], "JSON object"),
}


@pytest.mark.parametrize(("case", "named"), INVALID.values(), ids=INVALID.keys())
def test_invalid_cases_name_fields_not_values(client: TestClient, services: StubServices, case: Any, named: str) -> None:
    """A case outside the contract is refused by field and rule, without any of its values or unknown names, and audited."""
    answer = post(client, case)
    assert answer.status_code == 422
    assert named in answer.json()["error"]
    assert not [v for v in ("54", "Oduya", "xxxx", "7.1", "short;") if v in answer.text]
    assert services.audit.events[-1].action is Action.API_REQUEST_REFUSED


def test_broken_json_is_422_and_other_types_415(client: TestClient) -> None:
    """Bytes that aren't JSON, and JSON that isn't declared so, are refused."""
    headers = {"X-API-Key": API_KEY, "content-type": "application/json"}
    assert client.post(PATH, content=b"{", headers=headers).status_code == 422
    assert client.post(PATH, content=b"{}", headers={**headers, "content-type": "text/plain"}).status_code == 415


@pytest.mark.parametrize("key", ["", "wrong", API_KEY[:-1], API_KEY + "x", f"ward:{API_KEY}", "é"])
def test_wrong_keys_are_refused_and_audited(client: TestClient, services: StubServices, spine: StubSpine, key: str) -> None:
    """Without a good key there is 401, an entry, and no look at the case."""
    answer = client.post(PATH, json=CASE, headers={"X-API-Key": key.encode()})
    assert answer.status_code == 401
    entry = services.audit.events[-1]
    assert (entry.action, entry.error_class, entry.http_status, entry.actor_id) == (
        Action.API_REQUEST_REFUSED,
        "KeyRefused",
        401,
        "api:unknown",
    )
    assert spine.cases == []


def test_every_key_has_its_own_name() -> None:
    """Named and bare keys are told apart in the audit store."""
    services, spine = StubServices(settings_for(api_keys="ward:k-aaaaaaaaaa, k-bbbbbbbbbb,er team:k-cccccccccc")), StubSpine()
    client = local_client([assist_route(lambda: services, spine)])
    for key in ("k-aaaaaaaaaa", "k-bbbbbbbbbb", "k-cccccccccc"):
        assert post(client, key=key).status_code == 200
    assert [c["principal"].user_id for c in spine.calls] == ["api:ward", "api:caller-2", "api:er-team"]


def test_closed_without_keys() -> None:
    """With no keys set the route is closed, even to an empty key, and says how to open it."""
    services = StubServices(settings_for(api_keys=""))
    client = local_client([assist_route(lambda: services, StubSpine())])
    answer = post(client, key="")
    assert answer.status_code == 403
    assert "CASEGATE_API_KEYS" in answer.json()["error"]
    assert services.audit.events == []


def test_rate_is_kept_per_key() -> None:
    """Beyond its rate a caller gets 429 with Retry-After and an entry; another caller goes on."""
    services = StubServices(settings_for(api_keys="a:key-a-0123456789,b:key-b-0123456789", api_rate="2/minute"))
    client = local_client([assist_route(lambda: services, StubSpine())])
    statuses = [post(client, key="key-a-0123456789") for _ in range(3)]
    assert [s.status_code for s in statuses] == [200, 200, 429]
    assert 1 <= int(statuses[-1].headers["retry-after"]) <= 60
    assert (services.audit.events[-1].actor_id, services.audit.events[-1].error_class) == ("api:a", "RateExceeded")
    assert post(client, key="key-b-0123456789").status_code == 200


def test_guessing_keys_cannot_fill_the_audit_store() -> None:
    """Beyond the rate, requests without a good key are refused without an entry."""
    services = StubServices(settings_for(api_rate="3/minute"))
    client = local_client([assist_route(lambda: services, StubSpine())])
    statuses = [post(client, key=f"guess-{n}").status_code for n in range(10)]
    assert statuses == [401] * 3 + [429] * 7
    assert len(services.audit.events) == 3
    assert post(client).status_code == 200


def test_a_bad_rate_setting_is_told() -> None:
    """A rate that can't be read closes the route with what to set."""
    services = StubServices(settings_for(api_rate="often"))
    answer = post(local_client([assist_route(lambda: services, StubSpine())]))
    assert (answer.status_code, answer.json()["error"]) == (503, "CASEGATE_API_RATE must be like `30/minute`.")


def test_a_refusal_stands_when_it_cannot_be_recorded(client: TestClient, services: StubServices) -> None:
    """A failing store turns no refusal into anything else."""
    services.audit.broken = True
    assert post(client, key="wrong").status_code == 401


def test_an_unwritable_store_stops_a_flagged_case(client: TestClient, services: StubServices) -> None:
    """What can't be recorded doesn't happen: 503."""
    services.audit.broken = True
    assert post(client, symptoms="Seen by Quandary for chest pain").status_code == 503


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405(client: TestClient, method: str) -> None:
    """Only POST is offered; a CORS preflight gets no permission."""
    answer = client.request(method, PATH)
    assert answer.status_code == 405
    assert not [h for h in answer.headers if h.startswith("access-control")]


def test_a_caller_who_hangs_up_cancels_the_call(services: StubServices, spine: StubSpine) -> None:
    """When the connection closes, the call upstream is cancelled."""
    seen = threading.Event()

    def wait_for_cancel(cancel: Any) -> None:
        for _ in range(500):
            if cancel.cancelled:
                seen.set()
                return
            threading.Event().wait(0.01)

    spine.during = wait_for_cancel
    route = assist_route(lambda: services, spine)
    messages = iter([{"type": "http.request", "body": json.dumps(CASE).encode()}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        return None

    headers = [(b"x-api-key", API_KEY.encode()), (b"content-type", b"application/json"), (b"host", b"localhost")]
    scope = {
        "type": "http",
        "path": PATH,
        "method": "POST",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "headers": headers,
        "query_string": b"",
    }
    asyncio.run(route.app(scope, receive, send))
    assert seen.is_set()
