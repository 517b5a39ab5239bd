"""Tables with headers or without: comma, bar, tab, semicolon or columns of fixed width, from a catalogue of columns."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.deid.grammar import Fragments
from training.deid.texts import sections

Expand = Callable[[str], Fragments]
_LINE = "\n"


def _columns(random: Random, identified: bool) -> list[tuple[str, str]]:
    """Header and template of each column, in order."""
    catalogue = sections("columns.txt")
    rows = random.sample(catalogue["plain"], random.randint(2, 6))
    if identified:
        rows += random.sample(catalogue["person"], random.randint(1, 6))
        random.shuffle(rows) if random.random() < 0.5 else rows.reverse()
    parts = [row.split("=", 1) for row in rows]
    return [(random.choice(heads.split(",")), cell) for heads, cell in parts]


def _cell(expand: Expand, template: str, clean: str) -> Fragments:
    """The filled cell on one line, without the table's own separator in it."""
    return [(t.replace(_LINE, " ").replace(clean, " ") if clean.strip() else t.replace(_LINE, " "), label) for t, label in expand(template)]


def table(random: Random, expand: Expand, *, identified: bool) -> Fragments:
    """A table of two to seven rows."""
    columns = _columns(random, identified)
    separator = random.choice((",", ",", ", ", "|", " | ", "\t", ";", "  ", "^", ":"))
    fixed = separator == "  "
    width = random.randint(8, 16)
    upper = random.random() < 0.15
    pieces: Fragments = []
    if random.random() < 0.75:
        heads = [h.upper() if upper else h for h, _ in columns]
        pieces.append((_edge(separator, separator.join(h.ljust(width) if fixed else h for h in heads)) + _LINE, "O"))
        if separator == " | " and random.random() < 0.5:
            pieces.append((_edge(separator, separator.join("---" for _ in heads)) + _LINE, "O"))
    for _ in range(random.randint(1, 6)):
        for i, (_, template) in enumerate(columns):
            cell = [] if random.random() < 0.05 else _cell(expand, template, separator)
            if random.random() < 0.04 and separator.strip() == ",":
                cell = [('"', "O"), *cell, ('"', "O")]
            made = [(t.upper(), k) if upper and len(t.upper()) == len(t) else (t, k) for t, k in cell]
            pieces += [(separator if i else "| " if separator == " | " else "", "O"), *made]
            if fixed:
                pieces.append((" " * max(0, width - sum(len(t) for t, _ in made)), "O"))
        pieces.append((_LINE, "O"))
    return [p for p in pieces if p[0]]


def _edge(separator: str, line: str) -> str:
    return f"| {line} |" if separator == " | " else line


def form(random: Random, expand: Expand) -> Fragments:
    """The same columns as fields, one a line: `DOB: 4/3/61`, `MRN .... 77-1`."""
    colon = random.choice((": ", ":", " ", " = ", "\t", " ..... ", " .......... ", "=", " - ", ":\n", ":  ", " :", "____ "))
    between = random.choice((_LINE, _LINE, _LINE, "  ", " | ", "; ", ", ", "\t", "\n\n"))
    columns = _columns(random, identified=True)
    case = random.choice((str.upper, str.title, str.lower, str))
    pieces: Fragments = []
    for head, template in columns:
        label = case(head.replace("_", random.choice((" ", "_"))))
        pieces += [(label + colon, "O"), *_cell(expand, template, ""), (between, "O")]
    return [p for p in pieces if p[0]]
