"""From what was chosen to what is drawn: the questions asked of the audit store in one go, the answers as frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from core import analytics
from core.audit import Histogram, Question, Taken, UsageFilter, UsageTable, hour_of
from core.auth import Permission, allowed
from core.bootstrap import Services
from core.gateway import parse_limits
from core.model import Principal, Tier
from core.ui.desk.usage_filters import Choice
from core.ui.views.usage import UsageReport

if TYPE_CHECKING:
    import pandas as pd

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Asked:
    """One moment's answers: the report, the breakdown that was chosen, and this month's days."""

    report: UsageReport
    breakdown: pd.DataFrame | None
    burn: analytics.Burn
    burn_partial: bool
    month: str


def ask(services: Services, choice: Choice, breakdown: str | None) -> Asked:
    """Everything on the page, of one moment. Raises AuditError."""
    now = services.clock.now()
    month = analytics.month_to_date(now, choice.zone)
    this_month = Question(tuple(hour_of(edge) for edge in month.edges), ("outcome",), UsageFilter(simulated=choice.simulated))
    questions = [choice.sums(), this_month, *([] if breakdown is None else [choice.breakdown(breakdown)])]
    tables, (times,) = services.audit.figures.ask(questions, [choice.times()] if choice.where.actor is None else [this_month])
    person = choice.where.actor is not None
    spent = _frame(tables[1])
    return Asked(
        report=_report(choice, _frame(tables[0]), {} if person else times),
        breakdown=_frame(tables[2]) if breakdown is not None else None,
        burn=_burn(spent, month, now, choice.zone, _budget(services)),
        burn_partial=bool(spent["cost_partial"].any()),
        month=now.astimezone(choice.zone).strftime("%B %Y"),
    )


def breakdowns(person: Principal, choice: Choice) -> dict[str, str]:
    """What the figures can be told apart by, dimension → word; persons for those alone who may see them."""
    if choice.where.actor is not None:
        return {"role": "Role", "department": "Department"}
    names = {"tier": "Tier", "role": "Role", "department": "Department"}
    by_person = allowed(person, Permission.USAGE_BY_USER) and not choice.where.given().keys() & {"provider", "model", "tier"}
    return names | ({"actor": "User"} if by_person else {})


def _frame(table: UsageTable) -> pd.DataFrame:
    return analytics.usage_frame(table.columns, table.rows)


def _report(choice: Choice, sums: pd.DataFrame, times: Mapping[tuple[Any, ...], Taken]) -> UsageReport:
    together = reduce(Histogram.merge, (taken.latency for taken in times.values()), Histogram())
    return UsageReport(
        labels=tuple(choice.period.label(bucket) for bucket in range(len(choice.period.starts))),
        sums=sums,
        times=analytics.times_frame(_times(times.items())),
        together=(together.percentile(50), together.percentile(95), together.percentile(99)),
        simulated=choice.simulated,
        one_model=choice.where.model is not None,
        person=choice.where.actor is not None,
    )


def _times(times: Iterable[tuple[tuple[Any, ...], Taken]]) -> Iterable[tuple[Any, ...]]:
    for group, taken in times:
        yield (*group, taken.latency.total, *(histogram.percentile(p) for histogram in taken for p in PERCENTILES))


def _budget(services: Services) -> Decimal | None:
    """What the whole site may spend in a month, as the gateway enforces it."""
    limits = [limit for limit in parse_limits(services.settings.budgets) if (limit.kind, limit.per) == ("site", "month")]
    return analytics.usd(limits[0].nano_usd) if limits else None


def _burn(days: pd.DataFrame, month: analytics.Period, now: datetime, zone: ZoneInfo, budget: Decimal | None) -> analytics.Burn:
    nano = days.groupby("bucket")["cost_nano_usd"].sum()
    spent = [analytics.usd(int(nano.get(bucket, 0))) for bucket in range(len(month.starts))]
    begun, ends = month.starts[-1], month.until
    passed = Decimal(str((now - begun).total_seconds())) / Decimal(str((ends - begun).total_seconds()))
    return analytics.burn(spent, analytics.days_in_month(now.astimezone(zone).date()), budget, today_share=min(passed, Decimal(1)))


def model_prices(services: Services) -> list[analytics.ModelPrice]:
    """The models of the real providers in use, each once, with prices and a request's expected tokens, for the volume calculator."""
    found: dict[str, analytics.ModelPrice] = {}
    for provider in services.registry.providers:
        for model in provider.models if provider.enabled and not provider.simulated else ():
            price = model.price
            found.setdefault(
                model.name,
                analytics.ModelPrice(
                    model=model.id,
                    name=model.name,
                    tier=", ".join(tier.value for tier in model.tiers) or Tier.ROUTINE.value,
                    input_usd_per_mtok=None if price is None else price.input_usd_per_mtok,
                    output_usd_per_mtok=None if price is None else price.output_usd_per_mtok,
                    prompt_tokens=TYPICAL_PROMPT_TOKENS,
                    completion_tokens=model.typical_completion_tokens,
                ),
            )
    return list(found.values())


TYPICAL_PROMPT_TOKENS = 1_500  # the built prompt with its instructions and a case of middling length
