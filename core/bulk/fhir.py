"""FHIR R4: a resource or a Bundle as one case, redacted element by element.

What an element is decides what becomes of it: names, identifiers, telecoms and addresses by their structure, dates to the year, ids
renumbered with the references that hold them, narratives to plain text, codes and code systems as they are. Every string that is none
of these is read as text by the redactor, so an element unknown here is redacted, not passed.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from core import deid
from core.bulk.job import BadFileError, Job, redacted
from core.model import Category, Identity

_DATE = re.compile(r"(\d{4})-\d{2}(?:-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?)?")
_CODE_KEYS = frozenset(
    {"resourceType", "status", "code", "system", "use", "unit", "language", "comparator", "intent", "priority", "mode", "version"}
    | {"gender", "contentType", "kind", "relation", "method", "valueCode", "rank", "severity", "clinicalStatus", "criticality", "country"}
    | {"state"}
)
_CODE = re.compile(r"[A-Za-z0-9.:/_%{}\[\]*^<>=()'-]{1,80}")
_CODE_SYSTEMS = (
    *("http://loinc.org", "http://snomed.info/", "http://hl7.org/", "http://terminology.hl7.org/", "http://www.nlm.nih.gov/"),
    *("http://unitsofmeasure.org", "urn:iso:", "http://www.whocc.no/", "http://www.ama-assn.org/", "http://fhir.org/"),
)
_DROPPED = frozenset({"photo", "signature", "hash", "lastUpdated", "recorded", "timestamp", "issued", "source", "profile", "implicitRules"})
_REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]{2,40})/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?")
_TELECOM = {"phone": Category.PHONE, "fax": Category.FAX, "email": Category.EMAIL, "pager": Category.PHONE, "url": Category.URL,
            "sms": Category.PHONE, "other": Category.OTHER_ID}  # fmt: skip
_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "dt", "dd"})
Path = tuple[str | int, ...]


def redact_resource(resource: Any, job: Job) -> tuple[dict[str, Any], Counter[Category]]:
    """The resource without identifiers, still R4 in form. Raises BadFileError when it is none, DeidError."""
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise BadFileError("not a FHIR resource: it has no resourceType")
    walk = _Walk(job)
    shaped = walk.shaped(resource, ())
    done = redacted(walk.texts, _identity(resource), job)
    counts = walk.counts + Counter(done.counts)
    return _filled(shaped, {name: sent.text for name, sent in done.fields.items()}), counts


@dataclass(frozen=True, slots=True)
class _Text:
    """A place for a redacted text; `narrative` ones are written as XHTML again."""

    name: str
    narrative: bool = False


@dataclass
class _Walk:
    """Through a resource once: structure is settled on the way, texts are gathered for the redactor."""

    job: Job
    texts: dict[str, str] = field(default_factory=dict)
    counts: Counter[Category] = field(default_factory=Counter)
    ids: dict[str, str] = field(default_factory=dict)

    def shaped(self, value: Any, path: Path) -> Any:
        if isinstance(value, list):
            return [self.shaped(item, path) for item in value]
        if isinstance(value, dict):
            return self._object(value, path)
        return self._string(value, path) if isinstance(value, str) else value

    def _object(self, value: dict[str, Any], path: Path) -> Any:
        key = str(path[-1]) if path else ""
        if "family" in value or "given" in value or key == "valueHumanName":
            return self._removed(Category.NAME, {"use": value.get("use"), "text": "[NAME]"})
        if key in ("identifier", "valueIdentifier", "masterIdentifier"):
            kept: dict[str, Any] = {name: self.shaped(value[name], (*path, name)) for name in ("use", "type") if name in value}
            return self._removed(Category.OTHER_ID, {**kept, "value": "[ID]"})
        if key in ("telecom", "valueContactPoint") or ("value" in value and value.get("system") in _TELECOM):
            category = _TELECOM.get(str(value.get("system")), Category.OTHER_ID)
            return self._removed(category, {"system": value.get("system"), "use": value.get("use"), "value": f"[{category.name}]"})
        if {"line", "postalCode", "city"} & value.keys() or key in ("address", "valueAddress"):
            return self._address(value)
        if key == "onsetAge" or (value.get("unit") in ("a", "years", "year") and isinstance(value.get("value"), (int, float))):
            return self._age(value)
        gone = _DROPPED | ({"data", "url", "title"} if "contentType" in value else set())
        shaped = {name: self.shaped(inner, (*path, name)) for name, inner in value.items() if name not in gone}
        return {name: inner for name, inner in shaped.items() if inner is not None}

    def _removed(self, category: Category, shape: dict[str, Any]) -> dict[str, Any]:
        self.counts[category] += 1
        return {name: inner for name, inner in shape.items() if inner is not None}

    def _address(self, value: dict[str, Any]) -> dict[str, Any]:
        limited = Category.PLACE not in self._masked
        stays = ("use", "type", "state", "country", "city", "district", "postalCode") if limited else ("use", "type", "state", "country")
        shape = {name: value[name] for name in stays if isinstance(value.get(name), str)}
        if not limited and (prefix := deid.zip3(str(value.get("postalCode", "")))):
            shape["postalCode"] = f"{prefix}**"
        return self._removed(Category.STREET, shape)

    def _age(self, value: dict[str, Any]) -> dict[str, Any]:
        years = value.get("value")
        if Category.AGE in self._masked and isinstance(years, (int, float)) and years > 89:
            self.counts[Category.AGE] += 1
            return {**value, "value": 90, "comparator": ">="}
        return value

    @property
    def _masked(self) -> frozenset[Category]:
        return deid.policy_named(self.job.policy).masked

    def _string(self, value: str, path: Path) -> Any:
        key = str(path[-1]) if path else ""
        if key in ("id", "reference", "fullUrl"):
            return self._renumbered(value, key, path)
        if key == "url" or (key == "system" and value.startswith(_CODE_SYSTEMS)):
            return value if value.startswith(_CODE_SYSTEMS) or "extension" in path else self._text(value, path)
        if key in _CODE_KEYS and _CODE.fullmatch(value) and not _DATE.fullmatch(value):
            return value
        if match := _DATE.fullmatch(value):
            return self._date(match, key)
        if key == "div":
            return self._text(_plain(value), path, narrative=True)
        return self._text(value, path)

    def _date(self, match: re.Match[str], key: str) -> str | None:
        """The year alone; no year at all where it tells of an age over 89."""
        if Category.DATE not in self._masked:
            return match[0]
        self.counts[Category.DATE] += 1
        return None if "birth" in key.lower() and self.job.encounter.year - int(match[1]) > 89 else match[1]

    def _number(self, old: str) -> str:
        return self.ids.setdefault(old, f"r{len(self.ids) + 1}")

    def _renumbered(self, value: str, key: str, path: Path) -> str:
        if key == "reference" and value.startswith("#"):
            return f"#{self._number(value[1:])}"
        if match := _REFERENCE.fullmatch(value):
            new = f"{match[1]}/{self._number(match[2])}"
            return f"https://redacted.invalid/{new}" if key == "fullUrl" else new
        if value.startswith("urn:uuid:"):
            return f"urn:uuid:{self._number(value.removeprefix('urn:uuid:'))}"
        return self._number(value) if key == "id" else self._text(value, path)

    def _text(self, value: str, path: Path, *, narrative: bool = False) -> Any:
        if not value.strip():
            return value
        name = f"{len(self.texts)}"
        self.texts[name] = value
        return _Text(name, narrative)


def _filled(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, _Text):
        text = texts[value.name]
        return f'<div xmlns="http://www.w3.org/1999/xhtml"><pre>{html.escape(text, quote=False)}</pre></div>' if value.narrative else text
    if isinstance(value, list):
        return [_filled(item, texts) for item in value]
    if isinstance(value, dict):
        return {key: _filled(inner, texts) for key, inner in value.items()}
    return value


class _Reader(HTMLParser):
    """The words of a narrative, a line a block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.parts.append("\n" if tag in _BLOCKS else " " if tag in ("td", "th") else "")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _plain(div: str) -> str:
    reader = _Reader()
    reader.feed(div)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


def _identity(resource: Mapping[str, Any]) -> Identity:
    """What the first Patient says of itself: the redactor looks for it in every text."""
    patient = next(_patients(resource), {})
    names, telecoms = _listed(patient, "name"), _listed(patient, "telecom")
    name = next((" ".join([*map(str, n.get("given", [])), str(n.get("family", ""))]).strip() or str(n.get("text", "")) for n in names), "")
    by_system = {str(t.get("system")): str(t.get("value", "")) for t in reversed(telecoms)}
    address = next(iter(_listed(patient, "address")), {})
    parts = [*map(str, address.get("line", [])), *(str(address[k]) for k in ("city", "postalCode") if k in address)]
    record = next((str(i.get("value", "")) for i in _listed(patient, "identifier")), "")
    return Identity(
        name, record, str(patient.get("birthDate", "")), by_system.get("phone", ""), by_system.get("email", ""), ", ".join(parts)
    )


def _listed(holder: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = holder.get(key, [])
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _patients(resource: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if resource.get("resourceType") == "Patient":
        yield dict(resource)
    for entry in _listed(resource, "entry"):
        inner = entry.get("resource")
        if isinstance(inner, dict) and inner.get("resourceType") == "Patient":
            yield inner
