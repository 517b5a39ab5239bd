"""The stored format, recomputed from its document without our code, and the command that checks it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from copy import copy
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, StrEnum
from http import HTTPStatus
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_audit_event import events

from core.audit import Action, AuditLog, Event, Outcome
from core.audit.__main__ import main
from core.audit.checkpoint import ORIGIN, SignedHead, Signer
from core.audit.entry import Chain, Entry, body_bytes, body_sequence, time_text
from core.audit.merkle import Frontier
from core.model import TEXT_FIELDS, Category, FixedClock, Role, Tier

Make = Callable[..., Event]
DOCUMENT = Path(__file__).parents[2] / "docs" / "audit-format.md"


def vector() -> list[dict[str, str]]:
    """The test vector of the document: body, previous hash and entry hash of each entry."""
    block = re.search(r"```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert block is not None
    found: list[dict[str, str]] = json.loads(block.group(1))
    return found


def test_the_documents_vector_follows_its_own_rules() -> None:
    """With nothing but hashlib: leaf, node, link and root of two entries, as the document says."""
    prev, leaves = bytes(32), []
    for item in vector():
        leaves.append(hashlib.sha256(b"\x00" + item["body"].encode("ascii")).digest())
        node = leaves[0] if len(leaves) == 1 else hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
        own = hashlib.sha256(b"casegate/audit/link/2\n" + prev + leaves[-1]).digest()
        facts = [item[name] for name in ("leaf_hash", "node_hash", "prev_hash", "entry_hash", "root")]
        assert facts == [value.hex() for value in (leaves[-1], node, prev, own, node)]
        prev = own


def test_the_code_writes_the_documents_vector() -> None:
    """The same events at the same times give the document's bytes, hashes and signed tree head."""
    chain = Chain()
    for number, item in enumerate(vector(), 1):
        facts = json.loads(item["body"])
        at = datetime.fromisoformat(facts.pop("time"))
        assert (facts.pop("v"), facts.pop("sequence")) == (1, number)
        _, row = chain.seal(at, Event.from_json(facts))
        hashes = tuple(bytes.fromhex(item[name]) for name in ("leaf_hash", "node_hash", "prev_hash", "entry_hash"))
        assert row == (number, item["body"].encode(), *hashes, None)
        assert chain.tree_head.root.hex() == item["root"]
    note = re.search(r"```text\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert note is not None
    signer = Signer.from_base64(base64.b64encode(bytes(range(32))).decode())
    assert signer.sign(ORIGIN + signer.key_id, chain.tree_head, SignedHead.parse(note.group(1)).time).note == note.group(1)
    assert signer.public_key.hex() in DOCUMENT.read_text()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events, st.integers(0, 2**53 - 2), st.datetimes(timezones=st.just(UTC)))
def test_canonical_bytes_round_trip(event: Event, before: int, at: datetime) -> None:
    """Bytes read back give an equal entry, equal entries give equal bytes, and the bytes are plain sorted ASCII JSON."""
    entry, row = Chain(Frontier(before, [bytes(32)] * before.bit_count())).seal(at, event)
    assert Entry.from_row(row) == entry
    assert body_bytes(entry.sequence, entry.time, entry.event) == row.body
    assert json.dumps(json.loads(row.body), sort_keys=True, separators=(",", ":")).encode("ascii") == row.body
    assert body_sequence(row.body) == before + 1


