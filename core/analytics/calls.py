"""Model calls as a table. One row per call that ended; columns as in COLUMNS. Money stays in whole nano-dollars, so sums are exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pandas as pd

from core.model import CallRow

NANO = Decimal("1e-9")
COLUMNS: Mapping[str, Any] = MappingProxyType(
    {
        "time": "datetime64[us, UTC]",
        "provider": "str",
        "model": "str",
        "tier": "str",
        "actor": "str",
        "role": "str",
        "outcome": "str",
        "error_class": "str",
        "http_status": "Int64",
        "attempt": "Int64",
        "latency_ms": "Int64",
        "ttft_ms": "Int64",
        "prompt_tokens": "Int64",
        "completion_tokens": "Int64",
        "tokens_estimated": "bool",
        "cost_nano_usd": "Int64",
        "cost_partial": "bool",
        "simulated": "bool",
        "request_id": "str",
        "case_ref": "str",
    }
)


def frame(rows: Iterable[CallRow]) -> pd.DataFrame:
    """A frame with exactly COLUMNS, in the rows' order; unknown values are missing. Raises ValueError for a cost finer than 1e-9 USD.

    `cost_partial` is also set for an answered call whose cost is unknown: a sum over it is a lower bound.
    """
    records = [_record(row) for row in rows]
    columns = {name: pd.array([record[name] for record in records], dtype=kind) for name, kind in COLUMNS.items()}
    return pd.DataFrame(columns)


def _record(row: CallRow) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(row, name) for name in COLUMNS if name != "cost_nano_usd"}
    values["tier"] = None if row.tier is None else row.tier.value
    values["role"] = row.role.value
    values["cost_nano_usd"] = None if row.cost_usd is None else _nano(row.cost_usd)
    values["cost_partial"] = row.cost_partial or (row.outcome == "ok" and row.cost_usd is None)
    return values


def _nano(cost_usd: Decimal) -> int:
    nano = cost_usd / NANO
    if nano != nano.to_integral_value():
        raise ValueError("a cost is finer than 1e-9 USD")
    return int(nano)


def usd(nano: int) -> Decimal:
    """Whole nano-dollars as dollars, exact."""
    return int(nano) * NANO
