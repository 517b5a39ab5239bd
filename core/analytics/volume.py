"""What a month's requests would cost at a mix of models, and what the platform's exchange rate makes of it. Pure; money is Decimal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

PLATFORM_CNY_PER_USD = Decimal(1)  # HolySheep's own rate: ¥1 buys $1 of usage
MARKET_CNY_PER_USD = Decimal("7.3")  # what a dollar usually costs
GUIDE_REQUESTS = 10_000  # a month, the guide's hospital
_MTOK = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """A model's prices in USD per million tokens, None where unknown, and the tokens that a request takes."""

    model: str
    name: str
    tier: str
    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None
    prompt_tokens: int
    completion_tokens: int

    @property
    def request_usd(self) -> Decimal:
        """One request; without the part whose price is unknown."""
        parts = ((self.prompt_tokens, self.input_usd_per_mtok), (self.completion_tokens, self.output_usd_per_mtok))
        return sum((tokens * price / _MTOK for tokens, price in parts if price is not None), Decimal(0))

    @property
    def partial(self) -> bool:
        """Whether a price is unknown."""
        return self.input_usd_per_mtok is None or self.output_usd_per_mtok is None


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """One model's part: requests a month and what they cost."""

    price: ModelPrice
    requests: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Volume:
    """A month. `partial` when a used model's price is not wholly known: the cost is then a lower bound."""

    rows: tuple[VolumeRow, ...]

    @property
    def requests(self) -> int:
        """All models together."""
        return sum(row.requests for row in self.rows)

    @property
    def cost_usd(self) -> Decimal:
        """All models together."""
        return sum((row.cost_usd for row in self.rows), Decimal(0))

    @property
    def partial(self) -> bool:
        """Whether the cost is a lower bound."""
        return any(row.price.partial for row in self.rows if row.requests)

    @property
    def per_request_usd(self) -> Decimal | None:
        """On average; None without requests."""
        return self.cost_usd / self.requests if self.requests else None

    @property
    def platform_cny(self) -> Decimal:
        """Paid in yuan at the platform's rate."""
        return self.cost_usd * PLATFORM_CNY_PER_USD

    @property
    def market_cny(self) -> Decimal:
        """The same dollars bought at the usual rate."""
        return self.cost_usd * MARKET_CNY_PER_USD


def monthly_volume(requests: int, weights: Mapping[str, int], prices: Sequence[ModelPrice]) -> Volume:
    """`requests` a month shared out by whole weights per model, to the last one. Raises ValueError for negative numbers."""
    if requests < 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("volume: numbers of requests and weights are never negative")
    whole = sum(weights.get(price.model, 0) for price in prices)
    rows, given, reached = [], 0, 0
    for price in prices:
        reached += weights.get(price.model, 0)
        upto = requests * reached // whole if whole else 0
        rows.append(VolumeRow(price, upto - given, (upto - given) * price.request_usd))
        given = upto
    return Volume(tuple(rows))
