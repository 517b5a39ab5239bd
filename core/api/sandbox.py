"""The sandbox provider: an OpenAI-compatible endpoint on this very server, so that a demo's whole HTTP path is real.

GET /sandbox/v1/models and POST /sandbox/v1/chat/completions. Answers come from the reference engine, which is not
an AI model; `core.api.standin` gives them the pace and the depth of a tier. Everything it says about itself says so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import anyio
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from core.api.lanes import Lane
from core.api.standin import STANDINS, Answer, Pace, answer_for
from core.errors import Error
from core.model import Message

if TYPE_CHECKING:
    from core.bootstrap import Services

FINGERPRINT = "simulated-reference-engine"
_SSE_HEADERS = {"x-accel-buffering": "no"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(_Part):
    """A piece of a message's text."""

    type: Literal["text"]
    text: str


class ChatMessage(_Part):
    """One message of the request; its content is a text or pieces of one."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    def to_message(self) -> Message:
        """In our own form."""
        text = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return Message("system" if self.role == "developer" else self.role, text)


class StreamOptions(_Part):
    """What the client wants beside the text while streaming."""

    include_usage: bool = False


class ChatRequest(_Part):
    """What the sandbox reads of a chat completion request; anything else is ignored, as providers do."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1, max_length=100)
    temperature: float = Field(1.0, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    n: Literal[1] = 1
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()

    def token_limit(self) -> int | None:
        """The answer's limit in tokens, None when the client set none."""
        return self.max_completion_tokens or self.max_tokens


class SandboxError(Exception):
    """A refusal in OpenAI's form: status, message, type and code."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def response(self) -> JSONResponse:
        """As an OpenAI error object."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return JSONResponse({"error": {"message": self.message, "type": kind, "param": None, "code": self.code}}, self.status)


def sandbox_routes(services: Callable[[], Services]) -> list[Route]:
    """The two routes. Outside demo mode they answer 404 even when registered."""
    lane, recorder = Lane(4), Recorder()

    async def models(request: Request) -> Response:
        try:
            _admitted(services, request)
        except SandboxError as refusal:
            return refusal.response()
        data = [{"id": name, "object": "model", "created": 0, "owned_by": FINGERPRINT, "simulated": True} for name in STANDINS]
        return JSONResponse({"object": "list", "data": data})

    async def complete(request: Request) -> Response:
        try:
            serving = _admitted(services, request)
            body = await request.body()
            await lane.run(lambda: recorder.record(serving.settings.sandbox_record, body))
            asked = read_request(body)
            answer = await lane.run(lambda: _answer(serving, asked, body))
        except SandboxError as refusal:
            return refusal.response()
        return await _respond(asked, answer, answer.pace.scaled(serving.settings.sandbox_speed))

    return [
        Route("/sandbox/v1/models", models, methods=["GET"]),
        Route("/sandbox/v1/chat/completions", complete, methods=["POST"]),
    ]


def _admitted(services: Callable[[], Services], request: Request) -> Services:
    """The services, for a request with the sandbox's key in demo mode."""
    try:
        serving = services()
    except Error as error:
        raise SandboxError(503, error.user_message, "unavailable") from None
    if not serving.demo:
        raise SandboxError(404, "The sandbox provider answers in demo mode only.", "not_found")
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(key.strip().encode(), serving.sandbox_key.encode()):
        raise SandboxError(401, "Incorrect API key provided.", "invalid_api_key")
    return serving


def read_request(body: bytes) -> ChatRequest:
    """The request that `body` holds. Raises SandboxError naming fields, never their values."""
    try:
        asked = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        where = sorted({".".join(map(str, e["loc"])) or "body" for e in error.errors(include_input=False, include_url=False)})
        raise SandboxError(400, f"The request can't be used; look at: {', '.join(where)}.", "invalid_request") from None
    if asked.model not in STANDINS:
        raise SandboxError(404, f"The model does not exist here. There are: {', '.join(STANDINS)}.", "model_not_found")
    if not any(message.role == "user" for message in asked.messages):
        raise SandboxError(400, "The request can't be used; look at: messages (none is the user's).", "invalid_request")
    return asked


def _answer(services: Services, asked: ChatRequest, body: bytes) -> Answer:
    messages = [m.to_message() for m in asked.messages]
    try:
        return answer_for(asked.model, messages, services.reference(), seed_of=body, token_limit=asked.token_limit())
    except Error as error:
        raise SandboxError(503, error.user_message, "unavailable") from None


class Recorder:
    """Appends request bodies to a file as JSON lines `{"sha256","body_b64"}`, readable by its owner alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def record(self, path: Path | None, body: bytes) -> None:
        """Write one line; nothing without a path. Raises SandboxError when it can't be written."""
        if path is None:
            return
        line = json.dumps({"sha256": hashlib.sha256(body).hexdigest(), "body_b64": base64.b64encode(body).decode()}) + "\n"
        try:
            with self._lock:
                self._append(Path(path), line.encode())
        except OSError:
            raise SandboxError(
                500, "The record of request bodies can't be written: see CASEGATE_SANDBOX_RECORD.", "record_failed"
            ) from None

    def _append(self, path: Path, line: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(line)


async def _respond(asked: ChatRequest, answer: Answer, pace: Pace) -> Response:
    base = {
        "id": f"chatcmpl-{answer.seed[:24]}",
        "created": int(time.time()),
        "model": asked.model,
        "system_fingerprint": FINGERPRINT,
        "simulated": True,
    }
    if asked.stream:
        events = _events(base, answer, pace, include_usage=asked.stream_options.include_usage)
        return StreamingResponse(events, media_type="text/event-stream", headers=_SSE_HEADERS)
    await anyio.sleep(pace.whole_s(answer.completion_tokens))
    choice = {"index": 0, "message": {"role": "assistant", "content": answer.text}, "finish_reason": answer.finish_reason, "logprobs": None}
    return JSONResponse({**base, "object": "chat.completion", "choices": [choice], "usage": answer.usage()})


async def _events(base: dict[str, Any], answer: Answer, pace: Pace, *, include_usage: bool) -> AsyncIterator[bytes]:
    """Server-sent events in OpenAI's order: role, text, finish, usage when asked for, [DONE]."""
    head = {**base, "object": "chat.completion.chunk"} | ({"usage": None} if include_usage else {})

    def chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
        return _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]})

    await anyio.sleep(pace.first_token_s)
    yield chunk({"role": "assistant", "content": ""})
    for text, pause_s in answer.pieces(pace):
        yield chunk({"content": text})
        await anyio.sleep(pause_s)
    yield chunk({}, answer.finish_reason)
    if include_usage:
        yield _event({**head, "choices": [], "usage": answer.usage()})
    yield b"data: [DONE]\n\n"


def _event(payload: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
