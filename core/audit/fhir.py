"""An entry as a FHIR R4 AuditEvent, in the shape of IHE's Basic Audit Log Patterns. Pure.

Who asked, which system asked for them and which one was asked are agents (user, source, destination); the transaction and what it was
about are entities. No patient is an entity: an entry knows a random case reference and nobody's name. Facts without a place of their own
are `detail`s, those of a model call under OpenTelemetry's names. What the sandbox answered is labelled as test data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any

from core.audit.actions import CALL_ACTIONS, Action, Outcome
from core.audit.entry import Entry
from core.audit.event import Event
from core.model import Role

Json = dict[str, Any]
DCM = "http://dicom.nema.org/resources/ontology/DCM"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
BALP_ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
OWN = "urn:casegate"
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "110100": "Application Activity",
        "110101": "Audit Log Used",
        "110106": "Export",
        "110110": "Patient Record",
        "110112": "Query",
        "110113": "Security Alert",
        "110114": "User Authentication",
    }
)
# action → DICOM event type, and what was done: create, read, update, delete, execute
_KINDS: Mapping[Action, tuple[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(CALL_ACTIONS, ("110112", "E")),
        Action.REPAIR_REQUESTED: ("110112", "E"),
        Action.PREVIEW_REVIEWED: ("110110", "R"),
        Action.RESPONSE_REVEALED: ("110110", "R"),
        Action.CONSULTATION_OPENED: ("110110", "R"),
        Action.DRAFT_OPENED: ("110110", "R"),
        Action.DRAFT_SAVED: ("110110", "U"),
        Action.DRAFT_DISCARDED: ("110110", "D"),
        Action.DECISION_RECORDED: ("110110", "C"),
        Action.FLAG_KEPT: ("110110", "U"),
        Action.FLAG_REDACTED: ("110110", "U"),
        Action.PREFLIGHT_BLOCKED: ("110113", "E"),
        Action.ACCESS_DENIED: ("110113", "E"),
        Action.API_REQUEST_REFUSED: ("110113", "E"),
        Action.CONFIGURATION_CHANGED: ("110113", "U"),
        Action.ROLE_SWITCHED: ("110113", "E"),
        Action.SIGN_IN: ("110114", "E"),
        Action.SIGN_IN_FAILED: ("110114", "E"),
        Action.SIGN_OUT: ("110114", "E"),
        Action.AUDIT_VIEWED: ("110101", "R"),
        Action.USAGE_VIEWED: ("110101", "R"),
        Action.VERIFICATION_RUN: ("110101", "E"),
        Action.EXPORT_MADE: ("110106", "R"),
        Action.BREAK_GLASS: ("110113", "E"),
        Action.REVIEW_SIGNED_OFF: ("110101", "U"),
        Action.BACKUP_MADE: ("110106", "R"),
        Action.ENTRIES_PURGED: ("110113", "D"),
        Action.RETENTION_DECIDED: ("110113", "U"),
        Action.LEGAL_HOLD_SET: ("110113", "C"),
        Action.LEGAL_HOLD_LIFTED: ("110113", "D"),
        Action.STORE_RESTORED: ("110113", "U"),
        Action.SIGNING_KEY_CHANGED: ("110113", "U"),
        Action.VAULT_REWRAPPED: ("110113", "U"),
    }
)
_OUTCOMES = MappingProxyType({Outcome.OK: "0", Outcome.REFUSED: "4", Outcome.CANCELLED: "4", Outcome.FAILED: "8"})
_DETAILS: Mapping[str, str] = MappingProxyType(
    {
        "provider": "gen_ai.provider.name",
        "model": "gen_ai.request.model",
        "prompt_tokens": "gen_ai.usage.input_tokens",
        "completion_tokens": "gen_ai.usage.output_tokens",
        "error_class": "error.type",
        "http_status": "http.response.status_code",
    }
)
_ELSEWHERE = frozenset({"actor_id", "actor_role", "action", "outcome", "case_ref", "request_id", "simulated"})


def export_name(fact: str) -> str:
    """What a fact of an event is called outside: OpenTelemetry's name where there is one, else our own."""
    return _DETAILS.get(fact, f"casegate.{fact}")


