"""TLS over real sockets: 1.3 and a verified certificate, or nothing is sent."""

import socket
import ssl
import threading
import time
from dataclasses import replace

import pytest
import trustme

from core.errors import CancelledError, ProviderError, ProviderTimeoutError
from core.gateway import Cancel, Registry
from core.gateway.transport import open_client, verified_context


@pytest.fixture(scope="module")
def authority():
    """A certificate authority of the test's own."""
    return trustme.CA()


def server_context(authority, host="127.0.0.1", newest=ssl.TLSVersion.TLSv1_3):
    """A server's side of TLS, with a certificate for that host."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = newest
    authority.issue_cert(host).configure_cert(context)
    return context


def trusting(authority):
    """A client context factory that trusts the test's authority and leaves the minimum to the gateway."""

    def make(provider):
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        authority.configure_trust(context)
        return context

    return make


def test_a_verified_connection(play, scenes, authority):
    """With a certificate of a trusted authority the answer comes over TLS 1.3."""
    rig = play(scenes.GOOD, tls=server_context(authority), ssl_context=trusting(authority))
    assert rig.complete().text == scenes.TEXT


def test_a_large_body_over_tls(play, scenes, authority):
    """A body larger than the socket's buffers goes out whole to a slow reader."""

    def slow(peer):
        time.sleep(0.3)
        scenes.GOOD(peer)

    rig = play(slow, tls=server_context(authority), ssl_context=trusting(authority))
    prompt = replace(scenes.cleared(), body=b"x" * 6_000_000)
    assert rig.complete(prompt).text == scenes.TEXT
    assert rig.server.requests[0][1] == prompt.body


def test_a_self_signed_certificate(play, scenes, authority):
    """A certificate of an unknown authority is refused at once, and nothing is sent."""
    rig = play(scenes.GOOD, tls=server_context(authority))
    with pytest.raises(ProviderError, match="certificate") as caught:
        rig.complete()
    assert (caught.value.retryable, caught.value.attempts) == (False, 1)
    assert rig.server.requests == []


def test_a_certificate_for_another_host(play, scenes, authority):
    """A valid certificate for another host is no certificate."""
    rig = play(scenes.GOOD, tls=server_context(authority, host="other.example"), ssl_context=trusting(authority))
    with pytest.raises(ProviderError, match="certificate"):
        rig.complete()
    assert rig.server.requests == []


def test_tls_1_2_alone_is_refused(play, scenes, authority):
    """A server without TLS 1.3 is refused, whatever the handed-in context allows."""
    rig = play(scenes.GOOD, tls=server_context(authority, newest=ssl.TLSVersion.TLSv1_2), ssl_context=trusting(authority))
    with pytest.raises(ProviderError, match=r"does not offer TLS 1\.3") as caught:
        rig.complete()
    assert (caught.value.retryable, caught.value.attempts) == (False, 1)
    assert rig.server.requests == []


def test_tls_1_2_with_a_recorded_reason(play, scenes, authority):
    """A provider whose entry lowers the minimum is reached over TLS 1.2."""
    rig = play(
        scenes.GOOD,
        tls=server_context(authority, newest=ssl.TLSVersion.TLSv1_2),
        ssl_context=trusting(authority),
        tls_minimum="1.2",
        tls_reason="appliance",
    )
    assert rig.complete().text == scenes.TEXT


def test_a_server_that_does_not_speak_tls(play, scenes):
    """Plain HTTP behind an https URL is a failed secure connection."""
    rig = play(lambda peer: peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"))
    rig.gateway._registry = scenes.registry_at(f"https://127.0.0.1:{rig.server.port}/v1")
    with pytest.raises(ProviderError, match="secure connection"):
        rig.complete()


@pytest.mark.parametrize("stop", [True, False], ids=["stop", "deadline"])
def test_a_handshake_that_hangs(play, scenes, stop):
    """A server that accepts and says nothing holds a handshake no longer than Stop or the deadline allow."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        rig = play(scenes.GOOD)
        rig.gateway._registry = scenes.registry_at(f"https://127.0.0.1:{silent.getsockname()[1]}/v1")
        rig.gateway._client(rig.gateway._registry.providers[0])
        cancel = Cancel()
        if stop:
            threading.Timer(0.3, cancel.cancel).start()
        began = time.monotonic()
        with pytest.raises(CancelledError if stop else ProviderTimeoutError):
            rig.complete(deadline_s=10 if stop else 0.3, cancel=cancel)
        assert time.monotonic() - began < 0.6


def test_stop_in_a_stream_over_tls(play, scenes, authority):
    """Stop works the same under TLS, and the next call gets a new connection."""
    rig = play(
        scenes.stream(scenes.event(content="{"), hold=True), scenes.GOOD, tls=server_context(authority), ssl_context=trusting(authority)
    )
    cancel = Cancel()
    threading.Timer(0.3, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        rig.complete(deadline_s=10, cancel=cancel)
    assert time.monotonic() - began < 0.6
    assert rig.complete().text == scenes.TEXT


def test_the_shipped_context_verifies():
    """The context used in earnest checks certificates and host names and starts at TLS 1.3; plain loopback has none."""
    provider = Registry.load().provider("holysheep")
    contexts = []

    def seen(given):
        contexts.append(verified_context(given))
        return contexts[-1]

    open_client(provider, seen).close()
    open_client(Registry.load().provider("sandbox"), seen).close()
    assert [(c.verify_mode, c.check_hostname, c.minimum_version) for c in contexts] == [(ssl.CERT_REQUIRED, True, ssl.TLSVersion.TLSv1_3)]
