"""`python -m core.vault status | rewrap | backup FILE | new-key ID`. Exit 0 done, 2 could not be done.

Rotation: `new-key` prints a key; put it first in CASEGATE_VAULT_KEYS or the key file and start Casegate again; `rewrap` wraps every
record's data key with it, ciphertexts staying as they are; when `status` shows no record of the old key, the old key can go.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import Error
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
            print(f"{vault.rewrap()} records wrapped anew.")
        elif options.command == "backup":
            print(f"{vault.backup(options.file)} records copied to {options.file}; they open with the same keys only.")
        for key_id, count in vault.key_ids().items():
            print(f"key {key_id}  {count} records")
    finally:
        vault.close()
    return 0


def _configured() -> Vault:
    from core import bootstrap  # here, so that new-key works where no settings can be read

    return bootstrap.open_vault()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.vault", description="Work with the vault's keys and its backup.")
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("status", help="how many records each key seals")
    commands.add_parser("rewrap", help="wrap every data key with the current key; nothing is re-encrypted")
    commands.add_parser("backup", help="copy the vault while it is in use").add_argument("file", type=Path)
    commands.add_parser("new-key", help="print a new key as id:base64").add_argument("id")
    return parser


if __name__ == "__main__":
    sys.exit(main())
