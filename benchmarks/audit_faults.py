"""What must not happen: an acknowledged entry lost to kill -9, a changed byte that the verification does not see."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import chain
from pathlib import Path

from core.audit import AuditLog, Event
from core.audit.entry import RawRow
from core.audit.store import raw_rows
from core.audit.verify import verify_rows
from core.model import Clock, FixedClock

ROOT = Path(__file__).parent.parent
LONGEST_S = 0.25
APPENDER = """
import sys, threading
from core.audit import Action, AuditLog, Event
from core.model import FixedClock
log, said = AuditLog.open(sys.argv[1], clock=FixedClock()), threading.Lock()
log.start_sealing(0.05)
def work():
    while True:
        entry = log.append(Event(actor_id="u-1", actor_role="clinician", action=Action.SIGN_IN))
        with said:
            sys.stdout.write(f"{entry.sequence}:{entry.entry_hash}\\n")
            sys.stdout.flush()
for _ in range(4):
    threading.Thread(target=work).start()
"""


def kill_rounds(folder: Path, rounds: int, chance: random.Random) -> dict[str, int]:
    """A process that appends from four threads and signs heads, killed at a random moment, again and again on one store.

    After each: every entry that it said was recorded is there with its hash, and the tree and its signed heads verify.
    """
    path, lost, invalid = folder / "killed.sqlite3", 0, 0
    told: dict[int, str] = {}
    AuditLog.open(path, clock=FixedClock()).close()
    for number in range(1, rounds + 1):
        process = subprocess.Popen([sys.executable, "-c", APPENDER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(chance.random() * LONGEST_S)
        process.send_signal(signal.SIGKILL)
        told |= _acknowledged(first + process.communicate()[0])
        log = AuditLog.open(path, clock=FixedClock())
        invalid += not log.verify().ok
        log.close()
        with closing(sqlite3.connect(path)) as store:
            stored = dict(store.execute("SELECT sequence, lower(hex(entry_hash)) FROM entry"))
        lost = len(told.items() - stored.items())
        if number % 20 == 0 or number == rounds:
            print(f"round {number}: {len(told):,} acknowledged, {lost} lost, {invalid} times invalid")
    return {"kill_rounds": rounds, "kill_acknowledged": len(told), "kill_lost": lost, "kill_invalid": invalid}


def _acknowledged(output: str) -> dict[int, str]:
    """Sequence → hash of every whole line; the kill may have cut the last."""
    lines = [line.split(":") for line in output.splitlines() if ":" in line]
    return {int(sequence): entry_hash for sequence, entry_hash in lines if len(entry_hash) == 64}


def flip_bytes(folder: Path, count: int, chance: random.Random, event: Callable[[int], Event], clock: Clock) -> dict[str, float]:
    """Single bytes of the database file changed, at random places, half of them within stored entries.

    Unseen is a change after which the rows read differently and the verification still finds them whole.
    """
    path = folder / "flipped.sqlite3"
    log = AuditLog.open(path, clock=clock)
    for number in range(60):
        log.append(event(number))
    head = log.head()
    log.backup(folder / "flipped")
    log.close()
    whole = (folder / "flipped").read_bytes()
    original = _rows(whole)
    assert original is not None
    within = [place for row in original for place in _places(whole, row[1] or b"")]
    seen = unseen = 0
    for number in range(count):
        place = chance.choice(within) if number % 2 else chance.randrange(len(whole))
        changed = bytearray(whole)
        changed[place] ^= 1 + chance.randrange(255)
        rows = _rows(bytes(changed))
        if rows is None or rows != original:
            found = rows is None or not verify_rows(rows, expected=head).ok
            seen += found
            unseen += not found
        else:
            assert number % 2 == 0, place
    print(f"flips     {count:,} bytes changed one at a time: {seen:,} altered an entry and were found, {unseen} were not")
    return {"flips": count, "flips_unseen": unseen}


def _rows(data: bytes) -> list[RawRow] | None:
    """What a reader gets of a database file; None when it can't be read."""
    with closing(sqlite3.connect(":memory:")) as store:
        try:
            store.deserialize(data)
            return list(chain.from_iterable(raw_rows(store)))
        except (sqlite3.Error, UnicodeDecodeError):
            return None


def _places(whole: bytes, body: bytes) -> range:
    """Where the file holds a row's body and hashes: one after the other."""
    start = whole.index(body)
    return range(start, start + len(body) + 4 * 32)
