"""The command: its table, its last line, and what it refuses."""

import json
from pathlib import Path

import pytest

from benchmarks.reference import main
from benchmarks.reference_card import CARD, refreshed

NEEDED = {"coverage", "top1", "top3", "top5", "top10", "mrr", "ece", "ms"}


def test_demo_part(capsys: pytest.CaptureFixture[str]) -> None:
    """The demo part is measured; the last line is JSON with every agreed figure, shares between 0 and 1."""
    assert main(["--part", "demo", "--show"]) == 0
    out = capsys.readouterr().out
    found = json.loads(out.splitlines()[-1])
    assert set(found) >= NEEDED
    assert all(0 <= found[name] <= 1 for name in NEEDED - {"ms"})
    assert found["top1"] <= found["top3"] <= found["top5"] <= found["top10"] <= 1
    assert "95 % interval" in out


def test_cases_of_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of cases is measured alike; a recipe is an abstention and a miss."""
    path = tmp_path / "cases.jsonl"
    recipe = {"id": "r", "demographics": "40-year-old man", "symptoms": "Whisk the eggs and fold in the flour.", "diagnosis": "Gout"}
    path.write_text(json.dumps(recipe))
    assert main([str(path), "--show"]) == 0
    out = capsys.readouterr().out
    found = json.loads(out.splitlines()[-1])
    assert (found["abstention"], found["top10"], found["mrr"]) == (1, 0, 0)
    assert "r  Gout" in out


@pytest.mark.parametrize("content", ["", "{}\n", None])
def test_nothing_to_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    """An empty, a broken and a missing file end with 2 and a reason, not with figures."""
    path = tmp_path / "cases.jsonl"
    if content is not None:
        path.write_text(content)
    assert main([str(path)]) == 2
    told = capsys.readouterr()
    assert told.err
    assert not told.out


def test_card_takes_new_figures() -> None:
    """The figures stand between the marks, and only they change; a text without marks is refused."""
    card = CARD.read_text(encoding="utf-8")
    once = refreshed(card, "right  50 %", "2026-11-24")
    assert "Measured on 2026-11-24" in once
    assert refreshed(once, "right  50 %", "2026-11-24") == once
    assert card.partition("<!-- figures -->")[0] == once.partition("<!-- figures -->")[0]
    assert card.partition("<!-- end of figures -->")[2] == once.partition("<!-- end of figures -->")[2]
    with pytest.raises(ValueError, match="one pair of marks"):
        refreshed("no marks", "x", "2026-11-24")


def test_card_shows_the_evaluation_part_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the demo part nor other cases are written into the card."""
    before = CARD.read_text(encoding="utf-8")
    assert main(["--part", "demo", "--card"]) == 2
    assert "evaluation part" in capsys.readouterr().err
    assert CARD.read_text(encoding="utf-8") == before
