"""What the name of a column or key says of its values: the patient's own data, somebody else's, or nothing."""

from __future__ import annotations

import re

from core.model import Category

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Fields of core.model.Identity: the values teach the redactor what to look for in the rest of the record.
_PANEL: tuple[tuple[str, frozenset[str]], ...] = (
    ("date_of_birth", frozenset({"dob", "birth", "birthdate", "birthday", "born"})),
    ("ssn", frozenset({"ssn", "social"})),
    ("record_number", frozenset({"mrn", "record", "chart", "hospitalnumber"})),
    ("email", frozenset({"email", "mail"})),
    ("phone", frozenset({"phone", "telephone", "tel", "mobile", "cell"})),
    ("address", frozenset({"address", "street", "addr"})),
    ("name", frozenset({"name", "firstname", "lastname", "surname", "forename", "patientname", "fullname", "family", "given"})),
)
_PANEL_CATEGORY = {
    "date_of_birth": Category.DATE,
    "ssn": Category.SSN,
    "record_number": Category.MRN,
    "email": Category.EMAIL,
    "phone": Category.PHONE,
    "address": Category.STREET,
    "name": Category.NAME,
}
_OTHERS: tuple[tuple[Category, frozenset[str]], ...] = (
    (Category.FAX, frozenset({"fax"})),
    (Category.ZIP, frozenset({"zip", "postcode", "postal", "zipcode"})),
    (Category.PLACE, frozenset({"city", "town", "county", "village", "municipality"})),
    (Category.HEALTH_PLAN, frozenset({"insurance", "member", "policy", "subscriber", "medicare", "medicaid", "payer"})),
    (Category.ACCOUNT, frozenset({"account", "acct", "encounterid", "visitid", "accession"})),
    (Category.LICENSE, frozenset({"npi", "dea", "licence", "license"})),
    (Category.VEHICLE, frozenset({"plate", "vin", "vehicle"})),
    (Category.DEVICE, frozenset({"serial", "udi", "imei"})),
    (Category.IP, frozenset({"ip"})),
    (Category.URL, frozenset({"url", "website"})),
    (Category.PHOTO, frozenset({"photo", "image", "picture"})),
    (Category.FACILITY, frozenset({"hospital", "facility", "clinic", "practice", "employer"})),
    (
        Category.NAME,
        frozenset({"physician", "doctor", "provider", "attending", "surgeon", "nurse", "author", "clinician", "guardian", "spouse", "kin"}),
    ),
    (Category.OTHER_ID, frozenset({"id", "identifier", "uid", "uuid", "guid", "username", "login", "passport"})),
)
_NO_PERSON = frozenset({"drug", "medication", "test", "procedure", "diagnosis", "disease", "brand", "generic", "column", "study", "file"})
_OF_OTHERS = _NO_PERSON | {"provider", "physician", "doctor", "attending", "nurse", "surgeon", "hospital", "clinic", "facility"}


def words_of(name: str) -> frozenset[str]:
    """The words of `PatientLastName`, `patient_last_name` or `Patient last-name`, in lower case."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def panel_field(name: str) -> str:
    """The field of the identity panel that this column holds; empty for any other."""
    words = words_of(name)
    if words & _OF_OTHERS:
        return ""
    return next((field for field, marks in _PANEL if words & marks), "")


def category_of(name: str) -> Category | None:
    """The category of identifiers that this column holds whole; None when its values are read as text."""
    if field := panel_field(name):
        return _PANEL_CATEGORY[field]
    words = words_of(name)
    if words & _NO_PERSON and not words & {"id", "identifier"}:
        return None
    found = next((category for category, marks in _OTHERS if words & marks), None)
    if found is None and words & {field for _, marks in _PANEL for field in marks}:
        return Category.NAME if "name" in words else Category.OTHER_ID
    return found


def is_age(name: str) -> bool:
    """Whether the column holds an age in years."""
    return "age" in words_of(name)
