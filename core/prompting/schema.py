"""The answer's schema in the fewest words a model understands, written from `core.assessment` itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from core.assessment import Assessment

_Schema = Mapping[str, Any]
_PLAIN = {"string": "string", "integer": "integer", "boolean": "boolean", "null": "null", "number": "number"}


@cache
def schema_outline() -> str:
    """One line per type, e.g. `NextStep = {"action": string, "kind": "history" | "exam"}`; lists end in `[]`."""
    schema = Assessment.model_json_schema()
    types = {"Assessment": schema, **schema["$defs"]}
    return "\n".join(f"{name} = {_object(body)}" for name, body in types.items())


@cache
def answer_schema() -> str:
    """The schema as JSON text, for providers that hold an answer to one. Titles and descriptions are left out: they are paid for."""
    return json.dumps(_bare(Assessment.model_json_schema()), separators=(",", ":"))


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in ("title", "description") or isinstance(item, dict)}
        return {key: _bare(item) for key, item in kept.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


@cache
def answer_keys() -> frozenset[str]:
    """Every key that may occur anywhere in an answer."""
    schema = Assessment.model_json_schema()
    return frozenset(key for body in (schema, *schema["$defs"].values()) for key in body["properties"])


def _object(schema: _Schema) -> str:
    keys = (f'"{key}": {_type(value)}' for key, value in schema["properties"].items())
    return "{" + ", ".join(keys) + "}"


def _type(schema: _Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(option) for option in schema["anyOf"])
    if schema["type"] == "array":
        return f"{_type(schema['items'])}[]"
    if "minimum" in schema:
        return f"{schema['minimum']:g}..{schema['maximum']:g}"
    return _PLAIN[schema["type"]]
