"""Who calls the REST API: keys, compared in constant time, and each caller's rate."""

from __future__ import annotations

import hmac
import math
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ConfigError
from core.model import Principal, Role

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter

_UNFIT = re.compile(r"[^A-Za-z0-9._-]")  # the audit store takes no other characters in an actor's id


def caller_of(presented: str, keys: tuple[tuple[str, str], ...]) -> Principal | None:
    """The caller whose key this is, None when it is nobody's. Every key is compared, each in constant time."""
    found = None
    for name, key in keys:
        if hmac.compare_digest(presented.encode("utf-8", "replace"), key.encode()) and key:
            found = found or name
    return Principal(f"api:{_UNFIT.sub('-', found)[:60]}", Role.SERVICE, found) if found else None


@dataclass
class Rates:
    """Moving windows per caller, like `30/minute`. Raises ConfigError when `rate` is not of that form."""

    rate: str

    def __post_init__(self) -> None:
        # Imported here: the library takes a seventh of a second to load, and only the API needs it.
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        try:
            self._item: RateLimitItem = parse(self.rate)
        except ValueError:
            raise ConfigError("CASEGATE_API_RATE must be like `30/minute`.") from None
        self._limiter: MovingWindowRateLimiter = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, caller: str) -> int:
        """Count one request of `caller`: 0 when it may go on, else whole seconds until the next may."""
        if self._limiter.hit(self._item, caller):
            return 0
        reset = self._limiter.get_window_stats(self._item, caller).reset_time
        return max(1, math.ceil(reset - time.time()))
