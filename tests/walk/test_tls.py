"""`python serve.py`: TLS 1.3 and nothing older, over a real socket."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from support.serving import ROOT, clean_environment, free_port

SIGN_IN = {
    "CASEGATE_OIDC_CLIENT_ID": "casegate",
    "CASEGATE_OIDC_CLIENT_SECRET": "not-a-real-secret",
    "CASEGATE_OIDC_METADATA_URL": "http://127.0.0.1:9/.well-known/openid-configuration",
    "CASEGATE_OIDC_REDIRECT_URI": "https://localhost/oauth2callback",
    "CASEGATE_OIDC_COOKIE_SECRET": "a-cookie-secret-of-enough-length",
    "CASEGATE_VAULT_KEYS": "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
}


@dataclass
class Secure:
    """A server with a certificate of the test's own authority."""

    port: int
    trust: ssl.SSLContext


def start(port: int, data: Path, **settings: str) -> subprocess.Popen[bytes]:
    """`python serve.py` with these settings."""
    env = clean_environment() | {"CASEGATE_DATA_DIR": str(data)} | settings
    with (data / "serve.log").open("wb") as log:
        return subprocess.Popen([sys.executable, "serve.py", "--port", str(port)], cwd=ROOT, env=env, stdout=log, stderr=log)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    """Started once for the module."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(folder / "cert.pem"), append=True)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    port = free_port()
    files = {"CASEGATE_TLS_CERT": str(folder / "cert.pem"), "CASEGATE_TLS_KEY": str(folder / "key.pem")}
    process = start(port, folder, **SIGN_IN, **files)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert process.poll() is None, "the server did not start"
            time.sleep(0.1)
    yield Secure(port, trust)
    process.terminate()
    process.wait(20)


def test_health_comes_over_tls_1_3_and_names_no_server(secure: Secure) -> None:
    """JSON, HSTS, and no hint at what serves it."""
    with urllib.request.urlopen(f"https://localhost:{secure.port}/health", context=secure.trust, timeout=60) as reply:
        assert json.load(reply)["status"] == "ok"
        assert "server" not in {name.lower() for name in reply.headers}
        assert "max-age" in reply.headers["Strict-Transport-Security"]


def test_tls_1_2_is_refused(secure: Secure) -> None:
    """A client that can do no better gets no handshake."""
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", secure.port), 5) as plain, pytest.raises(ssl.SSLError, match=r"(?i)version|alert|eof"):
        old.wrap_socket(plain, server_hostname="localhost")


def test_plain_http_is_refused(secure: Secure) -> None:
    """Nothing is answered without TLS."""
    with pytest.raises((urllib.error.URLError, OSError)):
        urllib.request.urlopen(f"http://127.0.0.1:{secure.port}/health", timeout=60)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "CASEGATE_OIDC_"),
        (SIGN_IN, "CASEGATE_TLS_CERT"),
        (SIGN_IN | {"CASEGATE_TLS_CERT": "no.pem", "CASEGATE_TLS_KEY": "no.pem"}, "check"),
    ],
    ids=["a demo", "no certificate", "a file that is not there"],
)
def test_a_wrong_setting_says_what_to_set(tmp_path: Path, settings: dict[str, str], word: str) -> None:
    """Exit code 2 and one sentence."""
    process = start(free_port(), tmp_path, **settings)
    assert process.wait(60) == 2
    told = (tmp_path / "serve.log").read_text()
    assert word in told
    assert "Traceback" not in told
