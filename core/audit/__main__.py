"""`python -m core.audit verify | seal | bundle | check-bundle | backup | restore | retention | hold | lift | purge | new-key |
rebuild-figures`.

Exit 0 done or intact, 1 altered or damaged, 2 not done. What changes the store needs Casegate stopped on SQLite, and not on PostgreSQL.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from core.audit import rescue, retention
from core.audit.actions import Action
from core.audit.anchor import Anchor, anchor_at
from core.audit.bundle import check_bundle
from core.audit.checkpoint import Signer
from core.audit.entry import Head
from core.audit.event import Event
from core.audit.keyfile import signer_from
from core.audit.log import AuditLog
from core.errors import AuditError, ChainError, ConfigError, Error
from core.model import Principal, Role


class _SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()


CLOCK = _SystemClock()
Options = argparse.Namespace


@dataclass(frozen=True)
class _Place:
    """Where the store, its key and its anchor are; None stands for beside a SQLite file."""

    database: str
    key: Signer | Path | None = None
    anchor: Anchor | None = None

    def open(self, *, read_only: bool = False) -> AuditLog:
        """The log there."""
        return AuditLog.open(self.database, clock=CLOCK, read_only=read_only, signing_key=self.key, anchor=self.anchor)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the value is the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        run: Callable[[Options, _Place], int] = options.run
        return run(options, _place(options))
    except ChainError as error:
        print(error.user_message, file=sys.stderr)
        return 1
    except Error as error:
        print(error.user_message, file=sys.stderr)
        return 2


def _place(options: Options) -> _Place:
    """As configured; a store named on the command line has its key and anchor beside it unless they are named too."""
    if options.database is None:
        from core.settings import settings  # the command line may be used where no settings can be read

        found = settings()
        key = found.audit_key_path if found.audit_key is None else signer_from(found.audit_key.get_secret_value())
        return _Place(found.audit_path, options.key_file or key, anchor_at(options.anchor or found.audit_anchor_place))
    return _Place(options.database, options.key_file, None if options.anchor is None else anchor_at(options.anchor))


def _verify(options: Options, place: _Place) -> int:
    log = place.open(read_only=True)
    try:
        result = log.verify(_progress() if sys.stderr.isatty() else None, expected_head=options.expected_head)
        damaged = log.damaged_parts()
        misled = log.misled() if result.ok and not damaged else None  # else those come first
    finally:
        log.close()
    print(f"database  {log.name}")
    print(f"entries   {result.entries}")
    print(f"head      {result.head.sequence}:{result.head.entry_hash}")
    if result.tree is not None:
        print(f"tree      {result.tree.size}:{result.tree.root.hex()}")
    print(f"result    {result.describe()}")
    if damaged:
        print(
            f"pages     Damaged in {', '.join(damaged)}: searches and figures may fail or lack something. "
            "Keep the file as it is, and restore the last backup under another name."
        )
    if misled is not None:
        print(f"places    {misled}")
    return 0 if result.ok and not damaged and misled is None else 1


def _progress() -> Callable[[int], None]:
    begun = monotonic()

    def tell(done: int) -> None:
        if done % 100_000 == 0:
            print(f"{done:,} entries, {done / (monotonic() - begun):,.0f} a second", file=sys.stderr)

    return tell


def _seal(_options: Options, place: _Place) -> int:
    log = place.open()
    try:
        print(log.seal().note, end="")
        if log.anchor_problem is not None:
            print(log.anchor_problem, file=sys.stderr)
            return 2
        return 0
    finally:
        log.close()


def _bundle(options: Options, place: _Place) -> int:
    log = place.open(read_only=True)
    try:
        last = log.head().sequence
        data = log.bundle(range(options.first, min(options.last or last, last) + 1))
    finally:
        log.close()
    try:
        options.target.write_bytes(data)
    except OSError as error:
        raise AuditError(f"The bundle {options.target} can't be written: {error.strerror}.") from error
    print(f"bundle    {options.target}, {len(data):,} bytes")
    return 0


def _check_bundle(options: Options, place: _Place) -> int:
    log = place.open(read_only=True)
    try:
        origin = log.origin
    finally:
        log.close()
    try:
        head = check_bundle(options.bundle.read_bytes(), origin)
    except OSError as error:
        raise AuditError(f"The bundle {options.bundle} can't be read: {error.strerror}.") from error
    print(f"result    Everything in this bundle holds. It is of {origin}, tree {head.size}:{head.root.hex()}.")
    return 0


def _backup(options: Options, place: _Place) -> int:
    begun, log = monotonic(), place.open(read_only=True)
    try:
        found = log.backup(options.target)
    finally:
        log.close()
    print(f"backup    {options.target}, {options.target.stat().st_size:,} bytes, in {monotonic() - begun:.1f} s")
    print(f"result    {found.describe()}")
    return 0


def _restore(options: Options, place: _Place) -> int:
    begun = monotonic()
    done = rescue.restore(
        options.backup,
        place.database,
        _person(options),
        clock=CLOCK,
        signing_key=place.key,
        anchor=place.anchor,
        accept_loss=options.accept_loss,
    )
    print(f"restored  {done.found.entries:,} entries in {monotonic() - begun:.1f} s; {done.lost:,} after the backup are lost")
    print(f"recorded  entry {done.entry.sequence}")
    return 0


def _retention(options: Options, place: _Place) -> int:
    if options.days is not None:
        return _append(place, lambda _log: retention.decision(_person(options), options.days, options.decision))
    log = place.open(read_only=True)
    try:
        now = log.retention()
    finally:
        log.close()
    print(f"retention {now.days} days, by {now.decision or 'default (six years)'}")
    for item in now.holds:
        print(f"hold      {item.name} on {item.case_ref or 'everything'}")
    return 0


def _hold(options: Options, place: _Place) -> int:
    return _append(place, lambda _log: retention.hold(_person(options), options.name, options.case))


def _lift(options: Options, place: _Place) -> int:
    return _append(place, lambda log: retention.lift(_person(options), options.name, log.retention()))


def _append(place: _Place, make: Callable[[AuditLog], Event]) -> int:
    log = place.open()
    try:
        print(f"recorded  entry {log.append(make(log)).sequence}")
        return 0
    except ValueError as error:
        raise ConfigError(f"That can't be recorded: {error}.") from None
    finally:
        log.close()


def _purge(options: Options, place: _Place) -> int:
    log = place.open()
    try:
        entry = log.purge(_person(options))
    finally:
        log.close()
    print(f"purged    {entry.event.count:,} bodies; recorded as entry {entry.sequence} and signed")
    return 0


def _new_key(options: Options, place: _Place) -> int:
    if isinstance(place.key, Signer):
        raise ConfigError("The key is set in CASEGATE_AUDIT_KEY. Name a file with --key-file for the new one, then set that.")
    path = place.key or Path(f"{place.database}.key")
    entry = rescue.new_key(place.database, path, _person(options), clock=CLOCK, anchor=place.anchor)
    print(f"new key   {path}; recorded as entry {entry.sequence}. Back the file up apart from the database.")
    return 0


def _person(options: Options) -> Principal:
    return Principal(options.actor, Role.ADMIN)


def _rebuild(options: Options, place: _Place) -> int:
    log = place.open()
    try:
        begun, entries = monotonic(), log.figures.rebuild(_progress() if sys.stderr.isatty() else None)
        operator = Event(actor_id=options.actor, actor_role=Role.ADMIN, action=Action.FIGURES_REBUILT, count=entries)
        log.append(operator)
    finally:
        log.close()
    print(f"figures   rebuilt from {entries:,} entries in {monotonic() - begun:.1f} s")
    return 0


def _head(text: str) -> Head:
    sequence, _, entry_hash = text.partition(":")
    if not sequence.isdecimal() or len(entry_hash) != 64:
        raise argparse.ArgumentTypeError("write it as NUMBER:HASH, as an earlier verification printed it")
    return Head(int(sequence), entry_hash)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.audit", description="Work with the audit store.")
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Callable[[Options, _Place], int], words: str, *, acts: bool = False) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words)
        made.set_defaults(run=run)
        made.add_argument("--database", help="path or URL; by default the configured one")
        made.add_argument("--key-file", type=Path, help="the signing key; by default the configured one, or beside the database named")
        made.add_argument("--anchor", help="path or URL of the tree head kept outside; by default as the key")
        if acts:
            made.add_argument("--actor", default="operator", help="opaque id of who does this, for the entry")
        return made

    verify = command("verify", _verify, "recompute everything from the stored entries")
    verify.add_argument("--expected-head", type=_head, help="NUMBER:HASH of a head noted earlier; shows a cut-off tail")
    command("seal", _seal, "sign the tree's head and print it")
    bundle = command("bundle", _bundle, "export entries with their proofs, for docs/verify_bundle.py")
    bundle.add_argument("target", type=Path)
    bundle.add_argument("--first", type=int, default=1)
    bundle.add_argument("--last", type=int)
    command("check-bundle", _check_bundle, "check a bundle, and that it is of this installation").add_argument("bundle", type=Path)
    command("backup", _backup, "write a verified copy while Casegate runs").add_argument("target", type=Path)
    restore = command("restore", _restore, "verify a backup and put it in an empty place", acts=True)
    restore.add_argument("backup", type=Path)
    restore.add_argument("--accept-loss", action="store_true", help="go on although entries after the backup are lost; recorded")
    keep = command("retention", _retention, "show how long bodies are kept, or record a decision", acts=True)
    keep.add_argument("--days", type=int)
    keep.add_argument("--decision", help="reference of the decision, such as BOARD-2026-07")
    hold = command("hold", _hold, "set a legal hold, on a case or on everything", acts=True)
    hold.add_argument("name")
    hold.add_argument("--case", help="case reference; without it the hold covers everything")
    command("lift", _lift, "lift a legal hold", acts=True).add_argument("name")
    command("purge", _purge, "drop the bodies whose time is over; hashes stay", acts=True)
    command("rebuild-figures", _rebuild, "make the usage rows anew from the entries", acts=True)
    command("new-key", _new_key, "go on with a new signing key after the old one is lost", acts=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
