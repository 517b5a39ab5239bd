"""The command: its table, its last line, and what it refuses."""

import json
from pathlib import Path

import pytest

from benchmarks.reference import main
from benchmarks.reference_card import CARD, EVALUATION, MARKS, OTHERS, refreshed, run_of, write
from benchmarks.reference_score import Share
from core.reference import ReferenceEngine, recorded_figures

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


@pytest.mark.parametrize("cases", [EVALUATION, OTHERS])
def test_card_takes_new_figures(cases: str) -> None:
    """The figures stand between the marks, and only they change; a text without marks is refused."""
    card = CARD.read_text(encoding="utf-8")
    once = refreshed(card, cases, "right  50 %", "2026-11-24")
    first, last = MARKS[cases]
    assert "Measured on 2026-11-24" in once
    assert refreshed(once, cases, "right  50 %", "2026-11-24") == once
    assert card.partition(first)[0] == once.partition(first)[0]
    assert card.partition(last)[2] == once.partition(last)[2]
    with pytest.raises(ValueError, match="one pair of marks"):
        refreshed("no marks", cases, "x", "2026-11-24")


def test_a_run_is_written_into_card_and_record(tmp_path: Path) -> None:
    """A run takes the place of the earlier one over the same cases; the other stays, and the screen reads both."""
    card, record = tmp_path / "card.md", tmp_path / "figures.json"
    card.write_text(CARD.read_text(encoding="utf-8"), encoding="utf-8")
    for cases, hits in ((OTHERS, 1), (EVALUATION, 1), (EVALUATION, 9)):
        run = run_of("Some cases", "9.9.9", "2026-11-24", 10, [("top1", "right at the first line", Share(hits, 10)), ("ece", "off", 0.3)])
        write(cases, "told", run, card=card, record=record)
    evaluation, others = recorded_figures(record)
    assert [(f.name, f.value, f.hits, f.met) for f in evaluation.figures] == [("top1", 0.9, 9, True), ("ece", 0.3, None, False)]
    assert (others.cases, others.figures[0].met, others.figures[0].interval is not None) == (OTHERS, False, True)


def test_the_screen_shows_the_figures_of_the_card() -> None:
    """Record and model card are of one run, of the knowledge base that ships, and hold every figure that is asked for."""
    card = CARD.read_text(encoding="utf-8")
    version = ReferenceEngine.load().version
    for measured in recorded_figures():
        block = card.partition(MARKS[measured.cases][0])[2].partition(MARKS[measured.cases][1])[0]
        assert measured.version == version
        assert f"Measured on {measured.day}" in block
        assert f"Reference engine {version} of" in block
        names = {figure.name for figure in measured.figures}
        assert {
            "coverage",
            "top1",
            "top3",
            "top5",
            "top10",
            "mrr",
            "cannot_miss_top5",
            "brier",
            "ece",
            "abstention",
            "findings",
            "ms",
        } <= names
        for figure in measured.figures:
            shown = f"{100 * figure.value:.1f} %" if figure.hits is not None else f"{figure.value:.3f}"
            assert shown in next(line for line in block.splitlines() if line.startswith(figure.label))


def test_card_shows_the_evaluation_part_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The demo part is not written into the card."""
    before = CARD.read_text(encoding="utf-8")
    assert main(["--part", "demo", "--card"]) == 2
    assert "evaluation part" in capsys.readouterr().err
    assert CARD.read_text(encoding="utf-8") == before
