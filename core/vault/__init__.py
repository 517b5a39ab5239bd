"""The vault: what may identify a patient, encrypted record by record. Front door: Vault."""

from core.vault.keys import KeyRing, KeyService, new_key
from core.vault.vault import Kind, RecordInfo, Vault

__all__ = ["KeyRing", "KeyService", "Kind", "RecordInfo", "Vault", "new_key"]
