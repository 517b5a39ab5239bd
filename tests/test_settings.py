"""Settings: what is read, what is refused, and that no refusal shows a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core import bootstrap
from core.errors import ConfigError
from core.gateway import Registry
from core.settings import Environment, Settings, load_settings, provider_keys, require_safe_listening

OIDC = {
    "CASEGATE_OIDC_CLIENT_ID": "casegate",
    "CASEGATE_OIDC_CLIENT_SECRET": "a-secret",
    "CASEGATE_OIDC_METADATA_URL": "https://idp.example.org/.well-known/openid-configuration",
    "CASEGATE_OIDC_REDIRECT_URI": "https://casegate.example.org/oauth2callback",
    "CASEGATE_OIDC_COOKIE_SECRET": "another-secret",
}
VARIABLES = {"holysheep": ("YOUR_HOLYSHEEP_API_KEY", "HOLYSHEEP_API_KEY")}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the machine's own, no `.env` of the developer's."""
    import os

    for name in list(os.environ):
        if name.startswith("CASEGATE_") or "HOLYSHEEP" in name:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults_are_the_missions() -> None:
    """Temperature 0.3, 2,000 tokens, development, demo mode."""
    config = load_settings()
    assert (config.temperature, config.max_tokens, config.env, config.demo) == (0.3, 2000, Environment.DEVELOPMENT, True)


def test_settings_are_frozen() -> None:
    """Nothing changes a setting after it was read."""
    with pytest.raises(Exception, match="frozen"):
        load_settings().temperature = 1.0  # type: ignore[misc]


def test_dot_env_is_read(tmp_path: Path) -> None:
    """A `.env` beside the app sets what the environment doesn't."""
    (tmp_path / ".env").write_text("CASEGATE_MAX_TOKENS=1500\nHOLYSHEEP_API_KEY=hs-from-file\n")
    assert load_settings().max_tokens == 1500
    assert provider_keys(VARIABLES, Environment.DEVELOPMENT) == {"holysheep": "hs-from-file"}


@pytest.mark.parametrize(
    ("variables", "env", "key"),
    [
        ({"YOUR_HOLYSHEEP_API_KEY": "hs-1"}, Environment.DEVELOPMENT, "hs-1"),
        ({"HOLYSHEEP_API_KEY": "hs-2"}, Environment.DEVELOPMENT, "hs-2"),
        ({"HOLYSHEEP_API_KEY": "hs-2", "HOLYSHEEP_API_KEY_PRODUCTION": "hs-p"}, Environment.PRODUCTION, "hs-p"),
        ({"HOLYSHEEP_API_KEY": "hs-2", "HOLYSHEEP_API_KEY_PRODUCTION": "hs-p"}, Environment.STAGING, "hs-2"),
        ({"YOUR_HOLYSHEEP_API_KEY_STAGING": "hs-s", "HOLYSHEEP_API_KEY": "hs-2"}, Environment.STAGING, "hs-s"),
    ],
    ids=["the guide's name", "the plain name", "production's own", "not another environment's", "staging's own"],
)
def test_each_environment_finds_its_own_key(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], env: Environment, key: str) -> None:
    """The suffixed name of the environment comes first, the plain names follow."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert provider_keys(VARIABLES, env) == {"holysheep": key}


def test_a_key_without_its_prefix_shows_its_first_characters_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable and the prefix and hides the rest of the key."""
    monkeypatch.setenv("HOLYSHEEP_API_KEY", "sk-live-0123456789abcdef")
    with pytest.raises(ConfigError) as refused:
        bootstrap.check(load_settings())
    assert "HOLYSHEEP_API_KEY" in refused.value.user_message
    assert "hs-" in refused.value.user_message
    assert "0123456789" not in refused.value.user_message


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("CASEGATE_TEMPERATURE", "hot-value", "TEMPERATURE"),
        ("CASEGATE_MAX_TOKENS", "7", "MAX_TOKENS"),
        ("CASEGATE_ENV", "prod-value", "ENV"),
        ("CASEGATE_SANDBOX_KEY", "short-key", "SANDBOX_KEY"),
        ("CASEGATE_SANDBOX_KEY", "a key with spaces in it", "SANDBOX_KEY"),
    ],
)
def test_a_wrong_value_names_its_variable_not_itself(monkeypatch: pytest.MonkeyPatch, name: str, value: str, word: str) -> None:
    """The message names what to change and never repeats what was given."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert word in refused.value.user_message
    if len(value) > 1:
        assert value not in refused.value.user_message


def test_half_an_identity_provider_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client id alone must not look like sign-in."""
    monkeypatch.setenv("CASEGATE_OIDC_CLIENT_ID", "casegate")
    with pytest.raises(ConfigError, match="CASEGATE_OIDC_METADATA_URL"):
        load_settings()


