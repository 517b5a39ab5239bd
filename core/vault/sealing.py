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

from core.errors import VaultError
from core.vault.keys import KEY_BYTES, KeyRing, Random

NONCE_BYTES = 12
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


def seal(place: Place, payload: Mapping[str, Any], keyring: KeyRing, random: Random) -> Sealed:
    """Seal a JSON-ready payload with a new data key under the current key. Raises TypeError or ValueError when it is not JSON."""
    plain = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "surrogatepass")
    data_key, nonce = random(KEY_BYTES), random(NONCE_BYTES)
    ciphertext = AESGCM(data_key).encrypt(nonce, plain, _bound(place, "ciphertext"))
    return Sealed(keyring.current, _wrap(place, data_key, keyring.current, keyring, random), nonce, ciphertext)


def unseal(place: Place, sealed: Sealed, keyring: KeyRing) -> dict[str, Any]:
    """The payload. Raises VaultError that names the key id when the key is missing or wrong, or the record was altered or moved."""
    data_key = _unwrap(place, sealed, keyring)
    try:
        plain = AESGCM(data_key).decrypt(sealed.nonce, sealed.ciphertext, _bound(place, "ciphertext"))
    except (InvalidTag, ValueError):
        raise _refusal(sealed.key_id) from None
    payload: dict[str, Any] = json.loads(plain.decode("utf-8", "surrogatepass"))
    return payload


def rewrap(place: Place, sealed: Sealed, keyring: KeyRing, random: Random) -> Sealed:
    """The same ciphertext, its data key wrapped by the current key. Raises VaultError like `unseal`."""
    data_key = _unwrap(place, sealed, keyring)
    return sealed._replace(key_id=keyring.current, wrapped_key=_wrap(place, data_key, keyring.current, keyring, random))


def _wrap(place: Place, data_key: bytes, key_id: str, keyring: KeyRing, random: Random) -> bytes:
    nonce = random(NONCE_BYTES)
    return nonce + AESGCM(keyring.key(key_id)).encrypt(nonce, data_key, _bound(place, "wrapped_key", key_id))


def _unwrap(place: Place, sealed: Sealed, keyring: KeyRing) -> bytes:
    key = AESGCM(keyring.key(sealed.key_id))
    nonce, wrapped = sealed.wrapped_key[:NONCE_BYTES], sealed.wrapped_key[NONCE_BYTES:]
    try:
        return key.decrypt(nonce, wrapped, _bound(place, "wrapped_key", sealed.key_id))
    except (InvalidTag, ValueError):
        raise _refusal(sealed.key_id) from None


def _bound(place: Place, column: str, key_id: str = "") -> bytes:
    """Associated data; a JSON list, so that no two places share an encoding."""
    return json.dumps([_DOMAIN, column, *place, key_id]).encode()


def _refusal(key_id: str) -> VaultError:
    return VaultError(
        f"A vault record can't be opened with key '{key_id}': this is not the key it was sealed with, or the record was altered. "
        "Check CASEGATE_VAULT_KEYS or the key file."
    )
