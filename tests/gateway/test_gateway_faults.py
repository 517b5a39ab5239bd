"""Everything a provider can do wrong, over real sockets: what the caller gets and what the clinician reads."""

import socket
import struct
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from core.errors import ProviderError, ProviderTimeoutError, RateLimitError
from core.gateway import fingerprint

ONCE = {
    300: "redirect",
    302: "Check the base URL",
    400: "choose another model",
    401: "refused the key",
    402: "top up",
    403: "lack access",
    404: "does not know deepseek-v3.2",
    408: "gave up waiting",
    409: "settings",
    413: "Shorten",
    422: "refused its values",
    501: "fault on its side",
}
AGAIN = {429: "limiting requests", 500: "fault on its side", 502: "fault on its side", 503: "fault on its side", 504: "fault on its side"}


def failure(rig, **given):
    """The error of a call that must fail."""
    with pytest.raises(ProviderError) as caught:
        rig.complete(**given)
    return caught.value


@pytest.mark.parametrize(("code", "words"), ONCE.items(), ids=map(str, ONCE))
def test_final_statuses_are_not_tried_again(play, scenes, code, words):
    """A status that another attempt can't change ends the call at once, with words of its own."""
    rig = play(scenes.status(code, "Location: https://example.org/elsewhere"))
    error = failure(rig)
    assert (error.status, error.retryable, error.attempts) == (code, False, 1)
    assert words in error.user_message
    assert "The case is kept." in error.user_message
    assert (rig.server.connections, rig.slept) == (1, [])


@pytest.mark.parametrize(("code", "words"), AGAIN.items(), ids=map(str, AGAIN))
def test_passing_statuses_are_tried_five_times(play, scenes, code, words):
    """Where no other model can be asked, a passing fault is tried five times in all, with jittered backoff, before it is reported."""
    rig = play(scenes.status(code))
    error = failure(rig, deadline_s=30)
    assert (error.status, error.retryable, error.attempts) == (code, True, 5)
    assert words in error.user_message
    assert "Tried 5 times." in error.user_message
    assert rig.server.connections == 5
    assert sum(rig.slept) == pytest.approx(0.5 * (0.5 + 1.0 + 2.0 + 4.0))
    assert isinstance(error, RateLimitError) == (code == 429)


def test_each_status_has_its_own_message(play, scenes):
    """No two of the statuses the issue names read the same, and none tells what was sent, received or keyed."""
    messages = [failure(play(scenes.status(code))).user_message for code in (400, 401, 403, 404, 422, 429, 500, 502)]
    assert len(set(messages)) == len(messages)
    assert not any(secret in m for m in messages for secret in ("secret detail", "Cough", scenes.KEY, scenes.KEY[3:]))


def test_a_refused_key_is_named_by_variable_and_fingerprint(play, scenes):
    """401 says which variable to check and shows the key's fingerprint."""
    message = failure(play(scenes.status(401))).user_message
    assert "YOUR_HOLYSHEEP_API_KEY" in message
    assert fingerprint(scenes.KEY) in message


def test_a_passing_fault_passes(play, scenes):
    """After a fault and a disconnect the third attempt's answer counts, and the same bytes went out each time."""
    rig = play(scenes.status(503), lambda peer: peer.request(), scenes.GOOD)
    reply = rig.complete()
    assert (reply.text, reply.attempts) == (scenes.TEXT, 3)
    assert len({body for _, body in rig.server.requests}) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed(play, scenes, form):
    """A Retry-After that fits the deadline is waited for."""
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    rig = play(scenes.status(429, f"Retry-After: {'3' if form == 'seconds' else at}"), scenes.GOOD)
    assert rig.complete().attempts == 2
    assert 1.5 < sum(rig.slept) <= 3.0


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_beyond_the_deadline(play, scenes, form):
    """A Retry-After that does not fit ends the call at once and is handed on."""
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    rig = play(scenes.status(429, f"Retry-After: {'90' if form == 'seconds' else at}"))
    error = failure(rig)
    assert isinstance(error, RateLimitError)
    assert 85 < error.retry_after_s <= 90
    assert (error.attempts, rig.slept) == (1, [])
    assert f"Wait {round(error.retry_after_s)} s" in error.user_message


