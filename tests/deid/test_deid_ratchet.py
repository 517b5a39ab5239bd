"""The golden evaluation set as a ratchet: the redactor's failures on it equal the known list."""

import json
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.deid_corpus import read_corpus
from benchmarks.deid_golden import GOLDEN, failures, json_lines, known, samples, scored
from benchmarks.deid_score import Marked, Sample, total
from core.deid import deidentify
from core.model import Identity

UPDATE = "run `python -m benchmarks.deid --update-known` and review the difference"
TRAPS_KEPT = 0.95


@pytest.fixture(scope="module")
def golden() -> list[Sample]:
    """The notes."""
    return samples()


@pytest.fixture(scope="module")
def marked() -> list[Marked]:
    """The notes under today's redactor."""
    return scored()


def test_failures_equal_the_known_list(marked: list[Marked]) -> None:
    """What got worse fails here; what got better must be recorded."""
    now, listed = failures(marked), known()
    worse = sorted(set(now) - set(listed))
    better = sorted(set(listed) - set(now))
    assert not worse, f"new failures: {worse}"
    assert not better, f"no longer failing, {UPDATE}: {better}"
    assert now == listed, UPDATE


def test_trap_phrases_stay(marked: list[Marked]) -> None:
    """Of the phrases that look like identifiers and are clinical, nearly all stay whole."""
    assert total(marked).traps_kept >= TRAPS_KEPT


def test_json_lines_equal_their_source(golden: list[Sample]) -> None:
    """The committed JSON lines are what the marked source says, and read back the same."""
    assert GOLDEN.read_text(encoding="utf-8") == json_lines(), UPDATE
    assert read_corpus(GOLDEN) == golden


def test_the_set_is_as_large_as_it_claims(golden: list[Sample]) -> None:
    """Notes, kinds, spans, traps and the share without identifiers are at least what the datasheet promises."""
    clear = [s for s in golden if not s.gold and not s.optional]
    assert len(golden) >= 80
    assert len({s.kind for s in golden if s.gold}) >= 20
    assert sum(len(s.gold) for s in golden) >= 1000
    assert sum(len(s.traps) for s in golden) >= 150
    assert 4 * len(clear) >= len(golden)


def test_every_safe_harbor_type_is_there(golden: list[Sample]) -> None:
    """Each of the eighteen identifiers of 45 CFR 164.514(b)(2)(i) occurs, and no span is empty or overlaps another."""
    kinds = Counter(g.kind for s in golden for g in s.gold)
    wanted = "NAME ADDRESS DATE AGE90 PHONE FAX EMAIL SSN MRN HEALTH_PLAN ACCOUNT LICENSE VEHICLE DEVICE URL IP BIOMETRIC PHOTO OTHER_ID"
    assert set(wanted.split()) <= set(kinds)
    for sample in golden:
        spans = sorted((g.start, g.end) for g in (*sample.gold, *sample.optional))
        assert all(b < e for b, e in spans)
        assert all(e <= b for (_, e), (b, _) in pairwise(spans))


SETS = sorted((Path(__file__).parents[2] / "benchmarks" / "deid_sets").glob("*_hard.jsonl"))


def test_the_evaluation_sets_are_there() -> None:
    """The hard texts of every author."""
    assert len(SETS) == 23


@pytest.mark.parametrize("path", SETS, ids=[path.stem for path in SETS])
def test_every_evaluation_text_can_be_redacted(path: Path) -> None:
    """None of an author's texts makes a detector or a replacement fail, which would blank the case."""
    texts = [json.loads(row)["text"] for row in path.read_text(encoding="utf-8").splitlines()]
    assert len(texts) in (44, 50)
    for text in texts:
        assert deidentify({"history": text}, identity=Identity(), encounter=date(2026, 1, 5)).fields["history"].text
