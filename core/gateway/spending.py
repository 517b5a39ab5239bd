"""Who may call now: each caller's rate and every spending limit, asked before a call and settled after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Protocol

from core.errors import BudgetError
from core.gateway.budget import NANO, Account, Limit, Spender, accounts, charge_nano, refusal, worst_nano
from core.gateway.provider import Model
from core.gateway.rates import Rates
from core.model import Clock, Prompt, Usage


class Keeping(Protocol):
    """What is needed of the store of sums."""

    def reserve(self, hold_id: str, accounts: Sequence[Account], amount_nano: int) -> None:
        """Hold the amount on all of them, or raise FullAccountError."""
        ...

    def settle(self, hold_id: str, spent_nano: int) -> None:
        """Turn the hold into what was spent."""
        ...

    def used_nano(self, account: Account) -> int:
        """Spent and held."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class FullAccountError(Exception):
    """A reservation would exceed this account's limit; nothing was reserved."""

    def __init__(self, account: Account, spent_nano: int) -> None:
        super().__init__(account.scope)
        self.account = account
        self.spent_nano = spent_nano


@dataclass
class Hold:
    """What one call has reserved, until it is settled."""

    ledger: Keeping
    hold_id: str
    amount_nano: int

    def settle(self, charges: Sequence[tuple[Usage, Model]]) -> None:
        """Count what the attempts took. Raises BudgetError when the store fails."""
        self.ledger.settle(self.hold_id, sum(charge_nano(usage, model) or 0 for usage, model in charges))

    def settle_whole(self) -> None:
        """Count all of it: what the call took is not known."""
        self.ledger.settle(self.hold_id, self.amount_nano)


@dataclass(frozen=True)
class Left:
    """One limit as it stands for somebody now."""

    limit: Limit
    used_usd: Decimal
    limit_usd: Decimal


class Purse:
    """Holds every call against its spender's limits. Without a ledger there are none; without rates nobody is slowed."""

    def __init__(self, clock: Clock, *, limits: Sequence[Limit] = (), ledger: Keeping | None = None, rates: Rates | None = None) -> None:
        if limits and ledger is None:
            raise ValueError("limits need a ledger")
        self._clock, self._limits, self._ledger, self._rates = clock, tuple(limits), ledger, rates
        self._numbers = count(1)

    def admit(self, spender: Spender | None) -> None:
        """Count one request of this user's; a study's are paced by the study. Raises BudgetError when they come too fast."""
        if spender is None or spender.study or self._rates is None:
            return
        if wait_s := self._rates.wait_s(spender.user):
            raise BudgetError(f"Not sent: you have sent as many requests as are allowed here ({self._rates.rate}). Wait {wait_s} s.")

    def reserve(self, spender: Spender | None, request_id: str, asked: Sequence[tuple[Prompt, Model]], copies: int = 1) -> Hold | None:
        """Hold the dearest of what may be asked, `copies` times, on every account. Raises BudgetError; then no call may be made.

        With limits in force a call needs a spender: nobody's calls would be outside every limit.
        """
        if self._ledger is None or not self._limits:
            return None
        if spender is None:
            raise BudgetError("Not sent: spending is limited here, and this call names nobody on whose account it is made.")
        found = accounts(self._limits, spender, self._clock.now())
        if not found:
            return None
        hold = Hold(self._ledger, f"{request_id}.{next(self._numbers)}", copies * max(worst_nano(p, m) for p, m in asked))
        try:
            self._ledger.reserve(hold.hold_id, [account for account, _ in found], hold.amount_nano)
        except FullAccountError as full:
            limit = next(limit for account, limit in found if account == full.account)
            raise refusal(limit, full.spent_nano) from None
        return hold

    def close(self) -> None:
        """Let go of the ledger."""
        if self._ledger is not None:
            self._ledger.close()

    def left(self, spender: Spender) -> tuple[Left, ...]:
        """Where this spender's limits stand now."""
        if self._ledger is None:
            return ()
        found = accounts(self._limits, spender, self._clock.now())
        return tuple(Left(limit, Decimal(self._ledger.used_nano(a)) / NANO, Decimal(limit.nano_usd) / NANO) for a, limit in found)
