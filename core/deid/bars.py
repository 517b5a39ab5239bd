"""From which of the tagger's scores on a stretch is masked, flagged, or grown."""

from __future__ import annotations

from typing import NamedTuple


class Bars(NamedTuple):
    """A stretch is masked from `high`, flagged from `low`, and reaches as far as tokens above `grow`; `wary` and `doubt` are high and
    low of words that the clinical lists claim, of short codes and lone words. From `sweep` on a token that was let go is flagged."""

    high: float
    low: float
    grow: float
    wary: float
    doubt: float
    sweep: float


FIRST_LOOK = Bars(0.13, 0.125, 0.11, 0.45, 0.43, 0.05)
"""For a text as it came in."""
SETTLED = Bars(0.97, 1.1, 0.9, 0.995, 1.1, 1.1)
"""For a text that already bears our tags: what stands beside them is read out of context. Never flags: nobody could decide them."""
