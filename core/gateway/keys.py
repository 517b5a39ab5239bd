"""Provider keys: read where they stand, checked before use, shown only as a fingerprint."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.errors import ConfigError
from core.gateway.provider import Provider

PRINTABLE = re.compile(r"[!-~]+")
SHOWN_CHARS = 4


class KeySource(Protocol):
    """Where a key comes from."""

    def read(self) -> str:
        """The key as it is now; empty when there is none. Raises ConfigError when it can't be read."""
        ...


@dataclass(frozen=True)
class FixedKey:
    """A key that stays as it is while the process runs."""

    value: str = field(repr=False)

    def read(self) -> str:
        """The key."""
        return self.value


class FileKey:
    """A key in a mounted secret file; read again whenever the file has changed, so that a key rotates without a restart."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._value = ""

    def read(self) -> str:
        """The file's text without surrounding space. Raises ConfigError when the file can't be read."""
        try:
            state = self._path.stat()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
            with self._lock:
                if stamp != self._seen:
                    self._value, self._seen = self._path.read_text(encoding="utf-8").strip(), stamp
                return self._value
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The key file {self._path.name} can't be read ({type(error).__name__}). Check the mounted secret.") from None


def source_of(key: str | KeySource) -> KeySource:
    """A source for a key that is handed in as text."""
    return FixedKey(key) if isinstance(key, str) else key


def check_environment(provider: Provider, key: str, env: str, others: dict[str, str]) -> None:
    """Raise ConfigError for a key of another environment: one that begins like its keys, or is the very key set for it."""
    wanted = provider.key_prefixes.get(env, "")
    like = {other: prefix for other, prefix in provider.key_prefixes.items() if key.startswith(prefix)}
    for other, prefix in sorted(like.items(), key=lambda item: -len(item[1])):
        if len(prefix) > len(like.get(env, "")):
            raise ConfigError(f"{key_name(provider)} holds a {other} key, and this is {env}. Set the {env} key of {provider.name}.")
    if wanted and not key.startswith(wanted):
        raise ConfigError(f"{key_name(provider)} does not begin like a {env} key of {provider.name} ({wanted!r}). Set the {env} key.")
    for other, value in others.items():
        if other != env and value == key:
            raise ConfigError(f"{key_name(provider)} holds the same key as its {other} variable, and this is {env}. Keys are not shared.")


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