def test_an_unreadable_retry_after_is_ignored(play, scenes):
    """Nonsense in Retry-After leaves the ordinary backoff."""
    rig = play(scenes.status(503, "Retry-After: soon"), scenes.GOOD)
    assert rig.complete().attempts == 2
    assert sum(rig.slept) == pytest.approx(0.25)


BODIES = {
    "malformed": (b'{"choices": [', "application/json", "not valid JSON"),
    "empty body": (b"", "application/json", "not valid JSON"),
    "a list": (b"[]", "application/json", "not valid JSON"),
    "deep nesting": (b"[" * 200_000, "application/json", "not valid JSON"),
    "not utf-8": (b'{"choices": "\xff"}', "application/json", "not valid JSON"),
    "html": (b"<html>Cough</html>", "text/html", "web page"),
    "html called json": (b"<html>Cough</html>", "application/json", "not valid JSON"),
    "other json": (b'{"status":"ok"}', "application/json", "not a chat completion"),
    "choices of text": (b'{"choices":["x"]}', "application/json", "not a chat completion"),
    "choices as text": (b'{"choices":"x"}', "application/json", "not a chat completion"),
    "message of text": (b'{"choices":[{"message":"x"}]}', "application/json", "not a chat completion"),
    "error in 200": (b'{"error":{"message":"Cough"}}', "application/json", "reported an error"),
    "no content": (b'{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}', "application/json", "empty answer"),
    "malformed event": (b"data: {Cough\n\n", "text/event-stream", "not valid JSON"),
    "error event": (b'data: {"error":{"message":"Cough"}}\n\n', "text/event-stream", "reported an error"),
    "only done": (b"data: [DONE]\n\n", "text/event-stream", "empty answer"),
}


@pytest.mark.parametrize(("body", "media", "words"), BODIES.values(), ids=BODIES)
def test_bodies_that_are_no_answer(play, scenes, body, media, words):
    """A success status with an unusable body is an error that says what to do, is not paid for twice and tells nothing of the body."""
    rig = play(scenes.document(body, media=media))
    error = failure(rig)
    assert words in error.user_message
    assert "Cough" not in error.user_message
    assert (error.retryable, error.attempts, rig.server.connections) == (False, 1, 1)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_fault_reported_inside_a_stream_before_content(play, scenes):
    """A passing fault named inside a 200 stream is tried again as long as no content has come."""
    rig = play(scenes.stream(b'data: {"error":{"code":503,"message":"x"}}\n\n'), scenes.GOOD)
    assert rig.complete().attempts == 2


TRUNCATED = {
    "stream ends": lambda s: s.stream(s.event(content="{")),
    "event cut": lambda s: s.stream(s.event(content="{"), b'data: {"choi'),
    "error after content": lambda s: s.stream(s.event(content="{"), b'data: {"error":{"code":503}}\n\n'),
    "reset": lambda s: _reset(s),
    "chunk cut": lambda s: _cut(b"Transfer-Encoding: chunked", b"%x\r\n%b\r\n" % (len(s.event(content="{")), s.event(content="{"))),
    "length cut": lambda s: _cut(b"Content-Length: 5000", s.event(content="{")),
}


