"""The editor's seats: what tells the browser that the program, not the clinician, has changed a text."""

from __future__ import annotations

from core.ui.editor.editor import _first_nonce


def test_a_new_version_begins_at_another_nonce() -> None:
    """A run that ended before its seat was kept leaves an editor behind in the browser; the next version must not pass for it."""
    nonces = [_first_nonce(version) for version in ("", "1f3a", "1f3b", "c0ffee00")]
    assert len(set(nonces)) == len(nonces)
    assert nonces[0] == 1
