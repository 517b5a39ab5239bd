"""The fake behaves like the real one, and importing the gateway is cheap."""

import subprocess
import sys

import pytest

from core.errors import CancelledError, ProviderError
from core.gateway import Cancel, FakeGateway, Gateway, ModelGateway, Registry
from core.model import FixedClock


def call(gateway, prompt, **given):
    """One call with ordinary arguments."""
    return gateway.complete(prompt, deadline_s=30, request_id="req-1", **given)


def test_a_script_is_played(scenes):
    """Texts, functions and errors are played in order, the last one again and again; what was sent is kept."""
    down = ProviderError("down", provider="sandbox")
    fake = FakeGateway(["one", lambda prompt: prompt.policy, down])
    prompt = scenes.cleared(provider="sandbox")
    assert call(fake, prompt).text == "one"
    assert call(fake, prompt).text == "SAFE_HARBOR/1"
    for _ in range(2):
        with pytest.raises(ProviderError, match="down"):
            call(fake, prompt)
    assert fake.sent == [prompt] * 4
    assert fake.request_ids == ["req-1"] * 4


def test_a_fake_reply_is_measured(scenes):
    """A scripted text gets usage, cost and the simulated flag of its target; a whole Reply is given as it is."""
    fake = FakeGateway(["{}"])
    reply = call(fake, scenes.cleared(provider="sandbox"))
    assert (reply.usage.estimated, reply.simulated, reply.attempts) == (True, True, 1)
    assert reply.cost_usd > 0
    assert call(FakeGateway([reply]), scenes.cleared()) is reply
    assert not call(fake, scenes.cleared(provider="holysheep")).simulated


def test_a_fake_streams(scenes):
    """Text comes in pieces with the characters so far, and Stop is noticed between them."""
    fake = FakeGateway(["x" * 100])
    seen, cancel = [], Cancel()
    call(fake, scenes.cleared(), on_text=lambda text, chars: seen.append((len(text), chars)))
    assert seen == [(40, 40), (40, 80), (20, 100)]
    with pytest.raises(CancelledError):
        call(fake, scenes.cleared(), cancel=cancel, on_text=lambda text, chars: cancel.cancel())


def test_a_fake_takes_cleared_prompts_only(scenes):
    """What the real one refuses, the fake refuses; an empty script is our own mistake."""
    with pytest.raises(TypeError, match="ClearedPrompt"):
        call(FakeGateway(["x"]), scenes.cleared().prompt)
    with pytest.raises(ValueError, match="at least one reply"):
        FakeGateway([])


def test_both_are_gateways(scenes):
    """Both offer the same interface and the same estimate."""
    fake: ModelGateway = FakeGateway(["x"])
    real: ModelGateway = Gateway(Registry.load(), {"sandbox": "k"}, clock=FixedClock(), sleep=print, random=lambda: 0.5)
    prompt = scenes.cleared().prompt
    assert fake.estimate(prompt) == real.estimate(prompt)
    assert fake.configured() == real.configured() == ("sandbox",)
    fake.close()
    real.close()
    assert fake.closed


def test_importing_the_gateway_brings_nothing_heavy():
    """The gateway comes without pandas, pydantic, cryptography or streamlit."""
    code = "import sys, core.gateway; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "httpx" in loaded
    assert not {"pandas", "pydantic", "cryptography", "streamlit", "sqlalchemy"} & set(loaded)
