"""A call in a thread of its own, so that the page can draw its progress and stop it.

Streamlit ends a script run by raising at its next `st.` call. `watch` makes such a call ten times a second,
so Stop, a page change or a closed tab reach it quickly; its `finally` then cancels the call and waits for
the entry that records it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.gateway import Cancel

T = TypeVar("T")
TICK_S = 0.1
GRACE_S = 5.0


@dataclass
class Running(Generic[T]):
    """One call under way. `text` is what has arrived so far."""

    work: Callable[[Callable[[str, int], None], Cancel], T]
    cancel: Cancel = field(default_factory=Cancel)
    result: T | None = None
    error: BaseException | None = None
    text: str = ""
    started: float = field(default_factory=time.monotonic)
    _thread: threading.Thread | None = None

    def start(self) -> Running[T]:
        """Begin; returns itself."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self) -> None:
        try:
            self.result = self.work(self._hear, self.cancel)
        except BaseException as error:  # noqa: BLE001 - carried to the page's thread, raised there
            self.error = error

    def _hear(self, delta: str, total: int) -> None:
        """A repair round begins at nought: its text takes the first one's place."""
        self.text = delta if total <= len(delta) else self.text + delta

    @property
    def done(self) -> bool:
        """Whether it has ended, either way."""
        return self._thread is not None and not self._thread.is_alive()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.started

    def outcome(self) -> T:
        """The result. Raises what the call raised."""
        if self.error is not None:
            raise self.error
        if self.result is None:
            raise RuntimeError("the call has not ended")
        return self.result

    def stop(self) -> None:
        """Cancel and wait until the call has recorded its end."""
        self.cancel.cancel()
        if self._thread is not None:
            self._thread.join(GRACE_S)


def watch(calls: list[Running[T]], draw: Callable[[list[Running[T]]], None]) -> None:
    """Draw until every call has ended. Whatever interrupts the drawing cancels the calls."""
    try:
        while not all(call.done for call in calls):
            draw(calls)
            time.sleep(TICK_S)
        draw(calls)
    finally:
        for call in calls:
            if not call.done:
                call.stop()
