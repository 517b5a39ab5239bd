"""Trust classes and the site's policy: what may go where, on which day, and never further."""

import socket
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError, Error, TrustError
from core.gateway import DEFAULT_SITE_POLICY, Baa, Gateway, Model, Provider, Registry, SitePolicy, Trust, no_wider, notices, trust_of
from core.gateway.attempt import Leg
from core.gateway.providers_file import SHIPPED
from core.gateway.run import Run
from core.model import ClearedPrompt, FixedClock, Message, Prompt, Target

TODAY = date(2026, 1, 5)
WIDTH = {Trust.ON_PREMISES: 0, Trust.BAA: 1, Trust.NONE: 2}
PROVIDER = Provider("p", "P", "http://127.0.0.1:9/v1", ())

CLASSES = {
    "no agreement": ({}, Trust.NONE),
    "in force": ({"baa": Baa("signed", date(2026, 1, 1), date(2026, 1, 5))}, Trust.BAA),
    "ended yesterday": ({"baa": Baa("signed", date(2025, 1, 1), date(2026, 1, 4))}, Trust.NONE),
    "begins tomorrow": ({"baa": Baa("signed", date(2026, 1, 6))}, Trust.NONE),
    "said not to be required": ({"baa": Baa("not-required")}, Trust.NONE),
    "on premises": ({"on_premises": True}, Trust.ON_PREMISES),
    "simulated": ({"simulated": True, "baa": Baa("signed", date(2026, 1, 1))}, Trust.SIMULATED),
}


@pytest.mark.parametrize(("facts", "trust"), CLASSES.values(), ids=CLASSES)
def test_a_providers_class(facts, trust):
    """Only an agreement in force on that very day makes a business associate."""
    assert trust_of(replace(PROVIDER, **facts), TODAY) is trust


DEFAULT = {
    ("SAFE_HARBOR/1", Trust.NONE): True,
    ("SAFE_HARBOR/1", Trust.BAA): True,
    ("LIMITED_DATA_SET/1:terms/3", Trust.NONE): False,
    ("LIMITED_DATA_SET/1:terms/3", Trust.SIMULATED): True,
    ("LIMITED_DATA_SET/1", Trust.BAA): True,
    ("LIMITED_DATA_SET/2", Trust.ON_PREMISES): True,
    ("SAFE_HARBOR_KEEP_FACILITIES/1", Trust.NONE): False,
    ("BLANK_ALL/1", Trust.NONE): True,
    ("SOMETHING_NEW/1", Trust.ON_PREMISES): False,
    ("", Trust.ON_PREMISES): False,
}


@pytest.mark.parametrize(("case", "admitted"), DEFAULT.items(), ids=lambda v: str(v))
def test_the_default_policy(case, admitted):
    """Safe Harbor output may go anywhere, a limited data set under agreement or on premises, an unknown policy's nowhere."""
    policy, trust = case
    assert DEFAULT_SITE_POLICY.admits(trust, policy) is admitted


def test_sixty_days_before_its_end_an_agreement_is_a_notice():
    """Warned from the sixtieth day before the end on, and after it; the sentence names provider and day."""
    ends = [(61, 0), (60, 1), (0, 1), (-1, 1)]
    for days, count in ends:
        provider = replace(PROVIDER, baa=Baa("signed", date(2025, 1, 1), TODAY + timedelta(days=days)))
        found = notices([provider, PROVIDER], TODAY)
        assert len(found) == count
        assert all(n.days_left == days and "P" in n.words() and n.until.isoformat() in n.words() for n in found)


classes = st.sampled_from(
    [{}, {"on_premises": True}, {"simulated": True}]
    + [{"baa": Baa("signed", date(2025, 1, 1), until)} for until in (None, date(2026, 1, 4), date(2026, 1, 5), date(2027, 1, 1))]
)
policies = st.dictionaries(st.sampled_from(["SAFE_HARBOR", "LIMITED_DATA_SET"]), st.frozensets(st.sampled_from(Trust)), max_size=2)
outputs = st.sampled_from(["SAFE_HARBOR/1", "LIMITED_DATA_SET/1", "OTHER/1"])


class Recorder:
    """In place of the network: who was asked, each with a failure that sends the request on."""

    def __init__(self, monkeypatch):
        self.asked = []
        recorder = self

        def attempt(run, leg: Leg, behind, permit, *, last):
            permit.end(True)
            recorder.asked.append((leg.provider.id, leg.cleared.policy))
            run.attempts += 1
            return leg, leg.exchange.phrases.refused(404)

        monkeypatch.setattr(Run, "_attempt", attempt)


@pytest.fixture(scope="module")
def recorder():
    """One recorder for every drawn configuration."""
    with pytest.MonkeyPatch.context() as patch:
        yield Recorder(patch)


