"""POST /api/v1/diagnosis-assist: the same walk as the page's, for programs.

1. the route is closed unless keys are set; the key is looked up in constant time
2. the caller's rate
3. the request is read: fields and limits, nothing unknown
4. `consult.prepare`; what it flags for a human is redacted, since there is none here, and it prepares again
5. `consult.submit`, which audits before anything leaves
Every refusal on the way is an entry in the audit store, without any of the request's text.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core import consult
from core.api.assist_schema import Refused, read_request, refusal_of, success_body
from core.api.callers import Rates, caller_of
from core.api.lanes import Lane
from core.audit import Action, Event
from core.audit import Outcome as HowItEnded
from core.auth import Permission
from core.consultation import Consultation, Prepared
from core.deid import term_key
from core.errors import Error, Finding, PreflightError
from core.gateway import Cancel
from core.model import ClinicalCase, Decisions, Principal, Role, Tier

if TYPE_CHECKING:
    from core.bootstrap import Services

PATH = "/api/v1/diagnosis-assist"
KEY_HEADER = "X-API-Key"
_MAX_ROUNDS = 5
_NOBODY = Principal("api:unknown", Role.SERVICE)
_CLOSED = "The REST API is closed. Its operator opens it by setting CASEGATE_API_KEYS to name:key pairs."

_log = logging.getLogger("casegate.api")
T = TypeVar("T")
Outcome = Refused | Consultation


class Spine(Protocol):
    """The two functions of `core.consult` that this route goes through."""

    @property
    def prepare(self) -> Callable[..., Prepared]:
        """Case → exactly what would be sent."""
        ...

    @property
    def submit(self) -> Callable[..., Consultation]:
        """Send it."""
        ...


def assist_route(services: Callable[[], Services], spine: Spine = consult) -> Route:
    """The route; any method but POST is answered 405. Failed keys and calls under way hold separate lanes."""
    door, work = Lane(4), Lane(8)
    rates = cache(Rates)

    async def assist(request: Request) -> JSONResponse:
        body, visit = await request.body(), _Visit(services, spine, rates)
        outcome: Refused | Consultation | None = await door.run(lambda: visit.admit(Knock.of(request)))
        if outcome is None:
            outcome = await _unless_gone(request, lambda cancel: work.run(lambda: visit.answer(body, cancel)))
        if isinstance(outcome, Refused):
            refusal = outcome
            await door.run(lambda: visit.record(refusal))
            return _refusal_response(refusal)
        return JSONResponse(success_body(outcome))

    return Route(PATH, assist, methods=["POST"])


async def _unless_gone(request: Request, work: Callable[[Cancel], Awaitable[Outcome]]) -> Outcome:
    """The work's outcome; a caller who hangs up cancels the call upstream, so that nobody pays for an answer nobody reads."""
    cancel = Cancel()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        cancel.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        outcome = await work(cancel)
        group.cancel_scope.cancel()
    return outcome


