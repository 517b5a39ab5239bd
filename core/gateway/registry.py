"""Every provider that may be called, which tier proposes which model, and what it falls back on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from core.errors import ConfigError
from core.gateway.provider import Model, Provider
from core.gateway.providers_file import read_file
from core.gateway.trust import DEFAULT_SITE_POLICY, SitePolicy
from core.model import Target, Tier


@dataclass(frozen=True)
class Registry:
    """Every provider that may be called, in the file's order. The first is the default. `routes`: tier → models, first choice first."""

    providers: tuple[Provider, ...]
    routes: Mapping[Tier, tuple[Target, ...]] = field(default_factory=dict)
    policy: SitePolicy = DEFAULT_SITE_POLICY

    @classmethod
    def load(cls, path: Path | str | None = None, *, port: int = 8501) -> Registry:
        """Read a providers file (the shipped one by default); `{port}` in a base URL becomes `port`.

        Raises ConfigError that names the file, the entry and the rule it breaks.
        """
        return cls(*read_file(path, port=port))

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

    def fallbacks(self, tier: Tier, chosen: Target) -> tuple[Target, ...]:
        """What stands in the tier's route behind the chosen model, or all of it for a model outside the route.

        A route that names one provider serves another with the same models, too (the sandbox borrows HolySheep's): the stop is then the
        chosen provider's own model. Who of them may be asked is the gateway's to decide, at each call.
        """
        stops = tuple(self._own(stop, chosen.provider) for stop in self.routes.get(tier, ()))
        behind = stops[stops.index(chosen) + 1 :] if chosen in stops else stops
        return tuple(dict.fromkeys(stop for stop in behind if stop != chosen))

    def _own(self, stop: Target, provider_id: str) -> Target:
        simulated = self.provider(provider_id).simulated != self.provider(stop.provider).simulated
        own = Target(provider_id, stop.model)
        return own if simulated and own in self._by_target else stop

    def deadline_s(self, tier: Tier, provider_id: str | None = None) -> float:
        """Seconds for one whole request: 60 for complex and documentation, else 30, unless the file says otherwise."""
        return self.provider(provider_id).deadline_s(tier)
