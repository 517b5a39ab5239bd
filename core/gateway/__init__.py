"""The one way out to every model: providers as data, one deadline, retries, fallbacks, budgets, streaming, Stop, exact bytes.

`Gateway.complete` takes nothing but a ClearedPrompt and sends its body as it is. `FakeGateway` is the same without a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.gateway.attempt import Attempt, Phase, Report
from core.gateway.breaker import BreakerPolicy
from core.gateway.budget import Spender, parse_limits
from core.gateway.connection import Check
from core.gateway.fake import FakeGateway
from core.gateway.gateway import Gateway, ModelGateway
from core.gateway.keys import FileKey, KeySource, check_environment, check_key, fingerprint
from core.gateway.pricing import PARTIAL_COST_NOTE, cost_is_partial, cost_usd
from core.gateway.provider import AnswerForm, Baa, Model, Price, Provider
from core.gateway.rates import Rates
from core.gateway.ratios import EstimateError
from core.gateway.registry import Registry
from core.gateway.retry import RetryPolicy
from core.gateway.spending import Left, Purse
from core.gateway.trust import DEFAULT_SITE_POLICY, Notice, SitePolicy, Trust, no_wider, notices, trust_of
from core.gateway.watch import Cancel

if TYPE_CHECKING:
    from pathlib import Path

    from core.gateway.store import Ledger
    from core.model import Clock

__all__ = [
    "DEFAULT_SITE_POLICY",
    "PARTIAL_COST_NOTE",
    "AnswerForm",
    "Attempt",
    "Baa",
    "BreakerPolicy",
    "Cancel",
    "Check",
    "EstimateError",
    "FakeGateway",
    "FileKey",
    "Gateway",
    "KeySource",
    "Left",
    "Model",
    "ModelGateway",
    "Notice",
    "Phase",
    "Price",
    "Provider",
    "Purse",
    "Rates",
    "Registry",
    "Report",
    "RetryPolicy",
    "SitePolicy",
    "Spender",
    "Trust",
    "check_environment",
    "check_key",
    "cost_is_partial",
    "cost_usd",
    "fingerprint",
    "no_wider",
    "notices",
    "open_ledger",
    "parse_limits",
    "trust_of",
]


def open_ledger(database: str | Path, *, clock: Clock) -> Ledger:
    """The store of spending limits at a path or SQLAlchemy URL. Raises ConfigError."""
    from core.gateway.store import Ledger  # SQLAlchemy takes its time to load, and only a site with limits needs it

    return Ledger.open(database, clock=clock)
