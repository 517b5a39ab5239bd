"""The reference engine laid open: bars before and after a change, each finding's pull, what separates two conditions, what to ask.

Names are the knowledge base's own; quotes are case text: restored by the caller's function, then escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.reference import CaseReading, Line, Pull, Question, Separator, Weighed
from core.ui.views.figures import counted, percent, rate, signed
from core.ui.views.markup import Html, escaped, joined, kicker, pill, table, tag

Restore = Callable[[str], str]
NO_PULL = 0.005
_SCALE_FLOOR = 1.0


def shift_bars(before: Weighed, after: Weighed) -> Html:
    """The differential after a change, with each condition's probability before it where that differs."""
    was = {line.id: line.probability for line in before.lines}
    rows = [_shift(line.name, line.probability, was.get(line.id, 0.0), line.cannot_miss) for line in after.lines]
    rest = _shift("Something else", after.other, before.other, False, "cg-rest")
    return tag("ol", joined([*rows, rest]), "cg-bars cg-shift")


def _shift(name: str, share: float, was: float, cannot_miss: bool, kind: str = "") -> Html:
    mark = [pill("cannot miss", "red")] if cannot_miss else []
    title = tag("span", tag("span", joined([escaped(name), *mark], " ")), "cg-bar-name")
    ghost = tag("span", Html(""), "cg-bar-was", style=f"left:{100 * was:.1f}%")
    fill = tag("span", Html(""), "cg-bar-fill", style=f"width:{100 * share:.1f}%")
    track = tag("span", joined([fill, ghost]), "cg-bar-track", aria_hidden="true")
    told = [tag("b", escaped(percent(share)))]
    told += [tag("small", escaped(f"was {percent(was)}"))] if abs(share - was) >= 0.005 else []
    return tag(
        "li",
        joined([title, track, tag("span", joined(told, " "), "cg-bar-words")]),
        f"cg-bar {kind or ('cg-cannot' if cannot_miss else '')}".strip(),
    )


def pull_bars(line: Line) -> Html:
    """A condition's findings as log-likelihood bars: to the right they raise it, to the left they lower it."""
    shown = [pull for pull in line.pulls if abs(pull.log) >= NO_PULL]
    scale = max([_SCALE_FLOOR, *(abs(pull.log) for pull in shown)])
    total = sum(pull.log for pull in line.pulls)
    start = f"Starts from {rate(line.prior_per_10000)} in 10,000 presentations at this age and sex. Sum of the bars: {signed(total)}."
    return joined([tag("p", escaped(start), "cg-caption"), tag("ol", joined(_pull(pull, scale) for pull in shown), "cg-bars cg-pulls")])


def _pull(pull: Pull, scale: float) -> Html:
    width = 50 * abs(pull.log) / scale
    left = 50.0 if pull.log > 0 else 50 - width
    fill = tag("span", Html(""), "cg-bar-fill", style=f"left:{left:.1f}%;width:{width:.1f}%")
    track = tag("span", joined([fill, tag("span", Html(""), "cg-pull-zero")]), "cg-bar-track", aria_hidden="true")
    name = tag("span", tag("span", escaped(pull.name if pull.present else f"Absent: {pull.name}")), "cg-bar-name")
    words = tag("span", joined([tag("b", escaped(signed(pull.log))), tag("small", escaped(_times(pull.ratio)))], " "), "cg-bar-words")
    return tag("li", joined([name, track, words]), f"cg-bar {'' if pull.log > 0 else 'cg-cannot'}".strip())


def _times(ratio: float) -> str:
    return f"×{ratio:.0f}" if ratio >= 10 else f"×{ratio:.2g}"


def separator_table(first: str, second: str, separators: Sequence[Separator]) -> Html:
    """What tells two conditions apart, the most telling first."""
    head = ["Finding", f"In {first}", f"In {second}", "In this case"]
    rows = ([tag("b", escaped(one.name)), _share(one.first), _share(one.second), _known(one.present)] for one in separators)
    return tag("div", table(head, rows, "cg-table cg-stack"), "cg-scroll")


def _share(share: float) -> Html:
    return tag("span", escaped(percent(share)), "cg-num")


def _known(present: bool | None) -> Html:
    if present is None:
        return pill("not stated", "amber")
    return pill("present", "green") if present else pill("absent", "slate")


def question_table(questions: Sequence[Question]) -> Html:
    """What to ask or do next, by what its answer is expected to tell."""
    rows = (
        [
            joined([escaped(f"{one.ask}: "), tag("b", escaped(one.name))]),
            tag("span", escaped(f"{one.bits:.2f} bits"), "cg-num"),
            escaped(one.yes),
            escaped(one.no),
        ]
        for one in questions
    )
    return tag("div", table(["Next", "Expected gain", "If yes, leading", "If no, leading"], rows, "cg-table cg-stack"), "cg-scroll")


def reading_fold(read: CaseReading, restore: Restore) -> Html:
    """How the case was read, folded away: every chip with its words, what is not weighed and why, and the values with their ranges."""
    chips = (
        [
            escaped(chip.name),
            _known(chip.present),
            tag("q", escaped(restore(chip.quote))),
            escaped(_said(chip.weight, restore(chip.detail.words()))),
        ]
        for chip in read.chips
    )
    parts = [kicker("Weighed", 4), table(["Finding", "Read as", "Words", "Side, onset, duration, doubt"], chips, "cg-table cg-stack")]
    if read.asides:
        rows = ([escaped(one.name), escaped(one.why), tag("q", escaped(restore(one.quote)))] for one in read.asides)
        parts += [kicker("Read, not weighed", 4), table(["Finding", "Why not", "Words"], rows, "cg-table cg-stack")]
    if read.values:
        rows = (
            [escaped(one.name), escaped(restore(one.quote)), escaped(f"{one.low:g} to {one.high:g} {one.unit}"), _flag(one.flag)]
            for one in read.values
        )
        parts += [kicker("Values", 4), table(["Value", "As written", "Reference for age and sex", ""], rows, "cg-table cg-stack")]
    summary = tag("summary", escaped(f"How the case was read: {counted(len(read.chips), 'finding')}, {counted(len(read.values), 'value')}"))
    return tag("details", Html(summary + tag("div", joined(parts), "cg-scroll")), "cg-fold")


def _said(weight: float, detail: str) -> str:
    return ", ".join(part for part in (detail, "uncertain, counts half" if weight < 1 else "") if part)


def _flag(flag: str) -> Html:
    return pill(flag, "red" if flag == "high" else "blue") if flag else escaped("within")
