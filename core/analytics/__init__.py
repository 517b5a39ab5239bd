"""Usage figures: frame in, frame out; and the arithmetic of periods, budgets and volumes. Front door: usage_frame and the summaries."""

from core.analytics.budget import Burn, burn
from core.analytics.periods import Period, Span, Unit, days_in_month, month_to_date, period
from core.analytics.usage import (
    OUTCOMES,
    Totals,
    failures,
    outcome_mix,
    over_time,
    summed_by,
    times_frame,
    totals,
    usage_frame,
    usd,
)
from core.analytics.volume import (
    GUIDE_REQUESTS,
    MARKET_CNY_PER_USD,
    PLATFORM_CNY_PER_USD,
    ModelPrice,
    Volume,
    VolumeRow,
    monthly_volume,
)

__all__ = [
    "GUIDE_REQUESTS",
    "MARKET_CNY_PER_USD",
    "OUTCOMES",
    "PLATFORM_CNY_PER_USD",
    "Burn",
    "ModelPrice",
    "Period",
    "Span",
    "Totals",
    "Unit",
    "Volume",
    "VolumeRow",
    "burn",
    "days_in_month",
    "failures",
    "month_to_date",
    "monthly_volume",
    "outcome_mix",
    "over_time",
    "period",
    "summed_by",
    "times_frame",
    "totals",
    "usage_frame",
    "usd",
]
