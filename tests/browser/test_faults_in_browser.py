"""A provider that misbehaves, as the clinician sees it: a sentence that says what to do, the case kept, no traceback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.test_walk_in_browser import SYMPTOMS, entries, fill, open_app, send
from playwright.sync_api import Page, expect
from pytest_httpserver import HTTPServer
from support.replies import answer
from support.serving import Served, Serving
from support.upstream import PROVIDERS, stream_of
from werkzeug import Request, Response

pytestmark = pytest.mark.browser
PATH = "/v1/chat/completions"
Answering = Callable[[Request], Response]


@pytest.fixture(scope="module")
def upstream() -> Iterator[HTTPServer]:
    """The provider, one thread a request."""
    server = HTTPServer(threaded=True)
    server.start()
    yield server
    server.clear()
    server.stop()


@pytest.fixture(scope="module")
def ward(serve: Serving, upstream: HTTPServer, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """The app with that provider alone; its deadline leaves room for five tries on a busy machine."""
    file: Path = tmp_path_factory.mktemp("providers") / "providers.toml"
    file.write_text(PROVIDERS.format(url=upstream.url_for("/v1"), deadline=15))
    return serve(CASEGATE_PROVIDERS_FILE=str(file), ELSEWHERE_API_KEY="el-secret-key-0001")


def late(_: Request) -> Response:
    """Nothing until it is too late."""
    time.sleep(18)
    return Response(b"", 200)


FAULTS: dict[str, tuple[Answering, str, str]] = {
    "401": (lambda _: Response("{}", 401), "ELSEWHERE_API_KEY", "ProviderError"),
    "403": (lambda _: Response("{}", 403), "403", "ProviderError"),
    "404": (lambda _: Response("{}", 404), "model-1", "ProviderError"),
    "429": (lambda _: Response("{}", 429, headers={"Retry-After": "90"}), "Wait 90 s", "RateLimitError"),
    "500": (lambda _: Response("no", 500), "500", "ProviderError"),
    "cut off": (lambda _: Response(stream_of(answer()[:300], done=False), 200, content_type="text/event-stream"), "kept", "ProviderError"),
    "not in the schema": (
        lambda _: Response(stream_of("I cannot say."), 200, content_type="text/event-stream"),
        "kept",
        "ReplyFormatError",
    ),
    "too late": (late, "kept", "ProviderTimeoutError"),
}


@pytest.mark.parametrize(("reply", "word", "error_class"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_upstream_is_a_sentence_and_the_case_is_kept(
    page: Page, ward: Served, upstream: HTTPServer, reply: Answering, word: str, error_class: str
) -> None:
    """The alert names what to do; the form still holds the case; the store holds the failure with its class."""
    upstream.clear()
    upstream.expect_request(PATH).respond_with_handler(reply)
    open_app(page, ward)
    fill(page)
    send(page)
    alert = page.get_by_test_id("stAlert").last
    expect(alert).to_contain_text(word, timeout=60_000)
    expect(page.get_by_label("Symptoms", exact=True)).to_have_value(SYMPTOMS)
    expect(page.get_by_text("Traceback")).to_have_count(0)
    assert error_class in {e.get("error_class") for e in entries(ward) if e.get("action") == "diagnosis_request_failed"}


def test_an_answer_that_makes_no_sense_is_kept_to_be_read(page: Page, ward: Served, upstream: HTTPServer) -> None:
    """After one repair round the text as received can be unfolded."""
    upstream.clear()
    upstream.expect_request(PATH).respond_with_data(stream_of("I cannot say."), content_type="text/event-stream")
    open_app(page, ward)
    fill(page)
    send(page)
    page.get_by_text("The answer as it was received", exact=False).click(timeout=60_000)
    expect(page.get_by_text("I cannot say.")).to_be_visible()


def test_a_hostile_answer_loads_nothing_and_stays_text(page: Page, ward: Served, upstream: HTTPServer) -> None:
    """Images, links and scripts in a model's answer are shown as a warning and fetch nothing."""
    hostile = answer(case_summary='<img src="/leak?q=1"> ![x](/leak?q=2) <script>fetch("/leak?q=3")</script> Chest pain.')
    upstream.clear()
    upstream.expect_request(PATH).respond_with_data(stream_of(hostile), content_type="text/event-stream")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_app(page, ward)
    fill(page)
    send(page)
    expect(page.get_by_text("Provenance of this answer")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Acute myocardial infarction").first).to_be_visible()
    assert not [url for url in asked if "/leak" in url]
    assert not [url for url in asked if not url.startswith((ward.url, "blob:", "data:"))]
