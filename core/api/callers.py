"""Who calls the REST API: keys, compared in constant time, and each caller's rate."""

from __future__ import annotations

import hmac
import re

from core.gateway import Rates
from core.model import Principal, Role

__all__ = ["Rates", "caller_of"]

_UNFIT = re.compile(r"[^A-Za-z0-9._-]")  # the audit store takes no other characters in an actor's id


def caller_of(presented: str, keys: tuple[tuple[str, str], ...]) -> Principal | None:
    """The caller whose key this is, None when it is nobody's. Every key is compared, each in constant time."""
    found = None
    for name, key in keys:
        if hmac.compare_digest(presented.encode("utf-8", "replace"), key.encode()) and key:
            found = found or name
    return Principal(f"api:{_UNFIT.sub('-', found)[:60]}", Role.SERVICE, found) if found else None
