"""Getting at the answer inside a reply: fences, thinking aloud and small talk around it are not part of it."""

from __future__ import annotations

import json
import re

from core.assessment import Assessment

_FIRST_KEY = re.compile(rf'\{{\s*"(?:{"|".join(Assessment.model_fields)})"\s*:')
_THINKING = re.compile(r"\s*<think(?:ing)?>", re.I)
_THOUGHT = re.compile(r"</think(?:ing)?>", re.I)


def spoken(reply: str) -> str:
    """The reply without the model's thinking; empty while it is still thinking."""
    ends = [m.end() for m in _THOUGHT.finditer(reply)]
    if ends and (_THINKING.match(reply) or _FIRST_KEY.search(reply, ends[-1])):
        return reply[ends[-1] :]
    return "" if _THINKING.match(reply) else reply


def answer_start(text: str) -> int | None:
    """Where the first object with a key of the answer begins."""
    found = _FIRST_KEY.search(text)
    return found.start() if found else None


def answers(text: str) -> list[str]:
    """The JSON texts of the answers in a reply, in order; one that breaks off is taken to the end.

    Without a key of the schema in sight, whatever begins with the first brace, or nothing.
    """
    found: list[str] = []
    end = 0
    while match := _FIRST_KEY.search(text, end):
        end = _object_end(text, match.start())
        found.append(text[match.start() : end])
    if not found and (brace := text.find("{")) >= 0:
        found.append(text[brace : _object_end(text, brace)])
    return found


def _object_end(text: str, start: int) -> int:
    try:
        return json.JSONDecoder().raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return len(text)


def has_repeated_key(text: str) -> bool:
    """Whether some object of a valid JSON text names a key twice, which parsers settle in silence."""
    seen: list[bool] = []

    def look(pairs: list[tuple[str, object]]) -> None:
        seen.append(len({key for key, _ in pairs}) < len(pairs))

    json.loads(text, object_pairs_hook=look, parse_int=float)
    return any(seen)
