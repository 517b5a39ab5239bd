"""What eight threads can make durable at the most here: group commit with nothing in it but the write.

Each thread hands in 512 bytes and waits for its own lock, as an append does. Whoever completes as many as came together the time before
writes them with one `write` and one `fdatasync` and lets each go; the first to wait sees to it that nobody waits long for company. No
database, no hash, no entry: what is left is the disk, and what it costs this machine to put threads to sleep and wake them again under
the interpreter's lock. Waiting for company suits threads that do nothing between two writes; `core.audit.writer`, whose threads have
entries to seal meanwhile, was no faster with it.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

_PATIENCE_S = 0.0005


class BareGroup:
    """Group commit to a file. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._waiting: list[tuple[bytes, threading.Lock]] = []
        self._idle, self._together = True, 1

    def append(self, block: bytes) -> None:
        """Return when the block is durable."""
        done = threading.Lock()
        done.acquire()
        with self._lock:
            self._waiting.append((block, done))
            first, leads = len(self._waiting) == 1, self._leads(len(self._waiting) >= self._together)
        while not leads:
            if done.acquire(timeout=_PATIENCE_S if first else -1):
                return
            with self._lock:
                leads = self._leads(bool(self._waiting) and self._waiting[0][1] is done)
        with self._lock:
            batch, self._waiting = self._waiting, []
        os.write(self._handle, b"".join([mine for mine, _ in batch]))
        os.fdatasync(self._handle)
        with self._lock:
            self._together, self._idle = len(batch) + len(self._waiting), True
        for _, waiter in batch:
            waiter.release()

    def _leads(self, ripe: bool) -> bool:
        """Whether the calling thread is to write now. With the lock held."""
        leads = ripe and self._idle
        self._idle = self._idle and not leads
        return leads

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
