"""How often the reference engine's answer holds the reference diagnosis, how sure it is, how fast.

    python -m benchmarks.reference [CASES.jsonl] [--part evaluation|demo] [--show] [--card]

Without CASES: a part of the case library, the evaluation part unless told otherwise. CASES is JSON lines with `id`, `demographics`
("35-year-old female", months and weeks too), `chief_complaint`, `symptoms`, `history`, `examination`, `labs`, `diagnosis`; optional
are `medications`, `acceptable` (list), `icd10cm`, `cannot_miss`. `--show` lists every case that is not right at the first line;
on the evaluation part its output is for reading, not for changing the knowledge base. `--card` writes the figures and today's
date into the model card and the engine's screen: those of the evaluation part, or of CASES as "vignettes by others".

When a line counts as right: `benchmarks.reference_match`. Top-k: share of all cases, an abstention being a miss. MRR: over ten lines.
Cannot-miss: cases so marked, or whose condition the knowledge base marks so. Brier and ECE: the first line's probability against
whether it is right, over the cases answered. Coverage: share of cases whose reference the knowledge base holds. ms: processor time,
median over the cases, each the least of five runs.
The last line is JSON with `coverage`, `top1`, `top3`, `top5`, `top10`, `mrr`, `ece`, `ms`, and the rest of the figures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import thread_time

from benchmarks.reference_card import EVALUATION, OTHERS, run_of, write
from benchmarks.reference_cases import Sample, library_samples, read_samples
from benchmarks.reference_match import How, Matcher
from benchmarks.reference_score import Share, brier, calibration_error, mean_reciprocal_rank, top
from core.assessment import Assessment
from core.reference import ReferenceEngine

LINES = 10
REPEATS = 5
DEPTHS = (1, 3, 5, 10)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case, answered: rank of the first right line and how it is right; what the engine read, and its milliseconds."""

    sample: Sample
    answer: Assessment
    rank: int | None
    how: How | None
    covered: bool
    cannot_miss: bool
    findings: int
    ms: float

    @property
    def belief(self) -> tuple[float, bool]:
        """The first line's probability and whether it is right."""
        return self.answer.differential[0].probability, self.rank == 1


def run(engine: ReferenceEngine, matcher: Matcher, sample: Sample) -> Outcome:
    """Ask the engine and mark its answer."""
    answer, ms = timed(engine, sample)
    reference = matcher.reference(sample.diagnosis, sample.acceptable, sample.code)
    known = matcher.known(reference)
    marked = [matcher.right(reference, line.diagnosis, line.icd10cm) for line in answer.differential]
    rank = next((number for number, how in enumerate(marked, 1) if how), None)
    return Outcome(
        sample,
        answer,
        rank,
        marked[rank - 1] if rank else None,
        bool(known),
        any(one.cannot_miss for one in known) if sample.cannot_miss is None else sample.cannot_miss,
        engine.findings_read(sample.texts, sample.demographics),
        ms,
    )


def timed(engine: ReferenceEngine, sample: Sample) -> tuple[Assessment, float]:
    """The answer and the milliseconds of processor time it takes: the least of REPEATS, since other processes can only add to it."""
    times = []
    for _ in range(REPEATS):
        begun = thread_time()
        answer = engine.assess(sample.texts, sample.demographics, top=LINES)
        times.append(1_000 * (thread_time() - begun))
    return answer, min(times)


def figures(outcomes: Sequence[Outcome]) -> dict[str, Share | float]:
    """Every figure by its name in the JSON line."""
    ranks = [one.rank for one in outcomes]
    beliefs = [one.belief for one in outcomes if one.answer.differential]
    total = len(outcomes)
    return {
        "coverage": Share(sum(one.covered for one in outcomes), total),
        **{f"top{k}": top(ranks, k) for k in DEPTHS},
        "top5_covered": top([one.rank for one in outcomes if one.covered], 5),
        "cannot_miss_top5": top([one.rank for one in outcomes if one.cannot_miss], 5),
        "abstention": Share(sum(one.answer.abstained for one in outcomes), total),
        "by_category_alone": Share(sum(one.how == "category" for one in outcomes), total),
        "mrr": mean_reciprocal_rank(ranks),
        "brier": brier(beliefs),
        "ece": calibration_error(beliefs),
        "confidence": statistics.fmean(p for p, _ in beliefs) if beliefs else 0.0,
        "findings": statistics.fmean(one.findings for one in outcomes),
        "ms": statistics.median(one.ms for one in outcomes),
    }


