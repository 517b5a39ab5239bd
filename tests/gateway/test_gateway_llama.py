"""A real model server on this machine, llama.cpp with SmolLM2: streaming, usage, a schema it is held to, Stop, the connection test."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from support.llama_server import weights

from core.errors import CancelledError, ProviderError
from core.gateway import Attempt, Cancel, Gateway, Model, Provider, Registry, Trust, trust_of
from core.model import ClearedPrompt, Message, Prompt, Target

pytestmark = pytest.mark.slow
TARGET = Target("llamacpp", "smollm2")
SCHEMA = {
    "type": "object",
    "properties": {"diagnosis": {"type": "string", "enum": ["flu", "cold"]}, "sure": {"type": "boolean"}},
    "required": ["diagnosis", "sure"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def provider():
    """The server in a process of its own, as an on-premises provider without a key."""
    command = [sys.executable, "-m", "support.llama_server", str(weights())]
    process = subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    # llama.cpp writes its log to the same stream.
    address = next((line.strip() for line in process.stdout if line.startswith("http://")), "")
    assert address, "llama.cpp's server did not start"
    rest = threading.Thread(target=process.stdout.read, daemon=True)
    rest.start()
    model = Model(TARGET.model, TARGET.provider, "SmolLM2 135M", (), 1024, 20, 1.0, answers="json-schema")
    yield Provider(TARGET.provider, "llama.cpp", f"{address}/v1", (model,), auth="none", on_premises=True)
    process.stdin.close()
    process.wait(30)
    rest.join(10)
    process.stdout.close()


@pytest.fixture
def gateway(provider, scenes):
    """The gateway before it."""
    built = Gateway(Registry((provider,)), {}, clock=scenes.RealClock(), sleep=time.sleep, random=lambda: 0.0)
    yield built
    built.close()


def cleared(**changes):
    """A tiny prompt."""
    prompt = Prompt(TARGET, (Message("user", "Cough and fever. Name it."),), "t/1", **{"json_mode": False, "max_tokens": 6, **changes})
    return ClearedPrompt(prompt, prompt.body(), "SAFE_HARBOR/1")


def test_a_streamed_answer_with_its_usage(gateway, provider, scenes):
    """Text arrives in pieces, the tokens are the server's own count, and the estimate learns from them."""
    pieces = []
    reply = gateway.complete(cleared(), deadline_s=90, request_id="r", on_text=lambda text, _: pieces.append(text))
    assert reply.text == "".join(pieces)
    assert len(pieces) > 1
    assert not reply.usage.estimated
    assert 0 < reply.usage.completion_tokens <= 6
    assert reply.usage.prompt_tokens > 5
    assert 0 < reply.ttft_s <= reply.latency_s
    assert reply.cost_usd is None
    (error,) = gateway.estimate_errors()
    assert (error.target, error.calls) == (TARGET, 1)
    assert trust_of(provider, scenes.RealClock().now().date()) is Trust.ON_PREMISES


def test_an_answer_held_to_a_schema(gateway):
    """Asked for a schema, the server's grammar lets nothing else through, whatever the model would say."""
    reply = gateway.complete(cleared(answer_schema=json.dumps(SCHEMA), max_tokens=40), deadline_s=120, request_id="r")
    found = json.loads(reply.text)
    assert found["diagnosis"] in ("flu", "cold")
    assert isinstance(found["sure"], bool)
    assert reply.finish_reason == "stop"


def test_stop_ends_the_model_s_work(gateway):
    """Stop in mid-stream hangs up and counts what was written; the server is then free for the next request."""
    cancel: Cancel = Cancel()
    heard: list[Attempt] = []
    stopped = []

    def stop(*_: object) -> None:
        stopped.append(time.monotonic())
        cancel.cancel()

    with pytest.raises(CancelledError):
        gateway.complete(cleared(max_tokens=400), deadline_s=120, request_id="r", cancel=cancel, on_text=stop, report=heard.append)
    assert time.monotonic() - stopped[0] < 5
    assert heard[0].usage.estimated
    assert gateway.test_connection(TARGET).ok


def test_a_case_longer_than_the_model_holds(gateway):
    """The server's refusal is told as one, without a second try."""
    prompt = cleared().prompt
    long = Prompt(TARGET, (Message("user", "cough " * 3_000),), prompt.version, json_mode=False)
    with pytest.raises(ProviderError) as caught:
        gateway.complete(ClearedPrompt(long, long.body(), "SAFE_HARBOR/1"), deadline_s=60, request_id="r")
    assert (caught.value.status, caught.value.attempts) == (400, 1)
