"""Every provider that may be called, and which tier proposes which model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from core.errors import ConfigError
from core.gateway.provider import Model, Provider
from core.gateway.providers_file import read_providers
from core.model import Target, Tier


@dataclass(frozen=True)
class Registry:
    """Every provider that may be called, in the file's order. The first is the default."""

    providers: tuple[Provider, ...]

    @classmethod
    def load(cls, path: Path | str | None = None, *, port: int = 8501) -> Registry:
        """Read a providers file (the shipped one by default); `{port}` in a base URL becomes `port`.

        Raises ConfigError that names the file, the entry and the rule it breaks.
        """
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
