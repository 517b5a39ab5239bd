"""Stop and deadline of one call, looked at by whatever waits for it."""

from __future__ import annotations

from core.model import Clock

SLICE_S = 0.1


class StoppedError(Exception):
    """The caller cancelled."""


class OutOfTimeError(Exception):
    """The time allowed for this wait has passed."""


class Cancel:
    """Stops a call from another thread: within about 0.1 s, whatever it waits for."""

    def __init__(self) -> None:
        self._cancelled = False

    def cancel(self) -> None:
        """Stop the call; more than once does no harm, before the call makes it end at once."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled


class Either(Cancel):
    """Cancelled when one of two is."""

    def __init__(self, own: Cancel, outer: Cancel | None) -> None:
        super().__init__()
        self._own, self._outer = own, outer

    @property
    def cancelled(self) -> bool:
        """Whether either was."""
        return self._own.cancelled or (self._outer is not None and self._outer.cancelled)


class Watch:
    """How long a wait may last, cut into slices so that Stop is noticed within one of them.

    httpcore passes the timeouts of a request through to its network stream untouched: a Watch travels as such a
    timeout, which ties the wait to its call without globals.
    """

    __slots__ = ("_cancel", "_clock", "until")

    def __init__(self, clock: Clock, until: float, cancel: Cancel | None) -> None:
        self._clock = clock
        self._cancel = cancel
        self.until = until

    def remaining_s(self) -> float:
        """Seconds left; negative when they are over."""
        return self.until - self._clock.monotonic()

    def slice_s(self) -> float:
        """How long to wait before asking again, above 0. Raises StoppedError or OutOfTimeError."""
        if self._cancel is not None and self._cancel.cancelled:
            raise StoppedError
        remaining = self.remaining_s()
        if remaining <= 0:
            raise OutOfTimeError
        return min(SLICE_S, remaining)

    def under(self, cancel: Cancel) -> Watch:
        """A watch with the same end that Stop reaches as before, and this cancel as well."""
        return Watch(self._clock, self.until, Either(cancel, self._cancel))

    def within(self, seconds: float) -> Watch:
        """A watch over the same call that ends at most so many seconds from now."""
        return Watch(self._clock, min(self.until, self._clock.monotonic() + seconds), self._cancel)
