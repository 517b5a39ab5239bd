"""The scoring rules for de-identification, pure.

A span leaks (strict) when any letter or digit of it stays unmasked; core leak is the same without the words in it that
identify nobody and without a lone year in a date; a silent leak is a core leak that no flag points at either.
Over-masking is masked letters and digits outside every expected span. Offsets count code points, end exclusive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Spans = Sequence[tuple[int, int]]

# Inside an expected span these words identify nobody: titles, function words, labels, generic heads of facilities.
_IDLE = (
    "dr mr mrs ms miss prof md rn do pa np the of and at in on a an to for s st nd rd th patient pt id ids site case ssn mrn no "
    "number acct account member policy hmo ppo hospital hospitals clinic clinics center centre medical med general office facility "
    "health healthcare group practice department dept university company inc llc ltd corp regional memorial home nursing care urgent "
    "family street road avenue drive lane apt suite ext x http https www com org net example est am pm"
)
IDLE_WORDS = frozenset(_IDLE.split())
# Types that are neither a leak when they stay nor over-masking when they go.
OPTIONAL = frozenset({"ORGANIZATION", "AGE", "TITLE", "NRP", "TIME"})
_WORD = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Gold:
    """One expected span and its type."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with what must go (`gold`), what may go (`optional`) and phrases that must stay (`traps`)."""

    id: str
    text: str
    gold: tuple[Gold, ...]
    optional: tuple[Gold, ...] = ()
    traps: tuple[tuple[int, int], ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """An expected span of which something stayed. `core`: something that identifies; `silent`: and no flag covers it."""

    kind: str
    start: int
    text: str
    left: str
    core: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """One sample scored: its leaks, the runs masked beyond the expected, and the trap phrases hit, in reading order."""

    sample: Sample
    leaks: tuple[Leak, ...]
    over: tuple[str, ...]
    traps_hit: tuple[str, ...]
    over_chars: int
    gold_chars: int
    gold_hit: int
    flags: int


@dataclass(frozen=True, slots=True)
class Score:
    """A corpus scored; rates are shares of expected spans, `over_masked_per_1000` is per 1,000 characters of text."""

    spans: int
    strict_leaks: int
    core_leaks: int
    silent_leaks: int
    over_chars: int
    chars: int
    negatives: int
    touched: int
    traps: int
    traps_hit: int
    gold_chars: int
    gold_hit: int
    flags: int
    notes: int
    by_kind: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def strict_leak(self) -> float:
        """Share of expected spans with a letter or digit left."""
        return self.strict_leaks / max(1, self.spans)

    @property
    def core_leak(self) -> float:
        """Share of expected spans with something identifying left."""
        return self.core_leaks / max(1, self.spans)

    @property
    def silent_leak(self) -> float:
        """Share of expected spans with something identifying neither masked nor flagged."""
        return self.silent_leaks / max(1, self.spans)

    @property
    def over_masked_per_1000(self) -> float:
        """Letters and digits masked outside every expected span, per 1,000 characters."""
        return 1000 * self.over_chars / max(1, self.chars)

    @property
    def traps_kept(self) -> float:
        """Share of trap phrases that stayed whole."""
        return 1 - self.traps_hit / max(1, self.traps)

    @property
    def flags_per_note(self) -> float:
        """Flags a note, on average."""
        return self.flags / max(1, self.notes)


def core_offsets(text: str, gold: Gold) -> list[int]:
    """Offsets of the letters and digits that identify; of all of them when every word in the span is idle."""
    dated = gold.kind.startswith("DATE")
    kept = [
        i
        for word in _WORD.finditer(text, gold.start, gold.end)
        if word[0].lower() not in IDLE_WORDS and not (dated and _YEAR.fullmatch(word[0]))
        for i in range(*word.span())
    ]
    return kept or [i for i in range(gold.start, gold.end) if text[i].isalnum()]


def covered(length: int, spans: Iterable[tuple[int, int]]) -> bytearray:
    """One byte a character, 1 inside any of `spans`; what lies beyond the text is ignored."""
    mask = bytearray(length)
    for start, end in spans:
        stop = min(end, length)
        mask[start:stop] = b"\1" * max(0, stop - start)
    return mask


def mark(sample: Sample, masked: Spans, flagged: Spans = ()) -> Marked:
    """Score one sample against what was masked and what was only flagged."""
    text, size = sample.text, len(sample.text)
    mask = covered(size, masked)
    seen = covered(size, [*masked, *flagged])
    expected = covered(size, [(g.start, g.end) for g in (*sample.gold, *sample.optional)])
    over = [i for i in range(size) if mask[i] and not expected[i] and text[i].isalnum()]
    gold = [i for g in sample.gold for i in range(g.start, g.end) if text[i].isalnum()]
    return Marked(
        sample=sample,
        leaks=tuple(leak for g in sample.gold if (leak := _leak(text, g, mask, seen))),
        over=tuple(text[start:end] for start, end in runs(over)),
        traps_hit=tuple(text[b:e] for b, e in sample.traps if any(mask[i] and text[i].isalnum() for i in range(b, e))),
        over_chars=len(over),
        gold_chars=len(gold),
        gold_hit=sum(mask[i] for i in gold),
        flags=len(flagged),
    )


def _leak(text: str, gold: Gold, mask: bytearray, seen: bytearray) -> Leak | None:
    left = "".join(text[i] for i in range(gold.start, gold.end) if text[i].isalnum() and not mask[i])
    if not left:
        return None
    core = core_offsets(text, gold)
    return Leak(
        gold.kind,
        gold.start,
        text[gold.start : gold.end],
        left,
        core=any(not mask[i] for i in core),
        silent=any(not seen[i] for i in core),
    )


def runs(offsets: Sequence[int], gap: int = 2) -> list[tuple[int, int]]:
    """Half-open stretches of ascending offsets; neighbours at most `gap` apart share one."""
    found: list[tuple[int, int]] = []
    for i in offsets:
        if found and i <= found[-1][1] - 1 + gap:
            found[-1] = (found[-1][0], i + 1)
        else:
            found.append((i, i + 1))
    return found


def total(marked: Sequence[Marked]) -> Score:
    """The corpus's figures. A sample without any expected or optional span is a negative; touched, when anything in it went."""
    leaks = [leak for m in marked for leak in m.leaks]
    negatives = [m for m in marked if not m.sample.gold and not m.sample.optional]
    spans = Counter(g.kind for m in marked for g in m.sample.gold)
    core = Counter(leak.kind for leak in leaks if leak.core)
    return Score(
        spans=spans.total(),
        strict_leaks=len(leaks),
        core_leaks=core.total(),
        silent_leaks=sum(leak.silent for leak in leaks),
        over_chars=sum(m.over_chars for m in marked),
        chars=sum(len(m.sample.text) for m in marked),
        negatives=len(negatives),
        touched=sum(bool(m.over_chars) for m in negatives),
        traps=sum(len(m.sample.traps) for m in marked),
        traps_hit=sum(len(m.traps_hit) for m in marked),
        gold_chars=sum(m.gold_chars for m in marked),
        gold_hit=sum(m.gold_hit for m in marked),
        flags=sum(m.flags for m in marked),
        notes=len(marked),
        by_kind={kind: (core[kind], spans[kind]) for kind in sorted(spans)},
    )
