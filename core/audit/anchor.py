"""The last known head, kept in a small file beside the store.

It shows a cut-off tail or a restored older copy, which the chain alone cannot. It is not signed: whoever can
rewrite both files can deceive it, so export heads to another machine where that matters.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from core.audit.entry import Head


def anchor_path(store: Path) -> Path:
    """Where the head of a store is kept."""
    return store.with_name(store.name + ".head")


def read_anchor(store: Path) -> Head | None:
    """The kept head; None when there is none or it can't be read."""
    try:
        facts = json.loads(anchor_path(store).read_bytes())
        return Head(int(facts["sequence"]), str(facts["entry_hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_anchor(store: Path, head: Head) -> None:
    """Keep a head, replacing the old one at once or not at all. Raises OSError."""
    path = anchor_path(store)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps(head._asdict()) + "\n")
    draft.replace(path)
