"""One provider and its models, as values. `providers_file` reads them, `registry` holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

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
