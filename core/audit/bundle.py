"""The evidence bundle: entries, a signed tree head, and the proofs that tie them together. Checked without Casegate by
docs/verify_bundle.py, and here against the installation it should come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.audit.checkpoint import ORIGIN, SignedHead, key_id
from core.audit.entry import Row, TreeHead
from core.audit.merkle import Tree, consistency_holds, inclusion_holds, leaf_hash
from core.audit.store.heads import KeyRecord
from core.errors import AuditError, ChainError

FORMAT = "casegate/audit/bundle/2"


def make_bundle(head: SignedHead, earlier: Sequence[SignedHead], keys: Sequence[KeyRecord], rows: Sequence[Row], tree: Tree) -> bytes:
    """The bundle as JSON. Raises ChainError when the stored tree does not have the signed head's root."""
    if tree.root(head.head.size) != head.head.root:
        raise ChainError("The audit store does not fit its own signed tree head. Run the verification.", sequence=head.head.size)
    facts = {
        "format": FORMAT,
        "signing_keys": [key.public_key.hex() for key in keys],
        "tree_head": head.note,
        "earlier_heads": [{"note": old.note, "proof": _hex(tree.consistency(old.head.size, head.head.size))} for old in earlier],
        "entries": [_entry(row, tree, head.head.size) for row in rows],
    }
    return json.dumps(facts, indent=1, ensure_ascii=False).encode() + b"\n"


def _entry(row: Row, tree: Tree, size: int) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "body": None if row.body is None else row.body.decode("ascii"),
        "leaf_hash": row.leaf_hash.hex(),
        "proof": _hex(tree.inclusion(row.sequence, size)),
    }


def check_bundle(data: bytes, origin: str | None) -> TreeHead:
    """Check a bundle, and that it comes from the installation of that origin; the value is the tree head it is about.

    Raises AuditError that says what is wrong: not a bundle, another installation's, a forged signature; ChainError with the bad entry.
    """
    try:
        facts = json.loads(data)
        if facts["format"] != FORMAT:
            raise ValueError
        keys = [bytes.fromhex(key) for key in facts["signing_keys"]]
        head = SignedHead.parse(facts["tree_head"])
        _require_origin(head, keys, origin)
        for item in facts["earlier_heads"]:
            _check_earlier(item, head, keys)
        for item in facts["entries"]:
            _check_entry(item, head.head)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise AuditError("This file is not an evidence bundle of an audit store, or it is damaged. Export it again.") from None
    return head.head


def _require_origin(head: SignedHead, keys: Sequence[bytes], origin: str | None) -> None:
    if origin is not None and head.origin != origin:
        raise AuditError(f"This bundle comes from another installation ({head.origin}); this one is {origin}. Check it there.")
    if not keys or head.origin != ORIGIN + key_id(keys[0]) or not head.signed_by(keys):
        raise AuditError("The bundle's tree head is not signed by the key it names. It was altered, or made by somebody else.")


def _check_earlier(item: Mapping[str, Any], head: SignedHead, keys: Sequence[bytes]) -> None:
    old = SignedHead.parse(item["note"])
    proof = [bytes.fromhex(value) for value in item["proof"]]
    if old.origin != head.origin or not old.signed_by(keys):
        raise AuditError(
            f"The bundle's earlier tree head of size {old.head.size} is not signed by the installation's keys. It was altered."
        )
    if not consistency_holds(old.head.size, head.head.size, old.head.root, head.head.root, proof):
        raise ChainError(f"The bundle's tree does not continue its earlier head of size {old.head.size}.", sequence=old.head.size)


def _check_entry(item: Mapping[str, Any], head: TreeHead) -> None:
    sequence, body, leaf = int(item["sequence"]), item["body"], bytes.fromhex(item["leaf_hash"])
    proof = [bytes.fromhex(value) for value in item["proof"]]
    sound = body is None or (leaf == leaf_hash(body.encode()) and json.loads(body)["sequence"] == sequence)
    if not sound or not inclusion_holds(sequence, head.size, leaf, head.root, proof):
        raise ChainError(f"Entry {sequence} of the bundle was altered, or is not part of the signed tree.", sequence=sequence)


def _hex(hashes: Sequence[bytes]) -> list[str]:
    return [value.hex() for value in hashes]
