"""POST /preview: what the redactor makes of a field while it is being typed.

The page opens a desk for its session at each run and hands the token to the live editor; the editor posts what
stands in one field and gets the spans back. The other fields come from the desk, so that a name written in one is
found in all. This is a convenience for the eye: what is sent is redacted again, by `core.consult`. What was posted is
handed to the session's keeper after the answer: a page run only to save what is typed would hold up every typist.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.api.lanes import Lane
from core.api.spans import field_report
from core.deid import SAFE_HARBOR, Policy
from core.model import TEXT_FIELDS, Decisions, Deidentified, Identity

NO_DECISIONS = Decisions()
MAX_SESSIONS = 500
IDLE_S = 3600.0
MAX_PREVIEW_CHARS = 10_000
TOKEN_HEADER = "X-Preview-Token"  # noqa: S105 - a header's name
_FIELD_NAMES = frozenset(spec.name for spec in TEXT_FIELDS)

_log = logging.getLogger("casegate.api")


class Redacting(Protocol):
    """`core.deid.deidentify`, or a stand-in for it."""

    def __call__(
        self, texts: Mapping[str, str], *, identity: Identity, encounter: date, decisions: Decisions, policy: Policy
    ) -> Deidentified:
        """The case redacted. Raises DeidError."""
        ...


def _kept_nowhere(_field: str, _text: str) -> None:
    """For a page that keeps no draft."""


@dataclass(frozen=True)
class PreviewContext:
    """What a session's page held at its last run; `keep` hears each field and text posted since, and must not raise."""

    texts: Mapping[str, str] = field(repr=False)
    identity: Identity = field(repr=False)
    encounter: date
    decisions: Decisions = field(repr=False)
    policy: Policy = SAFE_HARBOR
    keep: Callable[[str, str], None] = field(default=_kept_nowhere, repr=False)


class PreviewDesk:
    """The latest context of each session, in memory only: at most `limit` sessions, each until it is idle for `idle_s` seconds.

    A token is an HMAC of the session's id under `secret`, of no use to any other session; thread-safe.
    """

    def __init__(
        self,
        *,
        secret: bytes | None = None,
        limit: int = MAX_SESSIONS,
        idle_s: float = IDLE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secret = secret or secrets.token_bytes(32)
        self._limit = limit
        self._idle_s = idle_s
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._contexts: OrderedDict[bytes, tuple[float, PreviewContext]] = OrderedDict()

    def open(
        self,
        session: str,
        *,
        texts: Mapping[str, str],
        identity: Identity,
        encounter: date,
        decisions: Decisions = NO_DECISIONS,
        policy: Policy = SAFE_HARBOR,
        keep: Callable[[str, str], None] = _kept_nowhere,
    ) -> str:
        """Keep this as the session's context and return its token, the same for as long as the desk lives."""
        token = hmac.new(self._secret, session.encode(), hashlib.sha256).hexdigest()
        self._keep(_key(token), PreviewContext(dict(texts), identity, encounter, decisions, policy, keep))
        return token

    def close(self, session: str) -> None:
        """Forget the session, as at sign-out."""
        token = hmac.new(self._secret, session.encode(), hashlib.sha256).hexdigest()
        with self._lock:
            self._contexts.pop(_key(token), None)

    def find(self, token: str) -> PreviewContext | None:
        """The context that the token opens, None when there is none or it has been idle too long; finding it is a use."""
        key = _key(token)
        with self._lock:
            used, context = self._contexts.pop(key, (0.0, None))
            if context is None or self._monotonic() - used > self._idle_s:
                return None
            self._keep(key, context)
        return context

    def _keep(self, key: bytes, context: PreviewContext) -> None:
        now = self._monotonic()
        with self._lock:
            self._contexts[key] = (now, context)
            self._contexts.move_to_end(key)
            while len(self._contexts) > self._limit or self._oldest_used() < now - self._idle_s:
                self._contexts.popitem(last=False)

    def _oldest_used(self) -> float:
        return next(iter(self._contexts.values()))[0]


def _key(token: str) -> bytes:
    # Looked up by a hash, so that the time a lookup takes says nothing about how much of a guess was right.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


class PreviewRequest(BaseModel):
    """What the editor posts: which field, its whole text now, and the editor's revision number."""

    model_config = ConfigDict(extra="forbid", strict=True)

    field: str
    text: str = Field(repr=False)
    rev: int


def preview_route(desk: PreviewDesk, redact: Redacting) -> Route:
    """POST /preview → `{"rev","spans":[{"start","end","category","detector","state","tag"}],"counts"}`, offsets in UTF-16 code units."""
    lane = Lane(4)

    async def preview(request: Request) -> JSONResponse:
        context = desk.find(request.headers.get(TOKEN_HEADER, ""))
        if context is None:
            return _refused(401, "The live preview's token is unknown or has expired. Reload the page.")
        try:
            asked = PreviewRequest.model_validate_json(await request.body())
        except ValidationError:
            return _refused(422, "The preview takes a JSON object with field, text and rev.")
        if asked.field not in _FIELD_NAMES | context.texts.keys():
            return _refused(422, "The preview does not know this field.")
        if len(asked.text) > MAX_PREVIEW_CHARS:
            return _refused(413, f"The text is longer than {MAX_PREVIEW_CHARS:,} characters.")
        answer = await lane.run(lambda: _answer(asked, context, redact))
        answer.background = BackgroundTask(context.keep, asked.field, asked.text)
        return answer

    return Route("/preview", preview, methods=["POST"])


def _answer(asked: PreviewRequest, context: PreviewContext, redact: Redacting) -> JSONResponse:
    try:
        report = _spans(asked, context, redact)
    except Exception as error:  # noqa: BLE001 - whatever fails, the editor must learn that there is no preview
        _log.error("live preview failed with %s", type(error).__name__)
        return _refused(500, "The live preview is not available. Nothing can be sent until it is.")
    return JSONResponse({"rev": asked.rev, **report})


def _spans(asked: PreviewRequest, context: PreviewContext, redact: Redacting) -> dict[str, Any]:
    texts = {**context.texts, asked.field: asked.text}
    done = redact(texts, identity=context.identity, encounter=context.encounter, decisions=context.decisions, policy=context.policy)
    return field_report(done, asked.field, asked.text)


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status)
