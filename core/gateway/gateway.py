"""The one way out to every model."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from itertools import count
from typing import Protocol

import httpx

from core.gateway.answer import Answer
from core.gateway.exchange import Exchange, Outgoing, Receive
from core.gateway.failures import Failure, Phrasebook
from core.gateway.keys import check_key, fingerprint
from core.gateway.pricing import cost_usd, estimate, estimated_usage
from core.gateway.provider import Model, Provider
from core.gateway.registry import Registry
from core.gateway.retry import RETRY, RetryPolicy
from core.gateway.transport import SslContext, open_client, verified_context
from core.gateway.watch import SLICE_S, Cancel, OutOfTimeError, StoppedError, Watch
from core.model import ClearedPrompt, Clock, Estimate, Prompt, Reply

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
USER_AGENT = "casegate"
OnText = Callable[[str, int], None]


class ModelGateway(Protocol):
    """What the rest of the product needs of a gateway; Gateway and FakeGateway both are one."""

    def complete(
        self,
        cleared: ClearedPrompt,
        *,
        deadline_s: float,
        request_id: str,
        on_text: OnText | None = None,
        cancel: Cancel | None = None,
    ) -> Reply:
        """A model's answer to a cleared prompt."""
        ...

    def estimate(self, prompt: Prompt) -> Estimate:
        """What that would take."""
        ...

    def configured(self) -> tuple[str, ...]:
        """Ids of the providers that can be called."""
        ...

    def close(self) -> None:
        """Let go of every connection."""
        ...


class Gateway:
    """Sends cleared prompts to providers over pooled connections. Thread-safe; one per process.

    `keys`: provider id → key; a provider without one is not configured. `sleep` takes seconds, `random` gives a
    number in [0, 1). Raises ConfigError for a key that can't be its provider's.
    """

    def __init__(
        self,
        registry: Registry,
        keys: Mapping[str, str],
        *,
        clock: Clock,
        sleep: Callable[[float], None],
        random: Callable[[], float],
        ssl_context: SslContext = verified_context,
        policy: RetryPolicy = RETRY,
    ) -> None:
        self._registry = registry
        self._keys = {provider_id: key for provider_id, key in keys.items() if key}
        self._clock, self._sleep, self._random = clock, sleep, random
        self._ssl_context, self._policy = ssl_context, policy
        self._clients: dict[str, httpx.Client] = {}
        self._lock = threading.Lock()
        self._closed = False
        for provider_id, key in self._keys.items():
            check_key(registry.provider(provider_id), key)

    def configured(self) -> tuple[str, ...]:
        """Ids of the providers that have a key, in the registry's order."""
        return tuple(p.id for p in self._registry.providers if p.id in self._keys)

    def fingerprint_of(self, provider_id: str) -> str:
        """The fingerprint of a provider's key; empty when it has none."""
        key = self._keys.get(provider_id)
        return fingerprint(key) if key else ""

    def estimate(self, prompt: Prompt) -> Estimate:
        """Tokens, cost and seconds to expect. Raises ConfigError for an unknown target."""
        return estimate(prompt, self._registry.find(prompt.target)[1])

    def complete(
        self,
        cleared: ClearedPrompt,
        *,
        deadline_s: float,
        request_id: str,
        on_text: OnText | None = None,
        cancel: Cancel | None = None,
    ) -> Reply:
        """Send `cleared.body` byte for byte and give the answer.

        `deadline_s` holds for everything, retries and waits included. `on_text` gets each new piece of visible text
        and the characters so far, in this thread; what it raises passes through and ends the call. Nothing is sent
        again once content has arrived. Raises ProviderError (RateLimitError, ProviderTimeoutError) with `attempts`
        set, CancelledError, ConfigError for an unknown target or a missing key; TypeError for anything but a
        ClearedPrompt; ValueError for a deadline or request id that makes no sense.
        """
        _check_arguments(cleared, deadline_s, request_id)
        provider, model = self._registry.find(cleared.prompt.target)
        key = self._keys.get(provider.id, "")
        check_key(provider, key)
        started = self._clock.monotonic()
        call = _Call(self._clock, started, on_text)
        exchange = Exchange(
            client=self._client(provider),
            outgoing=_outgoing(provider, key, cleared, request_id),
            phrases=Phrasebook(provider, model, fingerprint(key), deadline_s),
            clock=self._clock,
        )
        outcome, attempts = self._attempts(exchange, call.receive, Watch(self._clock, started + deadline_s, cancel))
        if isinstance(outcome, Failure):
            raise outcome.error(provider, attempts)
        return call.reply(cleared.prompt, provider, model, outcome, attempts)

    def close(self) -> None:
        """Close every connection; calls after this are RuntimeError."""
        with self._lock:
            self._closed = True
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def _attempts(self, exchange: Exchange, receive: Receive, watch: Watch) -> tuple[Answer | Failure, int]:
        for attempt in count(1):
            outcome = exchange.attempt(watch, receive, last=attempt >= self._policy.attempts)
            if isinstance(outcome, Answer) or not outcome.retryable:
                break
            delay = self._policy.delay_s(attempt, draw=self._random(), remaining_s=watch.remaining_s(), retry_after_s=outcome.retry_after_s)
            if delay is None:
                break
            if not self._pause(delay, watch):
                return exchange.phrases.stopped(), attempt
        return outcome, attempt

    def _pause(self, seconds: float, watch: Watch) -> bool:
        """Sleep in slices; False when stopped meanwhile. A delay was chosen to end before the deadline."""
        try:
            while seconds > 0:
                watch.slice_s()
                self._sleep(min(SLICE_S, seconds))
                seconds -= SLICE_S
        except StoppedError:
            return False
        except OutOfTimeError:
            return True
        return True

    def _client(self, provider: Provider) -> httpx.Client:
        with self._lock:
            if self._closed:
                raise RuntimeError("the gateway is closed")
            if provider.id not in self._clients:
                self._clients[provider.id] = open_client(provider, self._ssl_context)
            return self._clients[provider.id]


