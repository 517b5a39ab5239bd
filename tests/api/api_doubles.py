"""Stand-ins for what the API is handed, and a real server on a free port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.testclient import TestClient

from core.audit import Event
from core.errors import AuditError
from core.model import Category, Decisions, Deidentified, FixedClock, Mark, Redacted, Span, Target, Tier
from core.reference import ReferenceEngine
from core.settings import Settings, load_settings

SANDBOX_KEY = "sandbox-key-for-tests"
API_KEY = "ward-key-0123456789abcdef"
TARGET = Target("sandbox", "deepseek-v3.2")
ENCOUNTER = date(2026, 1, 5)
CSP = "default-src 'self'"


@dataclass
class MemoryAudit:
    """Keeps events; `broken` makes every append fail."""

    events: list[Event] = field(default_factory=list)
    broken: bool = False

    def append(self, event: Event) -> None:
        if self.broken:
            raise AuditError("The audit store can't be written.")
        self.events.append(event)

    def writable(self) -> bool:
        return not self.broken


class StubGateway:
    """Says which providers have a key."""

    def configured(self) -> tuple[str, ...]:
        return ("sandbox",)


@dataclass
class StubServices:
    """What the routes use of core.bootstrap.Services."""

    settings: Settings
    demo: bool = True
    sandbox_key: str = SANDBOX_KEY
    clock: FixedClock = field(default_factory=FixedClock)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    gateway: StubGateway = field(default_factory=StubGateway)
    ids: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))
    engine: Callable[[], ReferenceEngine] = ReferenceEngine.load

    def new_id(self) -> str:
        return f"req-{next(self.ids):04d}"

    def proposed(self, tier: Tier) -> Target:
        return TARGET

    def reference(self) -> ReferenceEngine:
        return self.engine()


def settings_for(**overrides: Any) -> Settings:
    """Settings of a demo with a fast sandbox and one caller, `ward`."""
    return load_settings(**{"api_keys": f"ward:{API_KEY}", "sandbox_speed": 10_000.0, **overrides})


def local_client(routes: list[Route], middleware: list[Middleware] | None = None, *, base_url: str = "http://localhost:8501") -> TestClient:
    """A client on this computer, as the loopback guard sees it."""
    return TestClient(
        Starlette(routes=routes, middleware=middleware or []),
        base_url=base_url,
        client=("127.0.0.1", 50_000),
        raise_server_exceptions=False,
    )


def redact_words(words: Mapping[str, Category]) -> Callable[..., Deidentified]:
    """A redactor that masks these words wherever they stand and flags the word `Quandary`."""

    def redact(texts: Mapping[str, str], *, decisions: Decisions = Decisions(), **_: object) -> Deidentified:
        spans = {name: _spans(text, words) for name, text in texts.items()}
        fields = {name: _masked(text, spans[name]) for name, text in texts.items()}
        counts: dict[Category, int] = {}
        for span in (s for found in spans.values() for s in found if s.state == "masked"):
            counts[span.category] = counts.get(span.category, 0) + 1
        flags = tuple((name, s) for name, found in spans.items() for s in found if s.state == "flagged")
        return Deidentified(fields, spans, {}, counts, flags, "TEST/1", decisions)

    return redact


def _spans(text: str, words: Mapping[str, Category]) -> tuple[Span, ...]:
    found = []
    for word, category in {**words, "Quandary": Category.NAME}.items():
        state = "flagged" if word == "Quandary" else "masked"
        at = text.find(word)
        while at >= 0:
            found.append(Span(at, at + len(word), category, 0.9, "words", state))
            at = text.find(word, at + len(word))
    return tuple(sorted(found, key=lambda span: span.start))


def _masked(text: str, spans: tuple[Span, ...]) -> Redacted:
    out, at, marks = "", 0, []
    for span in (s for s in spans if s.state == "masked"):
        out += text[at : span.start]
        tag = f"[{span.category.name}]"
        marks.append(Mark(len(out), len(out) + len(tag), span.category))
        out, at = out + tag, span.end
    return Redacted(out + text[at:], tuple(marks))


@contextmanager
def served(make_app: Callable[[int], Any]) -> Iterator[str]:
    """Run `make_app(port)` under uvicorn on a free loopback port; yields its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(make_app(port), log_level="warning", lifespan="off", ws="none", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def lines_of(path: Path) -> list[str]:
    """The lines of a file, none when it isn't there."""
    return path.read_text().splitlines() if path.exists() else []
