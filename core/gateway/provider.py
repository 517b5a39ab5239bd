"""One provider and its models, as values. `providers_file` reads them, `registry` holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal
from urllib.parse import quote, urlencode

from core.model import Target, Tier

BaaState = Literal["none", "signed", "not-required"]
TlsMinimum = Literal["1.3", "1.2"]
Auth = Literal["bearer", "header", "none"]
AnswerForm = Literal["json-schema", "json-mode", "text"]
UNHURRIED = frozenset({Tier.COMPLEX, Tier.DOCUMENTATION})


@dataclass(frozen=True, slots=True)
class Baa:
    """A business associate agreement: its state, when it was signed and until when it holds (None: no end)."""

    state: BaaState = "none"
    signed: date | None = None
    until: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether a signed agreement covers that day, both ends included."""
        began = self.state == "signed" and self.signed is not None and self.signed <= on
        return began and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens, with where and when it was read. None is unknown, never free; `cached`: input read from a cache."""

    output_usd_per_mtok: Decimal | None
    input_usd_per_mtok: Decimal | None
    source: str
    as_of: date
    cached_usd_per_mtok: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One model of one provider. `typical_*` are planning figures for estimates; `answers`: the surest form it can be held to."""

    id: str
    provider: str
    name: str
    tiers: tuple[Tier, ...]
    context_tokens: int
    typical_completion_tokens: int
    typical_latency_s: float
    price: Price | None = None
    answers: AnswerForm = "json-mode"

    @property
    def target(self) -> Target:
        """Where a prompt for this model goes."""
        return Target(self.provider, self.id)


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider as the data file describes it.

    `key_variables` are tried in order; empty means the key is handed in. `key_prefixes` are what keys of one environment begin with,
    where they differ. `auth`: a bearer token, a header of its own (`auth_header`), or none. In `path`, `{model}` stands for the model's id.
    """

    id: str
    name: str
    base_url: str
    models: tuple[Model, ...]
    key_variables: tuple[str, ...] = ()
    key_prefix: str = ""
    key_prefixes: Mapping[str, str] = field(default_factory=dict, hash=False)
    auth: Auth = "bearer"
    auth_header: str = ""
    path: str = "/chat/completions"
    query: Mapping[str, str] = field(default_factory=dict, hash=False)
    enabled: bool = True
    on_premises: bool = False
    simulated: bool = False
    baa: Baa = Baa()
    region: str = "unknown"
    zero_retention: Literal["yes", "no", "unknown"] = "unknown"
    tls_minimum: TlsMinimum = "1.3"
    tls_reason: str = ""
    deadline_routine_s: float = 30.0
    deadline_complex_s: float = 60.0

    def completions_url(self, model: str) -> str:
        """The chat-completions endpoint for a model."""
        path = self.path.replace("{model}", quote(model, safe=""))
        return f"{self.base_url}{path}" + (f"?{urlencode(self.query)}" if self.query else "")

    def auth_headers(self, key: str) -> dict[str, str]:
        """How the key is shown to the provider; nothing for one that wants none."""
        if self.auth == "none":
            return {}
        return {"Authorization": f"Bearer {key}"} if self.auth == "bearer" else {self.auth_header: key}

    def deadline_s(self, tier: Tier) -> float:
        """Seconds for one whole request of this tier, retries included."""
        return self.deadline_complex_s if tier in UNHURRIED else self.deadline_routine_s
