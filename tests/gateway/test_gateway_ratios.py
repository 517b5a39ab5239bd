"""Estimates learn from what was billed and tell how far they were off; cached input has a price; each form of answer its bytes."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.gateway import Model, Price, Registry, cost_usd
from core.gateway.pricing import CHARS_PER_TOKEN, estimate, prompt_tokens_of
from core.gateway.ratios import Ratios
from core.model import Message, Prompt, Target, Usage
from core.prompting import answer_schema

TARGET = Target("p", "m")
PROMPT = Prompt(TARGET, (Message("system", "x" * 3_000), Message("user", "y" * 1_200)), "t/1")
PRICE = Price(Decimal(8), Decimal(2), "invented", date(2026, 1, 1), Decimal("0.5"))
MODEL = Model("m", "p", "M", (), 1_000, 100, 1.0, PRICE)


def billed(chars_per_token, prompt=PROMPT):
    """What a provider with such a tokenizer bills for the prompt."""
    return Usage(sum(round(len(m.content) / chars_per_token) + 4 for m in prompt.messages), 50)


@pytest.mark.parametrize("true", [2.5, 3.6, 5.0])
def test_the_estimate_comes_to_the_providers_own_tokenizer(true):
    """After sixty calls the prompt's estimate is within three per cent of what is billed, wherever it began."""
    ratios = Ratios()
    for _ in range(60):
        ratios.learn(PROMPT, billed(true))
    assert ratios.chars_per_token(TARGET) == pytest.approx(true, rel=0.03)
    assert prompt_tokens_of(PROMPT, ratios.chars_per_token(TARGET)) == pytest.approx(billed(true).prompt_tokens, rel=0.03)
    (error,) = ratios.errors()
    assert (error.target, error.calls) == (TARGET, 60)
    first = prompt_tokens_of(PROMPT) / billed(true).prompt_tokens - 1
    assert 0 < error.mean_absolute < abs(first)
    assert (error.mean_signed > 0) == (first > 0)


def test_one_odd_call_does_not_swing_it():
    """A single absurd bill moves the ratio by less than a third."""
    ratios = Ratios()
    ratios.learn(PROMPT, Usage(2_000, 1))
    assert ratios.chars_per_token(TARGET) > CHARS_PER_TOKEN * 0.67


@pytest.mark.parametrize("usage", [Usage(900, 50, estimated=True), Usage(0, 5), Usage(8, 5)], ids=["estimated", "nothing", "frame alone"])
def test_what_teaches_nothing(usage):
    """Our own estimates and empty bills are not learned from."""
    ratios = Ratios()
    ratios.learn(PROMPT, usage)
    assert ratios.errors() == ()
    assert ratios.chars_per_token(TARGET) == CHARS_PER_TOKEN


@settings(max_examples=30)
@given(st.lists(st.integers(1, 5_000), max_size=20))
def test_no_bill_breaks_it(bills):
    """Whatever is billed, the ratio stays a finite number above nought."""
    ratios = Ratios()
    for tokens in bills:
        ratios.learn(PROMPT, Usage(tokens, 1))
    assert 0 < ratios.chars_per_token(TARGET) < 5_000


def test_the_gateway_learns(play, scenes):
    """An answered call is compared with its estimate, and the next estimate is by what it took."""
    rig = play(scenes.GOOD)
    prompt = scenes.cleared().prompt
    before = rig.gateway.estimate(prompt).prompt_tokens
    for _ in range(3):
        rig.complete()
    (error,) = rig.gateway.estimate_errors()
    assert error.calls == 3
    assert error.mean_signed < 0
    assert rig.gateway.estimate(prompt).prompt_tokens > before


@pytest.mark.parametrize(
    ("usage", "cost"),
    [(Usage(1_000, 10), "0.00208"), (Usage(1_000, 10, 400), "0.00148"), (Usage(100, 0, 500), "0.00005")],
    ids=["none cached", "some", "more than there are"],
)
def test_cached_input_has_its_own_price(usage, cost):
    """Exact decimals; more cached tokens than tokens are no credit."""
    assert cost_usd(usage, MODEL) == Decimal(cost)
    unknown = replace(MODEL, price=replace(PRICE, cached_usd_per_mtok=None))
    assert cost_usd(usage, unknown) == usage.prompt_tokens * Decimal("0.000002") + usage.completion_tokens * Decimal("0.000008")


def test_the_missions_average_is_met_at_its_mix():
    """Ten thousand requests of mostly routine cases come to about 0.003 USD each by the shipped prices."""
    models = Registry.load().provider("holysheep").models
    each = [estimate(PROMPT, m).cost_usd for m in models]
    average = sum(cost * weight for cost, weight in zip(each, (75, 12, 10, 3), strict=True)) / 100
    assert Decimal("0.002") < average < Decimal("0.004")


FORMS = {
    "json-schema": ({"answer_schema": answer_schema()}, "json_schema"),
    "json-mode": ({}, "json_object"),
    "text": ({"json_mode": False}, None),
}


@pytest.mark.parametrize(("changes", "kind"), FORMS.values(), ids=FORMS)
def test_each_form_of_answer_in_the_bytes(changes, kind):
    """A schema where the model takes one, JSON mode where it does not, else nothing but the prompt's own words."""
    body = json.loads(replace(PROMPT, **changes).body())
    found = body.get("response_format")
    assert (found and found["type"]) == kind
    if kind == "json_schema":
        assert found["json_schema"]["strict"] is True
        assert found["json_schema"]["schema"] == json.loads(answer_schema())


def test_the_schema_is_one_that_strict_providers_take():
    """Every object closes itself and requires all its keys; nothing in it is prose."""

    def objects(value):
        if isinstance(value, dict):
            yield from [value] if value.get("type") == "object" else []
            for item in value.values():
                yield from objects(item)
        elif isinstance(value, list):
            for item in value:
                yield from objects(item)

    schema = json.loads(answer_schema())
    found = list(objects(schema))
    assert len(found) == 5
    assert all(o["additionalProperties"] is False and sorted(o["required"]) == sorted(o["properties"]) for o in found)
    assert "description" not in answer_schema()
