"""Deadline and Stop over real sockets: no call outlives either, whatever the provider does."""

import itertools
import socket
import threading
import time
from dataclasses import replace

import pytest

from core.errors import CancelledError, ProviderError, ProviderTimeoutError
from core.gateway import Cancel

SLACK_S = 0.3
DEADLINE_S = 0.6


def crumbs(part, pause_s):
    """Send that again and again, slowly, until the client goes."""

    def play(peer):
        peer.request()
        peer.send(HEAD)
        while not peer.server.over.is_set():
            peer.send(part)
            time.sleep(pause_s)

    return play


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
SLOW = {
    "no answer": lambda s: lambda peer: peer.hold(),
    "head byte by byte": lambda s: _slow_head,
    "interim answers": lambda s: _interim,
    "head then silence": lambda s: s.stream(hold=True),
    "content then silence": lambda s: s.stream(s.event(content="{"), hold=True),
    "comments for ever": lambda s: crumbs(b": ping\n\n", 0.02),
    "byte by byte": lambda s: crumbs(b" ", 0.02),
    "content for ever": lambda s: crumbs(s.event(content="x"), 0.02),
    "flood of content": lambda s: crumbs(s.event(content="x"), 0.0005),
    "whole answer stalls": lambda s: _half_document,
}


def _slow_head(peer):
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\n")
    for letter in itertools.cycle(b"X-Slow: yes\r\n"):
        peer.send(bytes([letter]))
        if peer.server.over.wait(0.02):
            break


def _interim(peer):
    peer.request()
    while not peer.server.over.is_set():
        peer.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        time.sleep(0.02)


def _half_document(peer):
    peer.request()
    peer.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"choices"')
    peer.hold()


@pytest.mark.parametrize("make", SLOW.values(), ids=SLOW)
def test_the_deadline_holds(play, scenes, make):
    """However slowly bytes come, the call ends within the deadline, retries included."""
    rig = play(make(scenes), real_sleep=True)
    began = time.monotonic()
    with pytest.raises(ProviderTimeoutError) as caught:
        rig.complete(deadline_s=DEADLINE_S)
    assert time.monotonic() - began < DEADLINE_S + SLACK_S
    assert "0.6 s" in caught.value.user_message or "does not react" in caught.value.user_message


def test_a_begun_answer_that_times_out_is_not_repeated(play, scenes):
    """Running out of time in the middle of an answer is said so and is final."""
    rig = play(SLOW["content then silence"](scenes))
    with pytest.raises(ProviderTimeoutError, match="did not finish") as caught:
        rig.complete(deadline_s=0.3)
    assert not caught.value.retryable
    assert rig.server.connections == 1


def test_a_slow_first_byte_in_time(play, scenes):
    """An answer that begins late, but in time, is an answer; its time to first token shows the wait."""

    def late(peer):
        peer.request()
        time.sleep(0.4)
        peer.send(scenes.STREAM_HEAD + b"".join(scenes.GOOD_STREAM))

    reply = play(late).complete(deadline_s=10)
    assert reply.attempts == 1
    assert 0.4 <= reply.ttft_s < 10


def test_a_provider_that_hangs_is_asked_again(play, scenes):
    """A first attempt without any sign of an answer gives way to a second inside the same deadline."""
    rig = play(lambda peer: peer.hold(), scenes.GOOD)
    began = time.monotonic()
    assert rig.complete(deadline_s=4.0).attempts == 2
    assert time.monotonic() - began < 4.0


def test_backoff_that_does_not_fit_is_not_begun(play, scenes):
    """When the wait would outlast the deadline the last fault is reported at once."""
    rig = play(scenes.status(503))
    with pytest.raises(ProviderError) as caught:
        rig.complete(deadline_s=0.2)
    assert (caught.value.status, caught.value.attempts, rig.slept) == (503, 1, [])