@dataclass(frozen=True, slots=True)
class Knock:
    """What a request shows at the door."""

    key: str = field(repr=False)
    address: str
    is_json: bool

    @classmethod
    def of(cls, request: Request) -> Knock:
        """Read it off the request's headers and peer."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return cls(request.headers.get(KEY_HEADER, ""), request.client.host if request.client else "", kind == "application/json")


def _refusal_response(refusal: Refused) -> JSONResponse:
    headers = {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = f"ApiKey header={KEY_HEADER}"
    return JSONResponse(refusal.body(), refusal.status, headers)


class _Visit:
    """One request on its way through the numbered steps; its methods run on worker threads and never raise."""

    def __init__(self, services: Callable[[], Services], spine: Spine, rates: Callable[[str], Rates]) -> None:
        self._services = services
        self._spine = spine
        self._rates = rates
        self._caller = _NOBODY
        self._recorded = False
        self._case_ref: str | None = None

    def admit(self, knock: Knock) -> Refused | None:
        """Steps 1 and 2: None when the request may go on."""
        return _outcome(lambda: self._admit(knock))

    def _admit(self, knock: Knock) -> None:
        settings = self._services().settings
        if not settings.api_key_list:
            raise self._quietly(Refused(403, _CLOSED, "ApiClosed"))
        caller = caller_of(knock.key, settings.api_key_list)
        self._check_rate(self._rates(settings.api_rate), caller, knock.address)
        if caller is None:
            raise Refused(401, f"The {KEY_HEADER} header is missing or holds no valid key.", "KeyRefused")
        self._caller = caller
        if not knock.is_json:
            raise Refused(415, "Send the case as application/json.", "RequestInvalid")

    def _check_rate(self, rates: Rates, caller: Principal | None, address: str) -> None:
        wait_s = rates.wait_s(caller.user_id if caller else f"address:{address}")
        if not wait_s:
            return
        refusal = Refused(429, f"Too many requests. Try again in {wait_s} s.", "RateExceeded", retry_after_s=wait_s)
        if caller is None:
            raise self._quietly(refusal)
        self._caller = caller
        raise refusal

    def _quietly(self, refusal: Refused) -> Refused:
        """Not for the audit store, which somebody without a key could otherwise fill."""
        self._recorded = True
        return refusal

    def answer(self, body: bytes, cancel: Cancel) -> Refused | Consultation:
        """Steps 3 to 5."""
        outcome = _outcome(lambda: self._consult(body, cancel))
        if isinstance(outcome, Refused):
            outcome.case_ref = self._case_ref
        return outcome

    def _consult(self, body: bytes, cancel: Cancel) -> Consultation:
        services = self._services()
        asked = read_request(body)
        case = asked.case(services.clock.now().date())
        prepared = self._prepare(services, case, Decisions(redact=frozenset(map(term_key, asked.further_terms()))))
        if prepared.blocked is not None:
            raise prepared.blocked
        # From here on the spine's own entries tell what became of the request.
        self._recorded = True
        return self._spine.submit(services, prepared, self._caller, identity=case.identity, reviewed_sha256=prepared.sha256, cancel=cancel)

    def _prepare(self, services: Services, case: ClinicalCase, decisions: Decisions) -> Prepared:
        target, case_ref = services.proposed(Tier.ROUTINE), services.new_id().replace("req-", "case-", 1)
        self._case_ref = case_ref
        for _ in range(_MAX_ROUNDS):
            prepared = self._spine.prepare(
                services, case, self._caller, target=target, case_ref=case_ref, decisions=decisions, permission=Permission.API_ASSIST
            )
            flags = prepared.deidentified.flags
            if not flags:
                self._record_redacted(services, case_ref, len(decisions.redact))
                return prepared
            texts = case.texts()
            flagged = {term_key(texts[name][span.start : span.end]) for name, span in flags}
            decisions = replace(decisions, redact=decisions.redact | flagged)
        raise PreflightError([Finding(span.category.value, name, span.start, span.end) for name, span in flags])

    def _record_redacted(self, services: Services, case_ref: str, count: int) -> None:
        if count:
            services.audit.append(_event(self._caller, Action.FLAG_REDACTED, case_ref=case_ref, count=count))

    def record(self, refusal: Refused) -> None:
        """Append the refusal to the audit store, unless the spine has told of it already. Never raises: the refusal stands either way."""
        if self._recorded:
            return
        try:
            self._services().audit.append(
                _event(
                    self._caller,
                    Action.API_REQUEST_REFUSED,
                    outcome=HowItEnded.REFUSED,
                    case_ref=self._case_ref,
                    endpoint=PATH,
                    error_class=refusal.reason,
                    http_status=refusal.status,
                )
            )
        except Exception as error:  # noqa: BLE001 - a store that fails must not turn a refusal into anything else
            _log.error("a refusal could not be recorded: %s", type(error).__name__)


def _event(caller: Principal, action: Action, **facts: Any) -> Event:
    return Event(actor_id=caller.user_id, actor_role=caller.role, action=action, **facts)


def _outcome(work: Callable[[], T]) -> T | Refused:
    """What `work` returns, or the refusal it ends in; of errors not ours only the class is told, and only to the log."""
    try:
        return work()
    except Refused as refusal:
        return refusal
    except Error as error:
        return refusal_of(error)
    except Exception as error:  # noqa: BLE001 - its message may quote the case
        _log.error("diagnosis-assist failed with %s", type(error).__name__)
        return Refused(500, "Something went wrong on the server. The case was not answered.", type(error).__name__)
