"""Keys: refused early, shown never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.gateway import Gateway, Registry, check_key, fingerprint
from core.model import FixedClock

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
