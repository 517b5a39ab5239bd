"""What every response carries: the content security policy, the other security headers, hardened cookies. Pure."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.api.refusals import OWN_PREFIXES, is_under
from core.errors import ConfigError

HeaderList = list[tuple[bytes, bytes]]

_PRIVATE_PREFIXES = (*OWN_PREFIXES, "/media")

_INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]{0,2000})>(?P<body>.*?)</script>", re.DOTALL | re.IGNORECASE)
_HAS_SOURCE = re.compile(r"\ssrc\s*=", re.IGNORECASE)

_FIXED: HeaderList = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        b"magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=()",
    ),
]
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_NO_STORE = (b"cache-control", b"no-store")
_DROPPED = frozenset({b"server", b"x-powered-by"})
_CORS_PREFIX = b"access-control-"


def streamlit_index_html() -> str:
    """The page shell of the installed Streamlit, found without importing it. Raises ConfigError when it is not there."""
    spec = importlib.util.find_spec("streamlit")
    if spec is None or spec.origin is None:
        raise ConfigError("Streamlit is not installed: run `pip install -r requirements.txt`.")
    page = Path(spec.origin).parent / "static" / "index.html"
    try:
        return page.read_text(encoding="utf-8")
    except OSError:
        raise ConfigError("The installed Streamlit has no static/index.html: reinstall it.") from None


def content_security_policy(index_html: str) -> str:
    """The policy for every page: only this server's own code, and the inline scripts of `index_html` by their SHA-256."""
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script['body'].encode()).digest()).decode()}'"
        for script in _INLINE_SCRIPT.finditer(_without_comments(index_html))
        if not _HAS_SOURCE.search(script["attributes"])
    ]
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self' blob:", *dict.fromkeys(hashes))),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _without_comments(html: str) -> str:
    return re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)


@dataclass(frozen=True, slots=True)
class ResponsePolicy:
    """What is done to the headers of every response.

    `cookie_max_age_s` shortens the life of the sign-in cookies; nothing on the server ends it sooner.
    """

    csp: str
    cookie_max_age_s: int = 12 * 3600

    def apply(self, headers: Iterable[tuple[bytes, bytes]], *, path: str, https: bool) -> HeaderList:
        """`headers` with this policy's own added or put in place of the response's, CORS and server names removed."""
        added = [*_FIXED, (b"content-security-policy", self.csp.encode("ascii"))]
        if https:
            added.append(_HSTS)
        if is_under(path, _PRIVATE_PREFIXES):
            added.append(_NO_STORE)
        replaced = {name for name, _ in added} | _DROPPED
        kept = [(name, value) for name, value in headers if name.lower() not in replaced and not name.lower().startswith(_CORS_PREFIX)]
        return [(name, self._cookie(value, https) if name.lower() == b"set-cookie" else value) for name, value in kept] + added

    def _cookie(self, value: bytes, https: bool) -> bytes:
        return harden_cookie(value, https=https, max_age_s=self.cookie_max_age_s)


def harden_cookie(value: bytes, *, https: bool, max_age_s: int) -> bytes:
    """A Set-Cookie value of Streamlit's with Secure over https and, on sign-in cookies, at most `max_age_s` seconds of life."""
    if not value.startswith(b"_streamlit"):
        return value
    parts = [part.strip() for part in value.split(b";")]
    if value.startswith(b"_streamlit_user"):
        parts = [_shortened(part, max_age_s) for part in parts]
    if https and b"secure" not in (part.lower() for part in parts):
        parts.append(b"Secure")
    return b"; ".join(parts)


def _shortened(attribute: bytes, max_age_s: int) -> bytes:
    name, _, seconds = attribute.partition(b"=")
    if name.lower() != b"max-age" or not seconds.isdigit():
        return attribute
    return b"Max-Age=%d" % min(int(seconds), max_age_s)
