"""Sockets that obey a Watch: every wait (name, connect, handshake, read, write) ends at the deadline or on Stop."""

from __future__ import annotations

import errno
import ipaddress
import queue
import select
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from enum import Enum
from functools import partial
from typing import Any, TypeAlias, TypeVar

import httpcore

from core.gateway.watch import Watch

T = TypeVar("T")
Address: TypeAlias = tuple[Any, ...]
IN_PROGRESS = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN})


class Trouble(Enum):
    """Why there is no connection."""

    NAME = "name"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    TLS_VERSION = "tls version"
    TLS = "tls"


class ConnectionFailedError(Exception):
    """No connection could be made; nothing was sent."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class WatchedBackend(httpcore.NetworkBackend):
    """httpcore's way to the network, with a Watch as every timeout."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | Watch | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> WatchedStream:
        """Connect to the first address of the host that answers, sharing the time left among them."""
        watch = _watch(timeout)
        addresses = _resolve(host, port, watch)
        trouble = Trouble.UNREACHABLE
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            outcome = _connect(address, watch if left == 1 else watch.within(watch.remaining_s() / left))
            if not isinstance(outcome, Trouble):
                return WatchedStream(outcome)
            trouble = outcome
        raise ConnectionFailedError(trouble)


class WatchedStream(httpcore.NetworkStream):
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def read(self, max_bytes: int, timeout: float | Watch | None = None) -> bytes:
        """Up to `max_bytes`, empty at the end. Raises httpcore.ReadError, StoppedError, OutOfTimeError."""
        try:
            return _patiently(self._sock, _watch(timeout), partial(self._sock.recv, max_bytes))
        except OSError as exc:
            raise httpcore.ReadError(type(exc).__name__) from exc

    def write(self, buffer: bytes, timeout: float | Watch | None = None) -> None:
        """Send all of it. Raises httpcore.WriteError, StoppedError, OutOfTimeError."""
        watch = _watch(timeout)
        rest = memoryview(buffer)
        try:
            while rest:
                rest = rest[_patiently(self._sock, watch, partial(self._sock.send, rest)) :]
        except OSError as exc:
            raise httpcore.WriteError(type(exc).__name__) from exc

    def close(self) -> None:
        """Close without ceremony."""
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | Watch | None = None
    ) -> WatchedStream:
        """The same connection, encrypted and the peer's certificate verified. Raises ConnectionFailedError."""
        try:
            # The TLS socket takes the place of the plain one at once, so that `close` closes whichever holds the descriptor.
            sock = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname, do_handshake_on_connect=False)
            self._sock = sock
            _patiently(sock, _watch(timeout), sock.do_handshake)
        except OSError as exc:
            self.close()
            raise ConnectionFailedError(_tls_trouble(exc)) from exc
        except BaseException:
            self.close()
            raise
        return self

    def get_extra_info(self, info: str) -> object:
        """What httpcore asks of an idle connection: whether the peer has closed it."""
        if info == "is_readable":
            return self._sock.fileno() < 0 or _ready(self._sock, selectors.EVENT_READ, 0)
        return None


def _watch(timeout: float | Watch | None) -> Watch:
    if not isinstance(timeout, Watch):
        raise TypeError("every wait on the wire needs a Watch")
    return timeout


def _patiently(sock: socket.socket, watch: Watch, act: Callable[[], T]) -> T:
    while True:
        sock.settimeout(watch.slice_s())
        try:
            return act()
        except TimeoutError:
            continue


def _ready(sock: socket.socket, event: int, timeout_s: float) -> bool:
    """Whether a socket can be read from or written to. The pool asks this of every idle connection at each request, so it must be quick."""
    if not hasattr(select, "poll"):  # pragma: no cover - Windows
        with selectors.SelectSelector() as selector:
            selector.register(sock, event)
            return bool(selector.select(timeout_s))
    poll = select.poll()
    poll.register(sock, select.POLLIN if event == selectors.EVENT_READ else select.POLLOUT)
    return bool(poll.poll(timeout_s * 1000))


def _resolve(host: str, port: int, watch: Watch) -> list[Address]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _resolve_aside(host, port, watch)
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))


def _resolve_aside(host: str, port: int, watch: Watch) -> list[Address]:
    """Look a name up in a thread of its own: the system's resolver knows neither deadline nor Stop."""
    answer: queue.SimpleQueue[list[Address]] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError):
            answer.put([])

    watch.slice_s()
    threading.Thread(target=look_up, name="casegate-resolve", daemon=True).start()
    while True:
        try:
            found = answer.get(timeout=watch.slice_s())
        except queue.Empty:
            continue
        if not found:
            raise ConnectionFailedError(Trouble.NAME)
        return found


def _connect(address: Address, watch: Watch) -> socket.socket | Trouble:
    family, kind, protocol, _, where = address
    try:
        sock = socket.socket(family, kind, protocol)
    except OSError:
        return Trouble.UNREACHABLE
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = sock.connect_ex(where)
        while code in IN_PROGRESS:
            if _ready(sock, selectors.EVENT_WRITE, watch.slice_s()):
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    except BaseException:
        sock.close()
        raise
    if not code:
        return sock
    sock.close()
    return Trouble.REFUSED if code == errno.ECONNREFUSED else Trouble.UNREACHABLE


def _tls_trouble(exc: OSError) -> Trouble:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return Trouble.CERTIFICATE
    reason = getattr(exc, "reason", None) or ""
    return Trouble.TLS_VERSION if "PROTOCOL" in str(reason) else Trouble.TLS