def test_a_whole_identity_provider_ends_demo_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit gets its auth settings from ours."""
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)
    config = load_settings()
    assert not config.demo
    assert config.streamlit_auth()["auth"]["client_id"] == "casegate"


def test_outside_demo_the_vault_key_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """With sign-in, a missing vault key is an error that says what to set."""
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="CASEGATE_VAULT_KEYS"):
        bootstrap.check(load_settings())


@pytest.mark.parametrize(
    ("address", "public", "fine"),
    [
        ("127.0.0.1", "", True),
        ("localhost", "", True),
        ("::1", "", True),
        ("0.0.0.0", "", False),
        ("", "", False),
        ("0.0.0.0", "yes", True),
    ],
)
def test_a_demo_listens_on_loopback_only(monkeypatch: pytest.MonkeyPatch, address: str, public: str, fine: bool) -> None:
    """Elsewhere it needs sign-in or its operator's word that it is a public demo."""
    monkeypatch.setenv("CASEGATE_DEMO_PUBLIC", public)
    config = load_settings()
    if fine:
        require_safe_listening(config, address)
        assert config.demo
    else:
        with pytest.raises(ConfigError, match="CASEGATE_DEMO_PUBLIC"):
            require_safe_listening(config, address)


def test_with_sign_in_it_may_listen_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity provider lifts the loopback rule."""
    for name, value in OIDC.items():
        monkeypatch.setenv(name, value)
    config = load_settings()
    require_safe_listening(config, "0.0.0.0")
    assert not config.demo


def test_api_keys_carry_a_caller_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """`name:key` pairs, bare keys numbered, no key in the settings' repr."""
    monkeypatch.setenv("CASEGATE_API_KEYS", "ward-3:alpha-key, beta-key")
    config = load_settings()
    assert config.api_key_list == (("ward-3", "alpha-key"), ("caller-2", "beta-key"))
    assert "alpha-key" not in repr(config)


def test_the_sandbox_key_is_the_operators_or_a_random_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set, it opens the sandbox to a client of one's own; unset, every start makes another."""
    made = set()
    for value in ("", "", "a-key-for-my-own-client"):
        monkeypatch.setenv("CASEGATE_SANDBOX_KEY", value)
        built = bootstrap.build(load_settings(data_dir=tmp_path / "var"), port=1)
        built.close()
        made.add(built.sandbox_key)
        assert built.sandbox_key not in repr(built)
    assert len(made) == 3
    assert "a-key-for-my-own-client" in made


def test_the_example_file_names_every_setting_and_no_other() -> None:
    """`.env.example` offers each field of Settings, and besides only the providers' key variables."""
    lines = (Path(__file__).parent.parent / ".env.example").read_text().splitlines()
    offered = {name for line in lines if re.fullmatch(r"[A-Z_]+", name := line.removeprefix("# ").partition("=")[0]) and "=" in line}
    known = {f"CASEGATE_{name.upper()}" for name in Settings.model_fields}
    keys = {v + s for p in Registry.load().providers for v in p.key_variables for s in ("", "_STAGING", "_PRODUCTION")}
    assert known <= offered
    assert not offered - known - keys


def test_every_provider_in_the_file_names_its_key_variable() -> None:
    """The registry and the settings agree on HolySheep's variables."""
    variables = {p.id: p.key_variables for p in Registry.load().providers}
    assert variables["holysheep"] == ("YOUR_HOLYSHEEP_API_KEY", "HOLYSHEEP_API_KEY")
