"""Signed tree heads, as C2SP checkpoints: a text with origin, size and root, under an Ed25519 signature.

    casegate/audit/<id of the installation's first key>
    <size>
    <root hash, base64>
    time <UTC>

    — casegate/audit/<…> <base64 of 4 bytes of key hash and 64 of signature>

Tools of other transparency logs read them (c2sp.org/tlog-checkpoint, c2sp.org/signed-note).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.audit.entry import TreeHead, time_text

ORIGIN = "casegate/audit/"
_SEED_BYTES = 32
_NOTE = re.compile(
    r"(?P<text>(?P<origin>casegate/audit/[0-9a-f]{16})\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"time (?P<time>[0-9TZ:.-]{27})\n)\n— (?P<name>[^ \n+]+) (?P<signature>[A-Za-z0-9+/=]+)\n"
)


@dataclass(frozen=True)
class SignedHead:
    """A checkpoint as written. Holding one says nothing about its signature: see `signed_by`."""

    origin: str
    head: TreeHead
    time: datetime
    note: str
    key_hash: bytes
    signature: bytes
    text: bytes = field(repr=False)

    @classmethod
    def parse(cls, note: str) -> Self:
        """Raises ValueError when the note is not a checkpoint of an audit store."""
        found = _NOTE.fullmatch(note)
        if found is None or found["name"] != found["origin"]:
            raise ValueError("not a signed tree head of an audit store")
        try:
            signature = base64.b64decode(found["signature"], validate=True)
            head = TreeHead(int(found["size"]), base64.b64decode(found["root"], validate=True))
            at = datetime.fromisoformat(found["time"])
        except (binascii.Error, ValueError):
            raise ValueError("not a signed tree head of an audit store") from None
        if len(signature) != 68 or base64.b64encode(signature).decode() != found["signature"]:
            raise ValueError("not a signed tree head of an audit store")
        return cls(found["origin"], head, at, note, signature[:4], signature[4:], found["text"].encode())

    def signed_by(self, keys: Iterable[bytes]) -> bool:
        """Whether one of these public keys (32 raw bytes each) made the signature."""
        for key in keys:
            if key_hash(self.origin, key) != self.key_hash:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(self.signature, self.text)
            except (InvalidSignature, ValueError):
                continue
            return True
        return False


class Signer:
    """An Ed25519 private key. Its id is the first half of its public key's SHA-256, in hex; it is never shown whole."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key().public_bytes_raw()
        self.key_id = key_id(self.public_key)

    @classmethod
    def from_base64(cls, text: str) -> Self:
        """From 32 bytes in base64. Raises ValueError, which does not repeat them."""
        try:
            seed = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            seed = b""
        if len(seed) != _SEED_BYTES:
            raise ValueError("a signing key is 32 bytes in base64")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    def to_base64(self) -> str:
        """For the key file and nothing else."""
        return base64.b64encode(self._key.private_bytes_raw()).decode()

    def sign(self, origin: str, head: TreeHead, at: datetime) -> SignedHead:
        """A checkpoint of this tree head."""
        root = base64.b64encode(head.root).decode()
        text = f"{origin}\n{head.size}\n{root}\ntime {time_text(at)}\n"
        signature = key_hash(origin, self.public_key) + self._key.sign(text.encode())
        return SignedHead.parse(f"{text}\n— {origin} {base64.b64encode(signature).decode()}\n")


def key_id(public_key: bytes) -> str:
    """How a key is called: 16 hex digits."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def key_hash(origin: str, public_key: bytes) -> bytes:
    """The four bytes by which a note's signature names its key."""
    return hashlib.sha256(origin.encode() + b"\n\x01" + public_key).digest()[:4]
