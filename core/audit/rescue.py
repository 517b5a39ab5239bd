"""Restoring a backup, and going on with a new signing key after the old one is lost. Both are entries."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.audit.actions import Action
from core.audit.anchor import Anchor, FileAnchor
from core.audit.checkpoint import SignedHead, Signer
from core.audit.entry import Entry
from core.audit.event import Event
from core.audit.keyfile import make_key_file
from core.audit.log import AuditLog, verify_copy
from core.audit.store import Store
from core.audit.store.backup import copy_in, copy_out
from core.audit.store.heads import KeyRecord, add_key, read_keys, tree_at
from core.audit.store.place import locate, sqlite_path
from core.audit.verify import Verification
from core.errors import AuditError, ConfigError
from core.model import Clock, Principal


@dataclass(frozen=True)
class Restored:
    """What a restore did: the backup's verification, and how many entries the anchor knew of that the backup lacks."""

    found: Verification
    lost: int
    entry: Entry


def restore(
    backup: Path,
    database: str,
    person: Principal,
    *,
    clock: Clock,
    signing_key: Signer | Path | None,
    anchor: Anchor | None,
    accept_loss: bool,
) -> Restored:
    """Verify a backup and write it into an empty place; then record that. The anchor's head of a lost tail is set aside.

    Raises AuditError when the backup does not verify, the place is not empty, or entries would be lost and that was not accepted.
    """
    found = verify_copy(backup, clock, signing_key if isinstance(signing_key, Signer) else None)
    if not found.ok:
        raise AuditError(f"The backup was not restored: {found.describe()}")
    place = anchor or _beside(database)
    ahead = _ahead(place, found)
    if ahead is not None and not accept_loss:
        raise AuditError(
            f"The backup ends at entry {found.entries}, but a signed tree head of size {ahead.head.size} is known. "
            f"Look for a newer backup; to go on without the last {ahead.head.size - found.entries} entries, "
            "say --accept-loss: that is recorded."
        )
    _write(backup, database, clock)
    if ahead is not None:
        _set_aside(place, ahead)
    return _record(database, person, found, ahead, clock, signing_key, place)


def _beside(database: str) -> Anchor:
    url = locate(database)
    if url.get_backend_name() != "sqlite":
        raise ConfigError("Say where the tree head outside the database is kept: --anchor, or CASEGATE_AUDIT_ANCHOR.")
    return FileAnchor(Path(f"{sqlite_path(url)}.head"))


def _ahead(anchor: Anchor, found: Verification) -> SignedHead | None:
    try:
        kept = anchor.read()
    except OSError:
        raise AuditError(
            "The tree head kept outside the database can't be read, so a lost tail would go unseen. Check CASEGATE_AUDIT_ANCHOR."
        ) from None
    return kept if kept is not None and kept.head.size > found.entries else None


def _write(backup: Path, database: str, clock: Clock) -> None:
    url = locate(database)
    if url.get_backend_name() == "sqlite":
        source = Store.open(backup, now=clock.now, read_only=True)
        try:
            copy_out(source, sqlite_path(url))
        finally:
            source.close()
        return
    target = Store.open(database, now=clock.now)
    try:
        copy_in(backup, target)
    finally:
        target.close()


def _set_aside(anchor: Anchor, head: SignedHead) -> None:
    """Keep the evidence of the lost tail under another name, and let the anchor begin anew."""
    if isinstance(anchor, FileAnchor):
        anchor.path.rename(anchor.path.with_name(f"{anchor.path.name}.lost-{head.head.size}"))


def _record(
    database: str,
    person: Principal,
    found: Verification,
    ahead: SignedHead | None,
    clock: Clock,
    signing_key: Signer | Path | None,
    anchor: Anchor,
) -> Restored:
    lost = 0 if ahead is None else ahead.head.size - found.entries
    log = AuditLog.open(database, clock=clock, signing_key=signing_key, anchor=anchor)
    try:
        event = Event(
            actor_id=person.user_id,
            actor_role=person.role,
            action=Action.STORE_RESTORED,
            count=lost,
            payload_sha256=None if ahead is None else ahead.head.root.hex(),
        )
        return Restored(found, lost, log.append(event))
    finally:
        log.close()


def new_key(
    database: str, key_file: Path, person: Principal, *, clock: Clock, anchor: Anchor | None, make: Callable[[Path], Signer] = make_key_file
) -> Entry:
    """Go on with a new signing key in a new file; an old file is set aside as `.old-<id>`. Raises AuditError."""
    store = Store.open(database, now=clock.now)
    try:
        with store.reading() as connection:
            keys, size = read_keys(connection), tree_at(connection).size
        if not keys:
            raise AuditError("The audit store has no signing key yet. Start Casegate once: it makes one.")
        if key_file.exists():
            key_file.rename(key_file.with_name(f"{key_file.name}.old-{keys[-1].key_id}"))
        signer = make(key_file)
        with store.changing() as connection:
            add_key(connection, KeyRecord(max(size, keys[-1].since_size) + 1, signer.key_id, signer.public_key))
    except OSError as error:
        raise AuditError(f"The signing key {key_file} can't be written: {os.strerror(error.errno or 0)}.") from error
    finally:
        store.close()
    log = AuditLog.open(database, clock=clock, signing_key=signer, anchor=anchor)
    try:
        changed = Event(actor_id=person.user_id, actor_role=person.role, action=Action.SIGNING_KEY_CHANGED, subject=f"key-{signer.key_id}")
        return log.append(changed)
    finally:
        log.close()
