"""POST /preview."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from api_doubles import ENCOUNTER, local_client, redact_words
from starlette.testclient import TestClient

from core import deid
from core.api import PreviewDesk
from core.api.preview import MAX_PREVIEW_CHARS, preview_route
from core.model import Category, Identity

WORDS = {"Oduya": Category.NAME, "12/03/2025": Category.DATE}


def client_and_token(redact: Any = None, texts: dict[str, str] | None = None, identity: Identity = Identity()) -> tuple[TestClient, str]:
    """A client of the route and the token of a session opened for it."""
    desk = PreviewDesk()
    token = desk.open("s", texts=texts or {"symptoms": "old", "history": ""}, identity=identity, encounter=ENCOUNTER)
    return local_client([preview_route(desk, redact or redact_words(WORDS))]), token


def ask(client: TestClient, token: str, **body: Any) -> Any:
    """Post one field to the preview."""
    return client.post("/preview", json={"field": "symptoms", "text": "", "rev": 1, **body}, headers={"X-Preview-Token": token})


def test_spans_come_back_in_the_browsers_offsets() -> None:
    """Spans of the posted text, with tags, states and the revision; an emoji before them counts twice."""
    client, token = client_and_token()
    answer = ask(client, token, text="😷 Oduya seen 12/03/2025 by Quandary", rev=7).json()
    assert answer["rev"] == 7
    assert answer["counts"] == {"name": 1, "date": 1}
    assert answer["spans"] == [
        {"start": 3, "end": 8, "category": "name", "detector": "words", "state": "masked", "tag": "[NAME]"},
        {"start": 14, "end": 24, "category": "date", "detector": "words", "state": "masked", "tag": "[DATE]"},
        {"start": 28, "end": 36, "category": "name", "detector": "words", "state": "flagged", "tag": ""},
    ]


def test_other_fields_count_too() -> None:
    """The whole case is redacted with the posted field in its place, so counts cover all fields."""
    client, token = client_and_token(texts={"symptoms": "Oduya Oduya", "history": "Oduya"})
    answer = ask(client, token, text="well").json()
    assert (answer["spans"], answer["counts"]) == ([], {"name": 1})


def test_what_was_posted_is_handed_to_the_sessions_keeper() -> None:
    """Field and text, even when the redactor fails: what is typed is not lost with a preview."""
    kept: list[tuple[str, str]] = []

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    for redact in (redact_words(WORDS), fail):
        desk = PreviewDesk()
        token = desk.open("s", texts={"symptoms": ""}, identity=Identity(), encounter=ENCOUNTER, keep=lambda *said: kept.append(said))
        ask(local_client([preview_route(desk, redact)]), token, text="Oduya is ill")
    assert kept == [("symptoms", "Oduya is ill")] * 2


REFUSED = {
    "not JSON": (b"{", 422),
    "not an object": (b"[]", 422),
    "revision in words": (b'{"field":"symptoms","text":"","rev":"one"}', 422),
    "text is a number": (b'{"field":"symptoms","text":4,"rev":1}', 422),
    "lone surrogate": (b'{"field":"symptoms","text":"\\ud800","rev":1}', 422),
    "more than asked": (b'{"field":"symptoms","text":"","rev":1,"x":1}', 422),
    "unknown field": (b'{"field":"address","text":"","rev":1}', 422),
    "overlong": (b'{"field":"symptoms","text":"' + b"x" * (MAX_PREVIEW_CHARS + 1) + b'","rev":1}', 413),
}


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_requests_are_refused_in_words(body: bytes, status: int) -> None:
    """A request that can't be used gets its status and a sentence."""
    client, token = client_and_token()
    answer = client.post("/preview", content=body, headers={"X-Preview-Token": token})
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_without_a_good_token_nothing_is_redacted(token: str) -> None:
    """A missing or foreign token gets 401."""
    client, _ = client_and_token()
    assert ask(client, token, text="Oduya").status_code == 401


def test_a_failing_redactor_says_so_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    """When the redactor fails the answer is 500, and neither it nor the log quotes the text."""

    def failing(texts: Any, **_: Any) -> Any:
        raise ValueError(f"bad text {texts}")

    client, token = client_and_token(failing)
    with caplog.at_level(logging.DEBUG):
        answer = ask(client, token, text="Oduya")
    assert answer.status_code == 500
    assert answer.json() == {"error": "The live preview is not available. Nothing can be sent until it is."}
    assert "Oduya" not in caplog.text
    assert "ValueError" in caplog.text


def test_get_is_not_offered() -> None:
    """Texts don't travel in URLs: the route takes POST alone."""
    client, _ = client_and_token()
    assert client.get("/preview").status_code == 405


def test_the_real_redactor_marks_what_the_identity_names() -> None:
    """With core.deid behind the route the identity panel's name is masked in the typed field, offsets exact."""
    client, token = client_and_token(deid.deidentify, identity=Identity(name="Ngozi Oduya"))
    text = "Patient Ngozi Oduya has chest pain"
    spans = ask(client, token, text=text).json()["spans"]
    assert any(text[s["start"] : s["end"]] in ("Ngozi Oduya", "Patient Ngozi Oduya") and s["state"] == "masked" and s["tag"] for s in spans)
