"""The sandbox provider, spoken to by the independent `openai` client over a real server."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openai
import pytest
from api_doubles import SANDBOX_KEY, StubServices, lines_of, local_client, served, settings_for
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import deid
from core.api.sandbox import FINGERPRINT, sandbox_routes
from core.api.standin import STANDINS
from core.assessment import Assessment
from core.errors import ConfigError
from core.model import AgeRange, Decisions, Demographics, Identity, Sex, Target
from core.prompting import build_prompt, parse_assessment

TEXTS = {
    "chief_complaint": "crushing chest pain",
    "symptoms": "Crushing chest pain for 2 hours radiating to the left arm, with sweating and nausea. No fever.",
    "history": "hypertension, smoker",
    "medications": "",
    "examination": "BP 160/95, HR 104",
    "labs": "troponin 2.4 ng/mL",
}


def case_messages() -> list[dict[str, str]]:
    """The messages that the product itself would send for a case."""
    done = deid.deidentify(TEXTS, identity=Identity(), encounter=date(2026, 1, 5), decisions=Decisions())
    prompt = build_prompt(done, Demographics(AgeRange.ADULT, Sex.MALE, 54), Target("sandbox", "gpt-4.1"))
    return [{"role": m.role, "content": m.content} for m in prompt.messages]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The sandbox on a real server."""
    services = StubServices(settings_for())
    with served(lambda port: Starlette(routes=sandbox_routes(lambda: services))) as url:
        yield url


@pytest.fixture
def client(server: str) -> Iterator[openai.OpenAI]:
    """The independent client."""
    with openai.OpenAI(base_url=f"{server}/sandbox/v1", api_key=SANDBOX_KEY, max_retries=0, timeout=60) as made:
        yield made


def offline(record: Path | None = None, **changes: Any) -> TestClient:
    """A client of the routes without a socket."""
    services = StubServices(settings_for(sandbox_record=record), **changes)
    return local_client(sandbox_routes(lambda: services))


def post(client: TestClient, body: dict[str, Any] | bytes, key: str = SANDBOX_KEY) -> Any:
    """Post a body with a key."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/sandbox/v1/chat/completions", content=content, headers={"Authorization": f"Bearer {key}"})


def test_the_four_tiers_are_listed(client: openai.OpenAI) -> None:
    """The openai client lists the models that are stood in for."""
    assert [m.id for m in client.models.list()] == ["deepseek-v3.2", "gemini-2.5-flash", "gpt-4.1", "claude-sonnet-4.5"]


@pytest.mark.parametrize("model", STANDINS)
def test_a_whole_answer(client: openai.OpenAI, model: str) -> None:
    """Each tier answers the case in the answer's schema, quotes it truly, and says that it is simulated and for whom it stands in."""
    messages: Any = case_messages()
    done = client.chat.completions.create(model=model, messages=messages, max_tokens=2000, temperature=0.3)
    text = done.choices[0].message.content
    assert text is not None
    assessment = parse_assessment(text, case_text=messages[-1]["content"]).assessment
    assert assessment.differential
    assert f"stands in for {model}" in assessment.limitations[0]
    assert (done.choices[0].finish_reason, done.system_fingerprint) == ("stop", FINGERPRINT)
    assert done.model_extra == {"simulated": True}
    assert done.usage is not None
    assert 0 < done.usage.completion_tokens <= 2000
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens


def test_a_streamed_answer_is_the_same_answer(client: openai.OpenAI) -> None:
    """Streaming gives the text in many pieces, then the finish, then the usage, and no other text than the whole answer's."""
    asked: Any = {"model": "gpt-4.1", "messages": case_messages()}
    chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    pieces = [c for c in chunks if c.choices and c.choices[0].delta.content]
    Assessment.model_validate_json(text)
    assert len(pieces) > 10
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert all(c.usage is None for c in chunks[:-1])
    assert {c.system_fingerprint for c in chunks} == {FINGERPRINT}


def test_without_include_usage_no_usage_is_streamed(client: openai.OpenAI) -> None:
    """The usage comes only when it is asked for."""
    asked: Any = {"model": "gpt-4.1", "messages": case_messages()}
    assert all(c.usage is None for c in client.chat.completions.create(**asked, stream=True))


def test_the_same_request_gets_the_same_answer() -> None:
    """Text, token counts and id are drawn from the request's own hash."""
    body = {"model": "gpt-4.1", "messages": case_messages()}
    first, second = post(offline(), body).json(), post(offline(), body).json()
    other = post(offline(), {**body, "temperature": 0.31}).json()
    assert {k: v for k, v in first.items() if k != "created"} == {k: v for k, v in second.items() if k != "created"}
    assert first["id"] != other["id"]


def test_a_repair_round_is_about_the_same_case() -> None:
    """After a bad answer and a complaint about it, the case of the first exchange is answered again."""
    messages = case_messages()
    first = Assessment.model_validate_json(
        post(offline(), {"model": "gpt-4.1", "messages": messages}).json()["choices"][0]["message"]["content"]
    )
    repair = [*messages, {"role": "assistant", "content": "{oops"}, {"role": "user", "content": "Your answer was not JSON. Answer again."}]
    again = Assessment.model_validate_json(
        post(offline(), {"model": "gpt-4.1", "messages": repair}).json()["choices"][0]["message"]["content"]
    )
    assert [d.diagnosis for d in again.differential] == [d.diagnosis for d in first.differential]


