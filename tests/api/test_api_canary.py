"""Planted identifiers: in every input of /preview and /api, with the whole walk behind them, and in no sink afterwards."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from api_doubles import API_KEY, ENCOUNTER, lines_of, served, settings_for
from starlette.applications import Starlette

from core import bootstrap
from core.api import PreviewDesk, middleware, routes
from core.api.assist import PATH
from core.model import Identity

IDENTIFIERS = {
    "patient_name": "Marguerite Ashdown",
    "mrn": "MRN-88231-7",
    "date_of_birth": "03/14/1951",
    "phone": "212-555-0187",
    "email": "m.ashdown@example.org",
    "address": "14 Kestrel Lane, Dunmore",
    "social_security_number": "078-05-1120",
}
TRACES = ("ashdown", "marguerite", "88231", "03/14", "555-0187", "kestrel", "078-05", "1120")
NOTE = (
    "Marguerite Ashdown (MRN-88231-7, born 03/14/1951, phone 212-555-0187, m.ashdown@example.org, SSN 078-05-1120, "
    "of 14 Kestrel Lane, Dunmore) has crushing chest pain radiating to the left arm with sweating."
)
CASE = {
    "chief_complaint": "Ms. Ashdown: chest pain",
    "symptoms": NOTE,
    "medical_history": NOTE,
    "lab_results": NOTE + " troponin 2.4 ng/mL",
    "patient_age_range": "senior",
    "patient_sex": "female",
    **IDENTIFIERS,
}


def traces_in(text: str) -> list[str]:
    """The canaries that show in a text."""
    return [trace for trace in TRACES if trace in text.lower()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Any]:
    """The whole product behind its routes on a real server: url, preview desk, record and data directory."""
    built: list[bootstrap.Services] = []
    desk = PreviewDesk()
    record = tmp_path / "record.jsonl"

    def make_app(port: int) -> Starlette:
        config = settings_for(data_dir=tmp_path / "var", sandbox_record=record, api_rate="100/minute", default_provider="sandbox")
        built.append(bootstrap.build(config, port=port))
        return Starlette(routes=routes(lambda: built[0], desk), middleware=middleware(loopback_only=True))

    try:
        with served(make_app) as url:
            yield SimpleNamespace(url=url, desk=desk, record=record, data=tmp_path / "var", services=built[0])
    finally:
        for services in built:
            services.close()


def ask(house: Any, body: Any, key: str = API_KEY) -> httpx.Response:
    """Post a case over HTTP."""
    return httpx.post(house.url + PATH, content=body if isinstance(body, bytes) else json.dumps(body), headers=headers(key), timeout=120)


def headers(key: str) -> dict[str, str]:
    """A caller's headers."""
    return {"X-API-Key": key, "content-type": "application/json"}


def test_a_case_by_rest_leaves_no_identifier_anywhere(
    house: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The case is answered; provider, audit store, vault, log and the answer itself hold none of the identifiers."""
    with caplog.at_level(logging.DEBUG):
        answer = ask(house, CASE)
    assert answer.status_code == 200, answer.text
    assert answer.json()["simulated"] is True
    assert traces_in(answer.text) == []
    sent = [base64.b64decode(json.loads(line)["body_b64"]).decode() for line in lines_of(house.record)]
    assert len(sent) == 1
    assert "crushing chest pain" in sent[0]
    assert "chest pain" in json.loads(sent[0])["messages"][-1]["content"].split("ymptoms")[0]
    assert traces_in(sent[0]) == []
    assert traces_in(caplog.text + "".join(capfd.readouterr())) == []
    stored = b"".join(f.read_bytes() for f in house.data.rglob("*") if f.is_file()).decode("latin-1")
    assert [t for t in traces_in(stored) if t not in ("1120", "03/14")] == []
    assert house.services.audit.verify().ok


REFUSED: dict[str, Any] = {
    "overlong": {**CASE, "symptoms": NOTE * 60},
    "wrong age": {**CASE, "patient_age_range": NOTE},
    "wrong sex": {**CASE, "patient_sex": NOTE},
    "unknown field": {**CASE, NOTE: NOTE},
    "wrong types": {name: [NOTE] for name in CASE},
    "broken JSON": json.dumps(CASE).encode()[:-1],
    "bad encoding": NOTE.encode() + b"\xff\xfe",
    "oversize": json.dumps({**CASE, "symptoms": NOTE * 3000}).encode(),
}


def test_refusals_quote_nothing(house: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Each way of refusing a case, and a stranger's key that is itself an identifier, is told and logged without the case."""
    with caplog.at_level(logging.DEBUG):
        answers = {name: ask(house, body) for name, body in REFUSED.items()}
        answers["key"] = ask(house, CASE, key=IDENTIFIERS["mrn"])
    assert {name: a.status_code for name, a in answers.items()} == {**dict.fromkeys(REFUSED, 422), "oversize": 413, "key": 401}
    assert {name: traces_in(a.text) for name, a in answers.items() if traces_in(a.text)} == {}
    assert traces_in(caplog.text + "".join(capfd.readouterr())) == []
    assert lines_of(house.record) == []


def test_the_preview_leaves_no_identifier_in_its_answers_or_the_log(house: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Every field's preview masks the identifiers, and neither answers nor log repeat them."""
    identity = Identity(name=IDENTIFIERS["patient_name"], record_number=IDENTIFIERS["mrn"])
    texts = {"symptoms": NOTE, "history": NOTE}
    token = house.desk.open("s", texts=texts, identity=identity, encounter=ENCOUNTER)
    with caplog.at_level(logging.DEBUG):
        for name in ("symptoms", "labs", "nonsense"):
            body = {"field": name, "text": NOTE, "rev": 1}
            answer = httpx.post(f"{house.url}/preview", json=body, headers={"X-Preview-Token": token})
            assert answer.status_code == (422 if name == "nonsense" else 200)
            assert traces_in(answer.text) == []
    assert traces_in(caplog.text) == []


def test_more_callers_than_threads_all_get_answers(house: Any) -> None:
    """Calls that wait for the sandbox on this same server don't take the threads it needs to answer them."""
    with ThreadPoolExecutor(16) as pool:
        statuses = [a.status_code for a in pool.map(lambda _: ask(house, CASE), range(32))]
    assert statuses == [200] * 32
    assert house.services.audit.verify().ok


def test_the_server_tells_of_itself(house: Any) -> None:
    """Health, the header policy and the closed introspection routes hold on the assembled server."""
    answer = httpx.get(f"{house.url}/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["mode"]) == (200, "ok", "demo")
    assert answer.headers["cache-control"] == "no-store"
    assert "sha256-" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers
    assert httpx.get(f"{house.url}/_stcore/metrics").status_code == 404
    assert httpx.get(f"{house.url}/health", headers={"host": "rebound.example"}).status_code == 403
