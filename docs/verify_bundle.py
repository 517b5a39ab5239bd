#!/usr/bin/env python3
"""Check an evidence bundle of a Casegate audit store, with nothing but Python's standard library.

    python verify_bundle.py BUNDLE [--origin casegate/audit/0123456789abcdef]

Needs Python 3.10. Written from audit-format.md beside it, and sharing no code with Casegate: SHA-256 trees as in RFC 9162, Ed25519 as in
RFC 8032, tree heads as C2SP checkpoints. Give --origin, as you learned it from the installation itself and not from
the bundle: without it the check says only that the bundle fits together, whoever made it. Exit status: 0 all of it
holds, 1 something does not, 2 the file can't be read as a bundle.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

# Ed25519: the curve -x² + y² = 1 + d x² y² over the integers modulo P, points as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def add(p, q):
    """The sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor, point):
    """A point added to itself so many times."""
    total = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def same(p, q):
    """Whether two points are one."""
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def point_of(data):
    """The point that 32 bytes stand for; None when they stand for none."""
    if len(data) != 32:
        return None
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_holds(public_key, message, signature):
    """RFC 8032, 5.1.7, without the cofactor."""
    if len(signature) != 64:
        return False
    key, first, s = point_of(public_key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or first is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    return same(times(s, BASE), add(first, times(k, key)))


def sha256(*parts):
    """Hash of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def folded(number, size, proof):
    """For each hash of a proof: whether it stands to the left. None when the proof's length is wrong."""
    place, end, sides = number - 1, size - 1, []
    for _ in proof:
        if end == 0:
            return None
        left = bool(place & 1) or place == end
        sides.append(left)
        while left and place and not place & 1:
            place, end = place >> 1, end >> 1
        place, end = place >> 1, end >> 1
    return sides if end == 0 else None


def inclusion_holds(number, size, leaf, root, proof):
    """RFC 9162, 2.1.3.2; leaves are numbered from 1."""
    sides = folded(number, size, proof) if 1 <= number <= size else None
    if sides is None:
        return False
    for sibling, left in zip(proof, sides, strict=True):
        leaf = sha256(b"\x01", sibling, leaf) if left else sha256(b"\x01", leaf, sibling)
    return leaf == root


def consistency_holds(old, new, old_root, new_root, proof):
    """RFC 9162, 2.1.4.2."""
    if old == new or old == 0:
        return not proof and (old_root == new_root if old == new else old_root == sha256())
    if old > new:
        return False
    path = proof if old & (old - 1) else [old_root, *proof]
    place, end = old - 1, new - 1
    while place & 1:
        place, end = place >> 1, end >> 1
    sides = folded(place + 1, end + 1, path[1:]) if path else None
    if sides is None:
        return False
    before = after = path[0]
    for sibling, left in zip(path[1:], sides, strict=True):
        if left:
            before = sha256(b"\x01", sibling, before)
        after = sha256(b"\x01", sibling, after) if left else sha256(b"\x01", after, sibling)
    return before == old_root and after == new_root


class DoesNotHoldError(Exception):
    """Something does not hold."""


def read_head(note, keys, what):
    """Origin, size and root of a signed tree head. Raises DoesNotHoldError unless one of the keys signed it."""
    text, _, last = note.rpartition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    dash, name, signed = last.rstrip("\n").split(" ")
    signature = base64.b64decode(signed, validate=True)
    for key in keys:
        named = hashlib.sha256(origin.encode() + b"\n\x01" + key).digest()[:4] == signature[:4]
        if named and dash == "—" and name == origin and ed25519_holds(key, text.encode(), signature[4:]):
            return origin, int(size), base64.b64decode(root, validate=True)
    raise DoesNotHoldError(f"{what} is not signed by the installation's keys")


def check(bundle, wanted):
    """What the bundle proves, in lines. Raises DoesNotHoldError; KeyError, ValueError or the like when it is no bundle."""
    if bundle["format"] != "casegate/audit/bundle/2":
        raise ValueError("another format")
    keys = [bytes.fromhex(key) for key in bundle["signing_keys"]]
    origin, size, root = read_head(bundle["tree_head"], keys, "the tree head")
    if origin != "casegate/audit/" + hashlib.sha256(keys[0]).hexdigest()[:16]:
        raise DoesNotHoldError("the first signing key is not the one the origin is named after")
    if wanted is not None and origin != wanted:
        raise DoesNotHoldError(f"the bundle comes from another installation, {origin}")
    for item in bundle["earlier_heads"]:
        its_origin, old, old_root = read_head(item["note"], keys, "an earlier tree head")
        proof = [bytes.fromhex(value) for value in item["proof"]]
        if its_origin != origin or not consistency_holds(old, size, old_root, root, proof):
            raise DoesNotHoldError(f"the tree of size {size} does not continue the one of size {old}")
    purged = 0
    for item in bundle["entries"]:
        number, body, leaf = item["sequence"], item["body"], bytes.fromhex(item["leaf_hash"])
        purged += body is None
        if body is not None and sha256(b"\x00", body.encode()) != leaf:
            raise DoesNotHoldError(f"entry {number} was edited: its body does not have the leaf hash")
        if body is not None and json.loads(body)["sequence"] != number:
            raise DoesNotHoldError(f"entry {number} stands in another's place")
        if not inclusion_holds(number, size, leaf, root, [bytes.fromhex(value) for value in item["proof"]]):
            raise DoesNotHoldError(f"entry {number} is not part of the signed tree")
    yield f"origin    {origin}"
    yield f"tree      {size} entries, root {root.hex()}"
    yield f"earlier   {len(bundle['earlier_heads'])} signed heads, each the beginning of this tree"
    yield f"entries   {len(bundle['entries'])}, each part of it ({purged} without body, after a purge)"


def main():
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle of a Casegate audit store.")
    parser.add_argument("bundle")
    parser.add_argument("--origin", help="the installation it must come from")
    options = parser.parse_args()
    try:
        lines = list(check(json.loads(Path(options.bundle).read_text(encoding="utf-8")), options.origin))
    except DoesNotHoldError as wrong:
        print(f"DOES NOT HOLD: {wrong}.")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        print("This file can't be read as an evidence bundle.", file=sys.stderr)
        return 2
    print("\n".join(lines))
    print("result    everything in this bundle holds" + ("" if options.origin else "; whose it is was not checked, see --origin"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
