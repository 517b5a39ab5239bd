"""A provider made of plain sockets: each connection plays the next scripted scene, byte by byte if need be."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from core.gateway import Gateway, Registry
from core.model import ClearedPrompt, Message, Prompt, Target

KEY = "hs-test-0000"
Scene = Callable[["Peer"], None]


class RealClock:
    """The true clock; what the gateway waits for here is real."""

    def now(self):
        return datetime.now(UTC)

    def monotonic(self):
        return time.monotonic()


@dataclass
class Peer:
    """One accepted connection, as a scene sees it."""

    sock: socket.socket
    server: RawServer
    head: str = ""
    body: bytes = b""

    def request(self) -> None:
        """Read one request whole."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (got := self.sock.recv(65536)):
                return
            data += got
        head, _, body = data.partition(b"\r\n\r\n")
        self.head = head.decode()
        length = next((int(line.split(":")[1]) for line in self.head.split("\r\n") if line.lower().startswith("content-length")), 0)
        while len(body) < length:
            body += self.sock.recv(65536)
        self.body = body
        self.server.requests.append((self.head, body))

    def send(self, data: bytes | str) -> None:
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def hold(self) -> None:
        """Send nothing more, until the client is gone or the test is over."""
        self.sock.settimeout(0.02)
        while not self.server.over.is_set():
            try:
                if not self.sock.recv(65536):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.server.hung_up.append(time.monotonic())


@dataclass
class RawServer:
    """Listens on loopback; `scenes` are played one per connection, the last one again and again."""

    scenes: list[Scene]
    context: ssl.SSLContext | None = None
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    hung_up: list[float] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.01)
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                sock, _ = self.listener.accept()
            except TimeoutError:
                continue
            scene = self.scenes[min(self.connections, len(self.scenes) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._play, args=(sock, scene))
            self.threads.append(thread)
            thread.start()

    def _play(self, sock: socket.socket, scene: Scene) -> None:
        sock.settimeout(5)
        try:
            if self.context is not None:
                sock = self.context.wrap_socket(sock, server_side=True)
            scene(Peer(sock, self))
        except OSError:
            pass
        finally:
            sock.close()

    def close(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(5)
        self.listener.close()


def event(**delta: Any) -> bytes:
    """One chunk of a streamed completion."""
    finish = delta.pop("finish", None)
    chunk: dict[str, Any] = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":200,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":20}}}\n\n'
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"
TEXT = '{"case_summary":"½ °C — ok"}'


def status(code: int, *headers: str, body: bytes = b'{"error":{"message":"secret detail"}}') -> Scene:
    """Answer with that status."""

    def play(peer: Peer) -> None:
        peer.request()
        lines = [
            f"HTTP/1.1 {code} Whatever",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *headers,
        ]
        peer.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return play


def document(value: Any, *headers: str, media: str = "application/json") -> Scene:
    """Answer 200 with one body."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()

    def play(peer: Peer) -> None:
        peer.request()
        head = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers]
        if media:
            head.append(f"Content-Type: {media}")
        peer.send("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    return play


def stream(*parts: bytes, pause_s: float = 0.0, hold: bool = False) -> Scene:
    """Answer 200 with a stream of those parts, then end it or hold it open."""

    def play(peer: Peer) -> None:
        peer.request()
        peer.send(STREAM_HEAD)
        for part in parts:
            peer.send(part)
            time.sleep(pause_s)
        if hold:
            peer.hold()

    return play


def completion(text: str = TEXT, **extra: Any) -> dict[str, Any]:
    """A completion that was not streamed."""
    message = {"role": "assistant", "content": text}
    return {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 200, "completion_tokens": 50},
        **extra,
    }


GOOD_STREAM = (event(role="assistant", content=""), event(content=TEXT[:10]), event(content=TEXT[10:]), event(finish="stop"), USAGE, DONE)


@dataclass
class Rig:
    """A gateway before a scripted provider, with recorded sleeps and a fixed draw."""

    server: RawServer
    gateway: Gateway
    registry: Registry
    slept: list[float]

    def complete(self, prompt: ClearedPrompt | None = None, **given: Any):
        return self.gateway.complete(prompt or cleared(), **{"deadline_s": 5.0, "request_id": "req-1", **given})


def cleared(*, streamed: bool = True, model: str = "deepseek-v3.2", provider: str = "holysheep") -> ClearedPrompt:
    """A cleared prompt; its body is not what Prompt.body would give, so that a re-encoding would show."""
    prompt = Prompt(
        Target(provider, model), (Message("system", "Be brief. "), Message("user", "Cough ½ °C naïve “x”")), version="t/1", stream=streamed
    )
    return ClearedPrompt(prompt, prompt.body() + b"  \n", policy="SAFE_HARBOR/1")


def registry_at(base_url: str, **changes: Any) -> Registry:
    """The shipped registry with HolySheep moved to a test server."""
    shipped = Registry.load()
    moved = replace(shipped.providers[0], base_url=base_url, **changes)
    return replace(shipped, providers=(moved, *shipped.providers[1:]))


@pytest.fixture
def play() -> Iterator[Callable[..., Rig]]:
    """Start a provider that plays scenes, and a gateway before it."""
    rigs: list[Rig] = []

    def start(
        *scenes: Scene,
        tls: ssl.SSLContext | None = None,
        ssl_context: Any = None,
        real_sleep: bool = False,
        host: str = "127.0.0.1",
        **changes: Any,
    ) -> Rig:
        server = RawServer(list(scenes), tls)
        registry = registry_at(f"http{'s' if tls else ''}://{host}:{server.port}/v1", **changes)
        slept: list[float] = []
        sleep = time.sleep if real_sleep else slept.append
        extra = {"ssl_context": ssl_context} if ssl_context else {}
        gateway = Gateway(registry, {"holysheep": KEY}, clock=RealClock(), sleep=sleep, random=lambda: 0.5, **extra)
        rigs.append(Rig(server, gateway, registry, slept))
        return rigs[-1]

    yield start
    for rig in rigs:
        rig.gateway.close()
        rig.server.close()


@pytest.fixture
def scenes():
    """This module's scene makers and constants, for tests that can't import a conftest."""
    return SimpleNamespace(
        status=status, document=document, stream=stream, completion=completion, event=event, cleared=cleared, registry_at=registry_at,
        RealClock=RealClock, RawServer=RawServer,
        DONE=DONE, USAGE=USAGE, TEXT=TEXT, GOOD=stream(*GOOD_STREAM), GOOD_STREAM=GOOD_STREAM, KEY=KEY, STREAM_HEAD=STREAM_HEAD,
    )  # fmt: skip
