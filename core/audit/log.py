"""The audit log: append, verify, browse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from core.audit.actions import CALL_ACTIONS, CALL_ENDINGS, Action, Outcome
from core.audit.anchor import Anchor, FileAnchor
from core.audit.browse import Browser, EntryFilter
from core.audit.bundle import make_bundle
from core.audit.calls import call_row
from core.audit.checkpoint import ORIGIN, SignedHead, Signer
from core.audit.entry import Entry, Head, Row
from core.audit.event import Event
from core.audit.figures import Figures
from core.audit.keyfile import signer_for
from core.audit.knowledge import Knowledge, knowledge_of
from core.audit.retention import POLICY_ACTIONS, Retention, purge, retention_of
from core.audit.sealing import SEAL_EVERY_S, Sealer
from core.audit.store import ENTRY, Projection, Store
from core.audit.store.backup import copy_out
from core.audit.store.compare import places_hold
from core.audit.store.faults import is_lost
from core.audit.store.heads import KeyRecord, add_key, read_keys, read_notes, stored_tree
from core.audit.store.pages import damaged_parts
from core.audit.store.rollups import Rollups
from core.audit.verify import Expected, Progress, Reason, Verification, Walk
from core.audit.writer import Writer
from core.errors import AuditError, ConfigError
from core.model import CallRow, Clock, Principal

_Built = TypeVar("_Built")
MAX_PAGE = 1_000
MAX_EARLIER_HEADS = 100
MISLED = (
    "The table entry_place disagrees with the entries: a search may lack some. "
    "Keep a copy of the store for those who look into it, then make the table anew with `python -m core.audit rebuild-figures`."
)


class AuditLog:
    """An append-only log under a Merkle tree, in one database. Safe to use from several threads.

    On SQLite one process writes at a time; on PostgreSQL any number share the tree.
    """

    def __init__(self, store: Store, clock: Clock, signer: Signer | None, anchor: Anchor, *, read_only: bool) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer
        self._anchor = anchor
        self._writer = Writer(store, clock)
        self._sealer = None if signer is None or read_only else Sealer(store, signer, anchor, clock)
        self.figures = Figures(store.reading, store.folding)
        self.browser = Browser(store, self.figures.places)

    @classmethod
    def open(
        cls,
        database: str | Path,
        *,
        clock: Clock,
        read_only: bool = False,
        busy_timeout_s: float = 5.0,
        projections: Sequence[Projection] = (),
        signing_key: Signer | Path | None = None,
        anchor: Anchor | None = None,
    ) -> Self:
        """Open or make the store at a path or URL; `read_only` opens what exists and changes nothing.

        `signing_key`: a signer or the path of its file, which is made for a new store; by default beside a SQLite file.
        `anchor`: where signed tree heads are kept outside the database; by default a file beside a SQLite file.
        `projections`: called with each batch inside its transaction, after the usage rows' own. Raises AuditError (unwritable,
        damaged, made by a newer version, in use by another process, key lost) or ConfigError (bad URL).
        """
        store = Store.open(
            database,
            now=clock.now,
            read_only=read_only,
            busy_timeout_s=busy_timeout_s,
            projections=projections,
            keeper=Rollups(),
        )
        try:
            key, place = signing_key or _beside(store, ".key"), anchor or FileAnchor(_beside(store, ".head"))
            return cls(store, clock, _signer(store, key, read_only), place, read_only=read_only)
        except BaseException:
            store.close()
            raise

    @property
    def path(self) -> Path:
        """The database file. Raises AuditError when the store is not a file."""
        if self._store.path is None:
            raise AuditError("The audit store is a PostgreSQL database, not a file.")
        return self._store.path

    @property
    def name(self) -> str:
        """Where the store is, for people; without user or password."""
        return self._store.name

    def append(self, event: Event) -> Entry:
        """Record an event; returns when it is durable. Raises AuditError: then the act must not happen.

        Then it was not recorded either, unless PostgreSQL went away between a commit and its confirmation and stayed away.
        """
        return self._writer.append(event)

    def writable(self) -> bool:
        """Whether an entry could be written now; asks the database and the disk, writes nothing."""
        try:
            self._store.require_writable()
        except (AuditError, OSError):
            return False
        return True

    def head(self) -> Head:
        """The last entry's sequence and hash, to be kept elsewhere. Raises AuditError."""
        return self._store.head()

    def start_sealing(self, every_s: float = SEAL_EVERY_S) -> None:
        """Sign the tree's head from now on every so many seconds, when something was added."""
        if self._sealer is not None:
            self._sealer.start(every_s)

    def seal(self) -> SignedHead:
        """Sign the tree's present head and keep it outside the database. Raises AuditError."""
        if self._sealer is None:
            raise AuditError("The audit store is open for reading only, so its tree head can't be signed.")
        return self._sealer.seal()

    @property
    def anchor_problem(self) -> str | None:
        """Why the last signed head is not kept outside the database, in words for a person; None when it is."""
        return None if self._sealer is None else self._sealer.anchor_problem

    def verify(self, progress: Progress | None = None, *, expected_head: Head | None = None) -> Verification:
        """Recompute everything from raw bodies, and compare with the signed heads, the anchor and `expected_head`.

        `progress` gets the number of entries done. An altered or damaged store is a result; only for a PostgreSQL that can't be
        reached this raises AuditError.
        """
        walk = Walk(Expected(), progress)
        try:
            known = self._knowledge()
            if known.forged is not None:
                return known.forged
            walk = Walk(known.expecting(expected_head), progress)
            with closing(self._store.chunks()) as chunks:
                return walk.over(chunks)
        except AuditError as error:
            if is_lost(error.__cause__):
                raise
            done = walk.end.head
            return Verification(False, done.sequence, done, done.sequence + 1, Reason.UNREADABLE)

    def damaged_parts(self) -> list[str]:
        """What of a SQLite file is damaged besides the entries, by name; empty when all is sound. Raises AuditError."""
        return damaged_parts(self._store.path)

    def misled(self) -> str | None:
        """Why a search may lack entries although all are there, in words for a person; None when it may not.

        Reads every body once more. Raises AuditError only for a PostgreSQL that can't be reached, as `verify` does.
        """
        try:
            with self._store.reading() as connection:
                return None if places_hold(connection) else MISLED
        except AuditError as error:
            if is_lost(error.__cause__):
                raise
            return MISLED

    def _knowledge(self) -> Knowledge:
        with self._store.reading() as connection:
            records, notes = read_keys(connection), read_notes(connection)
        return knowledge_of(records, notes, self._anchor, None if self._signer is None else self._signer.public_key)

    def entries(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        actor: str | None = None,
        action: Action | None = None,
        case_ref: str | None = None,
        model: str | None = None,
        outcome: Outcome | None = None,
        before_sequence: int | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """A page of entries, newest first: since ≤ time < until, every given filter met, sequence below `before_sequence`.

        `limit` is 1 to 1,000. Raises AuditError, also when an entry can't be read: verify then.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        wanted = EntryFilter(since=since, until=until, actor=actor, case_ref=case_ref, model=model, outcome=outcome)
        conditions = wanted.conditions(self.figures.places(since, until))
        if action is not None:
            conditions.append(ENTRY.c.action == action.value)
        if before_sequence is not None:
            conditions.append(ENTRY.c.sequence < before_sequence)
        return self._read(Entry.from_row, conditions, newest_first=True, limit=limit)

    def calls(self, since: datetime | None = None, until: datetime | None = None) -> list[CallRow]:
        """How every model call ended, oldest first: since ≤ time < until. Raises AuditError."""
        conditions = EntryFilter(since=since, until=until).conditions(self.figures.places(since, until))
        conditions.append(ENTRY.c.action.in_([action.value for action in CALL_ENDINGS]))
        return self._read(call_row, conditions, newest_first=False, limit=None)

    def unfinished_calls(self) -> list[Event]:
        """Model calls begun since the last start of the service that no entry ends, oldest first. Raises AuditError."""
        starts = self.entries(action=Action.SERVICE_STARTED, limit=1)
        acts = ENTRY.c.action.in_([action.value for action in CALL_ACTIONS])
        since = ENTRY.c.sequence > (starts[0].sequence if starts else 0)
        begun: dict[str | None, Event] = {}
        for entry in self._read(Entry.from_row, [acts, since], newest_first=False, limit=None):
            if entry.event.action is Action.DIAGNOSIS_REQUEST_INITIATED:
                begun[entry.event.request_id] = entry.event
            else:
                begun.pop(entry.event.request_id, None)
        return list(begun.values())

    def _read(self, build: Callable[[Row], _Built], conditions: list[Any], *, newest_first: bool, limit: int | None) -> list[_Built]:
        try:
            return [build(row) for row in self._store.find(conditions, newest_first=newest_first, limit=limit)]
        except ValueError:
            raise AuditError("An audit entry can't be read; the store was altered. Run the verification.") from None

    def inclusion_proof(self, sequence: int, size: int) -> list[bytes]:
        """That an entry is part of the tree of `size` entries. Raises ValueError (not within it) or AuditError."""
        with self._store.reading() as connection:
            return stored_tree(connection).inclusion(sequence, size)

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """That the tree of `old` entries is the beginning of that of `new`. Raises ValueError or AuditError."""
        with self._store.reading() as connection:
            return stored_tree(connection).consistency(old, new)

    def bundle(self, sequences: Sequence[int]) -> bytes:
        """The evidence bundle of these entries under a signed tree head that covers them (a new one where this log may sign).

        Raises AuditError when an entry is not there or not covered by a signed head.
        """
        if self._sealer is not None:
            self._sealer.seal()
        with self._store.reading() as connection:
            notes = [SignedHead.parse(note) for _, note in read_notes(connection)]
            rows = self._store.rows_at(connection, sorted(set(sequences)))
            if not notes or (rows and rows[-1].sequence > notes[-1].head.size):
                raise AuditError("No signed tree head covers these entries yet. Seal the store first, then export again.")
            return make_bundle(notes[-1], notes[:-1][-MAX_EARLIER_HEADS:], read_keys(connection), rows, stored_tree(connection))

    @property
    def origin(self) -> str:
        """What this installation is called in its signed tree heads. Raises AuditError when the store never had a key."""
        with self._store.reading() as connection:
            keys = read_keys(connection)
        if not keys:
            raise AuditError("The audit store has no signing key yet. Start Casegate once: it makes one.")
        return ORIGIN + keys[0].key_id

    def retention(self) -> Retention:
        """How long bodies are kept, and what is on hold. Raises AuditError."""
        wanted = ENTRY.c.action.in_([action.value for action in POLICY_ACTIONS])
        return retention_of(self._read(Entry.from_row, [wanted], newest_first=False, limit=None))

    def purge(self, person: Principal) -> Entry:
        """Drop the bodies whose time is over and that no hold covers; returns the purge's entry, its tree head signed.

        Raises AuditError when a hold covers everything, or nothing may go.
        """
        self.figures.catch_up()  # figures of what is not in the rows yet would go with the bodies
        retention, now = self.retention(), self._clock.now()
        entry = self._writer.append(purge(person, retention, now, self.figures.places(None, retention.cutoff(now)).last))
        self._store.forget_traces()
        self.seal()
        return entry

    def backup(self, target: Path) -> Verification:
        """Write a verified copy while the store is in use: one SQLite file, mode 0600. Raises AuditError, and leaves no file then."""
        if self._sealer is not None:
            self._sealer.seal()
        copy_out(self._store, target)
        found = verify_copy(target, self._clock, self._signer)
        if not found.ok:
            target.unlink()
            raise AuditError(f"The backup was not kept: {found.describe()}")
        return found

    def close(self) -> None:
        """Record what was handed in, sign the head and let go of the database."""
        self._writer.close()
        if self._sealer is not None:
            self._sealer.close()
        self._store.close()


def verify_copy(path: Path, clock: Clock, signer: Signer | None) -> Verification:
    """Verify a backup by itself: its rows and its signed tree heads. Raises AuditError when it can't be opened."""
    copy = AuditLog(
        Store.open(path, now=clock.now, read_only=True), clock, signer, FileAnchor(path.with_name(path.name + ".head")), read_only=True
    )
    try:
        return copy.verify()
    finally:
        copy.close()


def _beside(store: Store, suffix: str) -> Path:
    if store.path is None:
        raise ConfigError("A PostgreSQL audit store needs a place for its signing key and its anchor: set CASEGATE_DATA_DIR.")
    return store.path.with_name(store.path.name + suffix)


def _signer(store: Store, key: Signer | Path, read_only: bool) -> Signer | None:
    with store.reading() as connection:
        known = read_keys(connection)
    signer = signer_for(key, known, may_make=not read_only)
    if signer is not None and not known and not read_only:
        with store.changing() as connection:
            if not read_keys(connection):
                add_key(connection, KeyRecord(0, signer.key_id, signer.public_key))
    return signer