LABELS = {
    "coverage": "reference diagnosis in the knowledge base",
    "top1": "right at the first line",
    "top3": "in the first 3",
    "top5": "in the first 5",
    "top10": "in the first 10",
    "top5_covered": "in the first 5, of cases covered",
    "cannot_miss_top5": "cannot-miss diagnosis in the first 5",
    "abstention": "abstained",
    "by_category_alone": "right by ICD-10 category alone",
    "mrr": "mean reciprocal rank, 10 lines",
    "brier": "Brier score of the first line",
    "ece": "calibration error of the first line, 10 bins",
    "confidence": "mean probability of the first line",
    "findings": "findings read a case",
    "ms": "milliseconds of processor time a case, median",
}


def table(found: dict[str, Share | float]) -> str:
    """The figures in words, shares with their 95 % interval."""
    return "\n".join(f"{LABELS[name]:46}{_shown(value)}" for name, value in found.items())


def _shown(value: Share | float) -> str:
    if not isinstance(value, Share):
        return f"{value:8.3f}"
    low, high = value.interval
    return f"{100 * value.value:7.1f} %   {value.hits:3} of {value.total:3}   95 % interval {100 * low:.1f} to {100 * high:.1f}"


def misses(outcomes: Sequence[Outcome]) -> str:
    """The cases that are not right at the first line, with the first three lines of each."""
    lines = []
    for one in outcomes:
        if one.rank != 1:
            told = "; ".join(f"{d.diagnosis} {d.probability:.2f}" for d in one.answer.differential[:3]) or one.answer.abstain_reason
            place = f"line {one.rank}" if one.rank else "missed" if one.covered else "not covered"
            lines.append(f"{one.sample.id}  {one.sample.diagnosis}  [{place}]  {told}")
    return "\n".join(lines)


def measured(samples: Sequence[Sample]) -> list[Outcome]:
    """Every case answered, after a first round that warms up what the engine prepares on first use."""
    engine = ReferenceEngine.load()
    matcher = Matcher(engine.catalogue())
    for sample in samples:
        engine.assess(sample.texts, sample.demographics, top=LINES)
    return [run(engine, matcher, sample) for sample in samples]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 2 when there are no cases to measure with."""
    chosen = _parser().parse_args(arguments)
    try:
        samples = read_samples(chosen.cases) if chosen.cases else library_samples(chosen.part)
    except (OSError, ValueError) as error:
        print(f"The cases can't be read: {error}", file=sys.stderr)
        return 2
    if not samples or (chosen.card and not chosen.cases and chosen.part != EVALUATION):
        print("The model card shows the evaluation part." if samples else "There are no cases in the file.", file=sys.stderr)
        return 2
    outcomes = measured(samples)
    title = "Vignettes by others" if chosen.cases else f"Case library, {chosen.part} part"
    told = report(outcomes, f"{title} ({chosen.cases.name})" if chosen.cases else title)
    print(told)
    if chosen.show:
        print(f"\nNot right at the first line:\n{misses(outcomes)}")
    if chosen.card:
        rows = [(name, LABELS[name], value) for name, value in figures(outcomes).items()]
        version, day = ReferenceEngine.load().version, f"{datetime.now(UTC):%Y-%m-%d}"
        write(OTHERS if chosen.cases else EVALUATION, told, run_of(title, version, day, len(outcomes), rows))
    print(json.dumps({name: round(value.value if isinstance(value, Share) else value, 4) for name, value in figures(outcomes).items()}))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reference", description="Measures the reference engine.")
    parser.add_argument("cases", nargs="?", type=Path, metavar="CASES.jsonl")
    parser.add_argument("--part", choices=("evaluation", "demo"), default="evaluation", help="of the case library, without CASES")
    parser.add_argument("--show", action="store_true", help="list the cases that are not right at the first line")
    parser.add_argument("--card", action="store_true", help="write the figures into the model card")
    return parser


def report(outcomes: Sequence[Outcome], source: str) -> str:
    """What was measured, with which engine, and every figure."""
    card = ReferenceEngine.load().summary()
    engine = f"Reference engine {card.version} of {card.date}: {card.conditions} conditions, {card.findings} findings."
    return f"{source}: {len(outcomes)} cases\n{engine}\n{card.notice}\n\n{table(figures(outcomes))}"


if __name__ == "__main__":
    sys.exit(main())
