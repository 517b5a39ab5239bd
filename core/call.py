"""One model call: what it is made with, and its entries in the audit store from beginning to end.

A call that begins has one beginning and one ending there. In between stand each attempt beyond the first, before it is sent, and each that
gave no answer, after. Entries hold hashes, counts, codes and classes; no text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from core import audit, deid
from core.audit import Action, Event
from core.consultation import Prepared
from core.errors import AllProvidersError, BudgetError, CancelledError, ProviderError, TrustError
from core.gateway import AnswerForm, Attempt, Cancel, Phase, Report, Spender
from core.model import ClearedPrompt, Clock, Estimate, Principal, Prompt, Reply, Target, Tier, Usage

ENDPOINT = "chat/completions"
OnText = Callable[[str, int], None]


class Completing(Protocol):
    """What the spine needs of the gateway."""

    def complete(
        self,
        cleared: ClearedPrompt,
        *,
        deadline_s: float,
        request_id: str,
        on_text: OnText | None = None,
        cancel: Cancel | None = None,
        fallbacks: Sequence[ClearedPrompt] = (),
        spender: Spender | None = None,
        tier: Tier | None = None,
        report: Report | None = None,
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


def _no_fallbacks(_: Tier, __: Target) -> tuple[Target, ...]:
    return ()


def _json_mode(_: Target) -> AnswerForm:
    return "json-mode"


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
    fallbacks: Callable[[Tier, Target], tuple[Target, ...]] = _no_fallbacks
    answer_form: Callable[[Target], AnswerForm] = _json_mode


@dataclass
class Call:
    """One logical request: its id, what it has cost so far, and its entries in the audit store."""

    tools: Tools
    prepared: Prepared
    principal: Principal
    request_id: str
    on_text: OnText | None
    cancel: Cancel | None
    study: str = ""
    spent: tuple[Reply, ...] = ()
    lost: tuple[Attempt, ...] = ()

    def ask(self, cleared: ClearedPrompt, fallbacks: Sequence[ClearedPrompt] = ()) -> Reply:
        """Step 8, within the tier's deadline."""
        self.lost = ()
        deadline_s = self.tools.deadline_s(self.prepared.tier, cleared.prompt.target)
        reply = self.tools.gateway.complete(
            cleared,
            deadline_s=deadline_s,
            request_id=self.request_id,
            on_text=self.on_text,
            cancel=self.cancel,
            fallbacks=fallbacks,
            spender=Spender(self.principal.user_id, self.principal.role.value, self.study),
            tier=self.prepared.tier,
            report=self.hear,
        )
        self.lost = ()  # the reply counts them
        self.spent = (*self.spent, reply)
        return reply

    def hear(self, attempt: Attempt) -> None:
        """An entry for each attempt beyond the first before it is sent, and for each that gave no answer."""
        about = {"attempt": attempt.number, "payload_sha256": attempt.payload_sha256, "simulated": attempt.simulated}
        about |= {"provider": attempt.target.provider, "model": attempt.target.model}
        if attempt.phase is Phase.STARTED:
            self.note(Action.MODEL_ATTEMPT_STARTED, **about)
            return
        self.lost = (*self.lost, attempt)
        stopped = attempt.phase in (Phase.CANCELLED, Phase.SUPERSEDED)
        self.note(
            Action.MODEL_ATTEMPT_FAILED,
            **about,
            **_attempt_facts(attempt),
            outcome=audit.Outcome.CANCELLED if stopped else audit.Outcome.FAILED,
            subject=attempt.phase.value,
        )

    def note(self, action: Action, **facts: Any) -> None:
        """Append an entry about this call."""
        known = {"request_id": self.request_id, "simulated": self._simulated()}
        self.tools.audit.append(event_of(self.prepared, self.principal, action, **(known | facts)))

    def note_failure(self, error: BaseException) -> None:
        """Record that the call ended without an answer: the error's class, never its text."""
        cancelled = isinstance(error, CancelledError)
        facts: dict[str, Any] = reply_facts(self.total(), self.tools) if self.spent else self._unanswered(cancelled)
        refused = isinstance(error, (BudgetError, TrustError))
        facts["outcome"] = audit.Outcome.CANCELLED if cancelled else audit.Outcome.REFUSED if refused else audit.Outcome.FAILED
        if self.lost:
            facts |= self.asked_last(self.lost[-1].target)
        last = error.attempts[-1] if isinstance(error, AllProvidersError) else error
        if isinstance(last, ProviderError):
            facts |= {"http_status": last.status, "attempt": last.attempts}
        self.note(Action.REQUEST_CANCELLED if cancelled else Action.DIAGNOSIS_REQUEST_FAILED, **facts, error_class=type(error).__name__)

    def asked_last(self, target: Target) -> dict[str, Any]:
        """Who answered or was asked last, when that is not who was asked first."""
        first = self.prepared.prompt.target
        return {} if target == first else {"provider": target.provider, "model": target.model, "fallback_from": first.model}

    def _unanswered(self, cancelled: bool) -> dict[str, Any]:
        """What the attempts cost; a stopped call has cost its prompt at least: an estimate, marked as such."""
        usages = [a.usage for a in self.lost if a.usage is not None]
        costs = [a.cost_usd for a in self.lost if a.cost_usd is not None]
        if usages:
            return _usage_facts(sum(usages[1:], usages[0])) | {
                "cost_nano_usd": audit.nano_usd(sum(costs[1:], costs[0])) if costs else None,
                "cost_partial": self.tools.cost_partial(self.prepared.prompt.target),
            }
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
            usage=first.usage + last.usage,
            cost_usd=None if first.cost_usd is None or last.cost_usd is None else first.cost_usd + last.cost_usd,
            latency_s=first.latency_s + last.latency_s,
            ttft_s=first.ttft_s,
            attempts=first.attempts + last.attempts,
        )


