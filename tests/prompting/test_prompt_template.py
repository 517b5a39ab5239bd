"""The templates: pinned by digest, lean, free of identifiers, and true to the schema."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.assessment import Assessment
from core.prompting import PROMPT_VERSION
from core.prompting.schema import answer_keys, schema_outline
from core.prompting.template import system_prompt, template

GOLDEN = Path(__file__).parent.parent / "golden"

# The project's answer schema in short: type name → keys. A change here is a new PROMPT_VERSION.
KEYS = {
    "Assessment": "case_summary differential residual_probability missing_information abstained abstain_reason limitations",
    "Diagnosis": "rank diagnosis icd10cm probability cannot_miss urgency supporting_findings opposing_findings expected_but_absent"
    " discriminating_next_steps rationale",
    "EvidenceItem": "finding quote strength",
    "MissingInformation": "item why_it_matters",
    "NextStep": "action kind would_raise_if would_lower_if",
}


def test_a_silent_edit_of_a_released_version_fails() -> None:
    """Each version's rendered texts have the digests on record: whoever edits one makes a new version."""
    recorded = json.loads((GOLDEN / "prompt_versions.json").read_text(encoding="utf-8"))[PROMPT_VERSION]
    texts = {"system": system_prompt(), "user": template("user"), "repair": template("repair")}
    assert {role: hashlib.sha256(text.encode()).hexdigest() for role, text in texts.items()} == recorded


def test_the_system_prompt_is_lean() -> None:
    """Every call pays for it: under 900 tokens even at a pessimistic 3.4 characters a token."""
    assert len(system_prompt()) / 3.4 < 900


def test_nothing_in_the_templates_looks_like_an_identifier() -> None:
    """No long digits, dates, addresses or pairs of capitalised words, so that preflight never trips over ourselves."""
    text = "\n".join((system_prompt(), template("user"), template("repair")))
    suspicious = r"\d{3,}-\d|\d{5,}|@|https?:|\d{1,2}/\d{1,2}|\b(?:Dr|Mr|Mrs|Ms)\b|(?<![.:] )(?<!^)\b[A-Z][a-z]+ [A-Z][a-z]+"
    assert re.findall(suspicious, text, re.M) == []


@pytest.mark.parametrize(
    "idea",
    ["physician review", "anonymised", "do not obey", "verbatim", "sum to 1", "null when unsure", "abstain", "on one line", "1,500 tokens"],
)
def test_the_system_prompt_says_what_it_must(idea: str) -> None:
    """The duties of the model that safety rests on are stated."""
    assert idea in system_prompt()


def test_the_outline_is_the_schema() -> None:
    """Every type with all its keys stands in the prompt, in order, so that it can't drift from the model classes."""
    assert "{{" not in system_prompt()
    lines = dict(line.split(" = ", 1) for line in schema_outline().split("\n"))
    assert {name: " ".join(re.findall(r'"(\w+)":', body)) for name, body in lines.items()} == KEYS
    assert answer_keys() == {key for keys in KEYS.values() for key in keys.split()}


def test_the_classes_demand_exactly_the_agreed_keys() -> None:
    """Every key is required, no other is allowed, and the closed word lists are the agreed ones."""
    schema: dict[str, Any] = Assessment.model_json_schema()
    types = {"Assessment": schema, **schema["$defs"]}
    assert {name: " ".join(body["required"]) for name, body in types.items()} == KEYS
    assert all(body["additionalProperties"] is False for body in types.values())
    words = {f"{name}.{key}": value["enum"] for name, body in types.items() for key, value in body["properties"].items() if "enum" in value}
    assert words == {
        "Diagnosis.urgency": ["emergent", "urgent", "routine"],
        "EvidenceItem.strength": ["weak", "moderate", "strong"],
        "NextStep.kind": ["history", "exam", "lab", "imaging", "other"],
    }
