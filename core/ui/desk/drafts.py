"""The case being written: in the session while the page lives, in the vault for everything that can go wrong.

Saved encrypted at every run of the page, and every few seconds while typing goes on between two runs, so it survives a rerun,
a page change, an error, a time-out, a closed tab and a restart. The identity panel is a record of its own.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import streamlit as st

from core import bootstrap
from core.audit import Action
from core.errors import CaseError, Error, FieldProblem
from core.model import TEXT_FIELDS, ClinicalCase, Decisions, Identity, Principal, Sex, Tier, age_range_of
from core.ui.desk import session

SAVE_EVERY_S = 8.0
_KEY = "draft"
_log = logging.getLogger("casegate.desk")


@dataclass(repr=False)
class Draft:
    """What is on the form now. `version` changes when the program, not the clinician, changes the texts."""

    owner: str
    texts: dict[str, str] = field(default_factory=lambda: {spec.name: "" for spec in TEXT_FIELDS})
    age: int | None = None
    sex: Sex | None = None
    tier: Tier = Tier.ROUTINE
    identity: Identity = Identity()
    keep: frozenset[str] = frozenset()
    redact: frozenset[str] = frozenset()
    case_ref: str = field(default_factory=lambda: f"case-{secrets.token_hex(6)}")
    consultation: str = ""
    version: str = field(default_factory=lambda: secrets.token_hex(4))
    saved: dict[str, Any] = field(default_factory=dict, repr=False)
    saved_at: float = field(default_factory=time.monotonic, repr=False)
    replaced: bool = False
    saving: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def decisions(self) -> Decisions:
        """The clinician's own word on terms."""
        return Decisions(self.keep, self.redact)

    @property
    def edition(self) -> str:
        """Another one after every edit of anything on the form, sent or not; salted for this process, it tells nothing to anyone."""
        said = (self.identity, self.age, self.sex, self.tier, self.keep, self.redact, *self.texts.values())
        return f"{hash(said) & (1 << 64) - 1:016x}"

    @property
    def empty(self) -> bool:
        """Nothing has been typed."""
        return not any(t.strip() for t in self.texts.values()) and not self.identity.values() and self.age is None

    def case(self, encounter: date) -> ClinicalCase:
        """The case on the form. Raises CaseError with one problem per field."""
        if self.age is None or self.sex is None:
            raise CaseError([*self._missing(), *self._text_problems(encounter)])
        return self._built(self.age, self.sex, encounter)

    def _built(self, age: int, sex: Sex, encounter: date) -> ClinicalCase:
        return ClinicalCase(
            chief_complaint=self.texts["chief_complaint"],
            symptoms=self.texts["symptoms"],
            history=self.texts["history"],
            medications=self.texts["medications"],
            examination=self.texts["examination"],
            labs=self.texts["labs"],
            age_range=age_range_of(age),
            age_years=age,
            sex=sex,
            encounter=encounter,
            tier=self.tier,
            identity=self.identity,
        )

    def _missing(self) -> list[FieldProblem]:
        problems = [] if self.age is not None else [FieldProblem("Age", "enter whole years")]
        return problems + ([] if self.sex is not None else [FieldProblem("Sex", "choose one")])

    def _text_problems(self, encounter: date) -> list[FieldProblem]:
        try:
            self._built(40, Sex.OTHER, encounter)
        except CaseError as error:
            return list(error.problems)
        return []

    def payload(self) -> dict[str, Any]:
        """JSON-ready, without the identity panel."""
        return {
            "texts": dict(self.texts),
            "age": self.age,
            "sex": self.sex.value if self.sex else None,
            "tier": self.tier.value,
            "keep": sorted(self.keep),
            "redact": sorted(self.redact),
            "case_ref": self.case_ref,
            "consultation": self.consultation,
        }


def today() -> date:
    """The encounter's date where the viewer sits."""
    zone = st.context.timezone
    now = datetime.now().astimezone() if not zone else _now_in(zone)
    return now.date()