@settings(max_examples=150, deadline=None)
@given(
    facts=st.lists(classes, min_size=2, max_size=5),
    classes_of=policies,
    output=outputs,
    order=st.permutations(range(5)),
    days=st.integers(-400, 800),
    keyed=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_no_configuration_widens_the_class(recorder, facts, classes_of, output, order, days, keyed):
    """Whatever the providers, agreements, keys, site policy, chain and day: nobody is asked whom the policy does not admit then, nobody
    of a wider class than the chosen one, and no simulated provider in a real one's place."""
    model = Model("m", "", "M", (), 1, 1, 1.0)
    providers = tuple(replace(PROVIDER, id=f"p{n}", models=(replace(model, provider=f"p{n}"),), **given_) for n, given_ in enumerate(facts))
    clock = FixedClock(at=datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(days=days))
    today = clock.now().date()
    policy = SitePolicy(classes_of)
    keys = {p.id: "k" for p, has in zip(providers, keyed, strict=False) if has}
    gateway = Gateway(Registry(providers, policy=policy), keys, clock=clock, sleep=lambda _: None, random=lambda: 0.0)
    chain = [cleared(f"p{n}", output) for n in order if n < len(providers)]
    recorder.asked.clear()
    with suppress(Error):
        gateway.complete(chain[0], deadline_s=1, request_id="r", fallbacks=chain[1:])
    gateway.close()
    chosen = trust_of(gateway._registry.provider(chain[0].prompt.target.provider), today)
    for provider_id, sent in recorder.asked:
        trust = trust_of(gateway._registry.provider(provider_id), today)
        assert policy.admits(trust, sent)
        assert (trust is Trust.SIMULATED) == (chosen is Trust.SIMULATED)
        assert trust is chosen or WIDTH[trust] <= WIDTH[chosen]
        assert provider_id in keys


def cleared(provider, policy):
    """A prompt for that provider under that policy's name."""
    prompt = Prompt(Target(provider, "m"), (Message("user", "x"),), version="t/1")
    return ClearedPrompt(prompt, prompt.body(), policy)


@given(st.sampled_from(Trust), st.sampled_from(Trust), st.sampled_from(Trust))
def test_steps_that_do_not_widen_never_add_up_to_one_that_does(a, b, c):
    """`no_wider` is transitive and reflexive: no chain of permitted steps leads where one step may not."""
    assert no_wider(a, a)
    if no_wider(a, b) and no_wider(b, c):
        assert no_wider(a, c)


def test_a_refused_output_opens_no_connection(scenes):
    """The refusal names policy and provider, and nobody listens in vain: no socket is opened."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        registry = scenes.registry_at(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        gateway = Gateway(registry, {"holysheep": scenes.KEY}, clock=scenes.RealClock(), sleep=lambda _: None, random=lambda: 0.0)
        limited = replace(scenes.cleared(), policy="LIMITED_DATA_SET/1")
        with pytest.raises(TrustError, match="LIMITED_DATA_SET output from HolySheep AI"):
            gateway.complete(limited, deadline_s=1, request_id="r")
        with pytest.raises(TimeoutError):
            listener.accept()
        gateway.close()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('[site_policy]\nSAFE_HARBOR = ["friends"]', "must be a policy's name with a list of"),
        ('[site_policy]\nsafe-harbor = ["baa"]', "must be a policy's name"),
        ('[[route]]\ntier = "routine"\nchain = [{ provider = "holysheep", model = "gpt-9" }]', "there is no model 'gpt-9'"),
        ('[[route]]\ntier = "soon"\nchain = []', "unknown tier"),
        ('[[route]]\ntier = "routine"\nchain = []', "no model at all"),
    ],
    ids=["class", "name", "model", "tier", "empty"],
)
def test_a_broken_policy_or_route_is_named(tmp_path, text, rule):
    """A wrong site policy or route stops the start, with the rule it breaks."""
    shipped = SHIPPED.read_text(encoding="utf-8")
    own = shipped[: shipped.index("[[route]]")] + text
    file = tmp_path / "mine.toml"
    file.write_text(own, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.toml") as caught:
        Registry.load(file)
    assert rule in caught.value.user_message


def test_a_site_may_narrow_its_policy(tmp_path):
    """What the file does not list goes nowhere."""
    shipped = SHIPPED.read_text(encoding="utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(shipped + '\n[site_policy]\nSAFE_HARBOR = ["baa", "on-premises"]\n', encoding="utf-8")
    policy = Registry.load(file).policy
    assert policy.admits(Trust.BAA, "SAFE_HARBOR/1")
    assert not policy.admits(Trust.NONE, "SAFE_HARBOR/1")
    assert not policy.admits(Trust.BAA, "LIMITED_DATA_SET/1")


def test_routes_of_a_simulated_provider_stay_with_it():
    """The sandbox borrows HolySheep's models and its route; neither falls back on the other."""
    registry = Registry.load()
    for provider in ("holysheep", "sandbox"):
        behind = [t for tier in registry.routes for t in registry.fallbacks(tier, Target(provider, "deepseek-v3.2"))]
        assert {t.provider for t in behind} == {provider}
        assert Target(provider, "gemini-2.5-flash") in behind
