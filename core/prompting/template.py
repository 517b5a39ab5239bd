"""The versioned texts of the prompt. A released version never changes: its digests are held by a golden test.

To change a word, copy the three files to the next number, raise PROMPT_VERSION and record the new digests in
`tests/golden/prompt_versions.json`; answers and audit entries name the version they came from.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from core.prompting.schema import schema_outline

PROMPT_VERSION = "assess/3"
_FOLDER = Path(__file__).parent / "templates"


@cache
def template(role: str) -> str:
    """The raw text for `system`, `user` or `repair` at PROMPT_VERSION, without its final newline."""
    path = _FOLDER / f"{PROMPT_VERSION.replace('/', '-')}.{role}.md"
    return path.read_text(encoding="utf-8").removesuffix("\n")


@cache
def system_prompt() -> str:
    """The system message: the same for every case, so that a provider can cache it."""
    return template("system").replace("{{schema}}", schema_outline())
