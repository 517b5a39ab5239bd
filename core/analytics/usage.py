"""The usage page's figures: a frame of sums in, a small frame or value out. Pure; empty in gives empty out, with the same columns.

A frame has `bucket` (a number), what tells its rows apart, and SUMS. Money stays in whole nano-dollars until it is shown, so that every
sum is exact. Rows without an outcome count what is no call: blocked prompts and accepted differentials.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pandas as pd

from core.model import USAGE_SUMS

NANO = Decimal("1e-9")
OUTCOMES = ("ok", "failed", "cancelled", "refused")
SUMS = USAGE_SUMS


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything in a frame together; costs are lower bounds when `cost_partial`. Quotients are None without what they divide by."""

    calls: int
    ok: int
    failed: int
    cancelled: int
    refused: int
    retried: int
    fallbacks: int
    blocked: int
    accepted: int
    cases: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    cost_partial: bool

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def cost_per_case_usd(self) -> Decimal | None:
        """To 1e-9 USD."""
        return _quotient(self.cost_usd, self.cases)

    @property
    def cost_per_accepted_usd(self) -> Decimal | None:
        """To 1e-9 USD."""
        return _quotient(self.cost_usd, self.accepted)

    def share(self, number: int) -> float | None:
        """A number of calls as a share of all."""
        return number / self.calls if self.calls else None


def usd(nano: int) -> Decimal:
    """Whole nano-dollars as dollars, exact."""
    return int(nano) * NANO


def usage_frame(columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """A frame of sums as the audit store gives them."""
    return pd.DataFrame.from_records(list(rows), columns=list(columns)).astype(dict.fromkeys(("bucket", *SUMS), "int64"))


def totals(df: pd.DataFrame, *, one_model: bool = False) -> Totals:
    """Sums over all rows. `one_model`: the frame holds one model's calls, so that a case also asked of another counts here too."""
    summed = {name: int(df[name].sum()) for name in SUMS}
    by_outcome = df.groupby("outcome")["calls"].sum()
    return Totals(
        **{name: int(by_outcome.get(name, 0) or 0) for name in OUTCOMES},
        **{name: summed[name] for name in ("calls", "retried", "fallbacks", "blocked", "accepted", "prompt_tokens", "completion_tokens")},
        cases=summed["model_cases" if one_model else "cases"],
        cost_usd=usd(summed["cost_nano_usd"]),
        cost_partial=summed["cost_partial"] > 0,
    )


def summed_by(df: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """One row per combination of keys among calls: keys, SUMS, each outcome, cost_usd (exact); dearest first."""
    calls = df[df["outcome"] != ""]
    marked = calls.assign(**{name: calls["calls"].where(calls["outcome"] == name, 0) for name in OUTCOMES})
    found = marked.groupby(list(keys), sort=True)[[*SUMS, *OUTCOMES]].sum().reset_index()
    found = found.assign(cost_usd=pd.Series([usd(nano) for nano in found["cost_nano_usd"]], dtype="object"))
    return found.sort_values("cost_nano_usd", ascending=False, kind="stable", ignore_index=True)


def over_time(df: pd.DataFrame, keys: Sequence[str], value: str, labels: Sequence[str]) -> pd.DataFrame:
    """Long form for a chart: bucket, label, keys, value; every combination of keys has every bucket, also where nothing happened."""
    found = df.groupby(["bucket", *keys])[value].sum()
    combinations = df[list(keys)].drop_duplicates()
    every = combinations.merge(pd.DataFrame({"bucket": range(len(labels))}), how="cross")
    result = every.merge(found.reset_index(), on=["bucket", *keys], how="left").fillna({value: 0}).astype({value: "int64"})
    result.insert(1, "label", [labels[bucket] for bucket in result["bucket"]])
    return result.sort_values(["bucket", *keys], ignore_index=True)[["bucket", "label", *keys, value]]


def outcome_mix(df: pd.DataFrame) -> pd.DataFrame:
    """Always four rows, one per outcome: outcome, calls, share of all (0 without calls)."""
    counts = df.groupby("outcome")["calls"].sum().reindex(list(OUTCOMES), fill_value=0).to_numpy(dtype="int64")
    return pd.DataFrame({"outcome": list(OUTCOMES), "calls": counts, "share": counts / max(int(counts.sum()), 1)})


def failures(df: pd.DataFrame) -> pd.DataFrame:
    """Calls that failed or were refused, by error class and model: error_class, model, calls, share of all calls; most first."""
    failed = df[df["outcome"].isin(["failed", "refused"])]
    found = failed.groupby(["error_class", "model"], sort=True)["calls"].sum().reset_index()
    found = found.assign(error_class=found["error_class"].replace("", "unknown"), share=found["calls"] / max(int(df["calls"].sum()), 1))
    return found.sort_values("calls", ascending=False, kind="stable", ignore_index=True)


def times_frame(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """One row per model from (provider, model, answered, latency p50, p95, p99, first token p50, p95, p99), milliseconds or None."""
    names = [f"{what}_p{p}_ms" for what in ("latency", "ttft") for p in (50, 95, 99)]
    kinds = {"provider": "str", "model": "str", "calls": "int64"} | dict.fromkeys(names, "Int64")
    return pd.DataFrame.from_records(list(rows), columns=["provider", "model", "calls", *names]).astype(kinds)


def _quotient(amount: Decimal, count: int) -> Decimal | None:
    return (amount / count).quantize(NANO, ROUND_HALF_EVEN) if count else None
