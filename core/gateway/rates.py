"""How often one caller may call: moving windows, counted in this process by the `limits` library."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ConfigError

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter


@dataclass
class Rates:
    """Moving windows per caller, like `30/minute`. Raises ConfigError that names `setting` when `rate` is not of that form."""

    rate: str
    setting: str = "CASEGATE_API_RATE"

    def __post_init__(self) -> None:
        # Imported here: the library takes a seventh of a second to load, and not every process needs it.
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        try:
            self._item: RateLimitItem = parse(self.rate)
        except ValueError:
            raise ConfigError(f"{self.setting} must be like `30/minute`.") from None
        self._limiter: MovingWindowRateLimiter = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, caller: str) -> int:
        """Count one request of `caller`: 0 when it may go on, else whole seconds until the next may."""
        if self._limiter.hit(self._item, caller):
            return 0
        reset = self._limiter.get_window_stats(self._item, caller).reset_time
        return max(1, math.ceil(reset - time.time()))
