"""FHIR R4 resources, element by element."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import deid
from core.bulk.fhir import redact_resource
from core.bulk.job import Job
from core.model import Category

JOB = Job(date(2026, 11, 27))
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p-448812",
    "meta": {"lastUpdated": "2026-03-04T10:00:00Z"},
    "text": {"status": "generated", "div": '<div title="Whitcombe"><b>Whitcombe</b>, Augustin<br/>MRN&#160;448812 &amp; well</div>'},
    "identifier": [{"system": "urn:oid:1.2.3", "value": "448812"}],
    "name": [{"use": "official", "family": "Whitcombe", "given": ["Augustin"]}],
    "telecom": [{"system": "phone", "value": "(555) 010-4477", "use": "home"}],
    "gender": "male",
    "birthDate": "1950-03-04",
    "photo": [{"contentType": "image/png", "data": "aGVsbG8="}],
    "address": [{"line": ["12 Orrin Lane"], "city": "Tampa", "state": "FL", "postalCode": "33612", "country": "US"}],
}
CANARIES = ("Whitcombe", "Augustin", "448812", "010-4477", "Orrin", "Tampa", "33612", "2026-03", "1950-03", "aGVsbG8")


def redact(resource: dict[str, Any], job: Job = JOB) -> dict[str, Any]:
    """The resource redacted."""
    return redact_resource(resource, job)[0]


def test_a_patient_keeps_its_shape_and_loses_who_it_is() -> None:
    """Every direct identifier goes; sex, state, year of birth and three digits of the ZIP code stay, in R4's own elements."""
    shaped, counts = redact_resource(PATIENT, JOB)
    assert not [c for c in CANARIES if c.lower() in json.dumps(shaped).lower()]
    assert (shaped["gender"], shaped["birthDate"], shaped["address"][0]) == (
        "male",
        "1950",
        {"state": "FL", "country": "US", "postalCode": "336**"},
    )
    assert shaped["text"]["div"] == '<div xmlns="http://www.w3.org/1999/xhtml"><pre>[PATIENT]\nMRN [MRN] &amp; well</pre></div>'
    assert counts[Category.NAME] >= 2


def test_references_still_lead_to_their_resources() -> None:
    """Ids are renumbered and every reference with them, absolute, relative and by URN; the patient's words are found elsewhere."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": "https://ehr.example.org/fhir/Patient/p-448812", "resource": PATIENT},
            {"fullUrl": "urn:uuid:448812aa", "resource": {"resourceType": "Encounter", "id": "448812aa", "status": "finished"}},
            {
                "resource": {
                    "resourceType": "Condition",
                    "id": "c1",
                    "subject": {"reference": "https://ehr.example.org/fhir/Patient/p-448812", "display": "Whitcombe A."},
                    "encounter": {"reference": "urn:uuid:448812aa"},
                    "note": [{"text": "whitcombe says the tremor of Parkinson's disease is worse"}],
                }
            },
        ],
    }
    shaped = redact(bundle)
    patient, encounter, condition = (entry["resource"] for entry in shaped["entry"])
    assert condition["subject"]["reference"] == f"Patient/{patient['id']}"
    assert condition["encounter"]["reference"] == shaped["entry"][1]["fullUrl"] == f"urn:uuid:{encounter['id']}"
    assert shaped["entry"][0]["fullUrl"].endswith(f"/Patient/{patient['id']}")
    assert "Parkinson's disease" in condition["note"][0]["text"]
    assert not [c for c in CANARIES if c.lower() in json.dumps(shaped).lower()]


ELEMENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "codes stay": (
        {"code": {"coding": [{"system": "http://loinc.org", "code": "6598-7"}]}, "status": "final"},
        {"code": {"coding": [{"system": "http://loinc.org", "code": "6598-7"}]}, "status": "final"},
    ),
    "values stay": ({"valueQuantity": {"value": 0.4, "unit": "ng/mL"}}, {"valueQuantity": {"value": 0.4, "unit": "ng/mL"}}),
    "dates to the year": (
        {"effectivePeriod": {"start": "2026-03-04T09:00:00Z", "end": "2026-03"}},
        {"effectivePeriod": {"start": "2026", "end": "2026"}},
    ),
    "instants go": ({"issued": "2026-03-04T09:00:00.000Z"}, {}),
    "old birth years go": ({"birthDate": "1931-02-03"}, {}),
    "ages over 89": ({"onsetAge": {"value": 93, "unit": "a"}}, {"onsetAge": {"value": 90, "unit": "a", "comparator": ">="}}),
    "ages up to 89": ({"onsetAge": {"value": 61, "unit": "a"}}, {"onsetAge": {"value": 61, "unit": "a"}}),
    "attachments": (
        {"content": {"contentType": "text/plain", "data": "V2hpdGNvbWJl", "title": "Whitcombe"}},
        {"content": {"contentType": "text/plain"}},
    ),
    "a name anywhere": ({"elsewhere": {"family": "Whitcombe"}}, {"elsewhere": {"text": "[NAME]"}}),
    "an identifier in a code's place": ({"status": "Mr. Augustin Whitcombe"}, {"status": "Mr. [PERSON_1]"}),
    "an unknown element": ({"madeUp": ["call (555) 010-4477"]}, {"madeUp": ["call [PHONE]"]}),
}


@pytest.mark.parametrize(("given_", "wanted"), ELEMENTS.values(), ids=ELEMENTS.keys())
def test_what_becomes_of_an_element(given_: dict[str, Any], wanted: dict[str, Any]) -> None:
    """By what it is, not by where it stands."""
    assert redact({"resourceType": "Basic", **given_}) == {"resourceType": "Basic", **wanted}


def test_a_limited_data_set_keeps_dates_and_places() -> None:
    """164.514(e): dates, city, state and ZIP code stay; the street and the rest go."""
    shaped = redact(PATIENT, Job(JOB.encounter, deid.LIMITED_DATA_SET.id))
    assert shaped["address"][0] == {"state": "FL", "country": "US", "city": "Tampa", "postalCode": "33612"}
    assert shaped["birthDate"] == "1950-03-04"
    assert "Whitcombe" not in json.dumps(shaped)


STRINGS = st.sampled_from(["Mr. Augustin Whitcombe", "MRN 448812", 7, None, True])
KEYS = st.sampled_from(["a", "note", "status", "value", "text"])


@settings(max_examples=20, deadline=None)
@given(st.recursive(STRINGS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8))
def test_no_shape_lets_an_identifier_through(tree: Any) -> None:
    """However the strings are nested, and under whatever key."""
    shaped = redact({"resourceType": "Basic", "tree": tree})
    assert not [c for c in ("Whitcombe", "448812") if c in json.dumps(shaped)]
