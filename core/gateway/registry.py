"""Providers, their models and which tier proposes which model. Values only; `providers_file` reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from core.errors import ConfigError
from core.model import Target, Tier

BaaState = Literal["none", "signed", "not-required"]
TlsMinimum = Literal["1.3", "1.2"]
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
    """USD per million tokens, with where and when it was read. None is unknown, never free."""

    output_usd_per_mtok: Decimal | None
    input_usd_per_mtok: Decimal | None
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Model:
    """One model of one provider. `typical_*` are planning figures for estimates."""

    id: str
    provider: str
    name: str
    tiers: tuple[Tier, ...]
    context_tokens: int
    typical_completion_tokens: int
    typical_latency_s: float
    price: Price | None = None

    @property
    def target(self) -> Target:
        """Where a prompt for this model goes."""
        return Target(self.provider, self.id)


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider as the data file describes it. `key_variables` are tried in order; empty means the key is handed in."""

    id: str
    name: str
    base_url: str
    models: tuple[Model, ...]
    key_variables: tuple[str, ...] = ()
    key_prefix: str = ""
    simulated: bool = False
    baa: Baa = Baa()
    region: str = "unknown"
    zero_retention: Literal["yes", "no", "unknown"] = "unknown"
    tls_minimum: TlsMinimum = "1.3"
    tls_reason: str = ""
    deadline_routine_s: float = 30.0
    deadline_complex_s: float = 60.0

    @property
    def completions_url(self) -> str:
        """The chat-completions endpoint."""
        return f"{self.base_url}/chat/completions"

    def deadline_s(self, tier: Tier) -> float:
        """Seconds for one whole request of this tier, retries included."""
        return self.deadline_complex_s if tier in UNHURRIED else self.deadline_routine_s


@dataclass(frozen=True)
class Registry:
    """Every provider that may be called, in the file's order. The first is the default."""

    providers: tuple[Provider, ...]

    @classmethod
    def load(cls, path: Path | str | None = None, *, port: int = 8501) -> Registry:
        """Read a providers file (the shipped one by default); `{port}` in a base URL becomes `port`.

        Raises ConfigError that names the file, the entry and the rule it breaks.
        """
        from core.gateway.providers_file import read_providers

        return cls(read_providers(path, port=port))

    @property
    def models(self) -> tuple[Model, ...]:
        """Every model of every provider."""
        return tuple(model for provider in self.providers for model in provider.models)

    @cached_property
    def _by_target(self) -> MappingProxyType[Target, tuple[Provider, Model]]:
        return MappingProxyType({m.target: (p, m) for p in self.providers for m in p.models})

    def provider(self, provider_id: str | None = None) -> Provider:
        """The provider of that id, or the default one. Raises ConfigError for an unknown id."""
        for provider in self.providers:
            if provider_id in (None, provider.id):
                return provider
        raise ConfigError(f"There is no provider {provider_id!r}. Known: {', '.join(p.id for p in self.providers)}.")

    def find(self, target: Target) -> tuple[Provider, Model]:
        """The provider and model a target names. Raises ConfigError when either is unknown."""
        if (found := self._by_target.get(target)) is not None:
            return found
        provider = self.provider(target.provider)
        raise ConfigError(f"{provider.name} has no model {target.model!r}. Known: {', '.join(m.id for m in provider.models)}.")

    def model_for_tier(self, tier: Tier, provider_id: str | None = None) -> Target:
        """The model a tier proposes at a provider (the default one unless named). Raises ConfigError when none is."""
        provider = self.provider(provider_id)
        for model in provider.models:
            if tier in model.tiers:
                return model.target
        raise ConfigError(f"{provider.name} proposes no model for the tier {tier.value}. Give one of its models this tier.")

    def deadline_s(self, tier: Tier, provider_id: str | None = None) -> float:
        """Seconds for one whole request: 60 for complex and documentation, else 30, unless the file says otherwise."""
        return self.provider(provider_id).deadline_s(tier)
