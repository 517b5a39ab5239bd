"""Provider keys: checked before use, shown only as a fingerprint."""

from __future__ import annotations

import hashlib
import re

from core.errors import ConfigError
from core.gateway.provider import Provider

PRINTABLE = re.compile(r"[!-~]+")
SHOWN_CHARS = 4


def check_key(provider: Provider, key: str | None) -> None:
    """Raise ConfigError unless the key could be this provider's; the message shows its first 4 characters at the most."""
    named = key_name(provider)
    if not key:
        raise ConfigError(f"No key for {provider.name}. {_advice(provider)}")
    if not PRINTABLE.fullmatch(key):
        raise ConfigError(f"{named} holds spaces, line breaks or characters no key has. Copy the key of {provider.name} again, alone.")
    if not key.startswith(provider.key_prefix):
        seen = key[: min(SHOWN_CHARS, len(key) // 2)]
        raise ConfigError(
            f"{named} begins with {seen!r}, but a key of {provider.name} begins with {provider.key_prefix!r}. {_advice(provider)}"
        )
    if key == provider.key_prefix:
        raise ConfigError(f"{named} holds only the prefix {provider.key_prefix!r}. {_advice(provider)}")


def fingerprint(key: str) -> str:
    """Eight hex digits that tell two keys apart and give neither away."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def key_name(provider: Provider) -> str:
    """How to call the key in a message: the variable it comes from, or the provider's own."""
    return provider.key_variables[0] if provider.key_variables else f"The key of {provider.name}"


def _advice(provider: Provider) -> str:
    if not provider.key_variables:
        return "The application hands this key in itself; restart it."
    return f"Set {' or '.join(provider.key_variables)} to a key of this provider."
