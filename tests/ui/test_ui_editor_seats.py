"""The editor's seats: what tells the browser that the program, not the clinician, has changed a text."""

from __future__ import annotations

import pytest

from core.ui.editor.editor import _nonce_of, _place_in_order, _Seat, _take_seat


def test_a_new_version_begins_at_another_nonce() -> None:
    """A run that ended before its seat was kept leaves an editor behind in the browser; the next version must not pass for it."""
    nonces = [_nonce_of(version) for version in ("", "1f3a", "1f3b", "c0ffee00")]
    assert len(set(nonces)) == len(nonces)
    assert nonces[0] == 1


def test_a_seat_that_was_not_kept_lends_its_nonce_to_no_other_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clear whose run ended within the editor's call, text typed over it, then another clear: the typed text is not the second's."""
    monkeypatch.setattr("core.ui.editor.editor.st.session_state", {"casegate-editors": {"a": _Seat(7, "old", 3, "v1")}})
    first, again, second = (_take_seat("a", "", version) for version in ("v2", "v2", "v3"))
    assert first == again
    assert len({7, first.nonce, second.nonce}) == 3
    assert _take_seat("a", "old", "v1").nonce == 7


def test_what_an_editor_is_told_is_numbered_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that grows when something changes, and only then; of its own for each editor; another session has another mark."""
    monkeypatch.setattr("core.ui.editor.editor.st.session_state", {})
    orders = [_place_in_order("a", {"value": text})["order"] for text in ("", "", "x", "x", "")]
    assert orders == [1, 1, 2, 2, 3]
    assert _place_in_order("b", {"value": ""})["order"] == 1
    one = _place_in_order("a", {"value": ""})["session"]
    monkeypatch.setattr("core.ui.editor.editor.st.session_state", {})
    assert _place_in_order("a", {"value": ""})["session"] != one
