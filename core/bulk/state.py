"""What is done already, in a file of the output folder: salted hashes of the inputs, output names, counts. No text, no input name."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from pathlib import Path
from typing import Any

from core.bulk.job import Job
from core.errors import ConfigError
from core.model import Category

NAME = ".casegate-bulk.jsonl"
_VERSION = 1


class State:
    """One line a finished file, written when the file is on the disk. A line that is torn or lost is a file that is done again."""

    def __init__(self, folder: Path, job: Job) -> None:
        """Open or begin. Raises ConfigError when the folder was begun with other settings, OSError."""
        self._path = folder / NAME
        lines = _lines(self._path)
        if not lines:
            lines = [{"v": _VERSION, "settings": job.fingerprint(), "salt": secrets.token_hex(16)}]
            self._append(lines[0])
        head = lines[0]
        if head.get("v") != _VERSION or head.get("settings") != job.fingerprint():
            raise ConfigError("This output folder was begun with other settings (policy, encounter, kept columns). Choose another --out.")
        self._salt = str(head["salt"])
        self.done: dict[str, dict[str, Any]] = {str(line["key"]): line for line in lines[1:] if "key" in line}

    def key(self, path: Path, name: str) -> str:
        """What stands for an input: another one when its name, size or time of change is another."""
        found = path.stat()
        return hashlib.sha256(f"{self._salt}|{name}|{found.st_size}|{found.st_mtime_ns}".encode("utf-8", "surrogateescape")).hexdigest()

    def finish(self, key: str, out: str, counts: Counter[Category]) -> None:
        """Remember that an input is done."""
        line = {"key": key, "out": out, "counts": {category.value: n for category, n in sorted(counts.items())}}
        self._append(line)
        self.done[key] = line

    def _append(self, line: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _lines(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [line for line in found if isinstance(line, dict)]
