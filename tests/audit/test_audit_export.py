"""Entries leave as CSV, JSON lines and FHIR R4 AuditEvents that an independent model of FHIR accepts; nothing is lost or added."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from audit.test_audit_event import events
from fhir.resources.R4B.auditevent import AuditEvent
from hypothesis import given, settings

from core.audit import Action, Event, Outcome
from core.audit.entry import Chain, Entry
from core.audit.export import COLUMNS, Format, flat, write
from core.audit.fhir import audit_event, details
from core.model import Role

AT = datetime(2026, 1, 5, 9, 0, 0, 250_000, tzinfo=UTC)
# The codes that FHIR R4 binds strictly (audit-event-action, audit-event-outcome): the model checks form, not membership.
ACTIONS, OUTCOMES = set("CRUDE"), {"0", "4", "8", "12"}


def entry_of(event: Event) -> Entry:
    """An event in its place."""
    return Chain().seal(AT, event)[0]


def call(**changes: Any) -> Event:
    """An answered call."""
    facts: dict[str, Any] = {
        "actor_id": "u-1",
        "actor_role": Role.CLINICIAN,
        "action": Action.DIAGNOSIS_RESPONSE_RECEIVED,
        "case_ref": "case-a",
        "request_id": "req-a",
        "provider": "holysheep",
        "model": "gpt-4.1",
        "prompt_tokens": 400,
        "completion_tokens": 900,
        "phi_counts": {"name": 2},
        "latency_ms": 2100,
    }
    return Event(**(facts | changes))


@settings(max_examples=40, deadline=None)
@given(events)
def test_every_entry_is_a_valid_audit_event(event: Event) -> None:
    """`fhir.resources`, which knows nothing of us, takes it and gives the same back; the strictly bound codes are members."""
    resource = audit_event(entry_of(event))
    assert json.loads(AuditEvent.model_validate(resource).model_dump_json()) == json.loads(json.dumps(resource))
    assert resource["action"] in ACTIONS
    assert resource["outcome"] in OUTCOMES
    assert all(not ({"name", "query"} <= entity.keys()) for entity in resource["entity"])


@pytest.mark.parametrize("spoil", [{"type": None}, {"agent": []}, {"recorded": "yesterday"}, {"source": {}}, {"colour": "red"}], ids=str)
def test_the_validator_can_refuse(spoil: dict[str, Any]) -> None:
    """What lacks a required element or has a strange one is not an AuditEvent."""
    with pytest.raises(ValueError, match="validation error"):
        AuditEvent.model_validate({k: v for k, v in (audit_event(entry_of(call())) | spoil).items() if v not in (None, [])})


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_its_kind(action: Action) -> None:
    """Each action gives a DICOM event type with its display and one of the five letters."""
    resource = audit_event(entry_of(call(action=action, error_class="TimeoutError")))
    AuditEvent.model_validate(resource)
    assert resource["type"]["display"]
    assert resource["subtype"][0]["code"] == action.value


def test_the_shape_of_a_call() -> None:
    """Agents are user, source and destination; entities are transaction, case and log; tokens have OpenTelemetry's names."""
    resource = audit_event(entry_of(call(simulated=True, outcome=Outcome.FAILED, error_class="ProviderTimeoutError")))
    kinds = [agent["type"]["coding"][0]["code"] for agent in resource["agent"]]
    assert kinds == ["humanuser", "110153", "110152"]
    assert [agent["requestor"] for agent in resource["agent"]] == [True, False, False]
    assert [entity["what"]["identifier"]["value"] for entity in resource["entity"]] == ["req-a", "case-a", "1"]
    told = {d["type"]: d["valueString"] for d in resource["entity"][-1]["detail"]}
    assert told["gen_ai.usage.input_tokens"] == "400"
    assert told["casegate.phi_counts.name"] == "2"
    assert told["error.type"] == resource["outcomeDesc"] == "ProviderTimeoutError"
    assert resource["meta"]["security"][0]["code"] == "HTEST"
    assert (resource["outcome"], resource["recorded"]) == ("8", "2026-01-05T09:00:00.250000Z")


def test_no_fact_is_lost() -> None:
    """Every fact of an event stands in its AuditEvent, in an element or a detail."""
    event = call(cost_nano_usd=5, tokens_estimated=True, subject="csv", count=3)
    text = json.dumps(audit_event(entry_of(event)))
    assert {name for name, _ in details(event)} >= {"casegate.cost_nano_usd", "casegate.tokens_estimated", "casegate.count"}
    assert all(str(value).replace(" ", "-") in text for value in (event.actor_id, event.actor_role, event.case_ref, event.subject, 3, 5))


@settings(max_examples=25, deadline=None)
@given(events)
def test_the_three_formats_tell_the_same(event: Event) -> None:
    """A line for an entry; CSV cells and JSON values agree with the flat row."""
    entry = entry_of(event)
    row = flat(entry)
    assert tuple(row) == COLUMNS
    assert json.loads(write([entry], Format.JSONL)) == {k: v for k, v in json.loads(json.dumps(row)).items() if v is not None}
    (read,) = csv.DictReader(io.StringIO(write([entry], Format.CSV).decode()))
    plain = {k: "" if v is None else json.dumps(v, separators=(",", ":")) if isinstance(v, dict) else str(v) for k, v in row.items()}
    assert read == plain
    assert json.loads(write([entry], Format.FHIR))["id"] == "casegate-1"


def test_no_entries_give_a_file_all_the_same() -> None:
    """An empty CSV still names its columns."""
    assert write([], Format.CSV).decode().strip().split(",")[0] == "sequence"
    assert write([], Format.FHIR) == b""
