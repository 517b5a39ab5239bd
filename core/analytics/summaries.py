"""The usage page's figures: a frame of calls in, a small frame or value out. Pure; empty in gives empty out, with the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np
import pandas as pd

from core.analytics.calls import NANO, usd

OUTCOMES = ("ok", "failed", "cancelled", "refused")
SUMS = ("prompt_tokens", "completion_tokens")
PERCENTILES = (50, 95, 99)
_MODEL = ("provider", "model", "simulated")


@dataclass(frozen=True, slots=True)
class Totals:
    """All calls of a frame together. `cost_per_case` is None without cases; costs are lower bounds when `cost_partial`."""

    calls: int
    ok: int
    failed: int
    cancelled: int
    refused: int
    cases: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    cost_partial: bool
    cost_per_case_usd: Decimal | None
    simulated: int

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def error_rate(self) -> float | None:
        """Failed calls as a share of all; None without calls."""
        return self.failed / self.calls if self.calls else None


def totals(df: pd.DataFrame) -> Totals:
    """Counts, tokens and exact cost over all rows; cost per distinct case, rounded to 1e-9 USD."""
    outcomes = df["outcome"].value_counts()
    cost, cases = usd(int(df["cost_nano_usd"].sum())), int(df["case_ref"].nunique())
    return Totals(
        calls=len(df),
        **{name: int(outcomes.get(name, 0)) for name in OUTCOMES},
        cases=cases,
        **{name: int(df[name].sum()) for name in SUMS},
        cost_usd=cost,
        cost_partial=bool(df["cost_partial"].any()),
        cost_per_case_usd=(cost / cases).quantize(NANO, ROUND_HALF_EVEN) if cases else None,
        simulated=int(df["simulated"].sum()),
    )


def by_model(df: pd.DataFrame) -> pd.DataFrame:
    """One row per provider, model and simulated or not: calls, each outcome, tokens, cost_usd (Decimal), cost_partial; dearest first."""
    return _summed(df, _MODEL).sort_values("cost_usd", ascending=False, kind="stable", ignore_index=True)


def by_tier(df: pd.DataFrame) -> pd.DataFrame:
    """One row per tier (empty when none was given), columns as in `by_model`."""
    return _summed(df.assign(tier=df["tier"].fillna("")), ("tier",))


def by_actor(df: pd.DataFrame) -> pd.DataFrame:
    """One row per actor and role, columns as in `by_model`; dearest first."""
    return _summed(df, ("actor", "role")).sort_values("cost_usd", ascending=False, kind="stable", ignore_index=True)


def by_day(df: pd.DataFrame, tz: tzinfo) -> pd.DataFrame:
    """One row per calendar day with calls, the day being the viewer's: `day` (date), then columns as in `by_model`; in order."""
    return _summed(_with_day(df, tz), ("day",))


def by_day_and_model(df: pd.DataFrame, tz: tzinfo) -> pd.DataFrame:
    """One row per day, provider, model and simulated or not; columns as in `by_model`, in order of day."""
    return _summed(_with_day(df, tz), ("day", *_MODEL))


def latency_percentiles(df: pd.DataFrame) -> pd.DataFrame:
    """Per provider, model and simulated or not: `calls` answered, then latency_p50_ms … ttft_p99_ms, missing where not measured.

    Answered calls only: a time-out would measure the deadline. A percentile is the smallest observed value that at least
    that share of the values does not exceed.
    """
    return _timed(df, _MODEL)


def latency_by_day_and_model(df: pd.DataFrame, tz: tzinfo) -> pd.DataFrame:
    """`latency_percentiles` per calendar day: `day` (date, the viewer's), then its columns; in order of day."""
    return _timed(_with_day(df, tz), ("day", *_MODEL))


def _timed(df: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    answered = df[df["outcome"] == "ok"]
    names = [f"{what}_p{p}_ms" for what in ("latency", "ttft") for p in PERCENTILES]
    rows = []
    for key, group in answered.groupby(list(keys), sort=True):
        values = [value for what in ("latency_ms", "ttft_ms") for value in _percentiles(group[what])]
        rows.append((*key, len(group), *values))
    result = pd.DataFrame(rows, columns=[*keys, "calls", *names])
    kinds: dict[str, Any] = {name: df[name].dtype for name in keys} | {"calls": "int64"} | dict.fromkeys(names, "Int64")
    return result.astype(kinds)


def failures(df: pd.DataFrame) -> pd.DataFrame:
    """Calls that failed or were refused, by error class: error_class, calls, share (of all calls in the frame), last (UTC); most first."""
    failed = df[df["outcome"].isin(["failed", "refused"])]
    failed = failed.assign(error_class=failed["error_class"].fillna("unknown"))
    result = failed.groupby("error_class", sort=True).agg(calls=("time", "size"), last=("time", "max")).reset_index()
    result.insert(2, "share", result["calls"] / max(len(df), 1))
    return result.sort_values("calls", ascending=False, kind="stable", ignore_index=True)


def outcome_mix(df: pd.DataFrame) -> pd.DataFrame:
    """Always four rows, one per outcome: outcome, calls, share of all (0 without calls)."""
    counts = df["outcome"].value_counts().reindex(list(OUTCOMES), fill_value=0)
    calls = counts.to_numpy(dtype="int64")
    return pd.DataFrame({"outcome": pd.array(list(OUTCOMES), dtype="str"), "calls": calls, "share": calls / max(len(df), 1)})


def _with_day(df: pd.DataFrame, tz: tzinfo) -> pd.DataFrame:
    return df.assign(day=df["time"].dt.tz_convert(tz).dt.date.astype("object"))


def _summed(df: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    marked = df.assign(calls=1, **{name: (df["outcome"] == name).astype("int64") for name in OUTCOMES})
    counted = ["calls", *OUTCOMES, *SUMS]
    wanted = dict.fromkeys([*counted, "cost_nano_usd"], "sum") | {"cost_partial": "any"}
    result = marked.groupby(list(keys), sort=True).agg(wanted).reset_index()
    result = result.astype(dict.fromkeys(counted, "int64"))
    cost = pd.Series([usd(nano) for nano in result.pop("cost_nano_usd")], dtype="object")
    result.insert(len(keys) + len(counted), "cost_usd", cost)
    return result.astype({"cost_partial": "bool"})


def _percentiles(values: pd.Series[int]) -> list[int | None]:
    known = values.dropna().to_numpy(dtype="int64")
    if not known.size:
        return [None] * len(PERCENTILES)
    return [int(value) for value in np.percentile(known, PERCENTILES, method="inverted_cdf")]
