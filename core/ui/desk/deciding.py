"""The clinician's word on terms: keep, redact, take it back. Each is checked against a fresh redaction, and each is an entry.

What stands in the identity panel or on the site's list is never kept, whatever the browser asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import streamlit as st

from core import deid
from core.audit import Action
from core.errors import DeidError
from core.model import TEXT_FIELDS, Category, Decisions, Deidentified, Identity, Principal, Span
from core.ui.desk import session
from core.ui.desk.drafts import Draft
from core.ui.editor import Asked

LABELS = {spec.name: spec.label for spec in TEXT_FIELDS}
LONGEST_TERM = 200
_REFUSED_KEY = "decision_refused"
_ALWAYS = {"identity": "it stands in the identity panel", "site-list": "it is on your site's list"}


class _Refused(Exception):  # noqa: N818 - an answer to the reader, not a fault
    """Why a wish is not followed, in words for the screen."""


@dataclass(frozen=True, slots=True, repr=False)
class Redactor:
    """What a case is redacted by, but for its texts and decisions."""

    identity: Identity
    encounter: date
    policy: deid.Policy

    def __call__(self, texts: dict[str, str], decisions: Decisions) -> Deidentified:
        """The texts redacted. Raises DeidError."""
        return deid.deidentify(texts, identity=self.identity, encounter=self.encounter, decisions=decisions, policy=self.policy)


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """One wish about one term of one field, with what it is judged by: the texts now and a redactor of them."""

    field: str
    asked: Asked
    texts: dict[str, str]
    redactor: Redactor

    @property
    def key(self) -> str:
        """The term as decisions compare it."""
        return deid.term_key(self.asked.term)

    def spans(self, decisions: Decisions) -> list[Span]:
        """Every span, in any field, whose text is the term."""
        rows = self.redactor(self.texts, decisions).spans.items()
        return [s for name, row in rows for s in row if deid.term_key(self.texts[name][s.start : s.end]) == self.key]

    def would_mask(self, decisions: Decisions) -> bool:
        """Whether the term would be masked, in part at least, where it stands in its field."""
        at = self.asked.text.find(self.asked.term)
        row = self.redactor(self.texts, decisions).spans[self.field]
        return at >= 0 and any(s.state == "masked" and s.start < at + len(self.asked.term) and at < s.end for s in row)


def decide(draft: Draft, person: Principal, redactor: Redactor, field: str, asked: Asked) -> None:
    """Do what was asked of a term in the editor of `field`; why it can't be done is said beside that field. Raises AuditError."""
    st.session_state.pop(_REFUSED_KEY, None)
    wish = Wish(field, asked, {**draft.texts, field: asked.text}, redactor)
    if not any(c.isalnum() for c in wish.key) or len(asked.term) > LONGEST_TERM:
        return
    try:
        if asked.kind == "undo":
            undo(draft, person, wish.key)
        elif asked.kind == "keep":
            _keep(draft, person, wish)
        else:
            _redact(draft, person, wish)
    except _Refused as refusal:
        st.session_state[_REFUSED_KEY] = (draft.case_ref, field, asked.text, str(refusal))
    except DeidError as error:
        st.session_state[_REFUSED_KEY] = (draft.case_ref, field, asked.text, error.user_message)


def refusal_at(draft: Draft, field: str, text: str) -> str:
    """Why the last wish in a field was not followed; empty once the field says something else."""
    held = st.session_state.get(_REFUSED_KEY)
    return str(held[3]) if held and held[:3] == (draft.case_ref, field, text) else ""


def _keep(draft: Draft, person: Principal, wish: Wish) -> None:
    found = sorted(wish.spans(draft.decisions), key=lambda s: s.state != "masked")
    if not found:
        raise _Refused("That term is no longer marked.")
    for span in found:
        if span.detector in _ALWAYS:
            raise _Refused(f"“{wish.asked.term}” is always removed: {_ALWAYS[span.detector]}.")
    if found[0].state == "flagged":
        _record(draft, person, Action.FLAG_KEPT, found[0].category)
    elif wish.asked.reason is not None:
        _record(draft, person, Action.MASK_KEPT, found[0].category, subject=wish.asked.reason.value)
    else:
        raise _Refused(f"Say why “{wish.asked.term}” may stay.")
    draft.keep, draft.redact = draft.keep | {wish.key}, draft.redact - {wish.key}


def _redact(draft: Draft, person: Principal, wish: Wish) -> None:
    found = wish.spans(draft.decisions)
    keep, redact = draft.keep - {wish.key}, draft.redact | {wish.key}
    if not wish.would_mask(Decisions(keep, redact)):
        raise _Refused("That can't be redacted as one term. Select whole words of one line.")
    flagged = any(s.state == "flagged" for s in found)
    _record(
        draft, person, Action.FLAG_REDACTED if flagged else Action.SELECTION_REDACTED, found[0].category if found else Category.OTHER_ID
    )
    draft.keep, draft.redact = keep, redact


def undo(draft: Draft, person: Principal, key: str) -> None:
    """Forget what was decided about a term, so that the redactor's own word counts again. Raises AuditError."""
    if key in draft.keep | draft.redact:
        _record(draft, person, Action.TERM_DECISION_UNDONE, Category.OTHER_ID)
        draft.keep, draft.redact = draft.keep - {key}, draft.redact - {key}


def decide_flag(draft: Draft, person: Principal, term: str, category: Category, action: Action) -> None:
    """Keep or redact a flagged term, from the list of flags. Raises AuditError."""
    _record(draft, person, action, category)
    key = deid.term_key(term)
    if action is Action.FLAG_KEPT:
        draft.keep |= {key}
    else:
        draft.redact |= {key}


def redact_flags(draft: Draft, person: Principal, terms: Mapping[str, Category]) -> None:
    """Redact every flagged term at once; each is an entry of its own. Raises AuditError: those before it are redacted then."""
    for term, category in terms.items():
        decide_flag(draft, person, term, category, Action.FLAG_REDACTED)


def _record(draft: Draft, person: Principal, action: Action, category: Category, *, subject: str | None = None) -> None:
    session.record(person, action, case_ref=draft.case_ref, phi_counts={category: 1}, subject=subject)


def draw_decided(draft: Draft, person: Principal) -> None:
    """What has been decided so far, each with a button that takes it back."""
    decided = [(key, "kept in clear") for key in sorted(draft.keep)] + [(key, "redacted") for key in sorted(draft.redact)]
    if not decided:
        return
    with st.expander(f"Your decisions · {len(decided)}", icon=":material/rule:", key="decided"):
        for number, (key, fate) in enumerate(decided):
            text, button = st.columns([4, 1.4], vertical_alignment="center")
            text.text(f"“{key}”: {fate}")
            button.button("Undo", key=f"undo-{number}-{fate}", on_click=undo, args=(draft, person, key), width="stretch")
