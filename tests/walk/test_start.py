"""Starting the server by the README's command: what it refuses, and in which words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.serving import ROOT, clean_environment, free_port

REFUSED = {
    "elsewhere without sign-in": (["--server.address", "0.0.0.0"], {}, "CASEGATE_DEMO_PUBLIC=yes"),
    "a key without its prefix": ([], {"HOLYSHEEP_API_KEY": "sk-0123456789abcdefghij"}, "hs-"),
    "half an identity provider": ([], {"CASEGATE_OIDC_CLIENT_ID": "casegate"}, "CASEGATE_OIDC_METADATA_URL"),
    "a temperature out of range": ([], {"CASEGATE_TEMPERATURE": "9"}, "CASEGATE_TEMPERATURE"),
    "a providers file that is not there": ([], {"CASEGATE_PROVIDERS_FILE": "nowhere.toml"}, "nowhere.toml"),
}


@pytest.mark.parametrize(("flags", "settings", "word"), REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_setting_refuses_to_start_and_says_what_to_set(
    tmp_path: Path, flags: list[str], settings: dict[str, str], word: str
) -> None:
    """Exit code 2, one sentence that names the setting, no traceback, no key."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(free_port()), *flags]
    env = clean_environment() | {"CASEGATE_DATA_DIR": str(tmp_path)} | settings
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "0123456789" not in done.stderr + done.stdout


def test_the_server_is_found_by_streamlit() -> None:
    """`streamlit run` finds the literal `app = st.App(...)`; were it not found, the file would run as a plain script."""
    from streamlit.web.server.app_discovery import discover_asgi_app

    found = discover_asgi_app(ROOT / "app.py")
    assert (found.is_asgi_app, found.import_string) == (True, "app:app")
