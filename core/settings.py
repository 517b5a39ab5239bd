"""Settings: frozen, read once from the environment and `.env`. The only reader of the environment.

Every variable begins with `CASEGATE_`, but for the providers' keys, whose names stand in
`core/gateway/providers.toml`. In staging and production a key is looked up under its name with the
environment's suffix first (`HOLYSHEEP_API_KEY_PRODUCTION`), so that the three environments hold
separate keys. `…_FILE` names a mounted secret file that holds the key instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ENV_FILE = ".env"
_SANDBOX_KEY = re.compile(r"[A-Za-z0-9._-]{16,200}")
_OIDC = ("oidc_client_id", "oidc_client_secret", "oidc_metadata_url", "oidc_redirect_uri", "oidc_cookie_secret")


class Environment(StrEnum):
    """Where this installation stands; each has its own provider keys."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Everything that can be set from outside. Read with `load_settings`, which turns faults into ConfigError."""

    model_config = SettingsConfigDict(env_prefix="CASEGATE_", env_file=ENV_FILE, frozen=True, extra="ignore", env_ignore_empty=True)

    env: Environment = Environment.DEVELOPMENT
    data_dir: Path = Path("var")
    audit_database: str = ""
    database_url: SecretStr = SecretStr("")
    audit_key: SecretStr | None = None
    audit_key_file: Path | None = None
    audit_anchor: str = ""
    vault_database: str = ""
    vault_keys: SecretStr | None = None
    vault_key_file: Path | None = None
    vault_kms: str = Field("", pattern=r"^([A-Za-z_][\w.]*:[A-Za-z_]\w*)?$")
    providers_file: Path | None = None
    default_provider: str = ""
    temperature: float = Field(0.3, ge=0, le=2)
    max_tokens: int = Field(2000, ge=64, le=32_000)
    metrics_token: SecretStr = SecretStr("")
    otlp_endpoint: str = ""
    budgets: str = ""
    budget_database: str = ""
    user_rate: str = "60/minute"
    hedge_after_s: float = Field(0, ge=0, le=60)
    api_keys: SecretStr = SecretStr("")
    api_rate: str = "30/minute"
    demo_public: bool = False
    break_glass_minutes: int = Field(60, ge=0, le=480)
    sandbox_key: SecretStr = SecretStr("")
    sandbox_speed: float = Field(1.0, gt=0)
    sandbox_record: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_metadata_url: str = ""
    oidc_redirect_uri: str = ""
    oidc_cookie_secret: SecretStr = SecretStr("")
    oidc_role_claim: str = "roles"
    oidc_department_claim: str = "department"

    @field_validator(
        "vault_keys", "audit_key", "database_url", "api_keys", "sandbox_key", "metrics_token", "oidc_client_secret", "oidc_cookie_secret"
    )
    @classmethod
    def _no_blank(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value is None else SecretStr(value.get_secret_value().strip())

    @field_validator("sandbox_key")
    @classmethod
    def _sandbox_key_of_form(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _SANDBOX_KEY.fullmatch(value.get_secret_value()):
            raise ValueError("write 16 to 200 letters, digits, dots, dashes and underscores")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _metrics_token_long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 16:
            raise ValueError("write 16 characters or more, best random ones")
        return value

    @model_validator(mode="after")
    def _oidc_whole(self) -> Self:
        given = [name for name in _OIDC if self._plain(name)]
        missing = [f"CASEGATE_{name.upper()}" for name in _OIDC if not self._plain(name)]
        if given and missing:
            raise ValueError(f"sign-in is half configured: set {', '.join(missing)} too, or none of the CASEGATE_OIDC_ settings")
        return self

    def _plain(self, name: str) -> str:
        value = getattr(self, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else value

    @property
    def demo(self) -> bool:
        """No identity provider is configured: loopback only, roles can be switched, the sandbox provider answers."""
        return not self.oidc_client_id

    @property
    def emergency_minutes(self) -> int:
        """How long emergency access lasts; 0 where there is none, as in a public demo, in which strangers meet."""
        return 0 if self.demo and self.demo_public else self.break_glass_minutes

    @property
    def audit_path(self) -> str:
        """Path or SQLAlchemy URL of the audit store; a URL may hold a password."""
        return self.audit_database or self._plain("database_url") or str(self.data_dir / "audit.sqlite3")

    @property
    def audit_key_path(self) -> Path:
        """Where the key that signs tree heads is kept, unless CASEGATE_AUDIT_KEY holds it."""
        return self.audit_key_file or self.data_dir / "audit.key"

    @property
    def audit_anchor_place(self) -> str:
        """Path or URL at which signed tree heads are kept outside the database."""
        return self.audit_anchor or str(self.data_dir / "audit.head")

    @property
    def vault_path(self) -> str:
        """Path of the vault."""
        return self.vault_database or str(self.data_dir / "vault.sqlite3")

    @property
    def budget_path(self) -> str:
        """Path or SQLAlchemy URL of the store of spending limits."""
        return self.budget_database or str(self.data_dir / "budget.sqlite3")

    @property
    def api_key_list(self) -> tuple[tuple[str, str], ...]:
        """(caller name, key) pairs for the REST API, from `name:key,name:key`; a bare key is called `caller-N`."""
        pairs = []
        for number, item in enumerate(filter(None, (part.strip() for part in self.api_keys.get_secret_value().split(","))), 1):
            name, _, key = item.rpartition(":")
            pairs.append((name or f"caller-{number}", key))
        return tuple(pairs)

    def streamlit_auth(self) -> dict[str, Any]:
        """The `secrets` that st.App wants for st.login; empty in demo mode."""
        if self.demo:
            return {}
        return {
            "auth": {
                "redirect_uri": self.oidc_redirect_uri,
                "cookie_secret": self._plain("oidc_cookie_secret"),
                "client_id": self.oidc_client_id,
                "client_secret": self._plain("oidc_client_secret"),
                "server_metadata_url": self.oidc_metadata_url,
            }
        }


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, `.env` and `overrides`. Raises ConfigError naming each variable, never its value."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(e) for e in error.errors(include_input=False, include_url=False))) from None


def _explain(error: Mapping[str, object]) -> str:
    where = error["loc"]
    name = f"CASEGATE_{str(where[0]).upper()}: " if isinstance(where, tuple) and where else ""
    return f"{name}{str(error['msg']).removeprefix('Value error, ')}"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()


def provider_keys(variables: Mapping[str, Sequence[str]], env: Environment) -> dict[str, str | Path]:
    """Provider id → key, or the file that holds it; `variables` maps provider id → variable names in order."""
    values = _values()
    found: dict[str, str | Path] = {}
    for provider, names in variables.items():
        suffixed = [f"{name}_{env.value.upper()}" for name in names]
        for name in [*suffixed, *names]:
            if name in values:
                found[provider] = values[name]
            elif f"{name}_FILE" in values:
                found[provider] = Path(values[f"{name}_FILE"])
            else:
                continue
            break
    return found


def keys_elsewhere(names: Sequence[str], env: Environment) -> dict[str, str]:
    """Environment → key, for the other environments whose own variables hold one here, too."""
    values = _values()
    others = [e for e in Environment if e is not env]
    return {e.value: values[v] for e in others for name in names if (v := f"{name}_{e.value.upper()}") in values}


def _values() -> dict[str, str]:
    return {k: v for k, v in dotenv_values(ENV_FILE).items() if v} | {k: v for k, v in os.environ.items() if v.strip()}


def require_safe_listening(config: Settings, address: str) -> None:
    """Refuse to serve a demo anywhere but on loopback, unless its operator has said that it is a public demo."""
    if config.demo and not config.demo_public and address not in LOOPBACK:
        raise ConfigError(
            f"Casegate will not listen on {address or 'all addresses'} without sign-in. Configure an identity provider "
            "(CASEGATE_OIDC_CLIENT_ID, CASEGATE_OIDC_CLIENT_SECRET, CASEGATE_OIDC_METADATA_URL, CASEGATE_OIDC_REDIRECT_URI, "
            "CASEGATE_OIDC_COOKIE_SECRET), or set CASEGATE_DEMO_PUBLIC=yes for a demo in a container that holds invented cases only, "
            "or let it listen on 127.0.0.1."
        )
