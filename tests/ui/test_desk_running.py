"""A call in a thread of its own: its progress, its end, and that whatever interrupts the page ends the call."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from core.errors import CancelledError
from core.gateway import Cancel
from core.ui.desk.running import Running, watch

Hear = Callable[[str, int], None]


def patient(finished: threading.Event) -> Callable[[Hear, Cancel], str]:
    """A call that lasts until it is cancelled and records its end."""

    def work(_: Hear, cancel: Cancel) -> str:
        while not cancel.cancelled:
            threading.Event().wait(0.01)
        finished.set()
        raise CancelledError("Stopped.")

    return work


def test_the_result_comes_back_and_every_piece_was_heard() -> None:
    """Text grows piece by piece; the last drawing sees the call ended."""

    def work(hear: Hear, _: Cancel) -> str:
        hear("acute ", 6)
        hear("coronary", 14)
        return "answer"

    seen: list[bool] = []
    call = Running(work).start()
    watch([call], lambda calls: seen.append(calls[0].done))
    assert (call.outcome(), call.text, seen[-1]) == ("answer", "acute coronary", True)


def test_a_repair_rounds_text_takes_the_first_ones_place() -> None:
    """The count begins again at nought: what was heard before is not part of this answer."""
    call: Running[str] = Running(lambda hear, _: str([hear("not JSON", 8), hear("{", 1), hear("}", 2)]))
    watch([call.start()], lambda _: None)
    assert call.text == "{}"


def test_what_the_call_raises_is_raised_in_the_pages_thread() -> None:
    """An error is carried over, whatever it is; a call that has not ended has no outcome."""

    def work(_: Hear, __: Cancel) -> str:
        raise KeyError("a bug")

    call = Running(work)
    with pytest.raises(RuntimeError, match="not ended"):
        call.outcome()
    watch([call.start()], lambda _: None)
    with pytest.raises(KeyError):
        call.outcome()


def test_a_page_that_is_left_ends_every_call_and_waits_for_their_entries() -> None:
    """Stop, a page change and a closed tab all raise in the drawing; both calls are cancelled and have recorded their end."""
    ends = [threading.Event(), threading.Event()]
    calls = [Running(patient(end)).start() for end in ends]

    def leave(_: list[Running[str]]) -> None:
        raise InterruptedError("the script run was stopped")

    with pytest.raises(InterruptedError):
        watch(calls, leave)
    assert all(end.is_set() for end in ends)
    assert all(call.done for call in calls)
    with pytest.raises(CancelledError):
        calls[0].outcome()
