"""Simulated pace: drawn once per request, scaled by the speed setting."""

from __future__ import annotations

import pytest

from core.api.standin import STANDINS, Answer, Pace, answer_for
from core.model import Message
from core.reference import ReferenceEngine

ASKED = [Message("user", "Cough and fever for three days with pleuritic chest pain.")]


@pytest.fixture(scope="module")
def engine() -> ReferenceEngine:
    """The reference engine, loaded once."""
    return ReferenceEngine.load()


def drawn(model: str, number: int, engine: ReferenceEngine) -> Answer:
    """One answer, drawn by number."""
    return answer_for(model, ASKED, engine, seed_of=str(number).encode())


def test_paces_vary_around_the_tiers_median(engine: ReferenceEngine) -> None:
    """Times to first token differ from request to request, about the tier's own median."""
    times = sorted(drawn("gemini-2.5-flash", n, engine).pace.first_token_s for n in range(41))
    median = STANDINS["gemini-2.5-flash"].pace.first_token_s
    assert len(set(times)) == 41
    assert 0.8 * median < times[20] < 1.25 * median


def test_every_tier_ends_within_the_routine_deadline(engine: ReferenceEngine) -> None:
    """At normal speed the longest answer takes well under 30 seconds."""
    slowest = max(a.pace.whole_s(a.completion_tokens) for m in STANDINS for a in (drawn(m, n, engine) for n in range(10)))
    assert slowest < 20


def test_pieces_make_the_text_in_the_paces_time() -> None:
    """Pieces join to the text, and their pauses add up to the tokens' time."""
    pace = Pace(0.5, 200)
    answer = Answer("x" * 4001, "0" * 64, 10, 1000, "stop", pace)
    pieces = list(answer.pieces(pace))
    assert "".join(text for text, _ in pieces) == answer.text
    assert sum(seconds for _, seconds in pieces) == pytest.approx(1000 / 200, rel=0.05)
    assert max(seconds for _, seconds in pieces) < 0.06


def test_speed_scales_both_waits() -> None:
    """Twice the speed halves the wait for the first token and for the rest."""
    assert Pace(1.0, 100).scaled(2) == Pace(0.5, 200)
