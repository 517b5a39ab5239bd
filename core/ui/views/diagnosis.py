"""One diagnosis as a card that folds open: badge, code, evidence, next steps, rationale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from core.assessment import Concern, ConcernKind, Diagnosis, EvidenceItem, NextStep
from core.ui.views.figures import percent
from core.ui.views.markup import Html, bullets, escaped, joined, kicker, pill, table, tag

Restore = Callable[[str], str]
Describe = Callable[[str], str | None]
# Their details are whole sentences that say the kind again.
_SAID_BY_DETAIL = frozenset({ConcernKind.CODE_UNKNOWN, ConcernKind.EMPTY, ConcernKind.NO_PHYSICIAN_NOTE})
_URGENCY_HUE: dict[Literal["emergent", "urgent", "routine"], str] = {"emergent": "red", "urgent": "amber", "routine": "slate"}


def diagnosis_card(
    d: Diagnosis, *, restore: Restore, describe: Describe, concerns: tuple[Concern, ...] = (), is_open: bool = False
) -> Html:
    """A `<details>` card. All model text is restored for this viewer, then escaped."""
    share = Html(percent(d.probability) + tag("small", escaped("probability")))
    summary = joined([tag("span", escaped(str(d.rank)), "cg-rank"), _title(d, restore), tag("span", share, "cg-share")])
    body = joined([_code(d, describe), _concerns(concerns, restore), _evidence(d, restore), _steps(d, restore), _rationale(d, restore)])
    opened = {"open": ""} if is_open else {}
    return tag("details", Html(tag("summary", summary) + tag("div", body, "cg-body")), "cg-card", **opened)


def badges(d: Diagnosis) -> Html:
    """Urgency, and the cannot-miss mark."""
    cannot_miss = [pill("cannot miss", "red cg-solid")] if d.cannot_miss else []
    return tag("span", joined([*cannot_miss, pill(d.urgency, _URGENCY_HUE[d.urgency])]), "cg-pills")


def _title(d: Diagnosis, restore: Restore) -> Html:
    return tag("h3", Html(escaped(restore(d.diagnosis)) + badges(d)), "cg-title")


def _code(d: Diagnosis, describe: Describe) -> Html:
    if not d.icd10cm:
        return tag("p", escaped("No ICD-10-CM code given"), "cg-code")
    official = describe(d.icd10cm)
    words = escaped(official) if official else pill("not in the code list", "amber")
    return tag("p", Html(f"ICD-10-CM {tag('span', escaped(d.icd10cm), 'cg-mono')} · {words}"), "cg-code")


def _concerns(concerns: tuple[Concern, ...], restore: Restore) -> Html:
    items = [joined([pill("check", "amber"), escaped(f" {concern_words(c, restore)}")]) for c in concerns]
    return tag("section", bullets(items)) if items else Html("")


def concern_words(concern: Concern, restore: Restore) -> str:
    """A concern in one line."""
    kind = str(concern.kind)
    words = kind[:1].upper() + kind[1:]
    detail = restore(concern.detail).removeprefix("Not in the case: ")
    if concern.kind in _SAID_BY_DETAIL and detail.endswith("."):
        return detail
    return f"{words}: {detail}" if detail else words


def _evidence(d: Diagnosis, restore: Restore) -> Html:
    parts = [
        _section("Evidence for", [_finding(e, restore) for e in d.supporting_findings], "cg-list cg-for"),
        _section("Evidence against", [_finding(e, restore) for e in d.opposing_findings], "cg-list cg-against"),
        _section("Expected but absent", [escaped(restore(a)) for a in d.expected_but_absent], "cg-list cg-absent"),
    ]
    return tag("div", joined(parts), "cg-evidence")


def _finding(item: EvidenceItem, restore: Restore) -> Html:
    strength = tag("span", escaped(f" · {item.strength}"), "cg-strength")
    quote = tag("span", tag("q", escaped(restore(item.quote))), "cg-quote") if item.quote.strip() else ""
    return Html(escaped(restore(item.finding)) + strength + quote)


def _section(title: str, items: list[Html], css_class: str) -> Html:
    return tag("section", Html(kicker(title, 4) + bullets(items, css_class))) if items else Html("")


def _steps(d: Diagnosis, restore: Restore) -> Html:
    if not d.discriminating_next_steps:
        return Html("")
    rows = (_step_cells(step, restore) for step in d.discriminating_next_steps)
    steps = table(["Next step", "Kind", "Raises it if", "Lowers it if"], rows, "cg-table cg-stack")
    return tag("section", Html(kicker("Next steps", 4) + tag("div", steps, "cg-scroll")))


def _step_cells(step: NextStep, restore: Restore) -> list[Html]:
    texts = (step.would_raise_if, step.would_lower_if)
    return [tag("b", escaped(restore(step.action))), escaped(step.kind), *(escaped(restore(text)) for text in texts)]


def _rationale(d: Diagnosis, restore: Restore) -> Html:
    if not d.rationale.strip():
        return Html("")
    return tag("section", Html(kicker("Rationale", 4) + tag("p", escaped(restore(d.rationale)))))
