"""Money and tokens: exact, and honest about what is unknown."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.gateway import Price, Registry, cost_is_partial, cost_usd
from core.gateway.pricing import CHARS_PER_TOKEN, estimate, prompt_tokens_of, tokens_of
from core.model import Message, Prompt, Tier, Usage

MODEL = Registry.load().models[0]
TOKENS = st.integers(0, 10_000_000)
PRICES = st.decimals(0, 1000, places=4)


def priced(output, input_=None):
    """The first model at those prices."""
    return replace(MODEL, price=Price(output, input_, "test", date(2026, 1, 5)))


@given(prompt=TOKENS, completion=TOKENS, output=PRICES, input_=PRICES)
def test_cost_is_exact(prompt, completion, output, input_):
    """The cost equals the fraction, to the last digit."""
    cost = cost_usd(Usage(prompt, completion), priced(output, input_))
    assert Fraction(cost) == (completion * Fraction(output) + prompt * Fraction(input_)) / 1_000_000


@given(prompt=TOKENS, completion=TOKENS, output=PRICES)
def test_an_unknown_input_price_leaves_the_output_cost(prompt, completion, output):
    """Without an input price the cost is of the output alone and is called partial."""
    model = priced(output)
    assert Fraction(cost_usd(Usage(prompt, completion), model)) == completion * Fraction(output) / 1_000_000
    assert cost_is_partial(model)


def test_an_unknown_output_price_is_unknown():
    """Without an output price, or any price, there is no cost; unknown is never zero."""
    for model in (priced(None), priced(None, Decimal(1)), replace(MODEL, price=None)):
        assert cost_usd(Usage(10, 10), model) is None
        assert not cost_is_partial(model)


def test_a_full_price_is_not_partial():
    """With both prices known the cost is whole, also when the input is free."""
    assert not cost_is_partial(priced(Decimal(1), Decimal(0)))


@pytest.mark.parametrize(
    ("tier", "cost"), [(Tier.ROUTINE, "0.00042"), (Tier.TIME_SENSITIVE, "0.0025"), (Tier.COMPLEX, "0.008"), (Tier.DOCUMENTATION, "0.015")]
)
def test_the_missions_prices(tier, cost):
    """A thousand output tokens cost what the mission's table says, at HolySheep and as simulated figures in the sandbox."""
    registry = Registry.load()
    for provider in ("holysheep", "sandbox"):
        model = registry.find(registry.model_for_tier(tier, provider))[1]
        assert cost_usd(Usage(500, 1000), model) == Decimal(cost)
        assert cost_is_partial(model)


@given(st.integers(0, 1_000_000))
def test_tokens_round_up(chars):
    """Some text is never no tokens, and the estimate is never below the ratio."""
    assert (tokens_of(chars) == 0) == (chars == 0)
    assert tokens_of(chars) - 1 < chars / CHARS_PER_TOKEN <= tokens_of(chars)


@given(st.text(max_size=200), st.integers(1, 5000))
def test_an_estimate_grows_with_the_prompt(text, max_tokens):
    """A longer prompt is estimated at no fewer tokens; the completion is bounded by max_tokens."""
    short = Prompt(MODEL.target, (Message("user", text),), version="t/1", max_tokens=max_tokens)
    long = replace(short, messages=(*short.messages, Message("user", "more")))
    assert 0 < prompt_tokens_of(short) < prompt_tokens_of(long)
    assert estimate(short, MODEL).completion_tokens == min(MODEL.typical_completion_tokens, max_tokens)
