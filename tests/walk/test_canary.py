"""Identifiers planted in every input; afterwards every sink is searched for them, in clear and in the usual disguises."""

from __future__ import annotations

import base64
import logging
import traceback
from datetime import date
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from support.replies import answer
from support.upstream import TARGET, Building, stream_of

from core import consult
from core.audit import EntryFilter, Format, write
from core.errors import Error
from core.model import TEXT_FIELDS, AgeRange, ClinicalCase, Identity, Principal, Role, Sex

DOCTOR = Principal("u-doctor", Role.CLINICIAN)
IDENTITY = Identity(
    name="Quillon Zarathorn",
    record_number="MR-7718820",
    date_of_birth="1968-02-17",
    phone="(202) 555-0187",
    email="q.zarathorn@example.org",
    address="77 Wendlebury Rise, Ostenby",
    ssn="219-09-9999",
)
CANARIES = (
    "Quillon",
    "Zarathorn",
    "zarathorn",
    "7718820",
    "1968-02-17",
    "555-0187",
    "5550187",
    "Wendlebury",
    "Ostenby",
    "219-09-9999",
    "219099999",
)
PLANTED = (
    "Patient Quillon Zarathorn, MRN MR-7718820, born 1968-02-17, SSN 219-09-9999, of 77 Wendlebury Rise, Ostenby, "
    "phone (202) 555-0187, q.zarathorn@example.org: crushing chest pain. ZARATHORN, Quillon again; q zarathorn too. "
)
CASE = ClinicalCase(
    **{spec.name: PLANTED[: spec.max_chars] for spec in TEXT_FIELDS},
    age_range=AgeRange.ADULT,
    age_years=57,
    sex=Sex.MALE,
    encounter=date(2026, 1, 5),
    identity=IDENTITY,
)


def disguises(canary: str) -> set[bytes]:
    """The canary as bytes: plain, UTF-16, base64 at each alignment, hex."""
    plain = canary.encode()
    packed = {base64.b64encode(b"x" * pad + plain)[4 if pad else 0 : -4] for pad in range(3)}
    return {plain, canary.encode("utf-16-le"), plain.hex().encode(), *(p for p in packed if len(p) >= 8)}


def found_in(blob: bytes) -> list[str]:
    """Which canaries a sink holds."""
    return [c for c in CANARIES if any(d in blob for d in disguises(c))]


@pytest.mark.parametrize("upstream", ["answers", "fails", "babbles"])
def test_no_sink_holds_a_planted_identifier(
    build: Building,
    httpserver: HTTPServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    upstream: str,
) -> None:
    """Stores, WAL, usage rows, backups, exports, logs, standard streams, messages, tracebacks and what the provider received."""
    caplog.set_level(logging.DEBUG)
    reply = {"answers": (stream_of(answer()), 200), "fails": (b"no", 500), "babbles": (stream_of("this is not JSON"), 200)}[upstream]
    httpserver.expect_request("/v1/chat/completions").respond_with_data(reply[0], reply[1], content_type="text/event-stream")
    services = build()
    prepared = consult.prepare(services, CASE, DOCTOR, target=TARGET, case_ref="case-1")
    assert prepared.blocked is None, [f"{f.category} in {f.place}" for f in prepared.blocked.findings]
    services.vault.put("draft", DOCTOR.user_id, DOCTOR.user_id, {"texts": CASE.texts()})
    services.vault.put("identity", DOCTOR.user_id, DOCTOR.user_id, IDENTITY.values())
    told = ""
    try:
        consult.submit(services, prepared, DOCTOR, identity=IDENTITY, reviewed_sha256=prepared.sha256)
    except Error as error:
        told = error.user_message + "".join(traceback.format_exception(error))
    services.audit.figures.rebuild()
    services.audit.backup(tmp_path / "var" / "audit-copy.sqlite3")
    services.vault.backup(tmp_path / "var" / "vault-copy.sqlite3")
    exported = {f"export {kind}": write(services.audit.browser.every(EntryFilter()), kind) for kind in Format}
    sinks = exported | {f.name: f.read_bytes() for f in (tmp_path / "var").rglob("*") if f.is_file()}
    sinks |= {f"request {n}": r.get_data() + r.url.encode() + str(r.headers).encode() for n, (r, _) in enumerate(httpserver.log)}
    out = capfd.readouterr()
    sinks |= {"log": caplog.text.encode(), "stdout": out.out.encode(), "stderr": out.err.encode(), "error": told.encode()}
    assert len(httpserver.log) >= 1
    assert {name: found for name, blob in sinks.items() if (found := found_in(blob))} == {}


def test_the_search_would_find_a_leak() -> None:
    """The canary test can fail: each disguise of a planted value is found in a blob that holds it."""
    for canary in CANARIES:
        for disguise in disguises(canary):
            assert canary in found_in(b"...." + disguise + b"....") or found_in(disguise)
