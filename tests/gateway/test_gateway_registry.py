"""Providers as data: the shipped file, and every rule a file can break."""

from datetime import date
from decimal import Decimal

import pytest

from core.errors import ConfigError
from core.gateway import Baa, Registry
from core.model import Target, Tier

GOOD = """
[[provider]]
id = "onsite"
name = "On site"
base_url = "https://llm.example.org/v1/"
key_variables = ["ONSITE_KEY"]
[provider.baa]
state = "signed"
signed = 2026-01-01
until = 2026-12-31
[[provider.model]]
id = "small"
name = "Small"
tiers = ["routine", "complex"]
context_tokens = 8000
typical_completion_tokens = 900
typical_latency_s = 3
price = { output_usd_per_mtok = 0.1, input_usd_per_mtok = 15, source = "invoice", as_of = 2026-01-01 }
"""


@pytest.fixture
def load(tmp_path):
    """Load a providers file of that text."""

    def read(text):
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return Registry.load(file)

    return read


def test_the_shipped_file():
    """HolySheep comes first, at its address, with the mission's four models; the sandbox offers the same ones, simulated."""
    registry = Registry.load(port=9000)
    holysheep, sandbox, *others = registry.providers
    assert (holysheep.id, holysheep.base_url, holysheep.key_prefix) == ("holysheep", "https://api.holysheep.ai/v1", "hs-")
    assert holysheep.key_variables == ("YOUR_HOLYSHEEP_API_KEY", "HOLYSHEEP_API_KEY")
    assert [m.id for m in holysheep.models] == ["deepseek-v3.2", "gemini-2.5-flash", "gpt-4.1", "claude-sonnet-4.5"]
    assert (holysheep.simulated, holysheep.baa.state, holysheep.tls_minimum) == (False, "none", "1.3")
    assert sandbox.completions_url("gpt-4.1") == "http://127.0.0.1:9000/sandbox/v1/chat/completions"
    assert sandbox.simulated
    assert [(m.id, m.price, m.tiers) for m in sandbox.models] == [(m.id, m.price, m.tiers) for m in holysheep.models]
    assert all(m.price.input_usd_per_mtok is None for m in (*holysheep.models, *sandbox.models))
    assert [p.id for p in others] == ["openai", "anthropic", "google", "deepseek", "azure", "vllm", "ollama", "llamacpp"]
    assert {p.baa.state for p in others} == {"none"}


@pytest.mark.parametrize(
    ("tier", "model", "seconds"),
    [
        (Tier.ROUTINE, "deepseek-v3.2", 30),
        (Tier.TIME_SENSITIVE, "gemini-2.5-flash", 30),
        (Tier.COMPLEX, "gpt-4.1", 60),
        (Tier.DOCUMENTATION, "claude-sonnet-4.5", 60),
    ],
)
def test_tiers_propose_models_and_deadlines(tier, model, seconds):
    """Each tier proposes the mission's model at either provider, within the mission's time."""
    registry = Registry.load()
    assert registry.model_for_tier(tier) == Target("holysheep", model)
    assert registry.model_for_tier(tier, "sandbox") == Target("sandbox", model)
    assert registry.deadline_s(tier) == seconds


def test_every_model_is_found():
    """Each model's own target leads back to it and its provider."""
    registry = Registry.load()
    assert all(registry.find(m.target) == (registry.provider(m.provider), m) for m in registry.models)
    assert len({m.target for m in registry.models}) == len(registry.models) == 16


@pytest.mark.parametrize("target", [Target("nobody", "gpt-4.1"), Target("holysheep", "gpt-9")], ids=["provider", "model"])
def test_an_unknown_target_lists_the_known(target):
    """An unknown provider or model is named, with what there is."""
    with pytest.raises(ConfigError, match="Known: "):
        Registry.load().find(target)


def test_a_file_of_ones_own(load):
    """A provider is added without code; prices stay exact decimals, the trailing slash goes."""
    registry = load(GOOD)
    (provider,) = registry.providers
    (model,) = registry.models
    assert provider.completions_url("small") == "https://llm.example.org/v1/chat/completions"
    assert (model.price.output_usd_per_mtok, model.price.input_usd_per_mtok) == (Decimal("0.1"), Decimal(15))
    assert registry.model_for_tier(Tier.COMPLEX) == Target("onsite", "small")
    with pytest.raises(ConfigError, match="documentation"):
        registry.model_for_tier(Tier.DOCUMENTATION)


@pytest.mark.parametrize(
    ("on", "holds"), [("2025-12-31", False), ("2026-01-01", True), ("2026-12-31", True), ("2027-01-01", False)], ids=lambda v: str(v)
)
def test_an_agreement_holds_between_its_dates(load, on, holds):
    """A signed agreement is in force from the day it was signed through its last."""
    assert load(GOOD).providers[0].baa.in_force(date.fromisoformat(on)) is holds


def test_an_agreement_without_end_or_signature():
    """Without an end date an agreement goes on; unsigned, none is in force."""
    assert Baa("signed", date(2026, 1, 1)).in_force(date(2036, 1, 1))
    assert not Baa("none", date(2026, 1, 1)).in_force(date(2026, 6, 1))
    assert not Baa("not-required").in_force(date(2026, 6, 1))


def edited(old, new):
    """The good file with one change."""
    assert old in GOOD
    return GOOD.replace(old, new)


