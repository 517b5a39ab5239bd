"""A provider of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable

from core.bootstrap import Services
from core.model import Target

TARGET = Target("elsewhere", "model-1")
PROVIDERS = """
[[provider]]
id = "elsewhere"
name = "Elsewhere AI"
base_url = "{url}"
key_variables = ["ELSEWHERE_API_KEY"]
key_prefix = "el-"
deadline_routine_s = {deadline}
deadline_complex_s = {deadline}

[[provider.model]]
id = "model-1"
name = "Model One"
tiers = ["routine", "time-sensitive", "complex", "documentation"]
context_tokens = 100000
typical_completion_tokens = 900
typical_latency_s = 5.0
price = {{ output_usd_per_mtok = 2.0, input_usd_per_mtok = 1.0, source = "invented", as_of = 2026-01-01 }}
"""
Building = Callable[..., Services]


def stream_of(text: str, *, done: bool = True) -> bytes:
    """A server-sent-event answer holding `text`, ended properly or cut off."""
    pieces = [{"choices": [{"index": 0, "delta": {"content": text[i : i + 50]}}]} for i in range(0, len(text), 50)]
    lines = [f"data: {json.dumps(piece)}\n\n" for piece in pieces]
    if done:
        end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        usage = {"choices": [], "usage": {"prompt_tokens": 900, "completion_tokens": 300, "total_tokens": 1200}}
        lines += [f"data: {json.dumps(end)}\n\n", f"data: {json.dumps(usage)}\n\n", "data: [DONE]\n\n"]
    return "".join(lines).encode()
