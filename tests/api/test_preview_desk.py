"""The desk: tokens, the newest context, bounds and idling."""

from __future__ import annotations

import threading

from api_doubles import ENCOUNTER
from hypothesis import given
from hypothesis import strategies as st

from core.api import PreviewDesk
from core.api.spans import Utf16Offsets, tags_of
from core.model import Category, FixedClock, Identity, Mark, Redacted, Span


def opened(desk: PreviewDesk, session: str, text: str = "x") -> str:
    """Open a session at the desk; its token."""
    return desk.open(session, texts={"symptoms": text}, identity=Identity(), encounter=ENCOUNTER)


def test_a_token_opens_its_own_session_only() -> None:
    """Tokens differ by session and by secret, and stay the same over reruns."""
    desk = PreviewDesk(secret=b"s" * 32)
    first, second = opened(desk, "one", "text of one"), opened(desk, "two", "text of two")
    assert first != second
    assert opened(desk, "one", "newer text") == first
    found = desk.find(first)
    assert found is not None
    assert found.texts["symptoms"] == "newer text"
    assert opened(PreviewDesk(secret=b"t" * 32), "one") != first
    assert opened(PreviewDesk(), "one") != opened(PreviewDesk(), "one")


def test_unknown_tokens_open_nothing() -> None:
    """A wrong, empty or odd token finds nothing."""
    desk = PreviewDesk()
    opened(desk, "one")
    assert [desk.find(token) for token in ("", "0" * 64, "é\ud800")] == [None, None, None]


def test_idle_sessions_are_forgotten() -> None:
    """A context is dropped after its idle time; use renews it."""
    clock = FixedClock()
    desk = PreviewDesk(idle_s=100, monotonic=clock.monotonic)
    token = opened(desk, "one")
    clock.advance(90)
    assert desk.find(token) is not None
    clock.advance(90)
    assert desk.find(token) is not None
    clock.advance(101)
    assert desk.find(token) is None


def test_the_desk_is_bounded() -> None:
    """Beyond the limit the session least recently used goes first."""
    desk = PreviewDesk(limit=2)
    first, second = opened(desk, "1"), opened(desk, "2")
    desk.find(first)
    third = opened(desk, "3")
    assert [desk.find(t) is not None for t in (first, second, third)] == [True, False, True]


def test_a_closed_session_is_forgotten() -> None:
    """Closing removes the context at once."""
    desk = PreviewDesk()
    token = opened(desk, "one")
    desk.close("one")
    assert desk.find(token) is None


def test_the_desk_shows_no_text() -> None:
    """A context's representation holds neither texts nor identity."""
    desk = PreviewDesk()
    token = desk.open("s", texts={"symptoms": "Oduya coughs"}, identity=Identity(name="Oduya"), encounter=ENCOUNTER)
    assert "Oduya" not in repr(desk.find(token))


def test_sessions_can_be_opened_from_many_threads() -> None:
    """Concurrent runs of many sessions leave the desk within its bound."""
    desk = PreviewDesk(limit=10)

    def work(number: int) -> None:
        for _ in range(50):
            desk.find(opened(desk, str(number)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(desk.find(opened(PreviewDesk(), str(n))) is None for n in range(20)) == 20
    assert len(desk._contexts) == 10


@given(st.text(alphabet=st.characters(codec="utf-16"), max_size=60), st.integers(0, 60))
def test_offsets_are_javascripts(text: str, at: int) -> None:
    """An offset counts UTF-16 code units, as a browser's string does."""
    at = min(at, len(text))
    assert Utf16Offsets(text)(at) == len(text[:at].encode("utf-16-le")) // 2


def test_a_span_gets_the_text_under_its_mark() -> None:
    """Masked spans pair with marks in order; a flagged span between them has no tag."""
    spans = [Span(0, 3, Category.NAME, 1, "d"), Span(4, 6, Category.NAME, 0.3, "d", "flagged"), Span(8, 12, Category.DATE, 1, "d")]
    redacted = Redacted("[PATIENT] xx  3 days before", (Mark(0, 9, Category.NAME), Mark(14, 27, Category.DATE)))
    assert tags_of(spans, redacted) == ["[PATIENT]", "", "3 days before"]


def test_spans_that_share_a_mark_show_their_category() -> None:
    """When a mark stands for two spans the category is told instead."""
    spans = [Span(0, 3, Category.PLACE, 1, "d"), Span(4, 9, Category.ZIP, 1, "d")]
    assert tags_of(spans, Redacted("[CITY]", (Mark(0, 6, Category.PLACE),))) == ["[PLACE]", "[ZIP]"]
