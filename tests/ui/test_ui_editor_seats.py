"""The editor's seats: what tells the browser that the program, not the clinician, has changed a text."""

from __future__ import annotations

import pytest

from core.ui.editor.editor import _first_nonce, _place_in_order


def test_a_new_version_begins_at_another_nonce() -> None:
    """A run that ended before its seat was kept leaves an editor behind in the browser; the next version must not pass for it."""
    nonces = [_first_nonce(version) for version in ("", "1f3a", "1f3b", "c0ffee00")]
    assert len(set(nonces)) == len(nonces)
    assert nonces[0] == 1


def test_what_an_editor_is_told_is_numbered_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that grows when something changes, and only then; of its own for each editor; another session has another mark."""
    monkeypatch.setattr("core.ui.editor.editor.st.session_state", {})
    orders = [_place_in_order("a", {"value": text})["order"] for text in ("", "", "x", "x", "")]
    assert orders == [1, 1, 2, 2, 3]
    assert _place_in_order("b", {"value": ""})["order"] == 1
    one = _place_in_order("a", {"value": ""})["session"]
    monkeypatch.setattr("core.ui.editor.editor.st.session_state", {})
    assert _place_in_order("a", {"value": ""})["session"] != one
