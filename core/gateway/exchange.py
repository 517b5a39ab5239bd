"""One attempt: send the bytes, read the answer, say in one value how it went."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpcore
import httpx

from core.gateway.answer import MAX_BODY_BYTES, Answer, AnswerError, EventReader, Fault, filtered
from core.gateway.failures import Failure, Phrasebook
from core.gateway.retry import parse_retry_after
from core.gateway.watch import OutOfTimeError, StoppedError, Watch
from core.gateway.wire import ConnectionFailedError
from core.model import Clock

CONNECT_S = 5.0
USAGE_S = 1.0
DRAIN_S = 0.2
MAX_ERROR_BYTES = 16_384
Receive = Callable[[str], None]


class StatusError(Exception):
    """The provider answered with a status other than success."""

    def __init__(self, status: int, retry_after: str | None, *, by_filter: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.retry_after = retry_after
        self.by_filter = by_filter


@dataclass(frozen=True)
class Outgoing:
    """One request as it goes over the wire."""

    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    streamed: bool


@dataclass(frozen=True)
class Exchange:
    """Sends one request, as often as it is told to."""

    client: httpx.Client
    outgoing: Outgoing
    phrases: Phrasebook
    clock: Clock

    def attempt(self, watch: Watch, receive: Receive, *, last: bool, answer: Answer | None = None) -> Answer | Failure:
        """Try once. Never raises for what the network or the provider does.

        What went wrong comes back as a value, so that the error raised from it chains to nothing that holds text.
        Exceptions of `receive` pass through, the connection closed. `answer` is filled with what arrives, however it ends.
        """
        answer = Answer() if answer is None else answer
        try:
            self._converse(answer, watch, receive, last=last)
        except (StoppedError, StatusError, ConnectionFailedError, AnswerError) as exc:
            return self._failure(exc, answer)
        except OutOfTimeError:
            if not answer.complete:
                return self._late(answer, watch)
        except (httpcore.NetworkError, httpcore.ProtocolError):
            if not answer.complete:
                return self._broken(answer)
        return self._finished(answer)

    def _failure(self, exc: StoppedError | StatusError | ConnectionFailedError | AnswerError, answer: Answer) -> Failure:
        if isinstance(exc, StoppedError):
            return self.phrases.stopped()
        if isinstance(exc, ConnectionFailedError):
            return self.phrases.no_connection(exc.trouble)
        if isinstance(exc, StatusError) and exc.by_filter:
            return self.phrases.bad_answer(Fault.FILTERED, exc.status)
        if isinstance(exc, StatusError):
            return self.phrases.refused(exc.status, parse_retry_after(exc.retry_after, self.clock.now()))
        return self.phrases.bad_answer(exc.fault, exc.status, begun=answer.begun, shown=answer.chars > 0)

    def _late(self, answer: Answer, watch: Watch) -> Failure:
        if watch.remaining_s() > 0:
            return self.phrases.unresponsive()
        return self.phrases.late(begun=answer.begun)

    def _broken(self, answer: Answer) -> Failure:
        return self.phrases.bad_answer(Fault.TRUNCATED, shown=answer.chars > 0) if answer.begun else self.phrases.broken()

    def _finished(self, answer: Answer) -> Answer | Failure:
        if answer.refused or answer.finish_reason == "content_filter":
            return self.phrases.bad_answer(Fault.REFUSED if answer.refused else Fault.FILTERED)
        if not answer.complete:
            return self._broken(answer)
        return answer if answer.chars else self.phrases.bad_answer(Fault.EMPTY, shown=False)

    def _converse(self, answer: Answer, watch: Watch, receive: Receive, *, last: bool) -> None:
        """Send and read; the answer grows as it arrives.

        A streamed answer's head must come within half the time left while another attempt is possible: a provider
        that hangs before answering is then asked again, which a single deadline alone would never do.
        """
        watch.slice_s()
        hurry = self.outgoing.streamed and not last
        reading = watch.within(watch.remaining_s() / 2 if hurry else watch.remaining_s())
        timeouts = {"connect": watch.within(CONNECT_S), "write": reading, "read": reading, "pool": None}
        out = self.outgoing
        with self.client.stream("POST", out.url, content=out.body, headers=out.headers, extensions={"timeout": timeouts}) as response:
            reading.until = watch.until
            if not response.is_success:
                by_filter = response.status_code == 400 and filtered(_start_of(response, reading))
                raise StatusError(response.status_code, response.headers.get("retry-after"), by_filter=by_filter)
            if self._is_event_stream(response):
                _read_events(response, answer, reading, receive)
            else:
                _read_document(response, answer, reading, receive)

    def _is_event_stream(self, response: httpx.Response) -> bool:
        """Whether events follow; the request's own wish decides when the answer does not say. Raises AnswerError."""
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise AnswerError(Fault.ENCODED)
        media: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not media:
            return self.outgoing.streamed
        if media in ("text/event-stream", "application/json") or media.endswith("+json"):
            return media == "text/event-stream"
        raise AnswerError(Fault.WEB_PAGE)


def _start_of(response: httpx.Response, reading: Watch) -> bytes:
    """The first bytes of an error's body: its code is looked for in them, nothing of it is kept."""
    body = bytearray()
    try:
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_ERROR_BYTES:
                break
            reading.slice_s()
    except (httpcore.NetworkError, httpcore.ProtocolError):
        return b""
    return bytes(body)


def _chunks(response: httpx.Response, reading: Watch) -> Iterator[bytes]:
    """The body as it arrives, up to the limit, with Stop and deadline looked at even when bytes never run dry."""
    total = 0
    for chunk in response.iter_raw():
        total += len(chunk)
        if total > MAX_BODY_BYTES:
            raise AnswerError(Fault.TOO_LARGE)
        yield chunk
        reading.slice_s()


def _read_events(response: httpx.Response, answer: Answer, reading: Watch, receive: Receive) -> None:
    events = EventReader()
    for chunk in _chunks(response, reading):
        for data in events.feed(chunk):
            _take(answer, data, receive)
        # What follows an ended answer (usage, the end of the body) is worth a moment, not the deadline.
        if answer.complete:
            reading.until = min(reading.until, reading.within(DRAIN_S if answer.done else USAGE_S).until)
    for data in events.close():
        _take(answer, data, receive)


def _take(answer: Answer, data: bytes, receive: Receive) -> None:
    if not answer.done and (text := answer.add_event(data)):
        receive(text)


def _read_document(response: httpx.Response, answer: Answer, reading: Watch, receive: Receive) -> None:
    body = bytearray()
    for chunk in _chunks(response, reading):
        answer.begun = True
        body += chunk
    if text := answer.add_document(bytes(body)):
        receive(text)