def test_a_time_is_written_whatever_was_written_before() -> None:
    """To the microsecond, in UTC, forwards and backwards, within a second and across its edge, from any zone."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    moments = [noon + timedelta(microseconds=offset) for offset in (0, 999_999, 1, 1_000_000, -1, 0, 86_400_000_000, 5)]
    odd = timezone(timedelta(hours=5, minutes=30, microseconds=7))
    for at in [*moments, *(moment.astimezone(odd) for moment in moments), datetime.min.replace(tzinfo=UTC)]:
        assert time_text(at) == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def test_an_events_facts_stand_in_the_order_of_its_fields(event: Make) -> None:
    """However it was made: its canonical bytes are written from them by place."""
    one, order = event(), [field.name for field in fields(Event)]
    for made in (one, replace(one, count=3), Event.from_json(one.to_json()), copy(one)):
        assert list(made.__dict__) == order


class Named(StrEnum):
    """Text that shows itself as its value."""

    WARD = "ward-3"


class Mixed(str, Enum):  # noqa: UP042 – such as older code has; it shows itself by its name
    """Text that does not."""

    WARD = "ward-3"


@pytest.mark.parametrize(
    "facts",
    [
        {"department": Named.WARD},
        {"department": Mixed.WARD},
        {"http_status": HTTPStatus.TOO_MANY_REQUESTS},
        {"input_lengths": {}, "phi_counts": {}},
        {"input_lengths": {"symptoms": HTTPStatus.OK}, "phi_counts": {Category.NAME: 0}},
        dict.fromkeys(("simulated", "cost_partial", "tokens_estimated"), True),
        {"attempt": 0, "cost_nano_usd": 2**53 - 1},
    ],
    ids=["enumeration", "mixed enumeration", "numbered enumeration", "no counts", "counts", "flags", "numbers"],
)
def test_bytes_are_those_of_a_general_encoder(event: Make, facts: dict[str, object]) -> None:
    """The writer's own way to the bytes gives what `json` gives, whatever kind of text or number a fact is."""
    made, at = event(**facts), FixedClock().now()
    general = {"v": 1, "sequence": 7, "time": time_text(at)} | made.to_json()
    assert body_bytes(7, at, made) == json.dumps(general, sort_keys=True, separators=(",", ":")).encode("ascii")


def test_no_value_can_be_taken_for_a_place() -> None:
    """A body is a template with places for sequence and time: no fact may hold a percent sign, a quote or an escape."""
    for members in (Action, Outcome, Role, Tier, Category):
        assert not [member for member in members if set(member.value) & set('%"\\')]
    assert not [name for name in (spec.name for spec in TEXT_FIELDS) if set(name) & set('%"\\')]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'"x"', b'{"sequence":"1"}', b'{"sequence":true}', b"\xff", b"[" * 100_000], ids=range(9)
)
def test_a_body_that_is_none_claims_no_place(body: bytes) -> None:
    """Whatever stands where a body should be, asking for its place does not fail."""
    assert body_sequence(body) is None


def test_times_are_utc_and_need_a_zone() -> None:
    """Times are written in UTC whatever their zone, with six decimals; a time without a zone is refused."""
    assert time_text(datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))) == "2026-02-28T19:30:00.000000Z"
    with pytest.raises(ValueError, match="time zone"):
        time_text(datetime(2026, 3, 1))  # noqa: DTZ001


def test_the_command_tells_an_intact_store(log: AuditLog, event: Make, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0, with the number of entries and the head; it works while the log is open elsewhere."""
    entries = [log.append(event(number)) for number in (1, 2)]
    assert main(["verify", "--database", str(database)]) == 0
    shown = capsys.readouterr().out
    assert f"2:{entries[1].entry_hash}" in shown
    assert "All 2 entries are intact." in shown
    assert main(["verify", "--database", f"sqlite:///{database}", "--expected-head", f"1:{entries[0].entry_hash}"]) == 0


def test_the_command_tells_an_altered_store(
    log: AuditLog, event: Make, database: Path, tamper: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1, naming the first bad entry; a head noted elsewhere shows a cut-off tail."""
    for number in (1, 2, 3):
        head = log.append(event(number)).head
    tamper("DELETE FROM entry WHERE sequence = 3")
    assert main(["verify", "--database", str(database), "--expected-head", f"3:{head.entry_hash}"]) == 1
    assert "entry 3 is the first bad one (tail cut off)" in capsys.readouterr().out
    tamper("DELETE FROM entry WHERE sequence = 1")
    assert main(["verify", "--database", str(database)]) == 1
    assert "entry 1 is the first bad one (deleted)" in capsys.readouterr().out


def test_the_command_finds_the_configured_store(log: AuditLog, event: Make, database: Path, tmp_path: Path) -> None:
    """Without --database the settings say where the store is."""
    log.append(event())
    environment = {**os.environ, "CASEGATE_AUDIT_DATABASE": str(database), "PYTHONPATH": str(DOCUMENT.parents[1])}
    command = [sys.executable, "-m", "core.audit", "verify"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "All 1 entries are intact." in done.stdout


def test_the_command_tells_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and a message, no traceback; a malformed head is a usage error."""
    assert main(["verify", "--database", str(tmp_path / "none")]) == 2
    assert "no audit store" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["verify", "--expected-head", "3"])
    assert stop.value.code == 2
