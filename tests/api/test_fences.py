"""Behind our routes stands Streamlit's page for everything; the fences keep it off our paths."""

from __future__ import annotations

from typing import Any

import pytest
from api_doubles import StubServices, local_client, settings_for
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.testclient import TestClient

from core.api import PreviewDesk, routes


@pytest.fixture
def client() -> TestClient:
    """Our routes with a page for everything behind them, as in the real server."""
    services = StubServices(settings_for())
    behind: Any = Mount("/", app=PlainTextResponse("the page"))
    return local_client([*routes(lambda: services, PreviewDesk()), behind])


WRONG = {
    "GET /api/v1/diagnosis-assist": (405, "POST"),
    "GET /preview": (405, "POST"),
    "POST /health": (405, "GET, HEAD"),
    "GET /sandbox/v1/chat/completions": (405, "POST"),
    "DELETE /sandbox/v1/models": (405, "GET, HEAD"),
    "GET /api": (404, None),
    "GET /api/v2/anything": (404, None),
    "GET /preview/x": (404, None),
    "GET /sandbox/v1/embeddings": (404, None),
    "GET /health/": (404, None),
}


@pytest.mark.parametrize(("asked", "expected"), WRONG.items(), ids=WRONG.keys())
def test_wrong_methods_and_paths_are_refused_as_json(client: TestClient, asked: str, expected: tuple[int, str | None]) -> None:
    """A wrong method is 405 with what is allowed, a wrong path 404, each with an error and not with a page."""
    method, path = asked.split()
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers.get("allow")) == expected
    assert answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/workup", "/apiary", "/healthy"])
def test_the_pages_own_paths_are_left_alone(client: TestClient, path: str) -> None:
    """What is not below our prefixes reaches the pages."""
    assert client.get(path).text == "the page"


def test_without_demo_the_sandbox_is_not_even_a_route() -> None:
    """Built for sign-in, the sandbox's paths are 404."""
    services = StubServices(settings_for(), demo=False)
    client = local_client(list(routes(lambda: services, PreviewDesk(), demo=False)))
    assert client.get("/sandbox/v1/models").status_code == 404
