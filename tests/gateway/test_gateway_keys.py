"""Keys: refused early, shown never."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.gateway import FileKey, Gateway, Registry, check_environment, check_key, fingerprint
from core.model import FixedClock, Target

REGISTRY = Registry.load()
HOLYSHEEP = REGISTRY.provider("holysheep")
WRONG = {
    "missing": ("", "No key for HolySheep AI"),
    "none": (None, "No key for HolySheep AI"),
    "prefix": ("sk-4f9a7c2e1b", "begins with 'sk-4'"),
    "short": ("abcd", "begins with 'ab'"),
    "placeholder": ("YOUR_HOLYSHEEP_API_KEY", "begins with 'YOUR'"),
    "space before": (" hs-4f9a7c2e1b", "holds spaces"),
    "line break": ("hs-4f9a7c2e1b\n", "holds spaces"),
    "space within": ("hs-4f9a 7c2e1b", "holds spaces"),
    "quotes of a word processor": ("“hs-4f9a7c2e1b”", "characters no key has"),
    "prefix alone": ("hs-", "only the prefix"),
}


@pytest.mark.parametrize(("key", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_key_is_named_not_shown(key, words):
    """The message names the variable and what is wrong, and shows no more than four characters."""
    with pytest.raises(ConfigError) as caught:
        check_key(HOLYSHEEP, key)
    message = caught.value.user_message
    assert words in message
    assert "HOLYSHEEP_API_KEY" in message or "HolySheep AI" in message
    assert "4f9a7c2e1b" not in message
    assert "7c2e" not in message


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60))
def test_a_plausible_key_passes(rest):
    """Printable characters after the prefix are a key."""
    assert check_key(HOLYSHEEP, "hs-" + rest) is None


def test_a_handed_in_key_needs_no_prefix():
    """The sandbox takes any key the application hands it, and says so when none came."""
    sandbox = REGISTRY.provider("sandbox")
    assert check_key(sandbox, "anything") is None
    with pytest.raises(ConfigError, match="hands this key in"):
        check_key(sandbox, "")


def test_a_fingerprint_tells_keys_apart():
    """Eight hex digits, the same for the same key, and nothing of it."""
    assert fingerprint("hs-a") == fingerprint("hs-a") != fingerprint("hs-b")
    assert len(fingerprint("hs-a")) == 8
    assert int(fingerprint("hs-a"), 16) >= 0


def test_a_gateway_checks_its_keys_at_birth():
    """A wrong key or a key for nobody stops the start; an empty one leaves its provider out."""

    def gateway(keys):
        return Gateway(REGISTRY, keys, clock=FixedClock(), sleep=print, random=lambda: 0.5)

    assert gateway({"sandbox": "any", "holysheep": "hs-x"}).configured() == ("holysheep", "sandbox")
    assert gateway({"sandbox": "any", "holysheep": ""}).configured() == ("sandbox",)
    with pytest.raises(ConfigError, match="begins with"):
        gateway({"holysheep": "sk-123456"})
    with pytest.raises(ConfigError, match="no provider 'nobody'"):
        gateway({"nobody": "x"})


def test_a_gateway_does_not_show_its_keys():
    """Neither repr nor str of a gateway holds a key."""
    made = Gateway(REGISTRY, {"holysheep": "hs-4f9a7c2e1b"}, clock=FixedClock(), sleep=print, random=lambda: 0.5)
    assert "4f9a" not in repr(made) + str(made)


def test_a_key_in_a_file_rotates_without_a_restart(tmp_path, scenes, play):
    """The next call after the secret was replaced goes out with the new key; a mounted secret is replaced, not rewritten."""
    secret = tmp_path / "secret"
    secret.write_text("hs-before\n")
    rig = play(scenes.GOOD)
    rig.gateway._keys["holysheep"] = FileKey(secret)
    rig.complete()
    (tmp_path / "new").write_text("hs-after\n")
    (tmp_path / "new").rename(secret)
    rig.complete()
    sent = [line for head, _ in rig.server.requests for line in head.split("\r\n") if line.startswith("Authorization")]
    assert sent == ["Authorization: Bearer hs-before", "Authorization: Bearer hs-after"]


def test_a_key_file_that_is_gone_stops_the_call(tmp_path, scenes, play):
    """The message names the file alone, and nothing is sent."""
    secret = tmp_path / "holysheep-key"
    rig = play(scenes.GOOD)
    rig.gateway._keys["holysheep"] = FileKey(secret)
    with pytest.raises(ConfigError, match="holysheep-key can't be read"):
        rig.complete()
    assert rig.server.connections == 0


OURS = replace(HOLYSHEEP, key_prefixes={"development": "hs-dev-", "staging": "hs-stg-", "production": "hs-live-"})
ELSEWHERE = {
    "development key in production": (OURS, "hs-dev-1", "production", {}, "a development key, and this is production"),
    "production key in development": (OURS, "hs-live-1", "development", {}, "a production key"),
    "of no environment": (OURS, "hs-1", "production", {}, "does not begin like a production key"),
    "the same in both": (HOLYSHEEP, "hs-1", "production", {"development": "hs-1"}, "the same key as its development variable"),
}


@pytest.mark.parametrize(("provider", "key", "env", "others", "words"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_key_of_another_environment_is_refused(provider, key, env, others, words):
    """Keys are told apart by their prefixes where they have them, else by standing in another environment's variable."""
    with pytest.raises(ConfigError) as caught:
        check_environment(provider, key, env, others)
    assert words in caught.value.user_message
    assert key not in caught.value.user_message


