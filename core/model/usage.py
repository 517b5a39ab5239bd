"""What usage figures count: the names of their sums, which the audit store keeps and the screens draw, in one order."""

from __future__ import annotations

# Whole numbers all: calls, tokens, nano-dollars (1e-9 USD). `cases` counts in the whole log, `model_cases` at one model.
USAGE_SUMS = (
    "calls",
    "retried",
    "fallbacks",
    "blocked",
    "accepted",
    "prompt_tokens",
    "completion_tokens",
    "cost_nano_usd",
    "cost_partial",
    "cases",
    "model_cases",
)
