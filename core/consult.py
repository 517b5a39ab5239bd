"""The spine: the one way out of the building. The page, the REST API and the study runner all come through here.

`prepare` (steps 1–5) turns a case into the exact bytes that would be sent; nothing leaves.
`submit` (steps 6–12) sends them, if they are the bytes that were reviewed.

1. `prepare` is entered with a case and who brings it
2. `auth.authorize`: may this role submit a case?
3. `deid.deidentify`: texts → redacted texts, spans, the map back
4. `prompting.build_prompt`: redacted texts → messages
5. `deid.clear`, the preflight: prompt → ClearedPrompt, or the reason why not
6. `submit` is entered with what was prepared and the hash of what was reviewed
7. `audit.append` *before* egress: no entry, no call
8. `gateway.complete`: ClearedPrompt → Reply
9. `prompting.parse_assessment`: Reply → Assessment; one repair round, itself cleared and audited
10. `audit.append`: hashes, model, tokens, cost, latency; no text
11. `vault.put`: consultation and map, encrypted
12. `deid.restore`, through `reveal`: tags → originals, for this viewer only
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from core import audit, auth, deid, prompting
from core.assessment import CheckedAssessment
from core.audit import Action, Event
from core.auth import Permission
from core.consultation import Consultation, Prepared
from core.errors import AccessError, CancelledError, PreflightError, ProviderError, ReplyFormatError, VaultError
from core.gateway import Cancel
from core.model import (
    ClearedPrompt,
    ClinicalCase,
    Clock,
    Decisions,
    Deidentified,
    Estimate,
    Identity,
    Principal,
    Prompt,
    Reply,
    Target,
    Tier,
    Usage,
)

ENDPOINT = "chat/completions"
OnText = Callable[[str, int], None]


class Completing(Protocol):
    """What the spine needs of the gateway."""

    def complete(
        self, cleared: ClearedPrompt, *, deadline_s: float, request_id: str, on_text: OnText | None = None, cancel: Cancel | None = None
    ) -> Reply:
        """Ask, within the deadline in seconds. Raises GatewayError."""
        ...

    def estimate(self, prompt: Prompt) -> Estimate:
        """What the call is expected to take."""
        ...


class Keeping(Protocol):
    """What the spine needs of the vault."""

    def put(self, kind: str, record_id: str, owner: str, payload: Mapping[str, Any]) -> None:
        """Encrypt and store."""
        ...

    def get(self, kind: str, record_id: str) -> dict[str, Any] | None:
        """Decrypt, or None."""
        ...


class Appending(Protocol):
    """What the spine needs of the audit log."""

    def append(self, event: Event) -> audit.Entry:
        """Return when the entry is durable. Raises AuditError."""
        ...


def _default_policy(_principal: Principal, _target: Target) -> deid.Policy:
    return deid.SAFE_HARBOR


@dataclass(frozen=True)
class Tools:
    """What the spine works with; bootstrap builds the real ones."""

    clock: Clock
    new_id: Callable[[], str]
    audit: Appending
    vault: Keeping
    gateway: Completing
    simulated: Callable[[Target], bool]
    cost_partial: Callable[[Target], bool]
    deadline_s: Callable[[Tier, Target], float]
    policy: Callable[[Principal, Target], deid.Policy] = _default_policy
    temperature: float = 0.3
    max_tokens: int = 2000


def prepare(
    tools: Tools,
    case: ClinicalCase,
    principal: Principal,
    *,
    target: Target,
    case_ref: str,
    decisions: Decisions = Decisions(),
    permission: Permission = Permission.CASE_SUBMIT,
) -> Prepared:
    """Steps 1–5. Raises AccessError or DeidError; a refusal by preflight is returned in `blocked`, not raised."""
    auth.authorize(principal, permission)
    redacted = deid.deidentify(
        case.texts(), identity=case.identity, encounter=case.encounter, decisions=decisions, policy=tools.policy(principal, target)
    )
    prompt = prompting.build_prompt(redacted, case.demographics(), target, temperature=tools.temperature, max_tokens=tools.max_tokens)
    cleared, blocked = _preflight(prompt, redacted, case.identity)
    lengths = {name: len(text) for name, text in case.texts().items()}
    return Prepared(case_ref, principal, case.tier, lengths, redacted, prompt, tools.gateway.estimate(prompt), cleared, blocked)


def _preflight(prompt: Prompt, redacted: Deidentified, identity: Identity) -> tuple[ClearedPrompt | None, PreflightError | None]:
    try:
        return deid.clear(prompt, redacted, identity=identity), None
    except PreflightError as refusal:
        return None, refusal


def note_review(tools: Tools, prepared: Prepared, principal: Principal) -> str:
    """Record that the clinician has reviewed exactly this payload, and return its hash, which `submit` wants. Raises AuditError."""
    simulated = tools.simulated(prepared.prompt.target)
    tools.audit.append(_event(prepared, principal, Action.PREVIEW_REVIEWED, simulated=simulated))
    return prepared.sha256


def submit(
    tools: Tools,
    prepared: Prepared,
    principal: Principal,
    *,
    identity: Identity,
    reviewed_sha256: str,
    on_text: OnText | None = None,
    cancel: Cancel | None = None,
) -> Consultation:
    """Steps 6–12. Sends only what was reviewed, and only for whom it was prepared: who `prepare` let in, in that role.

    Raises AccessError for anybody else, PreflightError when it was not cleared or not reviewed, AuditError when the store can't be written
    (then no call is made), GatewayError when no reply came, ReplyFormatError when two replies made no sense.
    """
    if principal != prepared.principal:
        raise AccessError(wanted="send a case that somebody else prepared", held=principal.role.value)
    cleared = _reviewed(prepared, reviewed_sha256)
    call = _Call(tools, prepared, principal, tools.new_id(), on_text, cancel)
    call.note(Action.DIAGNOSIS_REQUEST_INITIATED)
    try:
        reply = call.ask(cleared)
        checked, reply, repaired = _understand(call, reply, identity)
    except BaseException as error:  # whatever ends the call, its end is an entry
        call.note_failure(error)
        raise
    call.note(
        Action.DIAGNOSIS_RESPONSE_RECEIVED, **_reply_facts(reply, tools), outcome=audit.Outcome.OK, concern_count=len(checked.concerns)
    )
    return _keep(call, checked, reply, repaired)


def _reviewed(prepared: Prepared, reviewed_sha256: str) -> ClearedPrompt:
    if prepared.cleared is None:
        raise prepared.blocked or PreflightError(())
    if reviewed_sha256 != prepared.cleared.sha256:
        raise PreflightError(())
    return prepared.cleared


@dataclass
class _Call:
    """One logical request: its id, what it has cost so far, and its entries in the audit store."""

    tools: Tools
    prepared: Prepared
    principal: Principal
    request_id: str
    on_text: OnText | None
    cancel: Cancel | None
    spent: tuple[Reply, ...] = ()

    def ask(self, cleared: ClearedPrompt) -> Reply:
        """Step 8, within the tier's deadline."""
        deadline_s = self.tools.deadline_s(self.prepared.tier, self.prepared.prompt.target)
        reply = self.tools.gateway.complete(
            cleared, deadline_s=deadline_s, request_id=self.request_id, on_text=self.on_text, cancel=self.cancel
        )
        self.spent = (*self.spent, reply)
        return reply

    def note(self, action: Action, **facts: Any) -> None:
        """Append an entry about this call."""
        self.tools.audit.append(
            _event(self.prepared, self.principal, action, request_id=self.request_id, simulated=self._simulated(), **facts)
        )

    def note_failure(self, error: BaseException) -> None:
        """Record that the call ended without an answer: the error's class, never its text."""
        cancelled = isinstance(error, CancelledError)
        facts: dict[str, Any] = _reply_facts(self.total(), self.tools) if self.spent else self._unanswered(cancelled)
        facts["outcome"] = audit.Outcome.CANCELLED if cancelled else audit.Outcome.FAILED
        if isinstance(error, ProviderError):
            facts |= {"http_status": error.status, "attempt": error.attempts}
        self.note(Action.REQUEST_CANCELLED if cancelled else Action.DIAGNOSIS_REQUEST_FAILED, **facts, error_class=type(error).__name__)

    def _unanswered(self, cancelled: bool) -> dict[str, Any]:
        """A stopped call has still cost its prompt: an estimate, marked as such."""
        if not cancelled:
            return {}
        return {"prompt_tokens": self.prepared.estimate.prompt_tokens, "completion_tokens": 0, "tokens_estimated": True}

    def _simulated(self) -> bool:
        return self.tools.simulated(self.prepared.prompt.target)

    def total(self) -> Reply:
        """The last reply, with the cost and time of every round of this call."""
        first, last = self.spent[0], self.spent[-1]
        if first is last:
            return last
        return replace(
            last,
            usage=_add(first.usage, last.usage),
            cost_usd=None if first.cost_usd is None or last.cost_usd is None else first.cost_usd + last.cost_usd,
            latency_s=first.latency_s + last.latency_s,
            ttft_s=first.ttft_s,
            attempts=first.attempts + last.attempts,
        )