def test_a_key_of_this_environment_passes():
    """Its own prefix, and another key elsewhere."""
    check_environment(OURS, "hs-live-1", "production", {"development": "hs-dev-1"})
    check_environment(HOLYSHEEP, "hs-1", "development", {"production": "hs-2"})


AUTH = {
    "bearer": ({}, "Authorization: Bearer hs-test-0000", "/v1/chat/completions"),
    "azure": (
        {
            "auth": "header",
            "auth_header": "api-key",
            "path": "/deployments/{model}/chat/completions",
            "query": {"api-version": "2024-10-21"},
        },
        "api-key: hs-test-0000",
        "/v1/deployments/deepseek-v3.2/chat/completions?api-version=2024-10-21",
    ),
    "none": ({"auth": "none"}, "", "/v1/chat/completions"),
}


@pytest.mark.parametrize(("changes", "header", "path"), AUTH.values(), ids=AUTH)
def test_each_way_of_showing_the_key(play, scenes, changes, header, path):
    """The key goes where the provider's entry says, and nowhere else; without one none is sent."""
    rig = play(scenes.GOOD, **changes)
    rig.complete()
    head = rig.server.requests[0][0]
    assert f"POST {path} HTTP/1.1" in head
    assert [line for line in head.split("\r\n") if scenes.KEY in line] == ([header] if header else [])


def test_a_disabled_provider_is_not_asked(play, scenes):
    """An entry that was not enabled can't be called, key or not."""
    rig = play(scenes.GOOD, enabled=False)
    assert rig.gateway.configured() == ()
    with pytest.raises(ConfigError, match="not enabled"):
        rig.complete()


CHECKS = {
    "well": (lambda s: s.document(s.completion("ready")), {}, True, "answered as DeepSeek V3.2"),
    "401": (lambda s: s.status(401), {}, False, "YOUR_HOLYSHEEP_API_KEY (fingerprint"),
    "unknown model": (lambda s: s.status(404), {}, False, "does not know deepseek-v3.2"),
    "limited": (lambda s: s.status(429), {}, False, "limiting requests"),
    "web page": (lambda s: s.document(b"<html>", media="text/html"), {}, False, "a web page"),
    "dns": (lambda s: s.GOOD, {"base_url": "https://no-such-host.invalid/v1"}, False, "was not found"),
    "tls": (lambda s: lambda peer: peer.send("HTTP/1.1 400 no\r\n\r\n"), {"tls": True}, False, "secure connection"),
    "wrong prefix": (lambda s: s.GOOD, {"key_prefix": "sk-"}, False, "begins with 'hs-t'"),
    "disabled": (lambda s: s.GOOD, {"enabled": False}, False, "not enabled"),
}


@pytest.mark.parametrize(("scene", "changes", "ok", "words"), CHECKS.values(), ids=CHECKS)
def test_a_connection_test_names_what_is_wrong(play, scenes, scene, changes, ok, words):
    """One request, no retries, no case: the sentence says which of the many things it is, and never shows the key."""
    rig = play(scene(scenes))
    changes = dict(changes)
    if changes.pop("tls", False):
        changes["base_url"] = f"https://127.0.0.1:{rig.server.port}/v1"
    first, *rest = rig.registry.providers
    rig.gateway._registry = Registry((replace(first, **changes), *rest))
    check = rig.gateway.test_connection(Target("holysheep", "deepseek-v3.2"))
    assert (check.ok, words in check.words) == (ok, True)
    assert scenes.KEY not in repr(check)
    assert len(rig.server.requests) <= 1
    assert all(b"ready" in body and len(body) < 250 for _, body in rig.server.requests)