def _now_in(zone: str) -> datetime:
    from zoneinfo import ZoneInfo

    try:
        return datetime.now(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return datetime.now().astimezone()


def open_draft(services: bootstrap.Services, person: Principal) -> Draft:
    """The person's draft: of this session, else from the vault, which is an entry, else a new one. Raises AuditError."""
    held = st.session_state.get(_KEY)
    if isinstance(held, Draft) and held.owner == person.user_id:
        return held
    kept = _restored(services, person)
    if kept is not None:
        session.record(person, Action.DRAFT_OPENED, case_ref=kept.case_ref)
    draft = kept or Draft(person.user_id)
    st.session_state[_KEY] = draft
    return draft


def _restored(services: bootstrap.Services, person: Principal) -> Draft | None:
    try:
        record = services.vault.get("draft", person.user_id)
        identity = services.vault.get("identity", person.user_id)
        return _rebuilt(person, record, identity or {}) if record else None
    except Error as error:
        st.warning(f"Your saved draft could not be opened. {error.user_message}", icon=":material/warning:")
    except (KeyError, TypeError, ValueError):
        st.warning("Your saved draft is not in the form that this version of Casegate reads. Begin a new case.", icon=":material/warning:")
    return None


def _rebuilt(person: Principal, record: dict[str, Any], identity: dict[str, Any]) -> Draft:
    """The draft with its identity panel; a panel saved for another case teaches the redactor the wrong person, so it is left out."""
    panel = identity.get("panel") if identity.get("case_ref") == record["case_ref"] else None
    if panel is None:
        st.warning("The identity panel of this draft was not saved. Fill it in again before you send.", icon=":material/warning:")
    texts = {spec.name: str(record["texts"].get(spec.name, "")) for spec in TEXT_FIELDS}
    return Draft(
        person.user_id,
        texts=texts,
        age=record["age"],
        sex=Sex(record["sex"]) if record["sex"] else None,
        tier=Tier(record["tier"]),
        identity=Identity(**(panel or {})),
        keep=frozenset(record["keep"]),
        redact=frozenset(record["redact"]),
        case_ref=record["case_ref"],
        consultation=record["consultation"],
        saved={"draft": record, "identity": identity},
    )


def save(services: bootstrap.Services, draft: Draft) -> None:
    """Put what has changed into the vault. A fault is shown; what was typed stays on screen.

    Both records are put, the panel first: another tab may meanwhile have put its own, and a text must not come back
    with another case's panel.
    """
    try:
        with draft.saving:
            records = _records(draft, draft.texts)
            if draft.saved != records and not (draft.empty and not draft.saved):
                _put(services, draft, records)
    except Error as error:
        st.warning(f"This draft is only on your screen for now. {error.user_message}", icon=":material/warning:")


def keep_typed(services: bootstrap.Services, draft: Draft, name: str, text: str) -> None:
    """Put what stands in one editor into the vault, unless the draft was saved a moment ago or has been replaced since.

    For threads beside the page: raises nothing and shows nothing; the page's next run saves again, and shows a fault.
    """
    if not draft.saving.acquire(blocking=False):  # a slow vault must not take one thread after another
        return
    try:
        if draft.replaced or name not in draft.texts or time.monotonic() - draft.saved_at < SAVE_EVERY_S:
            return
        draft.saved_at = time.monotonic()
        _put(services, draft, _records(draft, {**draft.texts, name: text}))
    except Exception as error:  # noqa: BLE001 - the answer has gone out; the editor still holds the text
        _log.error("a draft could not be saved while typing: %s", type(error).__name__)
    finally:
        draft.saving.release()


def _records(draft: Draft, texts: dict[str, str]) -> dict[str, dict[str, Any]]:
    panel = {"case_ref": draft.case_ref, "panel": asdict(draft.identity)}
    return {"identity": panel, "draft": draft.payload() | {"texts": dict(texts)}}


def _put(services: bootstrap.Services, draft: Draft, records: dict[str, dict[str, Any]]) -> None:
    for kind, record in records.items():
        services.vault.put(kind, draft.owner, draft.owner, record)
    draft.saved, draft.saved_at = records, time.monotonic()


def replace_draft(services: bootstrap.Services, person: Principal, **values: Any) -> Draft:
    """Begin again, with `values` filled in; the old draft and its key are destroyed."""
    held = st.session_state.get(_KEY)
    with held.saving if isinstance(held, Draft) else nullcontext():
        if isinstance(held, Draft):
            held.replaced = True
        for kind in ("draft", "identity"):
            services.vault.delete(kind, person.user_id)
    draft = Draft(person.user_id, **values)
    st.session_state[_KEY] = draft
    return draft
