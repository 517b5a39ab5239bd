"""What if: the reference engine over the case as sent, its readings as chips to switch off, flip or add. Computed here, never sent.

Each computation is an entry before it is made: who, which case, how many readings were changed; never which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core import prompting
from core.audit import Action
from core.bootstrap import Services
from core.consultation import Consultation
from core.errors import Error
from core.model import AgeRange, Demographics, Principal, Sex
from core.reference import Chip, Line, ReferenceEngine, Weighed
from core.ui.desk import session
from core.ui.views import banner
from core.ui.views.markup import draw, kicker
from core.ui.views.reasoning import Restore, pull_bars, question_table, reading_fold, separator_table, shift_bars

_NOTED_KEY = "what_if_noted"
_UNKNOWN = Demographics(AgeRange.ADULT, Sex.OTHER)
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in r"\`*_{}[]<>$:~#|"})
OPEN = "What if: change the findings"
HELP = "Another reading of the same case, by the reference engine. Nothing is sent."


def draw_what_if(services: Services, done: Consultation, person: Principal, restore: Restore) -> None:
    """A switch; behind it the engine's own differential of this case, which follows every change at once."""
    if not st.toggle(
        OPEN, key=f"what-if-{done.request_id}", help="Another reading of the same case, by the reference engine. Nothing is sent."
    ):
        return

    @st.fragment
    def panel() -> None:
        _panel(services, done, person, restore)

    panel()


def _panel(services: Services, done: Consultation, person: Principal, restore: Restore) -> None:
    engine = services.reference()
    sent = prompting.read_case(done.sent_case)
    who = sent.demographics or _UNKNOWN
    card = engine.summary()
    banner(
        "a calculation by the reference engine, not an AI model's and not the answer above. Computed on this server from the de-identified "
        f"text; nothing is sent and nothing is kept. Knowledge base {card.version} of {card.date}: {card.notice}",
        "simulated",
        lead="What if:",
    )
    read = engine.read(sent.texts, who)
    left, right = st.columns([6, 7], gap="large")
    with left:
        chips, changes = _chosen(engine, read.chips, done.request_id)
        draw(reading_fold(read, restore))
    if _noted(done, person, chips, changes):
        with right:
            _differential(engine.weigh(read.chips, who), engine.weigh(chips, who), engine, chips, done.request_id)


def _noted(done: Consultation, person: Principal, chips: Sequence[Chip], changes: int) -> bool:
    """Whether this computation is an entry; it becomes one when the chips differ from those of the last."""
    state = (done.request_id, tuple((chip.finding, chip.present) for chip in chips))
    if st.session_state.get(_NOTED_KEY) == state:
        return True
    try:
        session.record(person, Action.WHAT_IF_COMPUTED, case_ref=done.case_ref, request_id=done.request_id, count=changes, simulated=True)
    except Error as error:
        st.error(error.user_message, icon=":material/error:")
        return False
    st.session_state[_NOTED_KEY] = state
    return True


def _chosen(engine: ReferenceEngine, read: Sequence[Chip], key: str) -> tuple[list[Chip], int]:
    """The chips as the clinician left them, and how many readings are off, flipped or added."""
    numbers = range(len(read))
    groups = (
        ("Present", [n for n in numbers if read[n].present]),
        ("Stated absent", [n for n in numbers if not read[n].present and not read[n].measured]),
        ("Measured, absent", [n for n in numbers if not read[n].present and read[n].measured]),
    )
    st.caption("Select to count a finding, unselect to switch it off.")
    on: set[int] = set()
    label = _label(read)
    with st.container(key="what-if-chips"):
        for title, members in groups:
            if members:
                on |= set(st.pills(title, members, selection_mode="multi", default=members, format_func=label, key=f"wi-{title}-{key}"))
    flipped = set(st.multiselect("Flip to the opposite", sorted(on), format_func=label, key=f"wi-flip-{key}", placeholder="Findings"))
    names = dict(engine.vocabulary())
    free = [ident for ident in names if ident not in {chip.finding for chip in read}]
    added = st.multiselect("Add as present", free, format_func=names.__getitem__, key=f"wi-add-{key}", placeholder="Type a finding")
    denied = st.multiselect(
        "Add as absent",
        [ident for ident in free if ident not in added],
        format_func=names.__getitem__,
        key=f"wi-deny-{key}",
        placeholder="Type a finding",
    )
    kept = [engine.add(read[n].finding, present=not read[n].present) if n in flipped else read[n] for n in numbers if n in on]
    new = [engine.add(ident, present=True) for ident in added] + [engine.add(ident, present=False) for ident in denied]
    return [*kept, *new], len(read) - len(on) + len(flipped) + len(new)


def _label(read: Sequence[Chip]) -> Callable[[int], str]:
    """How a chip is written on its pill: name, side, onset, and a question mark where the text is unsure. Pills read Markdown."""

    def label(number: int) -> str:
        chip = read[number]
        name = chip.name + (" (?)" if chip.weight < 1 else "")
        return " · ".join(part for part in (name, chip.detail.side, chip.detail.onset) if part).translate(_MARKDOWN)

    return label


def _differential(before: Weighed, after: Weighed, engine: ReferenceEngine, chips: Sequence[Chip], key: str) -> None:
    draw(kicker("Differential with these findings"))
    if after.abstained:
        banner(f"{after.abstained} It would need: {after.needs}.", "warning", lead="The engine abstains.")
    else:
        draw(shift_bars(before, after))
        _reasons(after.lines, engine, chips, key)
    if after.questions:
        draw(kicker("Ask next, by expected information gain"), question_table(after.questions))


def _reasons(lines: Sequence[Line], engine: ReferenceEngine, chips: Sequence[Chip], key: str) -> None:
    named = {line.id: line for line in lines}
    names = {line.id: line.name for line in lines}
    why = st.selectbox("What each finding adds to", list(named), format_func=names.__getitem__, key=f"wi-why-{key}")
    draw(pull_bars(named[why]))
    if len(lines) < 2:
        return
    one, other = st.columns(2)
    first = one.selectbox("Tell apart", list(named), format_func=names.__getitem__, key=f"wi-first-{key}")
    rest = [ident for ident in named if ident != first]
    second = other.selectbox("from", rest, format_func=names.__getitem__, key=f"wi-second-{key}")
    draw(separator_table(names[first], names[second], engine.separate(first, second, chips)))