def test_a_sleep_that_oversleeps(play, scenes):
    """When a wait lasts longer than it was told to, the deadline still ends the call."""
    rig = play(scenes.status(503), scenes.GOOD)
    rig.gateway._means = replace(rig.gateway._means, sleep=lambda seconds: time.sleep(1.1))
    with pytest.raises(ProviderTimeoutError):
        rig.complete(deadline_s=1.0)
    assert rig.server.connections == 1


def test_a_resolver_that_hangs(play, scenes, monkeypatch):
    """A name look-up that never ends does not hold the call beyond its deadline."""
    release = threading.Event()

    def hang(*args, **kwargs):
        release.wait(5)
        return []

    rig = play(scenes.GOOD, host="localhost")
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    with pytest.raises(ProviderTimeoutError):
        rig.complete(deadline_s=0.3)
    release.set()
    assert time.monotonic() - began < 0.3 + SLACK_S


def test_a_connect_that_hangs(play, scenes):
    """A listener whose queue is full neither accepts nor refuses: the deadline ends the wait."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        rig = play(scenes.GOOD)
        moved = scenes.registry_at(f"http://127.0.0.1:{full.getsockname()[1]}/v1")
        rig.gateway._registry = moved
        began = time.monotonic()
        with pytest.raises(ProviderTimeoutError):
            rig.complete(deadline_s=0.3)
        assert time.monotonic() - began < 0.3 + SLACK_S
        for filler in fillers:
            filler.close()


PHASES = {
    "waiting for the head": lambda s: lambda peer: (peer.request(), peer.hold()),
    "stalled stream": lambda s: s.stream(s.event(content="{"), hold=True),
    "running stream": lambda s: crumbs(s.event(content="x"), 0.01),
    "waiting to try again": lambda s: s.status(503, "Retry-After: 4"),
    "whole answer stalls": lambda s: _half_document,
}


@pytest.mark.parametrize("make", PHASES.values(), ids=PHASES)
def test_stop_ends_the_call(play, scenes, make):
    """Stop from another thread ends the call and the upstream connection within 0.3 s, in every phase."""
    rig = play(make(scenes), real_sleep=True)
    cancel = Cancel()
    pressed = []

    def press():
        pressed.append(time.monotonic())
        cancel.cancel()

    timer = threading.Timer(0.3, press)
    timer.start()
    with pytest.raises(CancelledError, match="Stopped"):
        rig.complete(deadline_s=10, cancel=cancel)
    assert time.monotonic() - pressed[0] < SLACK_S
    timer.join()
    assert cancel.cancelled
    assert rig.server.connections == 1


def test_stop_closes_the_upstream_connection(play, scenes):
    """The provider sees the connection go within 0.3 s of Stop, so it can stop writing."""
    rig = play(scenes.stream(scenes.event(content="{"), hold=True))
    cancel = Cancel()
    timer = threading.Timer(0.2, cancel.cancel)
    timer.start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        rig.complete(deadline_s=10, cancel=cancel)
    rig.server.over.wait(0.1)
    assert len(rig.server.hung_up) == 1
    assert rig.server.hung_up[0] - began < 0.2 + SLACK_S


def test_stop_from_within_on_text(play, scenes):
    """Stop pressed while a piece is being drawn ends the call even when the whole answer has arrived already."""
    rig = play(scenes.document(b"".join(scenes.GOOD_STREAM), media="text/event-stream"))
    cancel = Cancel()
    with pytest.raises(CancelledError):
        rig.complete(cancel=cancel, on_text=lambda text, chars: cancel.cancel())


def test_a_stop_leaves_the_gateway_usable(play, scenes):
    """The call after a stopped one works."""
    rig = play(scenes.stream(scenes.event(content="{"), hold=True), scenes.GOOD)
    cancel = Cancel()
    with pytest.raises(CancelledError):
        rig.complete(cancel=cancel, on_text=lambda text, chars: cancel.cancel())
    assert rig.complete().text == scenes.TEXT
