"""Who is measured: bare httpx, Casegate's gateway, openai-python, and LiteLLM where it is installed. Each is a function that asks once."""

from __future__ import annotations

import importlib.util
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx

from core.deid import clear, deidentify
from core.gateway import Gateway, Model, Price, Provider, Purse, Registry
from core.model import AgeRange, ClearedPrompt, Demographics, Identity, Prompt, Sex, Target
from core.prompting import build_prompt

KEY = "hs-benchmark-key-0000"
Ask = Callable[[], object]


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


@dataclass(frozen=True)
class Contestant:
    """A name and its way to ask the upstream once; `close` lets go of it."""

    name: str
    ask: Ask
    close: Callable[[], None] = lambda: None


def cleared(model: str, *, max_tokens: int = 2000) -> ClearedPrompt:
    """A short case, de-identified, built and cleared as the product does it; not streamed."""
    texts = {"chief_complaint": "Chest pain for two hours", "symptoms": "Crushing chest pain with sweating and nausea since this morning."}
    redacted = deidentify(texts, identity=Identity(), encounter=date(2026, 1, 5))
    prompt: Prompt = build_prompt(
        redacted, Demographics(AgeRange.ADULT, Sex.MALE), Target("upstream", model), stream=False, max_tokens=max_tokens
    )
    return clear(prompt, redacted, identity=Identity())


def registry(port: int) -> Registry:
    """The benchmark's upstream as a provider. Its prices are such that a call's reservation and its cost are the same."""
    price = Price(Decimal(1000), Decimal(0), "invented for the benchmark", date(2026, 1, 1))
    models = tuple(Model(name, "upstream", name, (), 100_000, 160, 1.0, price) for name in ("well", "flaky", "slow"))
    return Registry((Provider("upstream", "Upstream", f"http://127.0.0.1:{port}/v1", models, key_prefix="hs-"),))


def gateway(port: int, purse: Purse | None = None) -> Gateway:
    """Casegate's gateway as bootstrap builds it."""
    return Gateway(
        registry(port), {"upstream": KEY}, clock=SystemClock(), sleep=time.sleep, random=secrets.SystemRandom().random, purse=purse
    )


def ours(port: int) -> Contestant:
    """Casegate, audit entries off the path."""
    built, prompt = gateway(port), cleared("well")
    return Contestant("casegate", lambda: built.complete(prompt, deadline_s=30, request_id="req-benchmark"), built.close)


def bare_httpx(port: int) -> Contestant:
    """The floor: the same bytes through one pooled client, the answer parsed."""
    client, body = httpx.Client(timeout=30, trust_env=False, limits=httpx.Limits(max_connections=None)), cleared("well").body
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}

    def ask() -> object:
        answer = client.post(f"http://127.0.0.1:{port}/v1/chat/completions", content=body, headers=headers)
        answer.raise_for_status()
        return answer.json()["choices"][0]["message"]["content"]

    return Contestant("httpx", ask, client.close)


def _messages() -> list[Any]:
    return [{"role": m.role, "content": m.content} for m in cleared("well").prompt.messages]


def openai_python(port: int) -> Contestant:
    """The OpenAI client with its defaults."""
    from openai import OpenAI

    client, messages = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY), _messages()

    def ask() -> object:
        return client.chat.completions.create(
            model="well", messages=messages, temperature=0.3, max_tokens=2000, response_format={"type": "json_object"}
        )

    return Contestant("openai", ask, client.close)


def litellm(port: int) -> Contestant:
    """The LiteLLM SDK with its defaults, quiet."""
    module = importlib.import_module("litellm")
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    messages = _messages()

    def ask() -> object:
        return module.completion(
            model="openai/well",
            api_base=f"http://127.0.0.1:{port}/v1",
            api_key=KEY,
            messages=messages,
            temperature=0.3,
            max_tokens=2000,
            response_format={"type": "json_object"},
        )

    return Contestant("litellm", ask)


def contestants(port: int) -> list[Contestant]:
    """Everybody who is installed; httpx and Casegate always are."""
    found = [bare_httpx(port), ours(port)]
    for module, make in (("openai", openai_python), ("litellm", litellm)):
        if importlib.util.find_spec(module):
            found.append(make(port))
    return found