def details(event: Event) -> Iterator[tuple[str, str]]:
    """Every fact that has no element of its own in an AuditEvent, as (name, text)."""
    for fact, value in event.to_json().items():
        if fact in _ELSEWHERE:
            continue
        if isinstance(value, dict):
            yield from ((f"{export_name(fact)}.{key}", str(number)) for key, number in value.items())
        elif value is not False:
            yield export_name(fact), "true" if value is True else str(value)


def audit_event(entry: Entry) -> Json:
    """One AuditEvent. Its id is the entry's place; the entry's hashes are details of the log it stands in."""
    event = entry.event
    code, action = _KINDS.get(event.action, ("110100", "E"))
    security = {"security": [_coding(f"{TERMINOLOGY}/v3-ActReason", "HTEST", "test health data")]} if event.simulated else {}
    return {
        "resourceType": "AuditEvent",
        "id": f"casegate-{entry.sequence}",
        **({"meta": security} if security else {}),
        "type": _coding(DCM, code, _TYPES[code]),
        "subtype": [_coding(f"{OWN}:action", event.action.value, event.action.value.replace("_", " "))],
        "action": action,
        "recorded": entry.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0"),
        "outcome": _OUTCOMES[event.outcome],
        **({"outcomeDesc": event.error_class} if event.error_class else {}),
        "agent": list(_agents(event)),
        "source": {
            "observer": _named("application", "casegate"),
            "type": [_coding(f"{TERMINOLOGY}/security-source-type", "4", "Application Server")],
        },
        "entity": list(_entities(entry)),
    }


def _agents(event: Event) -> Iterator[Json]:
    human = event.actor_role is not Role.SERVICE
    kind = _coding(f"{TERMINOLOGY}/extra-security-role-type", "humanuser", "human user") if human else _coding(DCM, "110150", "Application")
    yield {
        "type": {"coding": [kind]},
        "role": [{"coding": [_coding(f"{OWN}:role", event.actor_role.value.replace(" ", "-"), event.actor_role.value)]}],
        "who": _named("user", event.actor_id),
        "requestor": True,
    }
    if event.action in CALL_ACTIONS:
        yield _system("110153", "Source Role ID", _named("application", "casegate"))
        yield _system("110152", "Destination Role ID", _named("model", f"{event.provider}/{event.model}"))


def _entities(entry: Entry) -> Iterator[Json]:
    event, told = entry.event, [{"type": name, "valueString": text} for name, text in details(entry.event)]
    if event.request_id:
        yield {"what": _named("request", event.request_id), "type": _coding(BALP_ENTITY, "XrequestId", "X-Request-Id")}
    if event.case_ref:
        yield _object("case", event.case_ref, "4", "Domain Resource")
    if event.subject:
        yield _object("subject", event.subject, "13", "Security Resource")
    place = _object("audit-entry", str(entry.sequence), "17", "Data Repository")
    hashes = [{"type": f"casegate.{name}", "valueString": getattr(entry, name)} for name in ("leaf_hash", "entry_hash")]
    yield place | {"detail": [*hashes, *told]}


def _object(system: str, value: str, role: str, display: str) -> Json:
    return {
        "what": _named(system, value),
        "type": _coding(f"{TERMINOLOGY}/audit-entity-type", "2", "System Object"),
        "role": _coding(f"{TERMINOLOGY}/object-role", role, display),
    }


def _system(code: str, display: str, who: Json) -> Json:
    return {"type": {"coding": [_coding(DCM, code, display)]}, "who": who, "requestor": False}


def _named(system: str, value: str) -> Json:
    return {"identifier": {"system": f"{OWN}:{system}", "value": value}}


def _coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}
