"""What eight threads can make durable at the most here: group commit with nothing in it but the write.

Each thread hands in 512 bytes and waits for its own lock, as an append does; whoever finds nobody writing writes all that waits
with one `write` and one `fdatasync`, and lets each go. No database, no hash, no entry: what is left is the disk, and what it costs this
machine to put threads to sleep and wake them again under the interpreter's lock.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path


class BareGroup:
    """Group commit to a file. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._waiting: list[tuple[bytes, threading.Lock]] = []
        self._idle = True

    def append(self, block: bytes) -> None:
        """Return when the block is durable."""
        done = threading.Lock()
        done.acquire()
        with self._lock:
            self._waiting.append((block, done))
            leads, self._idle = self._idle, False
        if not leads:
            done.acquire()
            return
        while batch := self._take():
            os.write(self._handle, b"".join([mine for mine, _ in batch]))
            os.fdatasync(self._handle)
            for _, waiter in batch:
                waiter.release()

    def _take(self) -> list[tuple[bytes, threading.Lock]]:
        with self._lock:
            batch, self._waiting = self._waiting, []
            self._idle = not batch
        return batch

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)


def group_commits(folder: Path, count: int, threads: int) -> float:
    """Blocks of 512 bytes per second, by so many threads."""
    group, block = BareGroup(folder / "group"), os.urandom(512)

    def work() -> None:
        for _ in range(count // threads):
            group.append(block)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - begun
    group.close()
    return count // threads * threads / took