MODEL_AGAIN = GOOD[GOOD.index("[[provider.model]]") :]
BROKEN = {
    "not toml": ("provider = [", "not valid TOML"),
    "no provider": ("", "provider is missing"),
    "empty list": ("provider = []", "lists no provider"),
    "provider no table": ("provider = [1]", "provider no. 1: must be a table"),
    "unknown top": ("x = 1\n" + GOOD, "unknown: x"),
    "unknown name": (edited("key_variables", "key_variable"), "unknown: key_variable"),
    "unknown in model": (edited("context_tokens", "context_size = 1\ncontext_tokens"), "'onsite', model 'small': unknown: context_size"),
    "unknown in price": (edited("source =", "per = 1, source ="), "price: unknown: per"),
    "unknown in baa": (edited("until =", "untill ="), "baa: unknown: untill"),
    "missing name": (edited('name = "On site"', ""), "name is missing"),
    "wrong kind": (edited('name = "On site"', "name = 7"), "name must be a str"),
    "bad id": (edited('id = "onsite"', 'id = "On Site"'), "id must be lower-case"),
    "same provider": (GOOD + GOOD, "provider 'onsite': the id is used twice"),
    "same model": (GOOD + MODEL_AGAIN.replace('"routine", "complex"', ""), "model id 'small' is used twice"),
    "tier twice": (GOOD + MODEL_AGAIN.replace("small", "large"), "tier 'routine' is used twice"),
    "unknown tier": (edited('"complex"', '"urgent"'), "model 'small': unknown tier 'urgent'"),
    "tier no text": (edited('"complex"', "3"), "tiers must be a list of texts"),
    "http": (edited("https://llm", "http://llm"), "base_url must be https"),
    "http look-alike": (edited("https://llm.example.org", "http://127.0.0.1.example.org"), "base_url must be https"),
    "no scheme": (edited("https://llm", "llm"), "base_url must begin with https://"),
    "no host": (edited("https://llm.example.org/v1/", "https:///v1"), "name a host"),
    "bad port": (edited("llm.example.org", "llm.example.org:x"), "base_url is not a URL"),
    "user": (edited("llm.example", "me:secret@llm.example"), "no user, password"),
    "query": (edited("/v1/", "/v1?key=1"), "no user, password, query"),
    "space": (edited("/v1/", "/v 1"), "base_url must begin"),
    "negative price": (edited("= 0.1", "= -0.1"), "price: output_usd_per_mtok must be a number of at least 0"),
    "infinite price": (edited("= 0.1", "= inf"), "output_usd_per_mtok must be a number"),
    "price nan": (edited("= 0.1", "= nan"), "output_usd_per_mtok must be a number"),
    "price text": (edited("= 0.1", '= "0.1"'), "output_usd_per_mtok must be a number"),
    "price true": (edited("= 0.1", "= true"), "output_usd_per_mtok must be a number"),
    "no source": (edited('source = "invoice", ', ""), "price: source is missing"),
    "no date": (edited(", as_of = 2026-01-01", ""), "price: as_of is missing"),
    "date as text": (edited("as_of = 2026-01-01", 'as_of = "2026-01-01"'), "as_of must be a date"),
    "no context": (edited("context_tokens = 8000", "context_tokens = 0"), "context_tokens must be at least 1"),
    "no latency": (edited("typical_latency_s = 3", "typical_latency_s = 0"), "typical_latency_s must be a number above 0"),
    "no deadline": (edited('name = "On', 'deadline_routine_s = 0\nname = "On'), "deadline_routine_s must be a number above 0"),
    "simulated elsewhere": (edited('name = "On', 'simulated = true\nname = "On'), "simulated provider is this machine's own"),
    "header unnamed": (edited('name = "On', 'auth = "header"\nname = "On'), "auth_header goes with"),
    "header odd": (edited('name = "On', 'auth = "header"\nauth_header = "X Y"\nname = "On'), "auth_header must be the name of a header"),
    "odd path": (edited('name = "On', 'path = "/x?y=1"\nname = "On'), "path must begin with /"),
    "odd environment": (edited('key_variables = ["ONSITE_KEY"]', 'key_prefixes = { test = "t-" }'), "key_prefixes knows no 'test'"),
    "answers": (edited("context_tokens", 'answers = "xml"\ncontext_tokens'), "answers must be one of"),
    "old tls": (edited('name = "On', 'tls_minimum = "1.1"\nname = "On'), "tls_minimum must be one of 1.3, 1.2"),
    "tls without reason": (edited('name = "On', 'tls_minimum = "1.2"\nname = "On'), "needs tls_reason"),
    "baa state": (edited('"signed"', '"maybe"'), "baa: state must be one of"),
    "baa undated": (edited("signed = 2026-01-01", ""), "needs the date it was signed"),
    "baa backwards": (edited("2026-12-31", "2025-12-31"), "until is before signed"),
    "no models": (GOOD[: GOOD.index("[[provider.model]]")], "needs either its own models or models_of"),
    "lent by nobody": (GOOD[: GOOD.index("[provider.baa]")] + 'models_of = "x"', "models_of names 'x'"),
}


@pytest.mark.parametrize(("text", "rule"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_named(load, text, rule):
    """The error names the file, the entry and the rule, so that it can be mended without reading code."""
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert caught.value.user_message.startswith("mine.toml")
    assert rule in caught.value.user_message


def test_a_missing_file(tmp_path):
    """A file that isn't there is a ConfigError, too."""
    with pytest.raises(ConfigError, match=r"gone\.toml can't be read"):
        Registry.load(tmp_path / "gone.toml")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"])
def test_plain_http_on_this_machine(load, host):
    """This machine may be called without TLS."""
    assert load(edited("https://llm.example.org", f"http://{host}:8080")).providers[0].base_url == f"http://{host}:8080/v1"


def test_tls_1_2_with_a_reason(load):
    """A lowered TLS minimum is kept together with its reason."""
    provider = load(edited('name = "On', 'tls_minimum = "1.2"\ntls_reason = "old appliance"\nname = "On')).providers[0]
    assert (provider.tls_minimum, provider.tls_reason) == ("1.2", "old appliance")
