"""Who may spend how much, per day and month. Pure; the sums are kept by `core.gateway.store`.

Money is whole nano-dollars here (1e-9 USD): sums are exact in every database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Literal

from core.errors import BudgetError, ConfigError
from core.gateway.pricing import prompt_tokens_of
from core.gateway.provider import Model
from core.model import Prompt, Usage

Kind = Literal["user", "role", "study", "site"]
Per = Literal["day", "month"]
NANO = Decimal(10) ** 9
_ITEM = re.compile(r"(?P<kind>user|role|study|site)(?::(?P<who>[\w .:-]{1,64}))?/(?P<per>day|month)=(?P<usd>\d{1,9}(?:\.\d{1,9})?)")
# The estimate of a prompt's tokens was never more than a tenth low on the corpus it was measured on; a reservation must not be low.
PROMPT_MARGIN = Decimal("1.25")


@dataclass(frozen=True, slots=True)
class Spender:
    """On whose account a call is made. Opaque ids; `study` is empty outside a study."""

    user: str
    role: str
    study: str = ""

    def name(self, kind: Kind) -> str:
        """The name that a limit of this kind goes by, empty when it does not concern this call."""
        return "all" if kind == "site" else {"user": self.user, "role": self.role, "study": self.study}[kind]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many nano-dollars per day or month; for each of a kind by itself, or for one that is named."""

    kind: Kind
    per: Per
    nano_usd: int
    who: str = ""

    def words(self) -> str:
        """As a person reads it."""
        whose = "the whole site" if self.kind == "site" else f"the {self.kind} {self.who}" if self.who else f"each {self.kind}"
        return f"{Decimal(self.nano_usd) / NANO:,.2f} USD a {self.per} for {whose}"


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """One sum that a call is held against: whose, of which day (`2026-01-05`) or month (`2026-01`), UTC."""

    scope: str
    period: str
    limit_nano: int


def parse_limits(text: str) -> tuple[Limit, ...]:
    """Limits from `user/day=5, role:clinician/month=200, study:pilot/month=50, site/month=300`. Raises ConfigError."""
    return tuple(_limit(item.strip()) for item in text.split(",") if item.strip())


def _limit(item: str) -> Limit:
    found = _ITEM.fullmatch(item)
    if not found or (found["kind"] == "site" and found["who"]):
        raise ConfigError(f"CASEGATE_BUDGETS: {item!r} is not a limit. Write e.g. user/day=5, role:clinician/month=200, site/month=300.")
    try:
        usd = Decimal(found["usd"])
    except InvalidOperation:  # pragma: no cover - the pattern lets only numbers through
        raise ConfigError("CASEGATE_BUDGETS: an amount is not a number.") from None
    return Limit(found["kind"], found["per"], int(usd * NANO), found["who"] or "")  # type: ignore[arg-type]


def accounts(limits: Iterable[Limit], spender: Spender, at: datetime) -> tuple[tuple[Account, Limit], ...]:
    """What a call at that time counts against, in the one order in which everybody takes them."""
    found = []
    for limit in limits:
        name = spender.name(limit.kind)
        if name and limit.who in ("", name):
            period = at.strftime("%Y-%m-%d" if limit.per == "day" else "%Y-%m")
            found.append((Account(f"{limit.kind}:{name}", period, limit.nano_usd), limit))
    return tuple(sorted(found, key=lambda pair: pair[0]))


def charge_nano(usage: Usage, model: Model) -> int | None:
    """What a budget counts for these tokens; None when the model has no price at all.

    A budget must not be low: input tokens of unknown price count at the output price, which no price list is known to exceed.
    """
    price = model.price
    if price is None or price.output_usd_per_mtok is None:
        return None
    per_input = price.output_usd_per_mtok if price.input_usd_per_mtok is None else price.input_usd_per_mtok
    exact = (usage.prompt_tokens * per_input + usage.completion_tokens * price.output_usd_per_mtok) * 1000
    return int(exact.to_integral_value(ROUND_CEILING))


def worst_nano(prompt: Prompt, model: Model) -> int:
    """The most one attempt can cost. Raises BudgetError for a model without a price: a budget can't hold what is unknown."""
    prompt_tokens = int(prompt_tokens_of(prompt) * PROMPT_MARGIN) + 1
    charge = charge_nano(Usage(prompt_tokens, prompt.max_tokens), model)
    if charge is None:
        raise BudgetError(f"Not sent: {model.name} has no price on record, and spending is limited here. Choose another model.")
    return charge


def refusal(limit: Limit, spent_nano: int) -> BudgetError:
    """What the user reads when a limit is reached."""
    again = "tomorrow (UTC)" if limit.per == "day" else "next month"
    return BudgetError(
        f"Not sent: this call could exceed the spending limit of {limit.words()} ({Decimal(spent_nano) / NANO:,.2f} USD used or reserved). "
        f"Try {again}, choose a cheaper model, or ask an administrator."
    )
