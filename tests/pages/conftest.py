"""What every test of a page stands on: services of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import bootstrap, settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Services of this test's own, in demo mode."""
    monkeypatch.setenv("CASEGATE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(ROOT)
    settings.settings.cache_clear()
    bootstrap.stop()
    yield
    bootstrap.stop()
    settings.settings.cache_clear()
