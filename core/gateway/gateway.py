"""The one way out to every model."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import httpx

from core.errors import ConfigError, GatewayError, TrustError
from core.gateway.answer import Answer
from core.gateway.attempt import Attempt, Leg, Report
from core.gateway.breaker import BREAKER, BreakerPolicy, Health
from core.gateway.budget import Spender
from core.gateway.connection import TEST_S, Check, judged, probe_prompt, unfit
from core.gateway.exchange import Exchange, Outgoing
from core.gateway.failures import Phrasebook
from core.gateway.keys import KeySource, check_key, fingerprint, source_of
from core.gateway.pricing import cost_usd, estimate
from core.gateway.provider import Model, Provider
from core.gateway.ratios import EstimateError, Ratios
from core.gateway.registry import Registry
from core.gateway.retry import RETRY, RetryPolicy
from core.gateway.run import Means, Run
from core.gateway.spending import Hold, Left, Purse
from core.gateway.transport import SslContext, open_client, verified_context
from core.gateway.trust import no_wider, trust_of
from core.gateway.watch import Cancel, Watch
from core.model import ClearedPrompt, Clock, Estimate, Prompt, Reply, Target, Tier, Usage

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
        fallbacks: Sequence[ClearedPrompt] = (),
        spender: Spender | None = None,
        tier: Tier | None = None,
        report: Report | None = None,
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

    `keys`: provider id → key, or a source that is read anew at each call; a provider without one is not configured. `sleep` takes seconds,
    `random` gives a number in [0, 1). `hedge_after_s` hedges the time-sensitive tier. Raises ConfigError for a key that can't be its
    provider's.
    """

    def __init__(
        self,
        registry: Registry,
        keys: Mapping[str, str | KeySource],
        *,
        clock: Clock,
        sleep: Callable[[float], None],
        random: Callable[[], float],
        ssl_context: SslContext = verified_context,
        policy: RetryPolicy = RETRY,
        breaker: BreakerPolicy = BREAKER,
        purse: Purse | None = None,
        hedge_after_s: float | None = None,
    ) -> None:
        self._registry = registry
        self._keys = {provider_id: source_of(key) for provider_id, key in keys.items() if key}
        self._clock = clock
        self._ssl_context = ssl_context
        self._means = Means(clock, sleep, random, policy, Health(clock, breaker))
        self._purse = purse or Purse(clock)
        self._hedge_after_s = hedge_after_s
        self._ratios = Ratios()
        self._clients: dict[str, httpx.Client] = {}
        self._lock = threading.Lock()
        self._closed = False
        for provider_id, source in self._keys.items():
            check_key(registry.provider(provider_id), source.read())

    def configured(self) -> tuple[str, ...]:
        """Ids of the providers that are enabled and have a key, or need none, in the registry's order."""
        return tuple(p.id for p in self._registry.providers if p.enabled and (p.auth == "none" or p.id in self._keys))

    def fingerprint_of(self, provider_id: str) -> str:
        """The fingerprint of a provider's key as it is now; empty when it has none. Raises ConfigError when its file can't be read."""
        source = self._keys.get(provider_id)
        key = "" if source is None else source.read()
        return fingerprint(key) if key else ""

    def estimate(self, prompt: Prompt) -> Estimate:
        """Tokens, cost and seconds to expect, by what this model's calls have taken so far. Raises ConfigError for an unknown target."""
        return estimate(prompt, self._registry.find(prompt.target)[1], self._ratios.chars_per_token(prompt.target))

    def estimate_errors(self) -> tuple[EstimateError, ...]:
        """How far the estimates of this process were off, per model."""
        return self._ratios.errors()

    def budget_left(self, spender: Spender) -> tuple[Left, ...]:
        """Where this spender's limits stand now."""
        return self._purse.left(spender)

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
        """Send `cleared.body` byte for byte and give the answer; of `fallbacks`, in order, when its model can't answer.

        `deadline_s` holds for everything, retries, fallbacks and waits included. `on_text` gets each new piece of visible text and the
        characters so far, in this thread; what it raises passes through and ends the call. `report` hears of every attempt: before it is
        sent (from the second on) and when it gave no answer; what it raises ends the call, too. Nothing is sent again once content has
        arrived. A fallback without a key, or of a wider trust class than the first, is passed over.

        Raises ProviderError (RateLimitError, ProviderTimeoutError, RefusalError, ProviderRestingError) with `attempts` set,
        AllProvidersError, CancelledError; TrustError when the site's policy keeps this output from the provider and BudgetError when a
        limit would be exceeded (nothing was sent); ConfigError for an unknown target or a missing key; TypeError for anything but a
        ClearedPrompt; ValueError for a deadline or request id that makes no sense.
        """
        _check_arguments((cleared, *fallbacks), deadline_s, request_id)
        started = self._clock.monotonic()
        legs = self._legs(cleared, fallbacks, request_id, deadline_s)
        self._purse.admit(spender)
        hedge_after_s = self._hedge_after_s if tier is Tier.TIME_SENSITIVE else None
        hold = self._purse.reserve(
            spender, request_id, [(leg.cleared.prompt, leg.model) for leg in legs], copies=1 if hedge_after_s is None else 2
        )
        call = _Call(self._clock, started, on_text)
        watch = Watch(self._clock, started + deadline_s, cancel)
        run = Run(self._means, legs, watch, call.receive, report or _unheard, hedge_after_s)
        try:
            leg, answer = run.go()
        except GatewayError:
            self._settle(hold, run.lost)
            raise
        except BaseException:
            if hold is not None:
                hold.settle_whole()
            raise
        usage = leg.usage(answer)
        self._settle(hold, run.lost, (usage, leg.model))
        self._ratios.learn(leg.cleared.prompt, usage)
        return call.reply(leg, answer, usage, run)

    def _settle(self, hold: Hold | None, lost: Sequence[Attempt], *answered: tuple[Usage, Model]) -> None:
        if hold is not None:
            hold.settle([*((a.usage, self._registry.find(a.target)[1]) for a in lost if a.usage is not None), *answered])

    def _legs(self, cleared: ClearedPrompt, fallbacks: Sequence[ClearedPrompt], request_id: str, deadline_s: float) -> list[Leg]:
        """The way to each model that may be asked. Raises for the first, passes over the others."""
        today = self._clock.now().date()
        provider, _ = self._registry.find(cleared.prompt.target)
        trust = self._registry.policy.check(provider, cleared.policy, today)
        legs = [self._leg(cleared, request_id, deadline_s)]
        for other in fallbacks:
            try:
                behind, _ = self._registry.find(other.prompt.target)
                if behind.id in self.configured() and no_wider(trust, self._registry.policy.check(behind, other.policy, today)):
                    legs.append(self._leg(other, request_id, deadline_s))
            except (ConfigError, TrustError):
                continue
        return legs

    def _leg(self, cleared: ClearedPrompt, request_id: str, deadline_s: float) -> Leg:
        provider, model = self._registry.find(cleared.prompt.target)
        key = self.key_of(provider)
        exchange = Exchange(
            client=self._client(provider),
            outgoing=_outgoing(provider, key, cleared.prompt, cleared.body, request_id),
            phrases=Phrasebook(provider, model, fingerprint(key), deadline_s),
            clock=self._clock,
        )
        return Leg(provider, model, cleared, exchange)

    def test_connection(self, target: Target) -> Check:
        """Ask a model for one word, without a case or retries, and say what is wrong. Raises ConfigError for an unknown target."""
        provider, model = self._registry.find(target)
        try:
            key = self.key_of(provider)
        except ConfigError as error:
            return unfit(target, error)
        prompt, started = probe_prompt(target), self._clock.monotonic()
        outgoing = _outgoing(provider, key, prompt, prompt.body(), "connection-test")
        phrases = Phrasebook(provider, model, fingerprint(key), TEST_S)
        exchange = Exchange(self._client(provider), outgoing, phrases, self._clock)
        outcome = exchange.attempt(Watch(self._clock, started + TEST_S, None), lambda _: None, last=True)
        return judged(provider, model, outcome, self._clock.monotonic() - started, key)

    def may_follow(self, chosen: Target, other: Target) -> bool:
        """Whether a request for one model may go on to another as far as trust goes, today."""
        today = self._clock.now().date()
        first, second = (trust_of(self._registry.find(target)[0], today) for target in (chosen, other))
        return no_wider(first, second)

    def key_of(self, provider: Provider) -> str:
        """The provider's key as it is now; empty for one that needs none. Raises ConfigError when there is none, or it can't be right."""
        if not provider.enabled:
            raise ConfigError(f"{provider.name} is not enabled. Set its base_url and `enabled = true` in the providers file.")
        if provider.auth == "none":
            return ""
        source = self._keys.get(provider.id)
        key = "" if source is None else source.read()
        check_key(provider, key)
        return key

    def close(self) -> None:
        """Close every connection; calls after this are RuntimeError."""
        with self._lock:
            self._closed = True
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()
        self._purse.close()

    def _client(self, provider: Provider) -> httpx.Client:
        with self._lock:
            if self._closed:
                raise RuntimeError("the gateway is closed")
            if provider.id not in self._clients:
                self._clients[provider.id] = open_client(provider, self._ssl_context)
            return self._clients[provider.id]


