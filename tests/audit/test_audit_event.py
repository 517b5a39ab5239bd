"""An event holds facts and never prose."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit import Action, Event, Outcome, nano_usd
from core.model import TEXT_FIELDS, Category, Role, Tier

CANARY = "Marisol Quintero has crushing chest pain"
BASE: dict[str, Any] = {"actor_id": "u-1", "actor_role": Role.CLINICIAN, "action": Action.SIGN_IN}
STRINGS = sorted(
    {f.name for f in fields(Event)}
    - {"input_lengths", "phi_counts", "attempt", "prompt_tokens", "completion_tokens", "cost_nano_usd", "latency_ms", "ttft_ms"}
    - {"http_status", "concern_count", "estimate_nano_usd", "count", "tokens_estimated", "cost_partial", "simulated"}
)
NUMBERS = [
    "attempt",
    "prompt_tokens",
    "completion_tokens",
    "cost_nano_usd",
    "estimate_nano_usd",
    "latency_ms",
    "ttft_ms",
    "http_status",
    "concern_count",
    "count",
]

counts = st.integers(0, 2**53 - 1)
identifiers = st.from_regex(r"[A-Za-z0-9._:/-]{1,80}", fullmatch=True)
references = st.from_regex(r"[a-z][A-Za-z0-9._:/-]{0,79}", fullmatch=True)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_.:-]{0,79}", fullmatch=True)
hashes = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
events = st.builds(
    Event,
    actor_id=identifiers,
    actor_role=st.sampled_from(Role),
    action=st.sampled_from([a for a in Action if a is not Action.DIAGNOSIS_REQUEST_FAILED]),
    outcome=st.sampled_from(Outcome),
    case_ref=references,
    request_id=references,
    attempt=st.none() | counts,
    provider=identifiers,
    model=identifiers,
    endpoint=st.none() | identifiers,
    tier=st.none() | st.sampled_from(Tier),
    input_lengths=st.dictionaries(st.sampled_from([f.name for f in TEXT_FIELDS]), counts),
    phi_counts=st.dictionaries(st.sampled_from(Category), counts),
    payload_sha256=st.none() | hashes,
    cost_nano_usd=st.none() | counts,
    error_class=st.none() | names,
    subject=st.none() | names,
    simulated=st.booleans(),
)


@pytest.mark.parametrize("name", STRINGS)
@pytest.mark.parametrize("text", [CANARY, "Quintero\n", "", "123-45-6789 ", "naïve", "a" * 300, "<b>", "x@y.example", "a b"])
def test_no_string_field_takes_prose(name: str, text: str) -> None:
    """Anything that is not an identifier, a hash or a known member is refused, and the refusal does not repeat it."""
    with pytest.raises(ValueError, match=name) as refusal:
        Event(**(BASE | {name: text}))
    assert not text.strip() or text.strip() not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("name", ["case_ref", "request_id"])
@pytest.mark.parametrize("number", ["123-45-6789", "5550143322", "555-014-3322", "00417733", "1961-04-12"])
def test_references_are_not_record_numbers_phones_or_dates(name: str, number: str) -> None:
    """A reference made of digits alone is refused: ours are random and hold letters."""
    with pytest.raises(ValueError, match=name):
        Event(**(BASE | {name: number}))


@pytest.mark.parametrize("name", ["input_lengths", "phi_counts"])
@pytest.mark.parametrize("counts", [{CANARY: 1}, {"patient_name": 1}, {1: 1}, CANARY, None, [("name", 1)]], ids=range(6))
def test_mappings_take_known_keys_only(name: str, counts: object) -> None:
    """A key outside the closed list is refused, and the refusal does not repeat it."""
    with pytest.raises(ValueError, match=name) as refusal:
        Event(**(BASE | {name: counts}))
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("value", [CANARY, -1, 2**53, 1.5, True, None])
def test_mapping_values_are_whole_numbers(value: object) -> None:
    """A count is a bounded whole number."""
    with pytest.raises(ValueError, match="phi_counts"):
        Event(**(BASE | {"phi_counts": {Category.NAME: value}}))


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [CANARY, -1, 2**53, 1.5, True, Decimal(1)])
def test_number_fields_are_whole_and_bounded(name: str, value: object) -> None:
    """A number is a whole number from 0 to 2^53 - 1."""
    with pytest.raises(ValueError, match=name):
        Event(**(BASE | {name: value}))


@pytest.mark.parametrize("name", ["tokens_estimated", "cost_partial", "simulated"])
@pytest.mark.parametrize("value", [CANARY, 1, None])
def test_flags_are_true_or_false(name: str, value: object) -> None:
    """A flag is a truth value and nothing that merely looks like one."""
    with pytest.raises(ValueError, match=name):
        Event(**(BASE | {name: value}))


@pytest.mark.parametrize("name", ["actor_id", "actor_role", "action", "outcome"])
def test_nobody_acts_anonymously(name: str) -> None:
    """Actor, role, action and outcome are always there."""
    with pytest.raises(ValueError, match=name):
        Event(**(BASE | {name: None}))


@pytest.mark.parametrize("name", ["case_ref", "request_id", "provider", "model", "error_class"])
def test_a_failed_call_says_which(name: str) -> None:
    """The acts of a model call need what the mission asks of them."""
    facts = BASE | {
        "action": Action.DIAGNOSIS_REQUEST_FAILED,
        "case_ref": "c-1",
        "request_id": "r-1",
        "provider": "p",
        "model": "m",
        "error_class": "ProviderError",
    }
    assert Event(**facts).error_class == "ProviderError"
    with pytest.raises(ValueError, match=name):
        Event(**(facts | {name: None}))


def test_events_do_not_change() -> None:
    """Neither a field nor a count of an event can be changed after birth, nor through the mapping it was given."""
    lengths = {"symptoms": 5}
    event = Event(**BASE, input_lengths=lengths)
    lengths["symptoms"] = 6
    with pytest.raises(FrozenInstanceError):
        event.actor_id = "u-2"  # type: ignore[misc]
    assert event.input_lengths == {"symptoms": 5}
    assert isinstance(event.input_lengths, MappingProxyType)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events)
def test_events_survive_their_json_form(event: Event) -> None:
    """What is written is read back equal."""
    assert Event.from_json(event.to_json()) == event


@pytest.mark.parametrize("facts", [{}, {"note": CANARY}, BASE | {"note": CANARY}], ids=range(3))
def test_unknown_facts_are_refused(facts: dict[str, Any]) -> None:
    """A stored body with a field of its own, or without an actor, is not an event."""
    with pytest.raises(ValueError, match="not the facts"):
        Event.from_json(facts)


@pytest.mark.parametrize(
    ("cost", "nano"),
    [(None, None), (Decimal(0), 0), (Decimal("0.00000042"), 420), (Decimal("0.0000000025"), 2), (Decimal("12.5"), 12_500_000_000)],
)
def test_money_is_whole_nano_dollars(cost: Decimal | None, nano: int | None) -> None:
    """Costs are kept as whole nano-dollars and read as exact decimals."""
    event = Event(**BASE, cost_nano_usd=nano_usd(cost))
    assert event.cost_nano_usd == nano
    assert event.cost_usd == (None if nano is None else Decimal(nano) / 10**9)
