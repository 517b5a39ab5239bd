"""`python -m core.vault status | rewrap | backup FILE | new-key ID`. Exit 0 done, 2 could not be done.

Rotation: `new-key` prints a key; put it first in CASEGATE_VAULT_KEYS or the key file and start Casegate again; `rewrap` wraps every
record's data key with it, ciphertexts staying as they are; when `status` shows no record of the old key, the old key can go. A rewrap
is recorded in the audit store, before it begins and when it ends: on SQLite, which one process writes, Casegate is stopped for it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from core.errors import Error
from core.model import Role
from core.vault.keys import new_key
from core.vault.vault import Vault


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the value is the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "new-key":
            print(new_key(options.id))
            return 0
        return _with_vault(options)
    except (Error, ValueError) as error:
        print(getattr(error, "user_message", error), file=sys.stderr)
        return 2


def _with_vault(options: argparse.Namespace) -> int:
    vault = _configured()
    try:
        if options.command == "rewrap":
            print(f"{_rewrap(vault, options.actor)} records wrapped anew.")
        elif options.command == "backup":
            print(f"{vault.backup(options.file)} records copied to {options.file}; they open with the same keys only.")
        for key_id, count in vault.key_ids().items():
            print(f"key {key_id}  {count} records")
    finally:
        vault.close()
    return 0


def _rewrap(vault: Vault, actor: str) -> int:
    """Recorded before anything is changed, and again with what came of it.

    Raises VaultError, or AuditError: nothing is changed when the first entry can't be written, and all of it when only the last can't.
    """
    from core import audit, bootstrap

    def note(log: audit.AuditLog, outcome: audit.Outcome, subject: str, count: int | None = None) -> None:
        act = audit.Action.VAULT_REWRAPPED
        log.append(audit.Event(actor_id=actor, actor_role=Role.ADMIN, action=act, outcome=outcome, subject=subject, count=count))

    with closing(bootstrap.open_audit()) as log:
        note(log, audit.Outcome.OK, "begun")
        try:
            changed = vault.rewrap()
        except BaseException:
            note(log, audit.Outcome.FAILED, "ended")
            raise
        note(log, audit.Outcome.OK, "ended", changed)
        return changed


def _configured() -> Vault:
    from core import bootstrap  # here, so that new-key works where no settings can be read

    return bootstrap.open_vault()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.vault", description="Work with the vault's keys and its backup.")
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("status", help="how many records each key seals")
    rewrap = commands.add_parser("rewrap", help="wrap every data key with the current key; nothing is re-encrypted; recorded")
    rewrap.add_argument("--actor", default="operator", help="opaque id of who does this, for the entry")
    commands.add_parser("backup", help="copy the vault while it is in use").add_argument("file", type=Path)
    commands.add_parser("new-key", help="print a new key as id:base64").add_argument("id")
    return parser


if __name__ == "__main__":
    sys.exit(main())
