"""Exceptions in the log without their words, which may quote a case.

Streamlit logs what a page did not catch, message and all, before `on_script_error` is asked; uvicorn and asyncio do the
same. So it is settled where records are made, for every logger of the process.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any

_FRAMES = 8


def places(trace: TracebackType | None) -> str:
    """Module and line of each frame, innermost first."""
    frames = []
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(frames[-_FRAMES:]))


class _WordlessRecord(logging.LogRecord):
    """A record that tells an exception's class and places; neither its message nor those of its causes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.args, tuple):
            self.args = tuple(type(a).__name__ if isinstance(a, BaseException) else a for a in self.args)
        if self.exc_info and self.exc_info[0]:
            self.msg = f"{self.getMessage()}: {self.exc_info[0].__name__} at {places(self.exc_info[2])}"
            self.args = ()
        self.exc_info = self.exc_text = None


def keep_words_out() -> None:
    """From now on no log record of this process holds an exception's message."""
    logging.setLogRecordFactory(_WordlessRecord)
