"""What will be sent: the outgoing messages as they are, with the replaced parts marked, and what it will take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.model import Category, Estimate, Message, Prompt, PromptMark
from core.ui.palette import hue_of
from core.ui.views.figures import counted, dollars, seconds
from core.ui.views.markup import Highlight, Html, draw, escaped, facts, joined, pill, table, tag, with_marks

_TITLES = {"system": "System prompt", "user": "Case as sent", "assistant": "Earlier answer"}
_EXPECTED_HEAD = ("Model", "Expected cost", "Expected latency", "SHA-256 of the payload")


def draw_outgoing(
    prompt: Prompt, *, sha256: str, counts: Mapping[Category, int], estimate: Estimate | None, cost_note: str = "", destination: str = ""
) -> None:
    """Draw the outgoing request: its messages with the replaced parts marked, then cost, hash and exact bytes.

    `sha256` is empty while preflight blocks the payload; `counts` as in Deidentified; `destination` names provider
    and model in words. The system prompt is folded away, the rest is open.
    """
    if destination:
        draw(tag("p", escaped(f"To {destination}"), "cg-quiet"))
    draw(_count_pills(counts))
    draw(*(_message(i, m, prompt.marks) for i, m in enumerate(prompt.messages)))
    if estimate is not None:
        draw(
            facts(_estimate(estimate), "cg-facts cg-short"),
            *([tag("p", escaped(f"Cost: {cost_note}."), "cg-caption")] if cost_note else []),
        )
    if sha256:
        draw(facts([("SHA-256 of the payload", tag("span", escaped(sha256), "cg-mono"))]))
    _draw_bytes(prompt.body())


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """What one model's call is expected to take; `partial` when the price leaves something out."""

    model: str
    estimate: Estimate | None
    partial: bool
    sha256: str


def draw_expected(calls: Sequence[ExpectedCall]) -> None:
    """Draw expected cost, latency and payload hash of several calls, one line each."""
    draw(
        tag("div", table(_EXPECTED_HEAD, map(_expected_cells, calls), "cg-table cg-stack"), "cg-scroll"),
    )
    if any(call.partial for call in calls):
        draw(tag("p", escaped("≥: output tokens only; this provider's input price is not known."), "cg-caption"))


def _expected_cells(call: ExpectedCall) -> list[Html]:
    cost = ("≥ " if call.partial else "") + dollars(call.estimate.cost_usd) if call.estimate else "–"
    wait = seconds(call.estimate.latency_s) if call.estimate else "–"
    return [tag("b", escaped(call.model)), escaped(cost), escaped(wait), tag("span", escaped(call.sha256), "cg-mono")]


def _draw_bytes(body: bytes) -> None:
    with st.expander(f"Exact bytes of the request body ({len(body):,})"):
        st.code(body.decode(), language="json", wrap_lines=True, height=320)


def _count_pills(counts: Mapping[Category, int]) -> Html:
    shown = [(category, n) for category, n in counts.items() if n]
    if not shown:
        return tag("div", pill("nothing replaced"), "cg-pills")
    total = tag("span", escaped(f"{counted(sum(n for _, n in shown), 'part')} replaced"), "cg-quiet")
    pills = (pill(f"{n} × {category}", hue_of(category)) for category, n in shown)
    return tag("div", joined([total, *pills]), "cg-pills", role="group", aria_label="Replaced parts by category")


def _message(index: int, message: Message, marks: Sequence[PromptMark]) -> Html:
    highlights = [Highlight(m.start, m.end, hue_of(m.category), str(m.category)) for m in marks if m.message == index]
    sheet = tag("div", with_marks(message.content, highlights), "cg-sheet", tabindex="0", role="region", aria_label=_TITLES[message.role])
    title = escaped(f"{_TITLES[message.role]} · {len(message.content):,} characters")
    opened = {} if message.role == "system" else {"open": ""}
    return tag("details", Html(tag("summary", title) + sheet), "cg-fold cg-message", **opened)


def _estimate(estimate: Estimate) -> list[tuple[str, Html]]:
    return [
        ("Expected cost", tag("b", escaped(dollars(estimate.cost_usd)))),
        ("Expected latency", tag("b", escaped(seconds(estimate.latency_s)))),
        ("Expected tokens", tag("b", escaped(f"{estimate.prompt_tokens:,} in, {estimate.completion_tokens:,} out"))),
    ]