def _add(a: Usage, b: Usage) -> Usage:
    return Usage(
        a.prompt_tokens + b.prompt_tokens,
        a.completion_tokens + b.completion_tokens,
        a.cached_tokens + b.cached_tokens,
        a.estimated or b.estimated,
    )


def _understand(call: _Call, reply: Reply, identity: Identity) -> tuple[CheckedAssessment, Reply, bool]:
    """Step 9. Raises ReplyFormatError after the second try; the text of the last reply is then in the vault."""
    sent = call.prepared.prompt
    case_text = sent.messages[-1].content
    try:
        return prompting.parse_assessment(reply.text, case_text=case_text), call.total(), False
    except ReplyFormatError as error:
        repair = deid.clear(prompting.repair_prompt(sent, reply.text, error), call.prepared.deidentified, identity=identity)
        call.note(Action.REPAIR_REQUESTED, reply_sha256=_sha256(reply.text), payload_sha256=repair.sha256)
        second = call.ask(repair)
    try:
        return prompting.parse_assessment(second.text, case_text=case_text), call.total(), True
    except ReplyFormatError:
        with suppress(VaultError):  # the reply's own fault is what the clinician must hear of
            call.tools.vault.put(
                "reply", call.request_id, call.principal.user_id, {"text": second.text, "case_ref": call.prepared.case_ref}
            )
        raise


