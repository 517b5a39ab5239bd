"""The server as the README starts it: its routes, its refusals, its health, and no violation of the content security policy."""

from __future__ import annotations

import base64
import http.client
import json
import re
import secrets
import sqlite3
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
from playwright.sync_api import Page, expect
from support.serving import Served, Serving, console

pytestmark = pytest.mark.browser

API_KEY, SANDBOX_KEY = "a-key-of-the-ward-0001", "a-key-of-my-own-client"
ASSIST = "/api/v1/diagnosis-assist"
CASE = {
    "chief_complaint": "Chest pain for two hours",
    "symptoms": "Mr. Harold Whitcombe, MRN 4471902, has crushing chest pain radiating to the left arm with sweating.",
    "medical_history": "Hypertension.",
    "lab_results": "Troponin elevated.",
    "patient_age_range": "adult",
    "patient_sex": "male",
}
# Streamlit's protobuf code tries WebAssembly for 64-bit numbers and does without when the policy says no. To allow it
# would be to allow compiled code that came from anywhere.
TRIES_WEBASSEMBLY = "error: CSP script-src wasm-eval"
REPORT = """addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"""


@pytest.fixture(scope="module")
def server(serve: Serving) -> Served:
    """An app with its REST API and its sandbox open to clients."""
    return serve(CASEGATE_API_KEYS=f"ward:{API_KEY}", CASEGATE_SANDBOX_KEY=SANDBOX_KEY)


def ask(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str, bytes]:
    """Status, media type and body of one request."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.headers.get_content_type(), reply.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers.get_content_type(), refused.read()


def assist(server: Served, case: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
    """The REST API's answer to a case."""
    given = {"Content-Type": "application/json", "X-API-Key": API_KEY} | {k.replace("_", "-"): v for k, v in headers.items()}
    status, kind, body = ask(server.url + ASSIST, "POST", json.dumps(case).encode(), **given)
    assert kind == "application/json"
    return status, json.loads(body)


def test_a_program_gets_suggestions_and_the_provider_no_identifier(server: Served) -> None:
    """The mission's contract over the real server, down to the bytes that the provider's side recorded."""
    status, said = assist(server, CASE)
    assert (status, said["success"], said["error"]) == (200, True, None)
    assert said["case_id"].startswith("case-")
    assert said["suggestions"]["differential"][0]["diagnosis"]
    sent = server.received()[-1]
    assert CASE["chief_complaint"].encode() in sent
    assert b"Whitcombe" not in sent
    assert b"4471902" not in sent
    assert b"Whitcombe" not in server.log.read_bytes()


@pytest.mark.parametrize(
    ("change", "headers", "status"),
    [
        ({}, {"X_API_Key": "not-a-key-of-the-ward"}, 401),
        ({"symptoms": "too few"}, {}, 422),
        ({"symptoms": "x" * 5_001}, {}, 422),
        ({"medical_history": "x" * 3_001}, {}, 422),
        ({"patient_age_range": "elderly"}, {}, 422),
        ({"patient_sex": ""}, {}, 422),
        ({"surname": "Whitcombe"}, {}, 422),
        ({}, {"Origin": "http://elsewhere.example"}, 403),
    ],
    ids=["key", "short", "long", "long history", "age", "sex", "unknown field", "foreign page"],
)
def test_a_program_is_refused_in_the_contracts_words(server: Served, change: dict[str, str], headers: dict[str, str], status: int) -> None:
    """Four fields, no suggestions, a reason, and never the value that was refused."""
    got, said = assist(server, CASE | change, **headers)
    assert (got, said["success"], said["suggestions"]) == (status, False, None)
    assert said["error"]
    assert "Whitcombe" not in json.dumps(said)


WRONG = {
    ("GET", ASSIST): 405,
    ("PUT", ASSIST): 405,
    ("GET", "/preview"): 405,
    ("POST", "/preview"): 401,
    ("POST", "/health"): 405,
    ("GET", "/health/"): 404,
    ("GET", "/api"): 404,
    ("GET", "/api/v1/nothing"): 404,
    ("POST", "/api/v1/nothing"): 404,
    ("GET", "/sandbox/v1"): 404,
    ("GET", "/sandbox/v1/models"): 401,
    ("GET", "/_stcore/metrics"): 404,
    ("GET", "/_stcore/script-health-check"): 404,
}


