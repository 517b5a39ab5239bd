"""From model to model over real sockets: fallbacks, breakers, hedges, and what is told of each attempt."""

import json
import threading
import time
from dataclasses import replace
from datetime import date

import pytest

from core.errors import AllProvidersError, CancelledError, ProviderError, ProviderRestingError, RefusalError
from core.gateway import Baa, BreakerPolicy, Cancel, Phase
from core.gateway.breaker import Health
from core.gateway.retry import RetryPolicy
from core.model import Tier

SECOND = "gemini-2.5-flash"


def asked(rig):
    """The models that requests named, in order."""
    return [json.loads(body)["model"] for _, body in rig.server.requests]


def with_reports(rig, scenes, *, fallbacks=(SECOND,), **given):
    """Complete with fallbacks; the outcome (reply or error) and every report."""
    reports = []
    try:
        outcome = rig.complete(fallbacks=[scenes.cleared(model=m) for m in fallbacks], report=reports.append, **given)
    except ProviderError as error:
        outcome = error
    return outcome, reports


def told(reports):
    """Number, phase and model of each report."""
    return [(r.number, r.phase.value, r.target.model) for r in reports]


def test_the_next_model_answers_when_the_first_cannot(play, scenes):
    """Three attempts at the first model, then the next one's answer, under its own name, bytes and price."""
    rig = play(*[scenes.status(503)] * 3, scenes.GOOD)
    reply, reports = with_reports(rig, scenes)
    assert asked(rig) == ["deepseek-v3.2"] * 3 + [SECOND]
    assert (reply.target.model, reply.attempts) == (SECOND, 4)
    assert reply.cost_usd == 50 * rig.registry.find(reply.target)[1].price.output_usd_per_mtok / 1_000_000
    assert rig.server.requests[-1][1] == scenes.cleared(model=SECOND).body
    assert told(reports) == [
        (1, "failed", "deepseek-v3.2"),
        (2, "started", "deepseek-v3.2"),
        (2, "failed", "deepseek-v3.2"),
        (3, "started", "deepseek-v3.2"),
        (3, "failed", "deepseek-v3.2"),
        (4, "started", SECOND),
    ]
    assert {(r.http_status, r.error_class) for r in reports if r.phase is Phase.FAILED} == {(503, "ProviderError")}
    assert all(r.cost_usd is None for r in reports)


def test_every_request_of_one_call_has_one_id(play, scenes):
    """Attempts and fallbacks go out under one request id."""
    rig = play(scenes.status(404), scenes.GOOD)
    with_reports(rig, scenes, request_id="req-one")
    assert [("x-request-id: req-one" in head.lower()) for head, _ in rig.server.requests] == [True, True]


ELSEWHERE = {400: 0, 401: 0, 402: 0, 403: 1, 404: 1, 408: 1, 409: 0, 413: 0, 422: 0, 429: 1, 500: 1, 503: 1}


@pytest.mark.parametrize(("code", "goes_on"), ELSEWHERE.items(), ids=map(str, ELSEWHERE))
def test_what_another_model_of_the_provider_may_mend(play, scenes, code, goes_on):
    """A fault of the request or the account ends the call; one of the model or the moment goes on to the next model."""
    rig = play(scenes.status(code, "Retry-After: 600"), scenes.GOOD)
    outcome, _ = with_reports(rig, scenes)
    assert isinstance(outcome, ProviderError) != bool(goes_on)
    assert asked(rig)[1:] == [SECOND] * goes_on


@pytest.mark.parametrize("code", [401, 402])
def test_what_another_provider_may_mend(play, scenes, code):
    """A refused key or an empty account goes on to another provider, and only there."""
    other = scenes.RawServer([scenes.GOOD])
    rig = play(scenes.status(code))
    rig.gateway._registry = moved(rig.registry, "openai", f"http://127.0.0.1:{other.port}/v1", key_prefix="hs-")
    rig.gateway._keys["openai"] = rig.gateway._keys["holysheep"]
    try:
        reply = rig.complete(fallbacks=[scenes.cleared(model=SECOND), scenes.cleared(model="gpt-4.1", provider="openai")])
    finally:
        other.close()
    assert asked(rig) == ["deepseek-v3.2"]
    assert (reply.target.provider, reply.attempts) == ("openai", 2)


