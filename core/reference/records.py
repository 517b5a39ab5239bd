"""Reading the knowledge base's plain text files: `[id]` blocks of `key: value` lines, and tables with `|` columns.

`#` starts a comment line. Everything that can be wrong is a ConfigError that names file, line and rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

from core.errors import ConfigError


class Line(NamedTuple):
    """Where something stands: file name, line number from 1, and the entry it belongs to."""

    file: str
    number: int
    entry: str

    def reject(self, rule: str) -> NoReturn:
        """Raise the ConfigError for this place."""
        raise ConfigError(f"Knowledge base, {self.file} line {self.number}, entry '{self.entry}': {rule}.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One block: its id and its fields, each with its place. A key may stand several times."""

    place: Line
    fields: Mapping[str, Sequence[tuple[str, Line]]]

    def one(self, key: str, default: str | None = None) -> str:
        """The value of a key that stands once; the default, or a ConfigError, when it is missing."""
        values = self.fields.get(key, ())
        if len(values) > 1:
            values[1][1].reject(f"'{key}' stands twice")
        if not values and default is None:
            self.place.reject(f"'{key}' is missing")
        return values[0][0] if values else str(default)

    def many(self, key: str) -> Sequence[tuple[str, Line]]:
        """All values of a key with their places, in file order."""
        return self.fields.get(key, ())


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number and text of the lines that hold something. Raises ConfigError when the file can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Knowledge base, {path.name}: the file can't be read ({type(error).__name__}).") from None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line and not line.startswith("#"):
            yield number, line


def read_entries(path: Path, keys: frozenset[str]) -> list[Entry]:
    """The blocks of a file, in order. Raises ConfigError for an unknown key or a line outside a block."""
    found: list[Entry] = []
    fields: dict[str, list[tuple[str, Line]]] = {}
    file, entry = path.name, ""
    for number, line in read_lines(path):
        if line[0] == "[" and line[-1] == "]":
            entry, fields = line[1:-1].strip(), {}
            found.append(Entry(Line(file, number, entry), fields))
            continue
        place = Line(file, number, entry)
        key, colon, value = line.partition(":")
        if not found or not colon:
            place.reject("a line must be '[id]' or 'key: value'")
        key = key.rstrip()
        if key not in keys:
            place.reject(f"unknown key '{key}'; known are {', '.join(sorted(keys))}")
        fields.setdefault(key, []).append((value.lstrip(), place))
    return found


def read_table(path: Path, columns: int) -> list[tuple[Line, list[str]]]:
    """The rows of a `|` table. Raises ConfigError when a row has another number of columns."""
    rows = []
    for number, line in read_lines(path):
        cells = [cell.strip() for cell in line.split("|")]
        place = Line(path.name, number, cells[0])
        if len(cells) != columns:
            place.reject(f"a row needs {columns} columns, this one has {len(cells)}")
        rows.append((place, cells))
    return rows


def split_list(value: str, separator: str = ";") -> list[str]:
    """The non-empty parts of a list, stripped."""
    return [part for piece in value.split(separator) if (part := piece.strip())]