def _keep(call: _Call, checked: CheckedAssessment, reply: Reply, repaired: bool) -> Consultation:
    """Step 11. A consultation that could not be stored says why in `not_stored`."""
    prepared, tools, owner = call.prepared, call.tools, call.principal.user_id
    done = Consultation(
        case_ref=prepared.case_ref,
        request_id=call.request_id,
        owner=owner,
        at=tools.clock.now(),
        tier=prepared.tier,
        sent_case=prepared.prompt.messages[-1].content,
        originals=dict(prepared.deidentified.originals),
        checked=checked,
        reply=reply,
        repaired=repaired,
        payload_sha256=prepared.sha256,
        policy_version=prepared.deidentified.policy,
        prompt_version=prepared.prompt.version,
    )
    try:
        tools.vault.put("consultation", call.request_id, owner, done.to_payload())
        tools.vault.put("reidentification_map", call.request_id, owner, dict(done.originals))
    except VaultError as error:  # the answer is here and paid for: a vault that fails must not take it from the clinician
        return replace(done, not_stored=error.user_message)
    return done


def open_consultation(tools: Tools, request_id: str, principal: Principal) -> Consultation | None:
    """An earlier consultation of the principal's own, from the vault; None when there is none. Audited. Raises VaultError, AuditError."""
    payload = tools.vault.get("consultation", request_id)
    if payload is None or payload.get("owner") != principal.user_id:
        return None
    originals = tools.vault.get("reidentification_map", request_id) or {}
    try:
        done = Consultation.from_payload(payload, originals)
    except (KeyError, TypeError, ValueError):
        raise VaultError("The record of this consultation is not in the form that this version of Casegate reads.") from None
    tools.audit.append(
        Event(
            actor_id=principal.user_id,
            actor_role=principal.role,
            action=Action.CONSULTATION_OPENED,
            case_ref=done.case_ref,
            request_id=request_id,
            simulated=done.reply.simulated,
        )
    )
    return done


def reveal(consultation: Consultation, principal: Principal) -> Callable[[str], str]:
    """Step 12: a function that turns tags back, for the consultation's owner alone; for anyone else it changes nothing."""
    if consultation.owner != principal.user_id:
        return lambda text: text
    return lambda text: deid.restore(text, consultation.originals)


def _reply_facts(reply: Reply, tools: Tools) -> dict[str, Any]:
    return {
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "tokens_estimated": reply.usage.estimated,
        "cost_nano_usd": audit.nano_usd(reply.cost_usd),
        "cost_partial": tools.cost_partial(reply.target),
        "latency_ms": round(reply.latency_s * 1000),
        "ttft_ms": None if reply.ttft_s is None else round(reply.ttft_s * 1000),
        "attempt": reply.attempts,
        "reply_sha256": _sha256(reply.text),
    }


def _event(prepared: Prepared, principal: Principal, action: Action, **facts: Any) -> Event:
    target = prepared.prompt.target
    return Event(
        actor_id=principal.user_id,
        actor_role=principal.role,
        action=action,
        case_ref=prepared.case_ref,
        provider=target.provider,
        model=target.model,
        tier=prepared.tier,
        endpoint=ENDPOINT,
        policy_version=prepared.deidentified.policy,
        prompt_version=prepared.prompt.version,
        input_lengths=dict(prepared.input_lengths),
        phi_counts=dict(prepared.deidentified.counts),
        **({"payload_sha256": prepared.sha256 or None} | facts),
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
