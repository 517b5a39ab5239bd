"""Signed tree heads, the anchor outside, and evidence bundles: checked by us and by the document's single file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test_audit_merkle import ALONE
from test_audit_verify import raw

from core.audit import AuditLog, Event, FileAnchor, Reason, SignedHead, Signer, anchor_at
from core.audit.__main__ import main
from core.audit.bundle import check_bundle
from core.audit.entry import Chain, TreeHead
from core.errors import AuditError, ChainError, ConfigError
from core.model import FixedClock

Make = Callable[..., Event]
ALONE_FILE = Path(__file__).parents[2] / "docs" / "verify_bundle.py"


@pytest.fixture
def full(log: AuditLog, event: Make) -> AuditLog:
    """Nine entries, with heads signed at 3, 6 and 9."""
    for number in range(1, 10):
        log.append(event(number))
        if number % 3 == 0:
            log.seal()
    return log


def alone(path: Path, *options: str) -> tuple[int, str]:
    """The document's verifier as anybody runs it: isolated, without our code on its path."""
    command = [sys.executable, "-I", str(ALONE_FILE), str(path), *options]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_bundle_is_checked_without_our_code(full: AuditLog, tmp_path: Path) -> None:
    """The single file checks entries, proofs, signature, earlier heads and whose it is, with the standard library alone."""
    path = tmp_path / "evidence.json"
    path.write_bytes(full.bundle([2, 5, 9]))
    status, shown = alone(path, "--origin", full.origin)
    assert status == 0, shown
    assert "entries   3" in shown
    assert "earlier   2" in shown
    assert check_bundle(path.read_bytes(), full.origin).size == 9
    other = alone(path, "--origin", "casegate/audit/" + "0" * 16)
    assert (other[0], "another installation" in other[1]) == (1, True)
    assert not re.findall(r"^(?:import|from) (?!argparse|base64|hashlib|json|sys|pathlib)", ALONE_FILE.read_text(), re.MULTILINE)


def edits() -> dict[str, Callable[[dict[str, Any]], None]]:
    """What somebody might do to a bundle."""

    def body(b: dict[str, Any]) -> None:
        b["entries"][1]["body"] = b["entries"][1]["body"].replace("u-7f3a", "u-evil")

    def number(b: dict[str, Any]) -> None:
        b["entries"][1]["sequence"] = 6

    def leaf(b: dict[str, Any]) -> None:
        b["entries"][1] |= {"body": None, "leaf_hash": "ab" * 32}

    def proof(b: dict[str, Any]) -> None:
        b["entries"][1]["proof"].pop()

    def root(b: dict[str, Any]) -> None:
        lines = b["tree_head"].split("\n")
        lines[2] = b["earlier_heads"][0]["note"].split("\n")[2]
        b["tree_head"] = "\n".join(lines)

    def head(b: dict[str, Any]) -> None:
        b["tree_head"] = b["earlier_heads"][0]["note"]

    def earlier(b: dict[str, Any]) -> None:
        b["earlier_heads"][0]["proof"][0] = "00" * 32

    def key(b: dict[str, Any]) -> None:
        b["signing_keys"] = ["07" * 32]

    return {f.__name__: f for f in (body, number, leaf, proof, root, head, earlier, key)}


@pytest.mark.parametrize("edit", edits().values(), ids=edits().keys())
def test_an_altered_bundle_does_not_hold(full: AuditLog, edit: Callable[[dict[str, Any]], None]) -> None:
    """Whatever is changed, both checks say so."""
    facts = json.loads(full.bundle([2, 5, 9]))
    edit(facts)
    with pytest.raises(AuditError):
        check_bundle(json.dumps(facts).encode(), full.origin)
    with pytest.raises(ALONE["DoesNotHoldError"]):
        list(ALONE["check"](facts, full.origin))


def test_a_bundle_of_another_installation_is_named(full: AuditLog, tmp_path: Path, event: Make) -> None:
    """A sound bundle from elsewhere is told apart from an altered one; so is a file that is no bundle."""
    other = AuditLog.open(tmp_path / "other.sqlite3", clock=FixedClock())
    other.append(event())
    data = other.bundle([1])
    other.close()
    with pytest.raises(AuditError, match="another installation"):
        check_bundle(data, full.origin)
    for garbage in (b"{}", b"[]", b"\xff", b'{"format": "casegate/audit/bundle/2"}'):
        with pytest.raises(AuditError, match="not an evidence bundle"):
            check_bundle(garbage, full.origin)
    (tmp_path / "garbage").write_bytes(b"[]")
    assert alone(tmp_path / "garbage")[0] == 2


def test_the_bundle_commands(full: AuditLog, database: Path, tmp_path: Path, event: Make, capsys: pytest.CaptureFixture[str]) -> None:
    """Export, check, and an entry that no signed head covers."""
    full.close()
    path = tmp_path / "evidence.json"
    assert main(["bundle", "--database", str(database), str(path), "--first", "4"]) == 0
    assert [item["sequence"] for item in json.loads(path.read_bytes())["entries"]] == list(range(4, 10))
    assert main(["check-bundle", "--database", str(database), str(path)]) == 0
    path.write_bytes(path.read_bytes().replace(b"u-7f3a", b"u-evil"))
    assert main(["check-bundle", "--database", str(database), str(path)]) == 1
    assert "Entry 4" in capsys.readouterr().err
    assert main(["seal", "--database", str(database)]) == 0
    assert capsys.readouterr().out.startswith("casegate/audit/")


def test_a_bundle_of_what_is_not_there_is_refused(full: AuditLog) -> None:
    """Each number must be an entry."""
    with pytest.raises(AuditError, match="no entry 12"):
        full.bundle([3, 12])