def reply_facts(reply: Reply, tools: Tools) -> dict[str, Any]:
    """What an entry tells of a reply."""
    return {
        **_usage_facts(reply.usage),
        "provider": reply.target.provider,
        "model": reply.target.model,
        "simulated": reply.simulated,
        "cost_nano_usd": audit.nano_usd(reply.cost_usd),
        "cost_partial": tools.cost_partial(reply.target),
        "latency_ms": round(reply.latency_s * 1000),
        "ttft_ms": None if reply.ttft_s is None else round(reply.ttft_s * 1000),
        "attempt": reply.attempts,
        "reply_sha256": sha256_of(reply.text),
    }


def _usage_facts(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "tokens_estimated": usage.estimated,
    }


def _attempt_facts(attempt: Attempt) -> dict[str, Any]:
    return {
        "error_class": attempt.error_class,
        "http_status": attempt.http_status,
        "latency_ms": None if attempt.latency_s is None else round(attempt.latency_s * 1000),
        "cost_nano_usd": audit.nano_usd(attempt.cost_usd),
        **({} if attempt.usage is None else _usage_facts(attempt.usage)),
    }


def event_of(prepared: Prepared, principal: Principal, action: Action, **facts: Any) -> Event:
    """An event about a prepared case: what is known of it, and these facts."""
    target = prepared.prompt.target
    return Event(
        actor_id=principal.user_id,
        actor_role=principal.role,
        department=principal.department or None,
        action=action,
        case_ref=prepared.case_ref,
        tier=prepared.tier,
        endpoint=ENDPOINT,
        policy_version=prepared.deidentified.policy,
        prompt_version=prepared.prompt.version,
        input_lengths=dict(prepared.input_lengths),
        phi_counts=dict(prepared.deidentified.counts),
        **({"payload_sha256": prepared.sha256 or None, "provider": target.provider, "model": target.model} | facts),
    )


def sha256_of(text: str) -> str:
    """Hex SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
