"""The scoring rules on hand-made cases, each worked out on paper."""

from __future__ import annotations

import pytest

from benchmarks.deid_corpus import as_json_line, parse_marked, read_corpus
from benchmarks.deid_score import Gold, Sample, Score, core_offsets, mark, runs, total


def sample(marked: str) -> Sample:
    """The one note of a marked source."""
    return next(parse_marked("=== a | k\n" + marked))


def span(text: str, words: str) -> tuple[int, int]:
    """Where `words` first stand in `text`."""
    start = text.index(words)
    return start, start + len(words)


def score(marked: str, masked: tuple[str, ...] = (), flagged: tuple[str, ...] = ()) -> Score:
    """Figures of one note when these words of it are masked and flagged."""
    note = sample(marked)
    return total([mark(note, [span(note.text, w) for w in masked], [span(note.text, w) for w in flagged])])


LEAKS = {
    # id: (marked text, masked, flagged, strict, core, silent)
    "nothing masked": ("Seen by {{NAME|Jane Roe}}.", (), (), 1, 1, 1),
    "whole": ("Seen by {{NAME|Jane Roe}}.", ("Jane Roe",), (), 0, 0, 0),
    "half": ("Seen by {{NAME|Jane Roe}}.", ("Jane",), (), 1, 1, 1),
    "flag is no mask": ("Seen by {{NAME|Jane Roe}}.", (), ("Jane Roe",), 1, 1, 0),
    "half masked, half flagged": ("Seen by {{NAME|Jane Roe}}.", ("Jane",), ("Roe",), 1, 1, 0),
    "half flagged": ("Seen by {{NAME|Jane Roe}}.", (), ("Roe",), 1, 1, 1),
    "title left": ("Seen by {{NAME|Dr. Jane Roe}}.", ("Jane Roe",), (), 1, 0, 0),
    "generic noun left": ("At {{GEOGRAPHIC_LOCATION|Elm Medical Center}}.", ("Elm",), (), 1, 0, 0),
    "year left in a date": ("On {{DATE|3 May 2021}}.", ("3 May",), (), 1, 0, 0),
    "year left elsewhere": ("MRN {{MRN|77 2021}}.", ("77",), (), 1, 1, 1),
    "only idle words": ("At {{GEOGRAPHIC_LOCATION|the Medical Center}}.", ("Medical",), (), 1, 1, 1),
    "only a year": ("In {{DATE|2021}}.", (), (), 1, 1, 1),
    "punctuation left": ("MRN {{MRN|#77-20#}}.", ("77",), (), 1, 1, 1),
    "separators may stay": ("Call {{PHONE|555-0101}}.", ("555-0101",), (), 0, 0, 0),
    "optional type": ("Works at {{ORGANIZATION|Acme}}.", (), (), 0, 0, 0),
}


@pytest.mark.parametrize(("marked", "masked", "flagged", "strict", "core", "silent"), LEAKS.values(), ids=LEAKS.keys())
def test_leaks(marked: str, masked: tuple[str, ...], flagged: tuple[str, ...], strict: int, core: int, silent: int) -> None:
    """Strict, core and silent leaks are counted as the rules say."""
    got = score(marked, masked, flagged)
    assert (got.strict_leaks, got.core_leaks, got.silent_leaks) == (strict, core, silent)


OVER = {
    # id: (marked text, masked, letters and digits over, negatives, touched)
    "clean and untouched": ("No complaints.", (), 0, 1, 0),
    "clean and touched": ("Graves disease, 10/325.", ("Graves", "10/325"), 11, 1, 1),
    "only punctuation touched": ("Well - yes.", (" - ",), 0, 1, 0),
    "beside a span": ("Dr. {{NAME|Roe}} left.", ("Dr. Roe left",), 6, 0, 0),
    "optional masked": ("Works at {{ORGANIZATION|Acme}}.", ("Acme",), 0, 0, 0),
    "overlapping masks count once": ("Colles fracture.", ("Colles", "Colles fracture"), 14, 1, 1),
}


@pytest.mark.parametrize(("marked", "masked", "over", "negatives", "touched"), OVER.values(), ids=OVER.keys())
def test_over_masking(marked: str, masked: tuple[str, ...], over: int, negatives: int, touched: int) -> None:
    """Letters and digits outside expected and optional spans count, once each; a note is negative without any span."""
    got = score(marked, masked)
    assert (got.over_chars, got.negatives, got.touched) == (over, negatives, touched)
    assert got.over_masked_per_1000 == pytest.approx(1000 * over / len(sample(marked).text))


def test_a_mask_beyond_the_text_is_ignored() -> None:
    """A span that ends past the last character masks to the end and no further."""
    note = sample("By {{NAME|Roe}}")
    assert mark(note, [(3, 99), (50, 60)]).leaks == ()


def test_runs_join_over_small_gaps() -> None:
    """Over-masked stretches at most two characters apart are listed as one."""
    assert runs([1, 2, 4, 7, 8, 20]) == [(1, 5), (7, 9), (20, 21)]
    assert runs([]) == []


def test_core_offsets_fall_back_to_everything() -> None:
    """A span of idle words alone leaks when any of them stays."""
    assert core_offsets("the Clinic", Gold(0, 10, "NAME")) == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_traps_and_types_are_counted() -> None:
    """A trap is hit when a letter or digit of it goes; leaks are told by type."""
    got = score("{{KEEP|Wells score 4}} for {{NAME|Wells}}, {{DATE|7/9}}, {{KEEP|Graves}}", ("Wells", "7/9"))
    assert (got.traps, got.traps_hit, got.traps_kept) == (2, 1, 0.5)
    assert got.by_kind == {"DATE": (0, 1), "NAME": (1, 1)}


def test_shares_are_over_all_spans_and_notes() -> None:
    """Rates divide by expected spans, characters and notes of the whole corpus."""
    first, second = sample("{{NAME|Ann}} {{NAME|Bo}}"), sample("Plain.")
    got = total([mark(first, [(0, 3)], [(4, 6)]), mark(second, [])])
    assert (got.strict_leak, got.core_leak, got.silent_leak) == (0.5, 0.5, 0.0)
    assert (got.flags_per_note, got.chars, got.gold_chars, got.gold_hit) == (0.5, 12, 5, 3)
    assert total([]).core_leak == 0.0


def test_json_lines_keep_the_sample(tmp_path) -> None:
    """A note written as a JSON line reads back as it was, astral characters and all."""
    note = sample("😀 {{NAME|Ann}} at {{ORGANIZATION|Acme}}: {{KEEP|Graves}}")
    path = tmp_path / "one.jsonl"
    path.write_text(as_json_line(note) + "\n", encoding="utf-8")
    assert read_corpus(path) == [note]
    assert note.text[note.gold[0].start : note.gold[0].end] == "Ann"


BAD = {
    "unknown type": "=== a | k\n{{NAMES|x}}",
    "stray braces": "=== a | k\n{{NAME|x}} }} y",
    "same id twice": "=== a | k\nx\n=== a | k\ny",
}


@pytest.mark.parametrize("source", BAD.values(), ids=BAD.keys())
def test_a_bad_source_is_refused(source: str) -> None:
    """A marked source that would be read wrongly raises ValueError."""
    with pytest.raises(ValueError, match="a: "):
        list(parse_marked(source))
