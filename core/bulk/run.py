"""The run: inputs found, pieces handed to the workers in order, outputs written beside and renamed, state and report kept."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from core import deid
from core.bulk.formats import KINDS, Work, pieces, redact_piece
from core.bulk.job import BadFileError, Job, Piece
from core.bulk.state import NAME, State
from core.errors import ConfigError
from core.model import Category, Span

REPORT = "report.json"
_WORDS = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")
_TELLING = frozenset({Category.NAME, Category.DATE})
_AHEAD = 4  # pieces in flight for each worker
OnProgress = Callable[[int, int, int], None]
OnProblem = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Input:
    """A file to redact: where it is, what it is called below the folder that was given, its size in bytes."""

    path: Path
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, in files; `counts` over everything in the output folder, by category."""

    done: int
    already: int
    failed: int
    counts: Counter[Category]


def run_bulk(
    paths: Sequence[Path], out: Path, job: Job, *, workers: int, on_progress: OnProgress = lambda *_: None, on_problem: OnProblem
) -> Outcome:
    """Redact every file of a known kind into `out`, which is made. What `out` holds already is not done again.

    `on_progress` gets files finished, bytes finished and bytes in all; `on_problem` a sentence for each file that is left out.
    A file is there whole or not at all. Raises ConfigError for inputs or an output that can't be used.
    """
    inputs = list(_inputs(paths, out, on_problem))
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = State(out, job)
    except OSError as error:
        raise ConfigError(f"The output folder can't be used ({error.strerror}). Choose another --out.") from None
    run = _Run(out, job, state, on_progress, on_problem, sum(i.size for i in inputs))
    with _pool(workers) as pool:
        if pool:
            pool.submit(int)  # the workers start and load while this process does
        deid.warm_up()
        run.go(inputs, pool, workers * _AHEAD)
    counts: Counter[Category] = Counter()
    for line in state.done.values():
        counts.update({Category(name): n for name, n in line["counts"].items()})
    _write_report(out, state, run.failed, counts)
    return Outcome(run.done, run.already, run.failed, counts)


def _pool(workers: int) -> AbstractContextManager[ProcessPoolExecutor | None]:
    if workers == 1:
        return nullcontext()
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=deid.warm_up)


def _inputs(paths: Sequence[Path], out: Path, on_problem: OnProblem) -> Iterator[Input]:
    seen: set[str] = set()
    for root in paths:
        if not root.exists():
            raise ConfigError(f"{root} is not there.")
        found = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file() and not p.is_relative_to(out))
        for path in found:
            name = path.name if root.is_file() else path.relative_to(root).as_posix()
            if path.suffix.lower() not in KINDS:
                on_problem(f"{name}: left out, not a kind of file that is read ({', '.join(sorted(KINDS))})")
            elif name in seen:
                on_problem(f"{name}: left out, another input has this name")
            else:
                seen.add(name)
                yield Input(path, name, path.stat().st_size)


@dataclass
class _Open:
    """An output under way: beside its place, under a name of its own."""

    source: Input
    key: str
    name: Future[str] | str
    part: Path
    file: TextIO
    counts: Counter[Category] = field(default_factory=Counter)
    fault: str = ""

    def add(self, result: Piece | str) -> None:
        if isinstance(result, str):
            self.fault = self.fault or result
        elif not self.fault:
            self.file.write(result.text)
            self.counts += result.counts

    def drop(self) -> None:
        self.file.close()
        self.part.unlink(missing_ok=True)