def test_pure_ed25519_agrees_with_the_library() -> None:
    """The single file accepts what the library signs, and neither another message, another key, nor a changed signature."""
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    signature = key.sign(b"tree head")
    holds = ALONE["ed25519_holds"]
    assert holds(public, b"tree head", signature)
    assert not holds(public, b"tree heads", signature)
    assert not holds(other.public_key().public_bytes_raw(), b"tree head", signature)
    for position in (0, 31, 32, 63):
        changed = bytearray(signature)
        changed[position] ^= 1
        assert not holds(public, b"tree head", bytes(changed))
    assert not holds(public, b"tree head", signature[:32] + b"\xff" * 32)


def test_a_signed_head_survives_its_text_and_no_other() -> None:
    """What is parsed is what was signed; a changed line, name or signature is refused or not signed."""
    signer = Signer.generate()
    log_head = signer.sign("casegate/audit/" + signer.key_id, TreeHead(7, bytes(32)), FixedClock().now())
    assert SignedHead.parse(log_head.note) == log_head
    assert log_head.signed_by([signer.public_key])
    assert not log_head.signed_by([Signer.generate().public_key])
    for changed in (log_head.note.replace("\n7\n", "\n8\n"), log_head.note.replace("2026", "2027", 1)):
        assert not SignedHead.parse(changed).signed_by([signer.public_key])
    for broken in (
        "",
        log_head.note[:-1],
        log_head.note + "x",
        log_head.note.replace("— ", "- "),
        log_head.note.replace("casegate", "other", 1),
    ):
        with pytest.raises(ValueError, match="not a signed tree head"):
            SignedHead.parse(broken)
    assert signer.to_base64() not in repr(signer) + repr(log_head)


def test_a_forged_tree_head_is_found(full: AuditLog, tamper: Callable[..., None]) -> None:
    """A head in the store that its key did not sign is a finding of its own."""
    tamper("UPDATE tree_head SET note = replace(note, '2026-', '2027-') WHERE tree_size = 6")
    found = full.verify()
    assert (found.ok, found.first_bad, found.reason) == (False, 6, Reason.FORGED)


def test_a_rewritten_store_does_not_fit_its_signed_heads(full: AuditLog, tamper: Callable[..., None], database: Path) -> None:
    """Entries replaced with every hash made to fit: the signed head of that size shows it, even without the anchor."""
    chain = Chain()
    rows = [chain.add((row.body or b"").replace(b'"latency_ms":2100', b'"latency_ms":1')) for row in raw(database)]
    database.with_name(database.name + ".head").unlink()
    change = "UPDATE entry SET body = ?, leaf_hash = ?, node_hash = ?, prev_hash = ?, entry_hash = ? WHERE sequence = ?"
    tamper(*((change, ((row.body or b"").decode(), *row[2:6], row.sequence)) for row in rows))
    found = full.verify()
    assert (found.ok, found.first_bad, found.reason) == (False, 3, Reason.REWRITTEN)


@pytest.fixture
def shelf() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A small web store that takes PUT and gives GET."""
    kept: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201 if self.path != "/refusing" else 403)
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200 if self.path in kept else 404)
            self.end_headers()
            self.wfile.write(kept.get(self.path, b""))

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", kept
    server.shutdown()
    thread.join()
    server.server_close()


def test_heads_are_anchored_at_a_url(shelf: tuple[str, dict[str, bytes]], database: Path, event: Make, tamper: Callable[..., None]) -> None:
    """The newest head lies at the URL; a tail cut off with every file beside the store is found by it."""
    url, kept = shelf
    log = AuditLog.open(database, clock=FixedClock(), anchor=anchor_at(url + "/head"))
    for number in range(1, 5):
        log.append(event(number))
    sealed = log.seal()
    assert (kept["/head"].decode(), log.anchor_problem) == (sealed.note, None)
    tamper("DELETE FROM entry WHERE sequence > 2", "DELETE FROM tree_head WHERE tree_size > 2")
    found = log.verify()
    assert (found.first_bad, found.reason) == (3, Reason.TRUNCATED)
    log.close()


def test_an_anchor_that_refuses_is_told(shelf: tuple[str, dict[str, bytes]], database: Path, event: Make) -> None:
    """The entry is recorded and the head signed; that it is not kept outside is said."""
    log = AuditLog.open(database, clock=FixedClock(), anchor=anchor_at(shelf[0] + "/refusing"))
    log.append(event())
    assert log.seal().head.size == 1
    assert "CASEGATE_AUDIT_ANCHOR" in str(log.anchor_problem)
    log.close()


def test_an_anchor_is_never_in_clear_over_a_network() -> None:
    """http is for this machine alone."""
    assert isinstance(anchor_at("/some/where"), FileAnchor)
    for place in ("http://anchor.example.org/head", "ftp://anchor.example.org/head"):
        with pytest.raises(ConfigError, match="CASEGATE_AUDIT_ANCHOR"):
            anchor_at(place)


def test_heads_are_signed_on_a_timer(database: Path, event: Make) -> None:
    """With sealing started, a head that covers the newest entry appears by itself."""
    log = AuditLog.open(database, clock=FixedClock())
    log.append(event())
    log.start_sealing(0.01)
    anchor, waited = FileAnchor(database.with_name(database.name + ".head")), threading.Event()
    for _ in range(2_000):
        if anchor.read() is not None:
            break
        waited.wait(0.01)
    kept = anchor.read()
    assert kept is not None
    assert kept.head.size == 1
    log.close()


def test_an_entry_that_is_gone_has_no_proof(full: AuditLog, tamper: Callable[..., None]) -> None:
    """A proof over a store that lacks a row it needs says so."""
    tamper("DELETE FROM entry WHERE sequence = 4")
    with pytest.raises(ChainError, match="entry 4"):
        full.inclusion_proof(2, 9)
