"""The gallery's pages."""

from functools import partial

import streamlit as st
import ui_samples as samples

from core.model import TEXT_FIELDS, TextField
from core.ui import editor, views
from core.ui.views.usage import draw_report
from core.ui.views.usage_tables import draw_models

EXAMPLE = (
    "Mr. Arlo Quimby, MRN 448812, seen 03/04/2026 in Springfield; call (555) 010-4477.\nCrushing chest pain radiating to the left arm."
)


def run() -> None:
    """Header, then the chosen page."""
    st.set_page_config(page_title="Gallery", page_icon="static/icon.png", layout="wide")
    views.install_styles()
    page = st.navigation([st.Page(p, title=p.__name__, url_path=p.__name__) for p in (form, outgoing, answer, compare, usage, hostile)])
    st.logo("static/logo.svg", icon_image="static/icon.png", size="large")
    page.run()


def _clear() -> None:
    st.session_state.version = st.session_state.get("version", 0) + 1
    st.session_state.draft = {spec.name: "" for spec in TEXT_FIELDS}


def _example() -> None:
    _clear()
    st.session_state.draft = dict.fromkeys((spec.name for spec in TEXT_FIELDS), "") | {"symptoms": EXAMPLE}


def _problem(spec: TextField, text: str) -> str:
    return f"Write at least {spec.min_chars} characters." if 0 < len(text) < spec.min_chars else ""


def _decided(field: str, asked: editor.Asked) -> None:
    st.session_state.decided = f"{field} {asked.kind} {asked.term!r} {asked.reason} of {len(asked.text)}"


def form() -> None:
    """Two editors and what Python knows."""
    draft = st.session_state.setdefault("draft", {spec.name: "" for spec in TEXT_FIELDS})
    views.page_header("Work-up", "Write the case; identifiers are marked while you type and removed before anything is sent.")
    views.demo_banner()
    with st.container(horizontal=True):
        st.button("Clear", on_click=_clear)
        st.button("Try a case", on_click=_example)
        st.button("Just rerun")
        changed = st.button("Change context")
    left, right = st.columns([11, 10], gap="large")
    with left:
        for spec in TEXT_FIELDS[:3]:
            value = editor.live_editor(
                spec,
                value=draft[spec.name],
                token="token-1",
                key=f"ed-{spec.name}",
                problem=partial(_problem, spec),
                version=str(st.session_state.get("version", 0)),
                context=str(changed),
                on_decide=partial(_decided, spec.name),
            )
            draft[spec.name] = value.text
            st.session_state[f"ok-{spec.name}"] = value.preview_ok
    with right:
        st.session_state.runs = st.session_state.get("runs", 0) + 1
        st.text(f"runs: {st.session_state.runs}")
        st.text(f"DECIDED {st.session_state.get('decided', 'nothing')}")
        sent = st.button("Send")
        for spec in TEXT_FIELDS[:3]:
            st.text(f"{spec.name}={draft[spec.name]!r} ok={st.session_state[f'ok-{spec.name}']}")
        if sent:
            st.text(f"SENT {draft['symptoms']!r}")
    views.footer("0.1.0")


def outgoing() -> None:
    """What will be sent."""
    views.page_header("What will be sent", "The exact request, byte for byte.")
    views.draw_outgoing(
        samples.prompt(),
        sha256=samples.provenance().payload_sha256,
        counts=samples.COUNTS,
        estimate=samples.ESTIMATE,
        cost_note="Output tokens at $0.42 per million.",
    )


def answer() -> None:
    """A whole answer."""
    views.page_header("Differential")
    views.draw_answer(
        samples.checked(),
        sent_case=samples.SENT_CASE,
        restore=samples.restore,
        provenance=samples.provenance(),
        describe_code=samples.CODES.get,
        find_quote=samples.find_quote,
    )
    views.footer()


def compare() -> None:
    """Three models, and a stream under way."""
    views.page_header("Compare", "One reviewed case, several models.")
    views.draw_comparison(samples.columns())
    views.draw_partial(samples.assessment().differential[:3], elapsed_s=2.4, characters=1830)


def usage() -> None:
    """Cost and latency."""
    views.page_header("Usage", "From the audit store alone.")
    report = samples.usage_report()
    draw_report(report, on_export=lambda *_: None)
    draw_models(report, on_export=lambda *_: None)


def hostile() -> None:
    """An answer that tries to be more than text."""
    views.page_header(samples.HOSTILE)
    checked = samples.checked()
    views.draw_answer(
        type(checked)(samples.hostile_assessment(), checked.concerns),
        sent_case=samples.HOSTILE + samples.SENT_CASE,
        restore=samples.restore,
        provenance=samples.provenance(),
        describe_code=lambda _: samples.HOSTILE,
        find_quote=samples.find_quote,
    )
    views.draw_partial(samples.hostile_assessment().differential)
    views.footer("end")
