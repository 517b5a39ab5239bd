"""One record, sealed: AES-256-GCM under its own random data key, which is itself wrapped by a key-encryption key. Pure.

Both layers are bound to the record's kind, id and owner and to their column, so a ciphertext moved to another
row, owner or column does not open. Nonces are 96 random bits, and each data key seals once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.vault.keys import KEY_BYTES, NONCE_BYTES, KeyService, Random, refusal

_DOMAIN = "casegate/vault/1"


class Place(NamedTuple):
    """Where a record belongs."""

    kind: str
    record_id: str
    owner: str


class Sealed(NamedTuple):
    """A record's secret columns: `wrapped_key` is nonce then wrapped data key, `nonce` and `ciphertext` the payload's."""

    key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


def seal(place: Place, payload: Mapping[str, Any], keyring: KeyService, random: Random) -> Sealed:
    """Seal a JSON-ready payload with a new data key under the current key. Raises TypeError or ValueError when it is not JSON."""
    plain = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "surrogatepass")
    data_key, nonce = random(KEY_BYTES), random(NONCE_BYTES)
    ciphertext = AESGCM(data_key).encrypt(nonce, plain, _bound(place, "ciphertext"))
    key_id = keyring.current
    return Sealed(key_id, keyring.wrap(key_id, data_key, _bound(place, "wrapped_key", key_id), random), nonce, ciphertext)


def unseal(place: Place, sealed: Sealed, keyring: KeyService) -> dict[str, Any]:
    """The payload. Raises VaultError that names the key id when the key is missing or wrong, or the record was altered or moved."""
    data_key = _unwrap(place, sealed, keyring)
    try:
        plain = AESGCM(data_key).decrypt(sealed.nonce, sealed.ciphertext, _bound(place, "ciphertext"))
    except (InvalidTag, ValueError):
        raise refusal(sealed.key_id) from None
    payload: dict[str, Any] = json.loads(plain.decode("utf-8", "surrogatepass"))
    return payload


def rewrap(place: Place, sealed: Sealed, keyring: KeyService, random: Random) -> Sealed:
    """The same ciphertext, its data key wrapped by the current key. Raises VaultError like `unseal`."""
    data_key = _unwrap(place, sealed, keyring)
    key_id = keyring.current
    return sealed._replace(key_id=key_id, wrapped_key=keyring.wrap(key_id, data_key, _bound(place, "wrapped_key", key_id), random))


def _unwrap(place: Place, sealed: Sealed, keyring: KeyService) -> bytes:
    return keyring.unwrap(sealed.key_id, sealed.wrapped_key, _bound(place, "wrapped_key", sealed.key_id))


def _bound(place: Place, column: str, key_id: str = "") -> bytes:
    """Associated data; a JSON list, so that no two places share an encoding."""
    return json.dumps([_DOMAIN, column, *place, key_id]).encode()