def _cut(header, body, media=b"text/event-stream"):
    def play(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: " + media + b"\r\n" + header + b"\r\n\r\n" + body)

    return play


def _reset(scenes):
    def play(peer):
        peer.request()
        peer.send(scenes.STREAM_HEAD + scenes.event(content="{"))
        peer.server.over.wait(0.1)
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return play


@pytest.mark.parametrize("make", TRUNCATED.values(), ids=TRUNCATED)
def test_a_truncated_stream_is_never_silently_repeated(play, scenes, make):
    """Once content has arrived, an end without an end is an error, not a second call and not an answer."""
    rig = play(make(scenes))
    seen = []
    error = failure(rig, on_text=lambda text, chars: seen.append(text))
    assert seen == ["{"]
    assert (error.retryable, error.attempts, rig.server.connections) == (False, 1, 1)
    assert any(words in error.user_message for words in ("broke off", "not valid JSON", "reported an error"))


def test_a_reset_after_the_end_does_no_harm(play, scenes):
    """An answer that gave its finish reason counts, even when the connection then breaks instead of ending."""
    whole = scenes.event(content="{}") + scenes.event(finish="stop")
    rig = play(_cut(b"Transfer-Encoding: chunked", b"%x\r\n%b\r\n" % (len(whole), whole)))
    assert rig.complete().text == "{}"


def test_a_whole_answer_cut_short(play, scenes):
    """A body shorter than it announced is truncated, not malformed, and is not asked for again."""
    rig = play(_cut(b"Content-Length: 5000", b'{"choices"', media=b"application/json"))
    error = failure(rig, prompt=scenes.cleared(streamed=False))
    assert error.attempts == 1
    assert "broke off" in error.user_message


def test_a_stream_without_content_is_tried_again(play, scenes):
    """A stream that ends before any content is a passing fault."""
    rig = play(scenes.stream(scenes.event(role="assistant")), scenes.GOOD)
    assert rig.complete().attempts == 2


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
def test_an_answer_without_end_is_cut_off(play, scenes, streamed):
    """Two megabytes are the most that is read."""
    part = scenes.event(content="x" * 60_000) if streamed else b"[" * 60_000
    media = b"text/event-stream" if streamed else b"application/json"

    def pour(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: " + media + b"\r\n\r\n")
        for _ in range(1600):
            peer.send(part)
        peer.server.requests.append(("all of it was read", b""))

    rig = play(pour)
    assert "larger than any assessment" in failure(rig).user_message
    assert len(rig.server.requests) == 1


def test_a_compressed_answer_is_refused(play, scenes):
    """Compression was not asked for, so no bomb is unpacked."""
    rig = play(scenes.document(b"\x1f\x8b", "Content-Encoding: gzip"))
    assert "compressed" in failure(rig).user_message


def test_garbage_instead_of_http(play, scenes):
    """What isn't HTTP counts as a broken connection."""
    rig = play(lambda peer: peer.send(b"SSH-2.0-hello\r\n\r\n"), scenes.GOOD)
    assert rig.complete().attempts == 2


def test_a_refused_port(play, scenes):
    """A port nobody listens on is tried again and named as refused."""
    rig = play(scenes.GOOD)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        rig.gateway._registry = scenes.registry_at(f"http://127.0.0.1:{gone.getsockname()[1]}/v1")
    error = failure(rig)
    assert "refused the connection" in error.user_message
    assert (error.status, error.retryable, error.attempts) == (None, True, 5)


def test_a_name_that_is_unknown(play, scenes, monkeypatch):
    """A host name the resolver does not know is named as such."""

    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    rig = play(scenes.GOOD, host="localhost")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "was not found" in failure(rig).user_message


def test_a_name_is_resolved(play, scenes):
    """A host name works like an address, also when its first address answers nothing."""
    rig = play(scenes.GOOD, host="localhost")
    assert rig.complete().text == scenes.TEXT


def test_errors_hold_no_bodies(play, scenes):
    """Neither an error nor anything it chains to holds bytes of the request or the answer."""
    for scene in (scenes.status(500), scenes.stream(scenes.event(content="{")), scenes.document(b"Cough")):
        error = failure(play(scene))
        assert error.__context__ is None
        assert "Cough" not in repr(vars(error))


def test_a_timeout_is_its_own_kind(play, scenes):
    """A provider that never answers raises ProviderTimeoutError, and sending again may help."""
    error = failure(play(lambda peer: peer.hold()), deadline_s=0.3)
    assert isinstance(error, ProviderTimeoutError)
    assert error.retryable
    assert "does not react" in error.user_message