class _Call:
    """Times one call and counts what arrives."""

    def __init__(self, clock: Clock, started: float, on_text: OnText | None) -> None:
        self._clock = clock
        self._started = started
        self._on_text = on_text
        self._first: float | None = None
        self._chars = 0

    def receive(self, text: str) -> None:
        """Take a piece of visible text."""
        if self._first is None:
            self._first = self._clock.monotonic() - self._started
        self._chars += len(text)
        if self._on_text is not None:
            self._on_text(text, self._chars)

    def reply(self, prompt: Prompt, provider: Provider, model: Model, answer: Answer, attempts: int) -> Reply:
        """The finished answer with its measurements."""
        usage = answer.usage or estimated_usage(prompt, answer.written_chars)
        return Reply(
            text=answer.text,
            target=prompt.target,
            usage=usage,
            latency_s=self._clock.monotonic() - self._started,
            ttft_s=self._first if prompt.stream else None,
            attempts=attempts,
            finish_reason=answer.finish_reason or "unknown",
            cost_usd=cost_usd(usage, model),
            simulated=provider.simulated,
        )


def _check_arguments(cleared: object, deadline_s: float, request_id: str) -> None:
    if not isinstance(cleared, ClearedPrompt):
        raise TypeError(f"the gateway takes a ClearedPrompt, not {type(cleared).__name__}")
    if not deadline_s > 0:
        raise ValueError("deadline_s must be above 0")
    if not REQUEST_ID.fullmatch(request_id):
        raise ValueError("request_id must be 1 to 128 letters, digits, dots, dashes or underscores")


def _outgoing(provider: Provider, key: str, cleared: ClearedPrompt, request_id: str) -> Outgoing:
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Accept": "text/event-stream" if cleared.prompt.stream else "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": USER_AGENT,
        "X-Request-Id": request_id,
    }
    return Outgoing(provider.completions_url, headers, cleared.body, cleared.prompt.stream)
