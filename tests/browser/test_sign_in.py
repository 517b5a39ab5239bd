"""Sign-in through a real OIDC provider over HTTP: who comes in with which role, and what a stranger sees."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from support.serving import Served, Serving, free_port

pytestmark = pytest.mark.browser
USERS = {
    "dr-ashgrove": {"name": "Dr. Ashgrove", "roles": ["clinician"]},
    "officer-birchwood": {"name": "Officer Birchwood", "roles": ["privacy_officer"]},
    "guest-cedarholm": {"name": "Guest Cedarholm"},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """An OIDC provider on loopback."""
    command = shutil.which("oidc-provider-mock", path=str(Path(sys.executable).parent))
    assert command, "oidc-provider-mock is part of requirements-dev.txt"
    port = free_port()
    users = [part for sub, claims in USERS.items() for part in ("--user-claims", json.dumps({"sub": sub, **claims}))]
    process = subprocess.Popen([command, "--port", str(port), *users], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=1):
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def hospital(serve: Serving, provider: str) -> Served:
    """The app with sign-in configured."""
    port = free_port()
    return serve(
        port=port,
        CASEGATE_OIDC_CLIENT_ID="casegate",
        CASEGATE_OIDC_CLIENT_SECRET="not-a-real-secret",
        CASEGATE_OIDC_METADATA_URL=f"{provider}/.well-known/openid-configuration",
        CASEGATE_OIDC_REDIRECT_URI=f"http://127.0.0.1:{port}/oauth2callback",
        CASEGATE_OIDC_COOKIE_SECRET="a-cookie-secret-of-enough-length",
        CASEGATE_VAULT_KEYS="k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        HOLYSHEEP_API_KEY="hs-not-a-real-key",
    )


def sign_in(page: Page, served: Served, user: str) -> None:
    """Through the provider's form and back."""
    page.goto(served.url)
    page.get_by_role("button", name=re.compile("Sign in")).click(timeout=60_000)
    page.get_by_placeholder("sub").fill(user, timeout=60_000)
    page.get_by_role("button", name="Authorize").click()


def test_a_stranger_sees_only_the_door(page: Page, hospital: Served) -> None:
    """Every deep link ends at sign-in, and no page's content shows."""
    for path in ("/", "/workup", "/compare", "/usage", "/audit_trail"):
        page.goto(f"{hospital.url}{path}")
        expect(page.get_by_role("button", name=re.compile("Sign in"))).to_be_visible(timeout=60_000)
        expect(page.get_by_label("Symptoms", exact=True)).to_have_count(0)
        expect(page.get_by_text("Demo mode", exact=False)).to_have_count(0)


def test_the_clinician_gets_the_form_and_no_audit_trail(page: Page, hospital: Served) -> None:
    """The role comes from the claim; the models are the real provider's, not the sandbox's; signing out closes the door."""
    sign_in(page, hospital, "dr-ashgrove")
    expect(page.get_by_label("Symptoms", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("combobox", name="Model")).to_have_value(re.compile("HolySheep AI"))
    expect(page.get_by_role("link", name="Audit trail")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Sign out")).click()
    expect(page.get_by_label("Symptoms", exact=True)).to_have_count(0, timeout=60_000)


@pytest.mark.parametrize(("user", "heading"), [("officer-birchwood", "Audit trail"), ("guest-cedarholm", "Usage")])
def test_each_role_gets_its_pages(page: Page, hospital: Served, user: str, heading: str) -> None:
    """The officer reads the trail; somebody without a role claim sees usage figures; neither sees the form."""
    sign_in(page, hospital, user)
    expect(page.get_by_role("heading", name="Usage")).to_be_visible(timeout=60_000)
    page.goto(f"{hospital.url}/{heading.lower().replace(' ', '_')}")
    expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=60_000)
    page.goto(f"{hospital.url}/workup")
    expect(page.get_by_text("does not allow this", exact=False)).to_be_visible(timeout=60_000)
    expect(page.get_by_label("Symptoms", exact=True)).to_have_count(0)


def test_the_sandbox_is_gone_once_sign_in_is_configured(hospital: Served) -> None:
    """Only the demo simulates."""
    request = urllib.request.Request(f"{hospital.url}/sandbox/v1/models", headers={"Authorization": "Bearer x"})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            kind = reply.headers.get_content_type()
    except urllib.error.HTTPError as refused:
        kind = f"status {refused.code}"
    assert kind != "application/json"


def test_a_sign_in_that_the_provider_refuses_is_an_entry(page: Page, hospital: Served) -> None:
    """The provider sends the browser back with an error: the door again, and an entry that names the error."""
    page.goto(f"{hospital.url}/oauth2callback?error=access_denied&error_description=locked+out")
    expect(page.get_by_role("button", name=re.compile("Sign in"))).to_be_visible(timeout=60_000)
    blobs = b"".join(f.read_bytes() for f in hospital.data.rglob("audit.sqlite3*") if f.is_file())
    assert b'"action":"sign_in_failed"' in blobs
    assert b'"error_class":"access_denied"' in blobs
    assert b"locked out" not in blobs


def test_names_of_users_are_not_in_the_audit_store(hospital: Served) -> None:
    """Whoever signed in above is an opaque id in the store."""
    blobs = b"".join(f.read_bytes() for f in hospital.data.rglob("*") if f.is_file())
    assert b"sign_in" in blobs
    assert not [name for name in USERS if name.encode() in blobs]
