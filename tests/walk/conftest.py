"""Real services over a provider of the test's own on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from support.upstream import PROVIDERS, Building

from core import bootstrap
from core.bootstrap import Services
from core.settings import load_settings


@pytest.fixture(scope="session")
def make_httpserver() -> Iterator[HTTPServer]:
    """One thread a request, so that a slow answer to one test is not in the way of the next."""
    server = HTTPServer(threaded=True)
    server.start()
    yield server
    server.clear()
    server.stop()


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> Iterator[Building]:
    """A maker of services whose only real provider is the test's server (or another URL)."""
    monkeypatch.setenv("ELSEWHERE_API_KEY", "el-secret-key-0001")
    built: list[Services] = []

    def make(url: str = "", deadline_s: float = 5.0) -> Services:
        file = tmp_path / "providers.toml"
        file.write_text(PROVIDERS.format(url=url or httpserver.url_for("/v1"), deadline=deadline_s))
        built.append(bootstrap.build(load_settings(data_dir=tmp_path / "var", providers_file=file), port=1))
        return built[-1]

    yield make
    for services in built:
        services.close()