def moved(registry, provider_id, url, **changes):
    """The registry with one provider at another address."""
    return replace(registry, providers=tuple(replace(p, base_url=url, **changes) if p.id == provider_id else p for p in registry.providers))


def test_a_begun_answer_has_no_fallback(play, scenes):
    """Once text has been shown, a broken stream ends the call: nobody else is asked, nothing is paid twice."""
    rig = play(scenes.stream(scenes.event(content="{")), scenes.GOOD)
    outcome, reports = with_reports(rig, scenes)
    assert "broke off" in outcome.user_message
    assert asked(rig) == ["deepseek-v3.2"]
    assert reports[0].usage.estimated
    assert reports[0].cost_usd > 0


REFUSALS = {
    "refusal": ({"choices": [{"message": {"content": None, "refusal": "I can't help"}, "finish_reason": "stop"}]}, 200, "declined"),
    "filtered": ({"choices": [{"message": {"content": "{"}, "finish_reason": "content_filter"}]}, 200, "content filter"),
    "filtered by status": ({"error": {"code": "content_filter", "message": "x"}}, 400, "content filter"),
    "filtered inside": ({"error": {"code": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}, 400, "content filter"),
}


@pytest.mark.parametrize(("body", "code", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_said_to_be_one(play, scenes, body, code, words):
    """A model that declines, or a filter, is named as such; it is neither tried again nor passed to another model."""
    raw = json.dumps(body).encode()
    rig = play(scenes.status(code, body=raw) if code == 400 else scenes.document(body), scenes.GOOD)
    outcome, _ = with_reports(rig, scenes)
    assert isinstance(outcome, RefusalError)
    assert words in outcome.user_message
    assert "can't help" not in outcome.user_message
    assert outcome.attempts == len(rig.server.requests) == 1


def test_a_refusal_in_a_stream(play, scenes):
    """Refusals stream, too."""
    rig = play(scenes.stream(scenes.event(refusal="No"), scenes.event(finish="stop"), scenes.DONE))
    with pytest.raises(RefusalError, match="declined"):
        rig.complete()


def test_all_models_failing_is_one_error_with_each(play, scenes):
    """The error names every model that was asked and holds each one's own last error."""
    rig = play(scenes.status(404))
    with pytest.raises(AllProvidersError) as caught:
        rig.complete(fallbacks=[scenes.cleared(model=SECOND)])
    assert [e.status for e in caught.value.attempts] == [404, 404]
    assert "DeepSeek V3.2" in caught.value.user_message
    assert "Gemini 2.5 Flash" in caught.value.user_message
    assert "The case is kept." in caught.value.user_message


def test_an_open_breaker_sends_nothing(play, scenes):
    """After eight failures the model is left alone: the next call costs no connection and says when to come back."""
    rig = play(scenes.status(500))
    for _ in range(2):
        with pytest.raises(ProviderError):
            rig.complete(deadline_s=30)
    connections = rig.server.connections
    with pytest.raises(ProviderRestingError, match="left alone for now") as caught:
        rig.complete()
    assert caught.value.attempts == 0
    assert rig.server.connections == connections == 8


def test_an_open_breaker_passes_the_request_on(play, scenes):
    """With a fallback an outage costs nothing but its first requests."""
    rig = play(*[scenes.status(500)] * 8, scenes.GOOD)
    for _ in range(2):
        with pytest.raises(ProviderError):
            rig.complete(deadline_s=30)
    reply, reports = with_reports(rig, scenes)
    assert (reply.target.model, reply.attempts, reports) == (SECOND, 1, [])


def test_a_probe_brings_the_model_back(play, scenes):
    """When its rest is over one request goes through, and its answer closes the breaker."""
    rig = play(*[scenes.status(500)] * 2, scenes.GOOD)
    quick = Health(scenes.RealClock(), BreakerPolicy(least_calls=2, rest_s=0.05))
    rig.gateway._means = replace(rig.gateway._means, policy=RetryPolicy(attempts=1), health=quick)
    for _ in range(2):
        with pytest.raises(ProviderError):
            rig.complete()
    with pytest.raises(ProviderRestingError):
        rig.complete()
    time.sleep(0.06)
    assert rig.complete().text == rig.complete().text == scenes.TEXT


def test_a_fallback_without_a_key_is_passed_over(play, scenes):
    """Who can't be asked is not asked, and the error is that of who was."""
    rig = play(scenes.status(404))
    with pytest.raises(ProviderError) as caught:
        rig.complete(fallbacks=[scenes.cleared(model="gpt-4.1", provider="openai")])
    assert caught.value.status == 404


def test_a_slow_first_model_leaves_time_for_the_next(play, scenes):
    """A model that never begins gets half of the deadline, then the next one is asked."""
    rig = play(lambda peer: peer.hold(), scenes.GOOD, real_sleep=True)
    began = time.monotonic()
    reply, reports = with_reports(rig, scenes, deadline_s=4.0)
    assert time.monotonic() - began < 4.0
    assert (reply.target.model, reply.attempts) == (SECOND, 2)
    assert reports[0].error_class == "ProviderTimeoutError"
    assert reply.usage.estimated  # the first model may have read the prompt, which is counted
    assert reply.usage.prompt_tokens > 200


def test_a_report_that_fails_stops_the_call(play, scenes):
    """No entry, no attempt: what the report raises ends the call before the fallback hears of the case."""
    rig = play(scenes.status(404), scenes.GOOD)

    def report(attempt):
        if attempt.phase is Phase.STARTED:
            raise OSError("the store is full")

    with pytest.raises(OSError, match="full"):
        rig.complete(fallbacks=[scenes.cleared(model=SECOND)], report=report)
    assert rig.server.connections == 1


def hedged(rig, after_s=0.15):
    """The rig's gateway with a hedge."""
    rig.gateway._hedge_after_s = after_s
    return rig


def silent_for(scenes, name):
    """Nothing for the model of that name, a good answer for any other."""

    def play_it(peer):
        peer.request()
        if json.loads(peer.body)["model"] == name:
            peer.hold()
        else:
            peer.request = lambda: None
            scenes.GOOD(peer)

    return play_it


def test_a_hedge_answers_for_a_slow_model(play, scenes):
    """The second model is asked beside the first and wins; the first is hung up on and counted, as superseded."""
    rig = hedged(play(silent_for(scenes, "deepseek-v3.2"), real_sleep=True))
    began = time.monotonic()
    reply, reports = with_reports(rig, scenes, tier=Tier.TIME_SENSITIVE, deadline_s=10)
    assert time.monotonic() - began < 3
    assert (reply.text, reply.target.model, reply.attempts) == (scenes.TEXT, SECOND, 2)
    assert told(reports) == [(2, "started", SECOND), (1, "superseded", "deepseek-v3.2")]
    assert reports[1].usage.estimated
    for _ in range(200):
        if rig.server.hung_up:
            break
        time.sleep(0.01)
    assert rig.server.hung_up


def test_a_quick_model_is_not_hedged(play, scenes):
    """Who begins in time is asked alone."""
    rig = hedged(play(scenes.GOOD, real_sleep=True), after_s=5)
    reply, reports = with_reports(rig, scenes, tier=Tier.TIME_SENSITIVE)
    assert (reply.attempts, reports, len(rig.server.requests)) == (1, [], 1)


@pytest.mark.parametrize("tier", [Tier.ROUTINE, None], ids=str)
def test_only_the_time_sensitive_tier_is_hedged(play, scenes, tier):
    """Other tiers wait for their model."""
    rig = hedged(play(scenes.stream(*scenes.GOOD_STREAM, pause_s=0.03), real_sleep=True), after_s=0.0)
    assert rig.complete(tier=tier).attempts == 1


def test_hedges_have_a_budget(play, scenes):
    """Two at first, then one in twenty requests: what is sent twice stays small."""
    rig = hedged(play(scenes.stream(scenes.event(role="assistant"), *scenes.GOOD_STREAM, pause_s=0.02), real_sleep=True), after_s=0.0)
    attempts = [rig.complete(tier=Tier.TIME_SENSITIVE).attempts for _ in range(4)]
    assert sorted(attempts) == [1, 1, 2, 2]


def test_stop_ends_both_sides_of_a_hedge(play, scenes):
    """Stop closes every connection of the request, and each attempt is told as cancelled with an estimated cost."""
    rig = hedged(play(lambda peer: peer.hold(), real_sleep=True), after_s=0.05)
    cancel, reports = Cancel(), []
    threading.Timer(0.3, cancel.cancel).start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        rig.complete(tier=Tier.TIME_SENSITIVE, deadline_s=10, cancel=cancel, report=reports.append)
    assert time.monotonic() - began < 2
    ended = [r for r in reports if r.phase is not Phase.STARTED]
    assert [r.phase.value for r in ended] == ["cancelled", "cancelled"]
    assert all(r.usage.estimated and r.usage.prompt_tokens for r in ended)


def test_a_stopped_stream_is_counted(play, scenes):
    """What had been written when Stop came is in the estimate, prompt and all."""
    rig = play(scenes.stream(scenes.event(content="x" * 420), hold=True), real_sleep=True)
    cancel, reports = Cancel(), []
    with pytest.raises(CancelledError):
        rig.complete(cancel=cancel, on_text=lambda *_: cancel.cancel(), report=reports.append)
    (stopped,) = reports
    assert stopped.phase is Phase.CANCELLED
    assert stopped.usage.completion_tokens == 100
    assert stopped.usage.estimated
    assert stopped.cost_usd == 100 * rig.registry.find(stopped.target)[1].price.output_usd_per_mtok / 1_000_000


def test_a_hedge_whose_caller_fails_ends(play, scenes):
    """What the caller's own function raises passes through a race, too, and hangs up."""
    rig = hedged(play(scenes.stream(scenes.event(content="{"), hold=True), real_sleep=True), after_s=0.01)

    def fail(*_):
        raise KeyError("page is gone")

    with pytest.raises(KeyError):
        rig.complete(tier=Tier.TIME_SENSITIVE, on_text=fail, deadline_s=10)


def test_reasoning_is_counted_and_not_shown(play, scenes):
    """Reported reasoning tokens are kept; unreported ones are estimated from what was held back."""
    usage = {"prompt_tokens": 9, "completion_tokens": 90, "completion_tokens_details": {"reasoning_tokens": 70}}
    rig = play(scenes.document(scenes.completion(usage=usage)), scenes.document(scenes.completion("<think>" + "t" * 84 + "</think>{}")))
    assert rig.complete().usage.reasoning_tokens == 70
    reply = rig.complete()
    assert (reply.text, reply.usage.reasoning_tokens) == ("{}", 20)


@pytest.mark.parametrize(("until", "asked_elsewhere"), [(date(2999, 1, 1), True), (date(2020, 1, 1), False)], ids=["in force", "ended"])
def test_a_fallback_is_held_to_its_agreement_of_today(play, scenes, until, asked_elsewhere):
    """Behind a provider under agreement another one is asked while its own is in force, and not from the day after it ends."""
    other = scenes.RawServer([scenes.GOOD])
    rig = play(scenes.status(404), baa=Baa("signed", date(2019, 1, 1)))
    agreement = Baa("signed", date(2019, 1, 1), until)
    rig.gateway._registry = moved(rig.registry, "openai", f"http://127.0.0.1:{other.port}/v1", baa=agreement, key_prefix="hs-")
    rig.gateway._keys["openai"] = rig.gateway._keys["holysheep"]
    outcome, _ = with_reports_at(rig, scenes.cleared(model="gpt-4.1", provider="openai"))
    other.close()
    assert bool(other.requests) == asked_elsewhere
    assert isinstance(outcome, ProviderError) != asked_elsewhere


def with_reports_at(rig, fallback):
    """Complete with one fallback; the outcome and every report."""
    reports = []
    try:
        return rig.complete(fallbacks=[fallback], report=reports.append), reports
    except ProviderError as error:
        return error, reports
