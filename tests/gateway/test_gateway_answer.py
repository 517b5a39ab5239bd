"""Reading answers: pure, against hostile bytes."""

import contextlib
import itertools
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.gateway.answer import Answer, AnswerError, EventReader, ThoughtFilter


def cuts(data, places):
    """The data cut at those places."""
    edges = sorted({0, len(data), *(p % (len(data) + 1) for p in places)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


PLACES = st.lists(st.integers(0, 500), max_size=12)


@given(
    st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"")), max_size=6),
    PLACES,
    st.sampled_from([b"\n", b"\r\n"]),
)
def test_events_survive_any_cut(payloads, places, end):
    """However a stream is cut, its events come out whole and in order."""
    wire = b"".join(b"data: " + p + end + end for p in payloads)
    reader = EventReader()
    assert [data for part in cuts(wire, places) for data in reader.feed(part)] == payloads


def test_an_event_of_several_lines():
    """Data lines of one event are joined; one without a final blank line is given at the close."""
    reader = EventReader()
    assert list(reader.feed(b"data: a\ndata:b\n\n: c\n\ndata: d\n")) == [b"a\nb"]
    assert list(reader.close()) == [b"d"]
    assert list(reader.close()) == []


@given(st.text("<think>/ a\n", max_size=40), PLACES)
@example("<think>a</think>{}", [1, 8, 12])
@example("<thin", [2])
def test_thoughts_are_the_same_however_cut(text, places):
    """Cutting the text changes nothing of what is shown."""

    def shown(parts):
        held = ThoughtFilter()
        return "".join(held.feed(p) for p in parts) + held.close()

    assert shown(cuts(text, places)) == shown([text])


@pytest.mark.parametrize(
    ("text", "shown"),
    [("<think>a</think>\n{}", "{}"), (" <think>a", ""), ("{<think>}", "{<think>}"), ("<b>", "<b>"), (" {}", " {}"), ("<thi", "<thi")],
)
def test_only_a_leading_thought_is_hidden(text, shown):
    """A think block at the start is hidden, anything else is the answer."""
    held = ThoughtFilter()
    assert held.feed(text) + held.close() == shown


NAMES = [
    "choices",
    "delta",
    "message",
    "content",
    "finish_reason",
    "usage",
    "prompt_tokens",
    "completion_tokens",
    "error",
    "code",
    "reasoning",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_survived(value):
    """Whatever JSON comes, it is taken or refused with AnswerError, and the text encodes."""
    data = json.dumps(value).encode()
    for take in ("add_event", "add_document"):
        answer = Answer()
        try:
            getattr(answer, take)(data)
        except AnswerError:
            continue
        assert answer.text.encode() is not None
        assert answer.written_chars >= answer.chars


@given(st.binary(max_size=60))
def test_any_bytes_are_survived(data):
    """Whatever bytes come, nothing but AnswerError comes out."""
    answer = Answer()
    with contextlib.suppress(AnswerError):
        answer.add_event(data)
    assert answer.chars == 0


USAGES = {
    "whole": ({"prompt_tokens": 5, "completion_tokens": 7}, (5, 7, 0)),
    "cached": ({"prompt_tokens": 5, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 3}}, (5, 7, 3)),
    "cached nonsense": ({"prompt_tokens": 5, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": "3"}}, (5, 7, 0)),
    "half": ({"prompt_tokens": 5}, None),
    "negative": ({"prompt_tokens": -5, "completion_tokens": 7}, None),
    "boolean": ({"prompt_tokens": True, "completion_tokens": 7}, None),
    "absurd": ({"prompt_tokens": 10**30, "completion_tokens": 7}, None),
    "list": ([5, 7], None),
    "null": (None, None),
}


@pytest.mark.parametrize(("value", "counts"), USAGES.values(), ids=USAGES)
def test_usage_is_taken_or_left(value, counts):
    """Reported usage counts when it makes sense and is absent otherwise."""
    answer = Answer()
    answer.add_event(json.dumps({"choices": [], "usage": value}).encode())
    usage = answer.usage
    assert (usage and (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens)) == counts


@pytest.mark.parametrize(
    ("reason", "kept"), [("stop", "stop"), ("content_filter", "content_filter"), ("Jane Roe 123", "unknown"), (7, "unknown")]
)
def test_a_finish_reason_is_a_word(reason, kept):
    """A finish reason goes to the audit store, so nothing but a plain word is kept."""
    answer = Answer()
    answer.add_event(json.dumps({"choices": [{"delta": {}, "finish_reason": reason}]}).encode())
    assert answer.finish_reason == kept
