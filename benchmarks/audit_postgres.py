"""A PostgreSQL server for the benchmark: the one the tests use, with fsync, on the disk."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any


@contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """Gives the URL of an empty database at each call."""
    sys.path.append(str(Path(__file__).parent.parent / "tests"))
    made: Any = import_module("support.postgres").Postgres  # the tests' own helper, which is no part of the product
    server, numbers = made(fsync=True), count(1)
    try:
        yield lambda: str(server.fresh(f"round{next(numbers)}"))
    finally:
        server.close()
