"""Tables whose header names the column: comma, semicolon, tab, pipe, or columns aligned by spaces.

A header is a line of short cells of which enough are known labels, one of them an identifying one, with a row of the same
make below it. Values go by their column's label; clinical columns are reported apart, for what stands there stays.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from core.deid.found import Found
from core.deid.labels import KEPT, kind_of, value_found
from core.deid.x12 import x12_values
from core.model import Category

_MARKS = ("\t", "|", ";", ",")
_ALIGNED = re.compile(r"\S+(?: \S+)*")
_RULE = re.compile(r"[\s|:+=_-]*")
_QUOTED = re.compile(r'"[^"\n]*"')
_MOST_LABEL, _MOST_CELLS, _RESULTS = 32, 60, 3
_GOODS = frozenset(("qty", "quantity", "description", "manufacturer"))
_TABLE = "table"


class Cell(NamedTuple):
    """One cell, outer spaces and quotes left out."""

    start: int
    end: int


class _Header(NamedTuple):
    mark: str
    cells: list[Cell]
    labels: list[str]
    kinds: list[Category | str | None]
    line_start: int


class Tables(NamedTuple):
    """What a text's tables give away, and the cells that stay: labels, which are nobody's name, and clinical columns."""

    values: list[Found]
    kept: list[Cell]
    reach: list[int]
    """For each of the kept cells, which come in order, how far it and those before it reach."""

    def keep(self, start: int, end: int) -> bool:
        """Whether a stretch lies in a cell that stays."""
        index = bisect_right(self.kept, start, key=itemgetter(0))
        return index > 0 and self.reach[index - 1] >= end


def read_tables(text: str) -> Tables:
    """What goes out of tables, and what stays: the labels, and the cells of columns that hold drugs, results, diagnoses and the like."""
    lines = list(_lines(text))
    headers = [_header(text, *line) for line in lines]
    values: list[Found] = []
    clinical: list[Cell] = []
    for cell, kind, label in _columns(text, lines, headers) if "\n" in text and is_tabular(text) else ():
        if kind == KEPT:
            clinical.append(cell)
        elif kind is not None:
            values += value_found(text, cell.start, cell.end, kind, label, _TABLE)
    claimed, codes = x12_values(text)
    kept = sorted(clinical + [cell for header in headers if header for cell in header.cells] + [Cell(*stretch) for stretch in codes])
    return Tables(values + claimed, kept, list(accumulate((cell.end for cell in kept), max)))


def is_tabular(text: str) -> bool:
    """A quick gate: whether a second column could stand anywhere."""
    return "\t" in text or "|" in text or ";" in text or "   " in text or text.count(",") > 3


def _lines(text: str) -> Iterator[tuple[int, int, int]]:
    """Start and end of every line, and the end of the next that is not a mere rule."""
    edges, at = [], 0
    for line in text.split("\n"):
        if not (line and _RULE.fullmatch(line)):
            edges.append((at, at + len(line)))
        at += len(line) + 1
    for i, (start, end) in enumerate(edges):
        yield start, end, i + 1 < len(edges) and edges[i + 1][0]


def _columns(
    text: str, lines: list[tuple[int, int, int]], headers: list[_Header | None]
) -> Iterator[tuple[Cell, Category | str | None, str]]:
    header: _Header | None = None
    for (start, end, _), own in zip(lines, headers, strict=True):
        if header:
            row = _cells(text, start, end, header.mark)
            if _fits(header, row):
                for cell, column in _assigned(header, row, start):
                    yield cell, header.kinds[column], header.labels[column]
                continue
        header = own


def _fits(header: _Header, row: list[Cell]) -> bool:
    wanted = len(header.cells)
    if header.mark == " ":
        return 2 <= len(row) <= wanted + 1
    return wanted - (wanted > 3) <= len(row) <= wanted + 1 if header.mark == "," else 2 <= len(row) <= wanted + 1


def _cells(text: str, start: int, end: int, mark: str) -> list[Cell]:
    if mark == " ":
        return [Cell(m.start(), m.end()) for m in _ALIGNED.finditer(text, start, end)]
    line = text[start:end]
    if '"' in line:
        line = _QUOTED.sub(lambda m: m[0].replace(mark, "\0"), line)
    cells, at = [], start
    for part in line.split(mark)[:_MOST_CELLS]:
        left, right = at + len(part) - len(part.lstrip(' "*')), at + len(part.rstrip(' "*'))
        cells.append(Cell(left, max(left, right)))
        at += len(part) + 1
    if mark == "|" and len(cells) > 2:
        cells = cells[cells[0].start == cells[0].end : len(cells) - (cells[-1].start == cells[-1].end)]
    return cells


def _header(text: str, start: int, end: int, follows: int | bool) -> _Header | None:
    if not follows or end - start > 600 or end - start < 5:
        return None
    for mark in (*_MARKS, " "):
        if text.find(mark if mark != " " else "  ", start, end) < 0 and (mark != " " or text.find("\t", start, end) < 0):
            continue
        fewest = 2 if mark in "\t|" else 3
        if mark != " " and text.count(mark, start, end) < fewest - 1:
            continue
        cells = _cells(text, start, end, mark)
        if len(cells) < fewest or len(cells) > _MOST_CELLS:
            continue
        labels = [text[c.start : c.end] for c in cells]
        if not all(_like_label(label) for label in labels):
            continue
        kinds = [kind_of(label) for label in labels]
        if not _GOODS.isdisjoint(label.lower() for label in labels):  # a list of goods: its REF is the maker's number
            kinds = [KEPT if label.lower() in ("ref", "no", "number") else kind for label, kind in zip(labels, kinds, strict=True)]
        if _tells(kinds) and _row_below(text, follows, mark, len(cells)):
            return _Header(mark, cells, labels, kinds, start)
    return None


def _like_label(label: str) -> bool:
    return len(label) <= _MOST_LABEL and sum(c.isdigit() for c in label) <= 2 and not label.endswith((".", "?", "!", ":"))


def _tells(kinds: list[Category | str | None]) -> bool:
    known = sum(k is not None for k in kinds)
    if set(kinds) <= {KEPT, None} and known >= _RESULTS and 4 * known >= 3 * len(kinds):
        return True  # a table of results, all of which stays
    return any(k is not None and k != KEPT and k is not Category.AGE for k in kinds) and 5 * known >= 2 * len(kinds) and known > 1


def _row_below(text: str, start: int, mark: str, wanted: int) -> bool:
    end = text.find("\n", start)
    row = _cells(text, start, end if end >= 0 else len(text), mark)
    labels = [text[c.start : c.end] for c in row]
    return (2 if mark in " \t|;" else wanted - (wanted > 3)) <= len(row) <= wanted + 1 and sum(
        kind_of(x) is not None for x in labels
    ) * 2 < len(row) + 2


def _assigned(header: _Header, row: list[Cell], line_start: int) -> Iterator[tuple[Cell, int]]:
    """Each cell with its column: by count when the counts agree, else by where it stands under the header."""
    if header.mark != " " or len(row) == len(header.cells):
        yield from ((cell, i) for i, cell in enumerate(row) if i < len(header.cells) and cell.start < cell.end)
        return
    starts = [c.start - header.line_start for c in header.cells]
    for cell in row:
        at = cell.start - line_start
        column = max((i for i, s in enumerate(starts) if s <= at + 2), default=0)
        yield cell, column
