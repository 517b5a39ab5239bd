"""Puts an answer together from a stream of events or one JSON document. Pure; trusts nothing it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import Enum

from core.model import Usage

MAX_BODY_BYTES = 2_000_000
MAX_TOKENS = 100_000_000
FILTER_CODES = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
FINISH_REASON = re.compile(r"[a-z_]{1,32}")
OPEN, CLOSE = "<think>", "</think>"
MAX_LEAD_CHARS = 64


class Fault(Enum):
    """What is wrong with an answer."""

    NOT_JSON = "not JSON"
    NOT_COMPLETION = "not a completion"
    REPORTED = "reports an error"
    TRUNCATED = "ends early"
    TOO_LARGE = "too large"
    EMPTY = "empty"
    WEB_PAGE = "not an API answer"
    ENCODED = "compressed"
    REFUSED = "refused by the model"
    FILTERED = "held back by a content filter"


class AnswerError(Exception):
    """The answer can't be used; `status` is the HTTP status an error inside it names."""

    def __init__(self, fault: Fault, status: int | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.status = status


class EventReader:
    """Cuts a byte stream into the data of server-sent events. Lines end in LF or CRLF; comments and other fields are skipped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of every event completed by these bytes."""
        self._buffer += chunk
        while (end := self._buffer.find(b"\n", self._searched)) >= 0:
            line = bytes(self._buffer[:end]).removesuffix(b"\r")
            del self._buffer[: end + 1]
            self._searched = 0
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line:
                yield from self.close()
        self._searched = len(self._buffer)

    def close(self) -> Iterator[bytes]:
        """The data of an event that no blank line has ended yet."""
        data, self._data = self._data, []
        if data:
            yield b"\n".join(data)


class Stage(Enum):
    """Where a ThoughtFilter stands in the text."""

    START = "start"
    THOUGHT = "thought"
    AFTER = "after the thought"
    ANSWER = "answer"


class ThoughtFilter:
    """Holds back a leading `<think>…</think>` block, even when its tags arrive in pieces; keeps a few characters at the most."""

    def __init__(self) -> None:
        self._stage = Stage.START
        self._held = ""
        self.hidden_chars = 0

    def feed(self, text: str) -> str:
        """The part of this text that belongs to the answer, as far as can be told yet."""
        if self._stage is Stage.ANSWER:
            return text
        self._held += text
        if self._stage is Stage.START:
            return self._start()
        return self._thought() if self._stage is Stage.THOUGHT else self._after()

    def close(self) -> str:
        """What was held back and turned out to be no thought."""
        held, self._held = self._held, ""
        if self._stage is Stage.THOUGHT:
            self.hidden_chars += len(held)
            return ""
        self._stage = Stage.ANSWER
        return held

    def _start(self) -> str:
        begun = self._held.lstrip()
        if begun.startswith(OPEN):
            self._stage, self._held = Stage.THOUGHT, begun[len(OPEN) :]
            return self._thought()
        return "" if OPEN.startswith(begun) and len(self._held) <= MAX_LEAD_CHARS else self.close()

    def _thought(self) -> str:
        thought, closed, rest = self._held.partition(CLOSE)
        if closed:
            self.hidden_chars += len(thought)
            self._stage, self._held = Stage.AFTER, rest
            return self._after()
        dropped = max(0, len(self._held) - len(CLOSE) + 1)
        self.hidden_chars += dropped
        self._held = self._held[dropped:]
        return ""

    def _after(self) -> str:
        self._held = self._held.lstrip()
        return self.close() if self._held else ""


class Answer:
    """What has arrived of one answer: visible text, reasoning kept apart, finish reason, usage.

    `begun`: content has arrived, so that trying again would pay twice. `complete`: the provider said that it ended.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._thoughts = ThoughtFilter()
        self._reasoning_chars = 0
        self.chars = 0
        self.refused = False
        self.begun = False
        self.finish_reason = ""
        self.done = False
        self.usage: Usage | None = None

    @property
    def text(self) -> str:
        """The visible text so far."""
        return _mended("".join(self._parts))

    @property
    def written_chars(self) -> int:
        """Characters the model wrote, reasoning included."""
        return self.chars + self.reasoning_chars

    @property
    def reasoning_chars(self) -> int:
        """Characters of reasoning that were kept out of the answer."""
        return self._reasoning_chars + self._thoughts.hidden_chars

    @property
    def complete(self) -> bool:
        """Whether the provider has said that the answer ended."""
        return self.done or bool(self.finish_reason)

    def add_event(self, data: bytes) -> str:
        """Take one event's data; gives the visible text it adds. Raises AnswerError."""
        if data.strip() == b"[DONE]":
            self.done = True
            return self._shown(self._thoughts.close())
        return self._taken(_object(data), "delta")

    def add_document(self, body: bytes) -> str:
        """Take a whole answer that was not streamed. Raises AnswerError."""
        document = _object(body)
        if not document.get("choices") and "error" not in document:
            raise AnswerError(Fault.NOT_COMPLETION)
        text = self._taken(document, "message")
        self.done = True
        return text + self._shown(self._thoughts.close())

    def _taken(self, document: dict[str, object], part: str) -> str:
        if document.get("error"):
            raise AnswerError(Fault.REPORTED, _status_in(document["error"]))
        self.usage = _usage(document.get("usage")) or self.usage
        choices = document.get("choices") or [{}]
        choice = choices[0] if isinstance(choices, list) else None
        message = (choice.get(part) or {}) if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            raise AnswerError(Fault.NOT_COMPLETION)
        if reason := choice.get("finish_reason"):
            self.finish_reason = reason if isinstance(reason, str) and FINISH_REASON.fullmatch(reason) else "unknown"
        self.refused = self.refused or bool(_text(message.get("refusal")))
        self._reasoning_chars += len(_text(message.get("reasoning_content") or message.get("reasoning")))
        return self._shown(self._thoughts.feed(_text(message.get("content"))))

    def _shown(self, text: str) -> str:
        if text:
            self._parts.append(text)
            self.chars += len(text)
            self.begun = True
        return _mended(text)


def _object(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise AnswerError(Fault.NOT_JSON)
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mended(text: str) -> str:
    """The text with halves of characters joined where both arrived, replaced where not: it must encode as UTF-8 later."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def filtered(body: bytes) -> bool:
    """Whether the body of an error speaks of a content filter, by its code alone."""
    try:
        error = _object(body).get("error")
    except AnswerError:
        return False
    inner = error.get("innererror") if isinstance(error, dict) else None
    return any(isinstance(e, dict) and isinstance(e.get("code"), str) and e["code"] in FILTER_CODES for e in (error, inner))


def _status_in(error: object) -> int | None:
    code = error.get("code") if isinstance(error, dict) else None
    return code if type(code) is int and 400 <= code <= 599 else None


def _usage(value: object) -> Usage | None:
    if not isinstance(value, dict):
        return None
    details = value.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    details = value.get("completion_tokens_details")
    reasoning = _count(details.get("reasoning_tokens")) if isinstance(details, dict) else None
    prompt, completion = _count(value.get("prompt_tokens")), _count(value.get("completion_tokens"))
    return None if prompt is None or completion is None else Usage(prompt, completion, cached or 0, reasoning_tokens=reasoning or 0)


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_TOKENS else None
