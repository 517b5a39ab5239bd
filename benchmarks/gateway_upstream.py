"""A provider for the benchmark, in a process of its own: canned answers over keep-alive connections, as fast as Python can.

    python -m benchmarks.gateway_upstream

Prints its port. The model's name in the request chooses what happens: `well` answers, `flaky` fails three times in ten (drawn from a fixed
seed), `slow` answers after two seconds. `GET /count` tells how many requests came since the last time it was asked.
"""

from __future__ import annotations

import asyncio
import json
import random
import re

TEXT = json.dumps({"case_summary": "x" * 520, "limitations": ["A physician must review this."]})
COMPLETION = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": "well",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 200, "completion_tokens": 160, "total_tokens": 360},
    }
).encode()
LENGTH = re.compile(rb"content-length: *(\d+)", re.I)
FLAKY, SLOW = b'"model":"flaky"', b'"model":"slow"'
SLOW_S = 2.0


def response(status: str, body: bytes) -> bytes:
    """A whole HTTP answer."""
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


GOOD, BAD = response("200 OK", COMPLETION), response("503 Service Unavailable", b'{"error":{"message":"busy"}}')


class Upstream(asyncio.Protocol):
    """One connection."""

    requests = 0
    draw = random.Random(20260105)  # noqa: S311 - simulation, not secrecy

    def __init__(self) -> None:
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end]
            found = LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._held) < whole:
                return
            body, self._held = self._held[end + 4 : whole], self._held[whole:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET /count"):
            count, Upstream.requests = Upstream.requests, 0
            self._send(response("200 OK", str(count).encode()))
            return
        Upstream.requests += 1
        compact = body.replace(b'": "', b'":"')
        if SLOW in compact:
            asyncio.get_running_loop().call_later(SLOW_S, self._send, GOOD)
        else:
            self._send(BAD if FLAKY in compact and Upstream.draw.random() < 0.3 else GOOD)

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


async def serve() -> None:
    """Listen on a free port of this machine until killed."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