def test_deeper_tiers_show_at_least_as_much() -> None:
    """Tiers differ in depth alone: each shows the head of the same ranking; only the last place may go to a cannot-miss diagnosis."""
    rankings = []
    for model in STANDINS:
        answer = post(offline(), {"model": model, "messages": case_messages()}).json()["choices"][0]["message"]["content"]
        rankings.append([d.diagnosis for d in Assessment.model_validate_json(answer).differential])
    assert [len(r) <= s.depth.top for r, s in zip(rankings, STANDINS.values(), strict=True)] == [True] * 4
    assert all(short[:-1] == long[: len(short) - 1] for short, long in itertools.pairwise(rankings))


def test_a_tight_limit_gets_a_shallower_answer_then_a_cut_one() -> None:
    """An answer shrinks to fit max_tokens while it can; below that it is cut, and says `length`."""
    body = {"model": "claude-sonnet-4.5", "messages": case_messages()}
    tight = post(offline(), {**body, "max_tokens": 700}).json()
    assert tight["choices"][0]["finish_reason"] == "stop"
    assert tight["usage"]["completion_tokens"] <= 700
    Assessment.model_validate_json(tight["choices"][0]["message"]["content"])
    cut = post(offline(), {**body, "max_tokens": 20}).json()
    assert cut["choices"][0]["finish_reason"] == "length"
    assert cut["usage"]["completion_tokens"] == 20


def test_talk_that_is_no_case_still_gets_the_schema() -> None:
    """A message that is not a case is taken as symptoms; the engine then finds little, in the same form."""
    answer = post(offline(), {"model": "gpt-4.1", "messages": [{"role": "user", "content": "hello"}]}).json()
    Assessment.model_validate_json(answer["choices"][0]["message"]["content"])
    assert answer["simulated"] is True


def test_content_in_pieces_is_the_same_text() -> None:
    """Clients that send a message as text parts get the answer of the joined text."""
    whole = {"role": "user", "content": case_messages()[-1]["content"]}
    parts = {"role": "user", "content": [{"type": "text", "text": whole["content"][:50]}, {"type": "text", "text": whole["content"][50:]}]}
    first, second = (
        Assessment.model_validate_json(post(offline(), {"model": "gpt-4.1", "messages": [m]}).json()["choices"][0]["message"]["content"])
        for m in (whole, parts)
    )
    assert first == second


BAD = {
    "not JSON": (b"{", 400, "invalid_request"),
    "no messages": ({"model": "gpt-4.1", "messages": []}, 400, "invalid_request"),
    "no user": ({"model": "gpt-4.1", "messages": [{"role": "system", "content": "x"}]}, 400, "invalid_request"),
    "content of parts": ({"model": "gpt-4.1", "messages": [{"role": "user", "content": [{}]}]}, 400, "invalid_request"),
    "two choices": ({"model": "gpt-4.1", "messages": [{"role": "user", "content": "x"}], "n": 2}, 400, "invalid_request"),
    "unknown model": ({"model": "gpt-9", "messages": [{"role": "user", "content": "x"}]}, 404, "model_not_found"),
}


@pytest.mark.parametrize(("body", "status", "code"), BAD.values(), ids=BAD.keys())
def test_bad_requests_get_openais_error_object(body: Any, status: int, code: str) -> None:
    """Errors have the form that clients parse, and quote nothing of the request."""
    answer = post(offline(), body)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert "gpt-9" not in answer.text


def test_a_wrong_key_is_the_clients_authentication_error(server: str) -> None:
    """The openai client recognises the refusal; listing models needs the key too."""
    with (
        openai.OpenAI(base_url=f"{server}/sandbox/v1", api_key="wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError),
    ):
        stranger.models.list()
    assert post(offline(), {}, key="").status_code == 401


def test_outside_demo_mode_there_is_no_sandbox() -> None:
    """With sign-in configured the routes answer 404 to everybody, key or not."""
    assert post(offline(demo=False), {"model": "gpt-4.1"}).status_code == 404


def test_bodies_are_recorded_when_asked(tmp_path: Path) -> None:
    """The record holds each body byte for byte with its hash, readable by the owner alone; refused keys leave nothing."""
    record = tmp_path / "record.jsonl"
    body = json.dumps({"model": "gpt-4.1", "messages": case_messages()}).encode()
    client = offline(record)
    post(client, body)
    post(client, b"not json")
    post(client, b"a stranger's", key="wrong")
    lines = [json.loads(line) for line in lines_of(record)]
    assert [base64.b64decode(line["body_b64"]) for line in lines] == [body, b"not json"]
    assert lines[0]["sha256"] == hashlib.sha256(body).hexdigest()
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_a_record_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Nobody believes in a record that isn't kept: the request fails."""
    answer = post(offline(tmp_path / "missing" / "record.jsonl"), {"model": "gpt-4.1", "messages": case_messages()})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "record_failed")


def test_services_that_cannot_be_built_are_told() -> None:
    """A wrong setting reaches the client as a server error in its own words."""

    def broken() -> Any:
        raise ConfigError("Set CASEGATE_VAULT_KEYS.")

    answer = post(local_client(sandbox_routes(broken)), {"model": "gpt-4.1"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, "Set CASEGATE_VAULT_KEYS.")
