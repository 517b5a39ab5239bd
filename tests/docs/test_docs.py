"""The documents speak of what exists: links lead somewhere, files and tests that are named are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
IDS = [str(d.relative_to(ROOT)) for d in DOCUMENTS]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
CODE = re.compile(r"`((?:app|serve)\.py|(?:core|pages|tests|docs|benchmarks|tools|requirements|static|\.ci|\.streamlit)(?:/[\w.-]+)*/?)`")
TEST = re.compile(r"`([\w/]+/test_\w+\.py|test_\w+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_links_and_paths_lead_somewhere(document: Path) -> None:
    """Every relative link, and every path of this repository in backquotes."""
    text = document.read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    missing += [path for path in CODE.findall(text) if not (ROOT / path).exists() and not (ROOT / f"{path}.py").exists()]
    assert missing == []


def test_every_test_that_a_document_names_exists() -> None:
    """`file::function` under `tests/`, in the compliance map above all."""
    named = {(d.name, file, function) for d in DOCUMENTS for file, function in TEST.findall(d.read_text(encoding="utf-8"))}
    missing = [item for item in sorted(named) if not _exists(item[1].removeprefix("tests/"), item[2])]
    assert missing == []
    assert len(named) > 40


def _exists(file: str, function: str) -> bool:
    path = ROOT / "tests" / file
    if not path.is_file():
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return not function or function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_row_of_the_map_has_code_and_test_or_says_not_yet() -> None:
    """A control without proof is not claimed."""
    rows = [
        line
        for line in (ROOT / "docs" / "compliance-map.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| (?!cite|item)", line)
    ]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert all(len(row) == 5 for row in cells)
    assert [row for row in cells if not (row[2] and row[3]) and not row[4]] == []


def test_every_shown_error_class_is_in_the_tree_of_the_docstring() -> None:
    """`core/errors.py` draws the whole tree: no class is missing from the drawing, none is drawn that is not there."""
    from core import errors

    assert errors.__doc__
    drawn = set(re.findall(r"\b(\w*Error)\b", errors.__doc__.partition("`user_message`")[0]))
    there = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.Error)}
    assert drawn == there
