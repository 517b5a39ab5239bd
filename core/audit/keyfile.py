"""Where the signing key comes from: handed in, or a file with mode 0600 that is made once and never again."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from core.audit.checkpoint import Signer
from core.audit.store.heads import KeyRecord
from core.errors import AuditError, ConfigError

_MEND = (
    "Restore the key from its backup. If it is lost for good, `python -m core.audit new-key` goes on with a new one; "
    "what the old one signed stays valid."
)


def signer_for(key: Signer | Path, known: Sequence[KeyRecord], *, may_make: bool) -> Signer | None:
    """The signer of a store that knows these keys; None only when none was made yet and none may be.

    Raises AuditError when the key is lost, damaged, readable by others, or not the one the store was signed with.
    """
    wanted = known[-1].key_id if known else None
    signer = key if isinstance(key, Signer) else _from_file(key, wanted, may_make)
    if signer is not None and wanted is not None and signer.key_id != wanted:
        raise AuditError(f"The audit store's tree heads are signed with key {wanted}, but the key given is {signer.key_id}. {_MEND}")
    return signer


def signer_from(text: str) -> Signer:
    """From the setting's text. Raises ConfigError, which does not repeat it."""
    try:
        return Signer.from_base64(text)
    except ValueError:
        raise ConfigError("CASEGATE_AUDIT_KEY can't be read. Set it to 32 random bytes in base64, or leave it out.") from None


def _from_file(path: Path, wanted: str | None, may_make: bool) -> Signer | None:
    try:
        if path.exists():
            return _read(path)
        if wanted is not None and may_make:
            raise AuditError(f"The audit store's signing key {wanted} is missing: there is no file {path}. {_MEND}")
        return make_key_file(path) if may_make else None
    except ValueError:
        raise AuditError(f"The audit store's signing key in {path} is damaged. {_MEND}") from None
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise AuditError(f"The audit store's signing key {path} can't be used: {reason}. Check the path and its permissions.") from error


def _read(path: Path) -> Signer:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise AuditError(f"Others may read the audit store's signing key {path}. Run chmod 600 on it, then start Casegate again.")
    return Signer.from_base64(path.read_text())


def make_key_file(path: Path) -> Signer:
    """A new key in a new file. Raises OSError, also when the file is there already."""
    signer = Signer.generate()
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(signer.to_base64() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return signer