@dataclass
class _Run:
    out: Path
    job: Job
    state: State
    on_progress: OnProgress
    on_problem: OnProblem
    total: int
    done: int = 0
    already: int = 0
    failed: int = 0
    bytes_done: int = 0
    under_way: dict[str, _Open] = field(default_factory=dict)

    def go(self, inputs: Sequence[Input], pool: ProcessPoolExecutor | None, ahead: int) -> None:
        """Pieces of all files in order: so many in flight that no worker waits, so few that memory stays small."""
        queue: deque[tuple[_Open, Work | None, Future[Piece | str] | None]] = deque()
        try:
            for source in inputs:
                for opened, work in self._steps(source, pool):
                    queue.append((opened, work, pool.submit(redact_piece, work, self.job) if pool and work else None))
                    while len(queue) > ahead:
                        self._take(*queue.popleft())
            while queue:
                self._take(*queue.popleft())
        except BrokenProcessPool:
            raise ConfigError(
                "A worker process ended by itself, for want of memory perhaps. Run the command again with fewer --jobs."
            ) from None
        finally:
            for opened in list(self.under_way.values()):
                opened.drop()

    def _steps(self, source: Input, pool: ProcessPoolExecutor | None) -> Iterator[tuple[_Open, Work | None]]:
        """The file's pieces, then None for its end. A fault in reading ends the file, not the run."""
        key = self.state.key(source.path, source.name)
        held = self.state.done.get(key)
        if held is not None and (self.out / held["out"]).exists():
            self.already += 1
            self._progress(source)
            return
        # Reading a name takes as long as reading a line of text, so it is the workers' work as well.
        opened = self._open(source, key, pool.submit(safe_name, source.name) if pool else safe_name(source.name))
        try:
            for work in pieces(source.path):
                if opened.fault:
                    break
                yield opened, work
        except BadFileError as error:
            opened.fault = opened.fault or str(error)
        except OSError as error:
            opened.fault = opened.fault or f"can't be read ({error.strerror})"
        yield opened, None

    def _open(self, source: Input, key: str, name: Future[str] | str) -> _Open:
        part = self.out / f".part-{secrets.token_hex(8)}"
        file = os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8", newline="")
        self.under_way[key] = _Open(source, key, name, part, file)
        return self.under_way[key]

    def _take(self, opened: _Open, work: Work | None, future: Future[Piece | str] | None) -> None:
        if work is not None:
            opened.add(future.result() if future else redact_piece(work, self.job))
            return
        del self.under_way[opened.key]
        if opened.fault:
            opened.drop()
            self.failed += 1
            self.on_problem(f"{opened.source.name}: {opened.fault}")
        else:
            self._settle(opened)
            self.done += 1
        self._progress(opened.source)

    def _settle(self, opened: _Open) -> None:
        """On the disk, in its place, and remembered, in this order."""
        opened.file.flush()
        os.fsync(opened.file.fileno())
        opened.file.close()
        name = opened.name if isinstance(opened.name, str) else opened.name.result()
        if name != opened.source.name:
            self.on_problem(f"{opened.source.name}: written as {name}, for its own name may tell who it is about")
        target = self.out / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened.part.replace(target)
        self.state.finish(opened.key, name, opened.counts)

    def _progress(self, source: Input) -> None:
        self.bytes_done += source.size
        self.on_progress(self.done + self.already + self.failed, self.bytes_done, self.total)


_SURE_OF_WORDS = 0.9
"""A file's name has no sentence around it: there the tagger's word counts from here on."""


def _tells(span: Span) -> bool:
    return span.state == "masked" and span.category in _TELLING and (span.detector != "tagger" or span.score >= _SURE_OF_WORDS)


def safe_name(name: str) -> str:
    """The input's own name, or a random one when it looks as if it named somebody or held a date or a long number."""
    parts = [" ".join(_WORDS.findall(part)) for part in Path(name).with_suffix("").parts]
    read = {text for part in parts for text in (part, part.title() if " " in part else part)}
    telling = any(_tells(span) for text in read for span in deid.detect(text))
    if name in (NAME, REPORT) or telling or re.search(r"\d{5}", name):
        return f"file-{secrets.token_hex(4)}{Path(name).suffix.lower()}"
    return name


def _write_report(out: Path, state: State, failed: int, counts: Counter[Category]) -> None:
    files: list[dict[str, Any]] = [{"file": line["out"], "counts": line["counts"]} for line in state.done.values()]
    said = {"files": len(files), "failed": failed, "counts": {c.value: n for c, n in sorted(counts.items())}, "by_file": files}
    part = out / f".part-{secrets.token_hex(8)}"
    part.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    part.replace(out / REPORT)
