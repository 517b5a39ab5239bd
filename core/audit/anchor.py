"""The last signed tree head, kept in a place outside the database: a file, or a URL that takes PUT and gives GET.

It shows a cut-off tail or a restored older copy, which the database alone cannot. Keep it where whoever can write the
database cannot: another machine, a write-once share, an object store under another account.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from core.audit.checkpoint import SignedHead
from core.errors import ConfigError

_TIMEOUT_S = 5.0
_MAX_BYTES = 4_096
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Anchor(Protocol):
    """A place for one signed head."""

    def read(self) -> SignedHead | None:
        """The kept head; None when there is none or it can't be read as one. Raises OSError when the place can't be reached."""
        ...

    def write(self, head: SignedHead) -> None:
        """Replace the kept head, whole or not at all. Raises OSError."""
        ...


class FileAnchor:
    """A file, replaced at once; mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> SignedHead | None:
        """See Anchor."""
        try:
            return SignedHead.parse(self.path.read_bytes().decode())
        except (FileNotFoundError, ValueError):
            return None

    def write(self, head: SignedHead) -> None:
        """See Anchor."""
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(head.note.encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


class UrlAnchor:
    """A URL, over TLS unless it is on this machine. Redirects are not followed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = urllib.request.build_opener(_NoRedirect())

    def read(self) -> SignedHead | None:
        """See Anchor."""
        try:
            with self._opener.open(urllib.request.Request(self.url), timeout=_TIMEOUT_S) as answer:  # noqa: S310 – checked in anchor_at
                return SignedHead.parse(answer.read(_MAX_BYTES).decode())
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                return None
            raise
        except ValueError:
            return None

    def write(self, head: SignedHead) -> None:
        """See Anchor."""
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        request = urllib.request.Request(self.url, data=head.note.encode(), headers=headers, method="PUT")  # noqa: S310 – the same
        with self._opener.open(request, timeout=_TIMEOUT_S):
            return


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def anchor_at(place: str) -> Anchor:
    """The anchor at a path or URL. Raises ConfigError for a URL that is neither https nor on this machine."""
    if "://" not in place:
        return FileAnchor(Path(place))
    parts = urlsplit(place)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return UrlAnchor(place)
    raise ConfigError("CASEGATE_AUDIT_ANCHOR: write a path, or a URL that begins with https://.")
