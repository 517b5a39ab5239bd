"""A gateway without a network, for tests and for whoever builds on the gateway: same interface, scripted replies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from core.errors import CancelledError
from core.gateway.attempt import Report
from core.gateway.budget import Spender
from core.gateway.gateway import OnText
from core.gateway.pricing import cost_usd, estimate, estimated_usage
from core.gateway.registry import Registry
from core.gateway.watch import Cancel
from core.model import ClearedPrompt, Estimate, Prompt, Reply, Tier

PIECE_CHARS = 40
Script: TypeAlias = "str | Reply | Exception | Callable[[ClearedPrompt], str | Reply]"


class FakeGateway:
    """Answers each call with the next of `replies`: a text, a whole Reply, an exception to raise, or a function of the prompt.

    The last one repeats. `sent` holds every ClearedPrompt, `request_ids`, `fallbacks` and
    `spenders` what came with it, in order.
    """

    def __init__(self, replies: Iterable[Script], *, registry: Registry | None = None, configured: tuple[str, ...] = ("sandbox",)) -> None:
        self._script = deque(replies)
        if not self._script:
            raise ValueError("a fake gateway needs at least one reply")
        self._registry = registry or Registry.load()
        self._configured = configured
        self.sent: list[ClearedPrompt] = []
        self.request_ids: list[str] = []
        self.fallbacks: list[tuple[ClearedPrompt, ...]] = []
        self.spenders: list[Spender | None] = []
        self.closed = False

    def complete(
        self,
        cleared: ClearedPrompt,
        *,
        deadline_s: float,
        request_id: str,
        on_text: OnText | None = None,
        cancel: Cancel | None = None,
        fallbacks: Sequence[ClearedPrompt] = (),
        spender: Spender | None = None,
        tier: Tier | None = None,
        report: Report | None = None,
    ) -> Reply:
        """The next scripted reply, handed to `on_text` in pieces. Raises what the script says, CancelledError when cancelled."""
        if not isinstance(cleared, ClearedPrompt):
            raise TypeError(f"the gateway takes a ClearedPrompt, not {type(cleared).__name__}")
        self.sent.append(cleared)
        self.fallbacks.append(tuple(fallbacks))
        self.spenders.append(spender)
        self.request_ids.append(request_id)
        reply = self._next(cleared)
        for start in range(0, len(reply.text), PIECE_CHARS):
            if cancel is not None and cancel.cancelled:
                raise CancelledError("Stopped. Nothing of the answer was used.")
            if on_text is not None:
                on_text(reply.text[start : start + PIECE_CHARS], min(start + PIECE_CHARS, len(reply.text)))
        return reply

    def _next(self, cleared: ClearedPrompt) -> Reply:
        scripted = self._script[0] if len(self._script) == 1 else self._script.popleft()
        if isinstance(scripted, Exception):
            raise scripted
        made = scripted(cleared) if callable(scripted) else scripted
        return made if isinstance(made, Reply) else self._reply(cleared.prompt, made)

    def _reply(self, prompt: Prompt, text: str) -> Reply:
        provider, model = self._registry.find(prompt.target)
        usage = estimated_usage(prompt, len(text))
        return Reply(
            text=text,
            target=prompt.target,
            usage=usage,
            latency_s=0.5,
            ttft_s=0.1 if prompt.stream else None,
            attempts=1,
            finish_reason="stop",
            cost_usd=cost_usd(usage, model),
            simulated=provider.simulated,
        )

    def estimate(self, prompt: Prompt) -> Estimate:
        """The same estimate as the real gateway's."""
        return estimate(prompt, self._registry.find(prompt.target)[1])

    def configured(self) -> tuple[str, ...]:
        """The provider ids it was told."""
        return self._configured

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True
