"""The gateway over real sockets: what arrives, what is sent, how streams are read."""

import json
import threading
from decimal import Decimal

import pytest

from core.errors import ConfigError, ProviderError
from core.gateway import Cancel, Gateway
from core.model import Prompt


def test_the_body_goes_out_byte_for_byte(play, scenes):
    """The provider receives exactly the bytes that were cleared, under the request's id and with the key."""
    rig = play(scenes.GOOD)
    prompt = scenes.cleared()
    rig.complete(prompt, request_id="case.7_a-b")
    head, body = rig.server.requests[0]
    assert body == prompt.body
    lines = head.lower().split("\r\n")
    assert lines[0] == "post /v1/chat/completions http/1.1"
    assert "x-request-id: case.7_a-b" in lines
    assert f"authorization: bearer {scenes.KEY}" in lines
    assert "content-type: application/json" in lines
    assert "accept-encoding: identity" in lines


def test_a_streamed_answer_with_usage(play, scenes):
    """Text, usage, cost, finish reason and times of a streamed answer are what the provider said."""
    rig = play(scenes.GOOD)
    seen = []
    reply = rig.complete(on_text=lambda text, chars: seen.append((text, chars)))
    assert reply.text == scenes.TEXT
    assert seen == [(scenes.TEXT[:10], 10), (scenes.TEXT[10:], len(scenes.TEXT))]
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.cached_tokens) == (200, 50, 20)
    assert not reply.usage.estimated
    assert reply.cost_usd == Decimal("0.000021")
    assert (reply.finish_reason, reply.attempts, reply.simulated) == ("stop", 1, False)
    assert 0 < reply.ttft_s <= reply.latency_s < 2


def test_a_whole_answer(play, scenes):
    """An answer that is not streamed gives the same reply, without a time to first token."""
    rig = play(scenes.document(scenes.completion()))
    seen = []
    reply = rig.complete(scenes.cleared(streamed=False), on_text=lambda text, chars: seen.append(chars))
    assert (reply.text, reply.ttft_s, reply.usage.total_tokens) == (scenes.TEXT, None, 250)
    assert seen == [len(scenes.TEXT)]


def test_a_provider_that_ignores_the_stream_flag(play, scenes):
    """The answer's own content type decides how it is read."""
    rig = play(scenes.document(scenes.completion()))
    assert rig.complete(scenes.cleared(streamed=True)).text == scenes.TEXT


def test_no_content_type_falls_back_on_the_request(play, scenes):
    """Without a content type the request's stream flag decides."""
    rig = play(scenes.document(b"".join(scenes.GOOD_STREAM), media=""))
    assert rig.complete(scenes.cleared(streamed=True)).text == scenes.TEXT


@pytest.mark.parametrize("size", [1, 7], ids=["byte by byte", "in sevens"])
def test_a_stream_in_crumbs(play, scenes, size):
    """However the bytes are cut, characters and events come out whole."""
    whole = b"".join(scenes.GOOD_STREAM).replace(b"\n", b"\r\n")
    rig = play(scenes.stream(*(whole[i : i + size] for i in range(0, len(whole), size))))
    assert rig.complete().text == scenes.TEXT


def test_usage_is_estimated_when_none_comes(play, scenes):
    """Without usage the tokens come from the characters and say so; reasoning counts, though it is not shown."""
    rig = play(
        scenes.stream(scenes.event(reasoning_content="t" * 400), scenes.event(content="a" * 400), scenes.event(finish="stop"), scenes.DONE)
    )
    reply = rig.complete()
    assert reply.text == "a" * 400
    assert reply.usage.estimated
    assert reply.usage.completion_tokens > 150
    assert reply.usage.prompt_tokens > 0


def test_thoughts_stay_out_of_the_answer(play, scenes):
    """A leading think block, its tags cut in two, is neither shown nor part of the text."""
    pieces = ["\n<thi", "nk>hmm", " hmm</th", "ink>\n\n", "{", "}"]
    rig = play(scenes.stream(*(scenes.event(content=p) for p in pieces), scenes.event(finish="stop"), scenes.DONE))
    seen = []
    assert rig.complete(on_text=lambda text, chars: seen.append((text, chars))).text == "{}"
    assert seen == [("{", 1), ("}", 2)]


@pytest.mark.parametrize("tail", [(), ("hold",)], ids=["closed", "held open"])
def test_a_finish_reason_is_an_end(play, scenes, tail):
    """A stream that gave its finish reason is complete, [DONE] or not, and does not wait for the deadline."""
    rig = play(scenes.stream(scenes.event(content="{}"), scenes.event(finish="length"), hold=bool(tail)))
    reply = rig.complete(deadline_s=10)
    assert (reply.text, reply.finish_reason) == ("{}", "length")
    assert reply.latency_s < 2


def test_comments_and_unknown_fields_are_skipped(play, scenes):
    """Keep-alive comments, ids and event names of a stream carry no content."""
    rig = play(scenes.stream(b": ping\n\n", b"event: x\nid: 7\nretry: 1\n\n", *scenes.GOOD_STREAM))
    assert rig.complete().text == scenes.TEXT


def test_half_characters_are_joined(play, scenes):
    """A character whose halves come in two chunks is joined; a lone half is replaced, so that the text encodes."""
    first, second = (
        b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n',
        b'data: {"choices":[{"delta":{"content":"\\ude00 \\ud83d"}}]}\n\n',
    )
    rig = play(scenes.stream(first, second, scenes.DONE))
    assert rig.complete().text == "😀 �"


