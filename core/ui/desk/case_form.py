"""The case form: live editors, age, sex, the identity panel, tier and model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.bootstrap import Services
from core.model import MAX_AGE_YEARS, TEXT_FIELDS, Identity, Sex, Target, TextField, Tier
from core.ui.desk import deciding
from core.ui.desk.drafts import Draft
from core.ui.editor import Asked, live_editor
from core.ui.views import draw_legend

ROWS: Mapping[str, int] = {"chief_complaint": 1, "symptoms": 5, "history": 3, "medications": 2, "examination": 3, "labs": 3}
IDENTITY_LABELS: tuple[tuple[str, str], ...] = (
    ("name", "Patient name"),
    ("record_number", "Record number"),
    ("date_of_birth", "Date of birth"),
    ("phone", "Phone"),
    ("email", "E-mail"),
    ("address", "Address"),
    ("ssn", "SSN"),
)
IDENTITY_MAX = 200
TIER_HELP = "The kind of task. It proposes the model below; choose another one if you wish."


@dataclass(frozen=True, slots=True)
class Preview:
    """What the editors need of the live preview: its token, a digest of what else the marks depend on, and who hears decisions."""

    token: str
    rules: str
    on_decide: Callable[[str, Asked], None]


def draw_form(draft: Draft, open_preview: Callable[[Draft], Preview]) -> bool:
    """Draw the form and take what was typed into the draft. True when every editor's live preview works.

    `open_preview` tells the preview route what the form holds.
    """
    _person(draft)
    _identity(draft)
    preview = open_preview(draft)
    draw_legend()
    answering = [_editor(draft, spec, preview) for spec in TEXT_FIELDS]
    return all(answering)


def _person(draft: Draft) -> None:
    age, sex = st.columns([1, 2])
    draft.age = age.number_input(
        "Age", min_value=0, max_value=MAX_AGE_YEARS, value=draft.age, step=1, placeholder="years", key=f"age-{draft.version}"
    )
    chosen = sex.segmented_control("Sex", list(Sex), default=draft.sex, format_func=lambda s: s.value, key=f"sex-{draft.version}")
    draft.sex = Sex(chosen) if chosen else None


def _identity(draft: Draft) -> None:
    given = len(draft.identity.values())
    title = (
        f"Identity panel · never leaves · {given} of {len(IDENTITY_LABELS)} given" if given else "Identity panel · optional · never leaves"
    )
    with st.expander(title, icon=":material/shield_person:", expanded=False, key=f"identity-{draft.version}"):
        st.caption("Whatever stands here is removed from the case in any spelling. It is stored encrypted on this server and never sent.")
        columns = st.columns(2)
        values = {
            name: columns[index % 2].text_input(
                label, value=getattr(draft.identity, name), max_chars=IDENTITY_MAX, key=f"id-{name}-{draft.version}", autocomplete="off"
            )
            for index, (name, label) in enumerate(IDENTITY_LABELS)
        }
    draft.identity = Identity(**values)


def _editor(draft: Draft, spec: TextField, preview: Preview) -> bool:
    value = live_editor(
        spec,
        value=draft.texts[spec.name],
        token=preview.token,
        key=f"editor-{spec.name}",
        version=draft.version,
        context=_context(draft, preview.rules),
        problem=partial(_problem, draft, spec),
        height_rows=ROWS[spec.name],
        on_decide=partial(preview.on_decide, spec.name),
    )
    draft.texts[spec.name] = value.text
    return value.preview_ok


def _context(draft: Draft, rules: str) -> str:
    """Changes when anything else changes that the marks depend on; salted for this process, it tells nothing to anyone."""
    return str(hash((draft.identity, draft.keep, draft.redact, rules, *draft.texts.values())))


def _problem(draft: Draft, spec: TextField, text: str) -> str:
    """What is wrong with a field that has been begun, or why a decision in it was refused; an untouched field is not scolded."""
    length = len(text.strip())
    if refusal := deciding.refusal_at(draft, spec.name, text):
        return refusal
    if len(text) > spec.max_chars:
        return f"Shorten to {spec.max_chars:,} characters; it has {len(text):,}."
    return f"Write at least {spec.min_chars} characters; it has {length}." if 0 < length < spec.min_chars else ""


def expected_target(draft: Draft, services: Services) -> Target:
    """The model that `draw_route` will give in this run: what the widgets hold already, before they are drawn."""
    tier = Tier(st.session_state.get(f"tier-{draft.version}") or draft.tier)
    chosen = st.session_state.get(f"model-{tier.value}-{draft.version}")
    return chosen if isinstance(chosen, Target) else services.proposed(tier)


def draw_route(draft: Draft, services: Services) -> Target:
    """Tier and model; the tier proposes, the clinician decides."""
    tiers = list(Tier)
    tier = st.segmented_control(
        "Tier", tiers, default=draft.tier, format_func=lambda t: t.value, key=f"tier-{draft.version}", help=TIER_HELP
    )
    draft.tier = Tier(tier) if tier else draft.tier
    proposed = services.proposed(draft.tier)
    return st.selectbox(
        "Model",
        services.targets,
        index=services.targets.index(proposed),
        format_func=model_name(services, proposed),
        key=f"model-{draft.tier.value}-{draft.version}",
    )


def model_name(services: Services, proposed: Target | None = None) -> Callable[[Target], str]:
    """How a model is called on screen; a simulated one says so."""

    def name(target: Target) -> str:
        provider, model = services.registry.find(target)
        parts = [f"{model.name} · {provider.name}"]
        parts += ["simulated"] if provider.simulated and "simulated" not in provider.name.lower() else []
        parts += ["proposed"] if target == proposed else []
        return " · ".join(parts)

    return name
