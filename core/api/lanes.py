"""Bounded lanes of worker threads, one per kind of work.

A REST call holds a thread while it waits for a provider. In demo mode that provider is the sandbox on this very
server: with one common pool, enough waiting calls would leave the sandbox no thread to answer them with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")


class Lane:
    """At most `width` pieces of work at a time; more wait in order."""

    def __init__(self, width: int) -> None:
        self._limiter = anyio.CapacityLimiter(width)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, done on a thread. Raises whatever it raises."""
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)