def test_connections_are_kept(play, scenes):
    """The next call uses the same connection."""
    body = json.dumps(scenes.completion()).encode()

    def twice(peer):
        for _ in range(3):
            peer.request()
            peer.send(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=b\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )

    rig = play(twice)
    for _ in range(3):
        rig.complete(scenes.cleared(streamed=False))
    assert rig.server.connections == 1
    assert not any("cookie" in head.lower() for head, _ in rig.server.requests)


def test_a_connection_closed_while_idle_is_replaced(play, scenes):
    """A kept connection that the provider closed meanwhile costs no attempt."""
    body = json.dumps(scenes.completion()).encode()

    def once(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    rig = play(once)
    replies = []
    for _ in range(2):
        replies.append(rig.complete(scenes.cleared(streamed=False)))
        threading.Event().wait(0.05)
    assert [r.attempts for r in replies] == [1, 1]
    assert rig.server.connections == 2


def test_threads_share_a_gateway(play, scenes):
    """Sixteen calls at once get sixteen answers."""
    rig = play(scenes.GOOD)
    texts = []
    threads = [threading.Thread(target=lambda: texts.append(rig.complete().text)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == [scenes.TEXT] * 16


def test_only_cleared_prompts_leave(play, scenes):
    """A prompt that was not cleared, or anything else, is refused before a connection is made."""
    rig = play(scenes.GOOD)
    for other in (scenes.cleared().prompt, scenes.cleared().body, None, "text"):
        with pytest.raises(TypeError, match="ClearedPrompt"):
            rig.gateway.complete(other, deadline_s=1, request_id="r")
    assert rig.server.connections == 0


@pytest.mark.parametrize(
    "given",
    [
        {"deadline_s": 0},
        {"deadline_s": -1},
        {"deadline_s": float("nan")},
        {"request_id": ""},
        {"request_id": "a b"},
        {"request_id": "a\r\nX: y"},
    ],
    ids=["zero", "negative", "nan", "empty id", "space", "header injection"],
)
def test_senseless_arguments(play, scenes, given):
    """A deadline or request id that makes no sense is our own mistake."""
    rig = play(scenes.GOOD)
    with pytest.raises(ValueError, match="must be"):
        rig.complete(**given)
    assert rig.server.connections == 0


def test_a_provider_without_a_key(scenes):
    """A call without a key names the variable to set."""
    gateway = Gateway(
        scenes.registry_at("https://example.org/v1"), {"holysheep": ""}, clock=scenes.RealClock(), sleep=print, random=lambda: 0.5
    )
    assert gateway.configured() == ()
    with pytest.raises(ConfigError, match="YOUR_HOLYSHEEP_API_KEY"):
        gateway.complete(scenes.cleared(), deadline_s=1, request_id="r")


def test_a_closed_gateway(play, scenes):
    """A closed gateway refuses to be used."""
    rig = play(scenes.GOOD)
    rig.gateway.close()
    with pytest.raises(RuntimeError, match="closed"):
        rig.complete()


def test_what_on_text_raises_passes_through(play, scenes):
    """An exception of the caller's own comes out as it is and ends the upstream connection."""
    rig = play(scenes.stream(scenes.event(content="{"), hold=True))

    class PageLeftError(BaseException):
        pass

    def leave(text, chars):
        raise PageLeftError

    with pytest.raises(PageLeftError):
        rig.complete(on_text=leave)
    rig.server.over.wait(0.3)
    assert len(rig.server.hung_up) == 1


def test_estimates_come_from_the_registry(play, scenes):
    """An estimate has tokens, an output-only cost and the model's typical latency; max_tokens bounds it."""
    rig = play(scenes.GOOD)
    prompt = scenes.cleared().prompt
    estimate = rig.gateway.estimate(prompt)
    model = rig.registry.find(prompt.target)[1]
    assert estimate.completion_tokens == model.typical_completion_tokens
    assert estimate.cost_usd == Decimal(estimate.completion_tokens) * Decimal("0.42") / 1_000_000
    assert estimate.latency_s == model.typical_latency_s
    short = Prompt(prompt.target, prompt.messages, version="t/1", max_tokens=10)
    assert rig.gateway.estimate(short).completion_tokens == 10


def test_nothing_of_a_call_is_logged(play, scenes, caplog):
    """At the most talkative level no log holds case text, answer text or the key."""
    caplog.set_level("DEBUG")
    rig = play(scenes.GOOD)
    rig.complete()
    logged = "\n".join(r.getMessage() for r in caplog.records)
    assert logged
    assert not any(secret in logged for secret in ("Cough", "naïve", "case_summary", scenes.KEY))


def test_cancel_before_the_call(play, scenes):
    """A call that was cancelled beforehand does not connect."""
    from core.errors import CancelledError

    rig = play(scenes.GOOD)
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(CancelledError, match="Stopped"):
        rig.complete(cancel=cancel)
    assert rig.server.connections == 0


def test_an_error_after_close_names_no_body(play, scenes):
    """The words of a provider's own error never reach our message."""
    rig = play(scenes.status(400))
    with pytest.raises(ProviderError) as caught:
        rig.complete()
    assert "secret" not in caught.value.user_message