def _unheard(_: Attempt) -> None:
    """Nobody asked for reports."""


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

    def reply(self, leg: Leg, answer: Answer, usage: Usage, run: Run) -> Reply:
        """The finished answer with its measurements; tokens and cost are those of every attempt together."""
        cost = cost_usd(usage, leg.model)
        for lost in run.lost:
            usage = usage if lost.usage is None else usage + lost.usage
            cost = cost if cost is None or lost.cost_usd is None else cost + lost.cost_usd
        return Reply(
            text=answer.text,
            target=leg.target,
            usage=usage,
            latency_s=self._clock.monotonic() - self._started,
            ttft_s=self._first if leg.cleared.prompt.stream else None,
            attempts=run.attempts,
            finish_reason=answer.finish_reason or "unknown",
            cost_usd=cost,
            simulated=leg.provider.simulated,
        )


def _check_arguments(given: Sequence[object], deadline_s: float, request_id: str) -> None:
    for cleared in given:
        if not isinstance(cleared, ClearedPrompt):
            raise TypeError(f"the gateway takes a ClearedPrompt, not {type(cleared).__name__}")
    if not deadline_s > 0:
        raise ValueError("deadline_s must be above 0")
    if not REQUEST_ID.fullmatch(request_id):
        raise ValueError("request_id must be 1 to 128 letters, digits, dots, dashes or underscores")


def _outgoing(provider: Provider, key: str, prompt: Prompt, body: bytes, request_id: str) -> Outgoing:
    headers = {
        **provider.auth_headers(key),
        "Content-Type": "application/json",
        "Accept": "text/event-stream" if prompt.stream else "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": USER_AGENT,
        "X-Request-Id": request_id,
    }
    return Outgoing(provider.completions_url(prompt.target.model), headers, body, prompt.stream)
