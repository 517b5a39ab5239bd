"""The Python half of the live editor: assets read once, a seat per key that tells edits from programmatic change."""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from core.model import Category, KeepReason, TextField
from core.ui.palette import css_variables, hue_of

_HERE = Path(__file__).parent
_SEATS, _TOLD = "casegate-editors", "casegate-editors-told"


@dataclass(frozen=True, slots=True)
class EditorValue:
    """What Python has of a field.

    `text`: line breaks are `\\n`. `rev` grows with every edit in the browser. `preview_ok` is False once the
    preview has failed for this text, and until it works again.
    """

    text: str
    rev: int
    preview_ok: bool


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What the reader wants of one term of a field: leave it in clear, redact it, or take an earlier word back.

    `text` is the field's whole text as it was then. `reason` is None for what was only flagged.
    """

    kind: Literal["keep", "redact", "undo"]
    term: str
    text: str
    reason: KeepReason | None = None


@dataclass(frozen=True, slots=True)
class _Seat:
    nonce: int
    given: str
    rev: int = 0
    version: str = ""


def live_editor(
    field: TextField,
    *,
    value: str,
    token: str,
    key: str,
    problem: str | Callable[[str], str] = "",
    height_rows: int = 3,
    disabled: bool = False,
    placeholder: str = "",
    version: str = "",
    context: str = "",
    on_decide: Callable[[Asked], None] | None = None,
) -> EditorValue:
    """Draw the editor of `field` and return what has been typed so far.

    The caller owns the text: pass it as `value` and store the returned `text` in the same place in the same
    statement, `draft[name] = live_editor(..., value=draft[name]).text`. What was typed stays over any rerun, until
    the program changes the text (clear, load an example): a new `version` says so for certain; a `value` other
    than the text returned last counts too, but a clear that races with the first commit would go unnoticed.
    `token` goes to the preview route as `X-Preview-Token`. `context` stands for whatever else the preview depends
    on (identity panel, decisions): when it changes the marks are asked for anew; it reaches the browser, so pass a digest.
    `problem` is shown beside the field and read out; a function gets the text as it is now. Not for use inside `st.form`.
    `on_decide` is called, before the script runs again, with what the reader decided at a mark or a selection; without it
    marks only explain themselves.
    """
    value = _with_plain_lines(value)
    seat = _take_seat(key, value, version)
    given = _read(st.session_state.get(key), seat, value)
    data = _data(field, seat, given, token) | {
        "id": key,
        "problem": problem if isinstance(problem, str) else problem(given.text),
        "rows": height_rows,
        "disabled": disabled,
        "placeholder": placeholder,
        "context": context,
        "decides": on_decide is not None,
    }
    # Streamlit may end the run inside this call; the seat is kept only once the caller is certain to get the text.
    _component()(key=key, data=data | _place_in_order(key, data), on_edit_change=_nothing, on_decide_change=_telling(key, on_decide))
    _seats()[key] = _Seat(seat.nonce, given.text, given.rev, version)
    return given


def _data(field: TextField, seat: _Seat, given: EditorValue, token: str) -> dict[str, Any]:
    return {
        "field": field.name,
        "label": field.label,
        "max": field.max_chars,
        "required": field.min_chars > 0,
        "value": given.text,
        "nonce": seat.nonce,
        "rev": given.rev,
        "token": token,
        "url": _preview_url(),
    }


def _place_in_order(key: str, data: dict[str, Any]) -> dict[str, Any]:
    """By which the browser knows what is older: a number that grows, within a session, with every change of what an editor is told.

    Kept before the call, so that what a run that ends within it has sent is not taken for what the next one sends.
    """
    told = st.session_state.setdefault(_TOLD, {"session": secrets.token_hex(4)})
    order, before = told.get(key, (0, None))
    if before != data:
        order += 1
        told[key] = (order, data)
    return {"session": told["session"], "order": order}


def _seats() -> dict[str, _Seat]:
    seats: dict[str, _Seat] = st.session_state.setdefault(_SEATS, {})
    return seats


def _take_seat(key: str, value: str, version: str) -> _Seat:
    seat = _seats().get(key)
    if seat is None:
        return _Seat(_nonce_of(version), value)
    if seat.version != version:
        return _Seat(_nonce_of(version, seat.nonce), value, seat.rev)
    return seat if seat.given == value else _Seat(seat.nonce + 1, value, seat.rev)


def _nonce_of(version: str, before: int = 0) -> int:
    """Another one for each version: the browser may hold an editor of a run that ended before its seat was kept, with another text."""
    return 1 + zlib.crc32(version.encode(), before)


def _read(state: object, seat: _Seat, value: str) -> EditorValue:
    """The browser's last word when it is about this seat, else the caller's value."""
    match state:
        case {"edit": {"text": str(text), "rev": int(rev), "nonce": seat.nonce, "ok": bool(ok)}}:
            return EditorValue(_with_plain_lines(text), rev, ok)
        case _:
            return EditorValue(value, seat.rev, True)


def _with_plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _preview_url() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/preview" if base else "/preview"


def _nothing() -> None:
    """Streamlit wants a callback for each state it is to return."""


def _telling(key: str, on_decide: Callable[[Asked], None] | None) -> Callable[[], None]:
    def tell() -> None:
        asked = _asked(st.session_state.get(key))
        if asked is not None and on_decide is not None:
            on_decide(asked)

    return tell


def _asked(state: object) -> Asked | None:
    """What the browser says was decided; None when it is not of that form."""
    match state:
        case {"decide": {"kind": "keep" | "redact" | "undo" as kind, "term": str(term), "text": str(text), "reason": str(reason)}}:
            known = next((r for r in KeepReason if r == reason), None)
            return Asked(kind, term, _with_plain_lines(text), known)
        case _:
            return None


@cache
def _component() -> Callable[..., Any]:
    hues = json.dumps({str(category): hue_of(category) for category in Category})
    reasons = json.dumps([[reason.value, reason.words] for reason in KeepReason])
    css = f".cg-editor{{{css_variables()}}}\n" + _asset("editor.css")
    return st.components.v2.component(
        "casegate_live_editor",
        html=_asset("editor.html"),
        css=css,
        js=_asset("card.js").replace('"__HUES__"', hues, 1).replace('"__REASONS__"', reasons, 1) + _asset("spans.js") + _asset("editor.js"),
    )


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
