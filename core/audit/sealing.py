"""Signing the tree's head: on a timer, on demand and at the end; and keeping it in a place outside the database."""

from __future__ import annotations

import threading
from contextlib import suppress
from urllib.error import URLError

from core.audit.anchor import Anchor
from core.audit.checkpoint import ORIGIN, SignedHead, Signer
from core.audit.entry import TreeHead
from core.audit.store import Store
from core.audit.store.heads import add_note, last_note, read_keys, tree_at
from core.errors import AuditError
from core.model import Clock

SEAL_EVERY_S = 60.0


class Sealer:
    """Signs for one store. `anchor_problem` says why the last head is not in its place outside; None when it is."""

    def __init__(self, store: Store, signer: Signer, anchor: Anchor, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._anchor = anchor
        self._clock = clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._timer: threading.Thread | None = None
        self._anchored: str | None = None
        self.anchor_problem: str | None = None
        with store.reading() as connection:
            self.origin = ORIGIN + read_keys(connection)[0].key_id

    def start(self, every_s: float = SEAL_EVERY_S) -> None:
        """Sign from now on every so many seconds, when something was added."""
        if self._timer is None:
            self._timer = threading.Thread(target=self._run, args=(every_s,), name="audit-sealer", daemon=True)
            self._timer.start()

    def _run(self, every_s: float) -> None:
        while not self._stop.wait(every_s):
            with suppress(AuditError):  # the store's own fault shows at the next append, and the next turn tries again
                self.seal()

    def seal(self) -> SignedHead:
        """Sign the present head, unless that size is signed already, and anchor it. Raises AuditError, not for the anchor's faults."""
        with self._lock:
            with self._store.reading() as connection:
                head, known = tree_at(connection), last_note(connection)
            sealed = None if known is None else SignedHead.parse(known)
            if sealed is None or sealed.head.size != head.size:
                sealed = self._sign(head)
            self._keep(sealed)
            return sealed

    def _sign(self, head: TreeHead) -> SignedHead:
        note = self._signer.sign(self.origin, head, self._clock.now()).note
        with self._store.changing() as connection:
            return SignedHead.parse(add_note(connection, head.size, note))

    def _keep(self, sealed: SignedHead) -> None:
        """Anchor a head, unless the kept one contradicts the store: then that one is evidence and stays."""
        if self._anchored == sealed.note:
            return
        try:
            kept = self._anchor.read()
            if kept is not None and not self._continues(kept, sealed):
                self.anchor_problem = (
                    f"The tree head kept outside the database (size {kept.head.size}) does not belong to this store's past. "
                    "It was left as it is: verify the store."
                )
                return
            self._anchor.write(sealed)
        except (OSError, URLError) as error:  # the entries are durable; a head kept late only narrows what a cut tail can hide
            self.anchor_problem = (
                f"The tree head could not be kept outside the database ({type(error).__name__}). Check CASEGATE_AUDIT_ANCHOR."
            )
            return
        self._anchored, self.anchor_problem = sealed.note, None

    def _continues(self, kept: SignedHead, sealed: SignedHead) -> bool:
        if kept.origin != sealed.origin or kept.head.size > sealed.head.size:
            return False
        with self._store.reading() as connection:
            return tree_at(connection, kept.head.size) == kept.head

    def close(self) -> None:
        """Sign once more and end the timer."""
        self._stop.set()
        if self._timer is not None:
            self._timer.join()
        with suppress(AuditError):
            self.seal()
