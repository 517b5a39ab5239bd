"""The header policy: CSP with the page shell's own scripts, hardened cookies, no CORS."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from pathlib import Path

import pytest

from core.api.headers import ResponsePolicy, content_security_policy, harden_cookie, streamlit_index_html

POLICY = ResponsePolicy("default-src 'self'")


def applied(headers: list[tuple[bytes, bytes]], path: str = "/", https: bool = False) -> dict[bytes, bytes]:
    """The headers of a response after the policy."""
    return dict(POLICY.apply(headers, path=path, https=https))


def test_inline_scripts_are_allowed_by_hash_and_nothing_else_is() -> None:
    """Each inline script's SHA-256 stands in script-src; scripts with a source and commented-out ones don't add any."""
    body = "\n  go()\n"
    html = f'<!-- <script>old()</script> --><script>{body}</script><script type="module" src="/a.js"></script>'
    expected = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    csp = content_security_policy(html)
    assert f"script-src 'self' blob: 'sha256-{expected}';" in csp
    assert csp.count("sha256-") == 1


def test_no_directive_lets_foreign_content_in() -> None:
    """No wildcard, no http source, no unsafe script in the policy of the installed Streamlit's page."""
    csp = content_security_policy(streamlit_index_html())
    assert not re.search(r"\*|https?:|unsafe-eval", csp)
    assert "'unsafe-inline'" not in csp.split("script-src")[1].split(";")[0]
    assert {"object-src 'none'", "frame-ancestors 'none'", "base-uri 'self'", "img-src 'self' data: blob:"} <= set(csp.split("; "))


def test_the_shell_is_found_without_importing_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page shell is read from the installed package's folder, which is not loaded for it."""
    for name in [m for m in sys.modules if m == "streamlit" or m.startswith("streamlit.")]:
        monkeypatch.delitem(sys.modules, name)
    assert '<div id="root">' in streamlit_index_html()
    assert "streamlit" not in sys.modules


def test_our_headers_replace_the_responses_own() -> None:
    """A weaker CSP of the response, its server name and its CORS headers are gone; the security headers are there once."""
    before = [(b"Content-Security-Policy", b"default-src *"), (b"Server", b"x"), (b"Access-Control-Allow-Origin", b"*"), (b"etag", b"e")]
    after = POLICY.apply(before, path="/", https=False)
    names = [name.lower() for name, _ in after]
    assert names.count(b"content-security-policy") == 1
    assert not {b"server", b"access-control-allow-origin", b"strict-transport-security", b"cache-control"} & set(names)
    assert dict(after)[b"etag"] == b"e"
    assert dict(after)[b"x-frame-options"] == b"DENY"
    assert b"camera=()" in dict(after)[b"permissions-policy"]


@pytest.mark.parametrize("path", ["/health", "/preview", "/api/v1/diagnosis-assist", "/sandbox/v1/models", "/media/x.csv"])
def test_private_paths_are_never_stored(path: str) -> None:
    """What may hold a case, and health, is not cached anywhere, whatever the handler said."""
    assert applied([(b"cache-control", b"public")], path)[b"cache-control"] == b"no-store"


def test_public_assets_keep_their_caching() -> None:
    """A path that only begins like a private one keeps its own cache header."""
    assert applied([(b"cache-control", b"public")], "/apidocs.js")[b"cache-control"] == b"public"


def test_hsts_only_over_https() -> None:
    """Strict-Transport-Security is sent over https alone."""
    assert b"strict-transport-security" in applied([], https=True)
    assert b"strict-transport-security" not in applied([], https=False)


COOKIES = {
    "sign-in, https": (b"_streamlit_user=a; Max-Age=2592000; Path=/", True, b"_streamlit_user=a; Max-Age=60; Path=/; Secure"),
    "sign-in, http": (b"_streamlit_user_tokens_1=a; Max-Age=2592000", False, b"_streamlit_user_tokens_1=a; Max-Age=60"),
    "deletion": (b"_streamlit_user=; Max-Age=0", True, b"_streamlit_user=; Max-Age=0; Secure"),
    "session": (b"_streamlit_session=a; HttpOnly; secure", True, b"_streamlit_session=a; HttpOnly; secure"),
    "xsrf": (b"_streamlit_xsrf=a; Max-Age=99", True, b"_streamlit_xsrf=a; Max-Age=99; Secure"),
    "not Streamlit's": (b"other=a; Max-Age=99", True, b"other=a; Max-Age=99"),
}


@pytest.mark.parametrize(("value", "https", "expected"), COOKIES.values(), ids=COOKIES.keys())
def test_cookies_are_hardened(value: bytes, https: bool, expected: bytes) -> None:
    """Streamlit's cookies are Secure over https, and its sign-in cookies live no longer than told."""
    assert harden_cookie(value, https=https, max_age_s=60) == expected


def test_the_package_does_not_name_streamlit_in_an_import() -> None:
    """No module of core.api imports streamlit."""
    sources = Path(streamlit_index_html.__code__.co_filename).parent.glob("*.py")
    assert not [s.name for s in sources if re.search(r"^\s*(import|from) streamlit", s.read_text(), re.MULTILINE)]