@pytest.mark.parametrize(("request_line", "status"), WRONG.items(), ids=[" ".join(line) for line in WRONG])
def test_a_wrong_request_is_not_answered_with_the_page(server: Served, request_line: tuple[str, str], status: int) -> None:
    """Streamlit gives its page for any address; ours say no."""
    method, path = request_line
    got, kind, _ = ask(server.url + path, method, b"{}" if method in ("POST", "PUT") else None)
    assert (got, kind != "text/html") == (status, True)


@pytest.mark.parametrize(
    ("origin", "status"),
    [("", 403), ("http://elsewhere.example", 403), ("null", 403), ("{own}", 101)],
    ids=["none", "foreign", "null", "own"],
)
def test_only_our_own_pages_open_the_websocket(server: Served, origin: str, status: int) -> None:
    """A program that sends no Origin is refused like a foreign page."""
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    connection.putrequest("GET", "/_stcore/stream")
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode()}
    for name, value in (upgrade | ({"Origin": origin.replace("{own}", server.url)} if origin else {})).items():
        connection.putheader(name, value)
    connection.endheaders()
    reply = connection.getresponse()
    connection.close()
    assert reply.status == status


def test_a_foreign_name_for_this_machine_is_refused(server: Served) -> None:
    """A demo is not reached through a name that an attacker points at 127.0.0.1."""
    assert ask(server.url + "/", Host="rebound.example")[0] == 403


def test_health_is_503_while_the_audit_store_cannot_be_written(serve: Serving) -> None:
    """Another process holds the store: the monitor learns of it, and of its end."""
    served = serve()
    held = sqlite3.connect(served.audit, isolation_level=None)
    held.execute("begin immediate")
    status, kind, body = ask(f"{served.url}/health")
    held.close()
    said = json.loads(body)
    assert (status, kind, said["status"], said["audit_store"]) == (503, "application/json", "degraded", "not writable")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", said["time"])
    assert ask(f"{served.url}/health")[0] == 200


def test_an_independent_client_talks_to_the_sandbox(server: Served) -> None:
    """The `openai` client with the key that the operator set: models, a whole answer, a streamed one with usage."""
    with openai.OpenAI(base_url=f"{server.url}/sandbox/v1", api_key=SANDBOX_KEY, max_retries=0) as client:
        names = {model.id for model in client.models.list()}
        assert names == {"deepseek-v3.2", "gemini-2.5-flash", "gpt-4.1", "claude-sonnet-4.5"}
        messages: Any = [
            {"role": "user", "content": "Crushing chest pain for two hours radiating to the left arm, with sweating and nausea."}
        ]
        whole = client.chat.completions.create(model="gpt-4.1", messages=messages)
        assert json.loads(whole.choices[0].message.content or "")["differential"]
        assert whole.usage
        assert whole.usage.completion_tokens
        chunks = list(
            client.chat.completions.create(model="gpt-4.1", messages=messages, stream=True, stream_options={"include_usage": True})
        )
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert "imulated" in json.loads(text)["limitations"][0]
    assert chunks[-1].usage


def test_every_page_keeps_to_the_content_security_policy(page: Page, server: Served) -> None:
    """Form, answer, comparison, charts and tables, in both themes: nothing is loaded that the policy does not allow."""
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if urlsplit(request.url).netloc not in _own(server) else None)
    page.add_init_script(REPORT)
    page.goto(server.url)
    page.get_by_role("button", name=re.compile("Try a case")).click(timeout=60_000)
    page.get_by_role("button", name="Worst headache").click()
    page.get_by_text("I have reviewed what will be sent").click(timeout=60_000)
    page.get_by_role("button", name=re.compile("Send redacted case$")).click(timeout=60_000)
    expect(page.get_by_role("button", name=re.compile("Edit case"))).to_be_visible(timeout=60_000)
    for title in ("Compare", "Usage", "Work-up"):
        page.get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible(timeout=60_000)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{server.url}/usage")
    expect(page.locator("canvas, svg.marks").first).to_be_visible(timeout=60_000)
    told = {line for line in console(page) if "CSP " in line or "Content Security Policy" in line}
    assert told <= {TRIES_WEBASSEMBLY}
    assert [url for url in foreign if not url.startswith(("data:", "blob:"))] == []


def _own(server: Served) -> tuple[str, str]:
    return urlsplit(server.url).netloc, ""
