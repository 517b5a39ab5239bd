"""Nothing that a page lets fall reaches the log with its words."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from streamlit.error_util import handle_user_script_exception

from core.ui.desk import frame, log_privacy

SECRET = "Quillon Zarathorn"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What Streamlit's own loggers write, as the server sets them up."""
    before, stream = logging.getLogRecordFactory(), io.StringIO()
    handler = logging.StreamHandler(stream)
    loggers = [logging.getLogger(name) for name in ("streamlit.error_util", "casegate")]
    for logger in loggers:
        logger.addHandler(handler)
    log_privacy.keep_words_out()
    yield stream
    logging.setLogRecordFactory(before)
    for logger in loggers:
        logger.removeHandler(handler)


def failing() -> None:
    """A fault that quotes the case, with a cause that does so too."""
    try:
        raise KeyError(SECRET)
    except KeyError as cause:
        raise ValueError(f"no such patient: {SECRET}") from cause


def test_a_fault_of_a_page_is_logged_by_class_and_place(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit logs before it asks our handler; neither tells the message."""
    monkeypatch.setattr("streamlit.error", lambda *_: None)
    try:
        failing()
    except ValueError as error:
        handle_user_script_exception(error, frame.on_script_error)
    assert "ValueError" in written.getvalue()
    assert __name__ in written.getvalue()
    assert "Zarathorn" not in written.getvalue()


def test_an_exception_among_the_arguments_is_told_by_its_class(written: io.StringIO) -> None:
    """`log.warning("…: %s", error)` is no way around it, and ordinary arguments stay."""
    logging.getLogger("casegate").warning("%s failed: %s", "reading", ValueError(SECRET))
    assert written.getvalue() == "reading failed: ValueError\n"
