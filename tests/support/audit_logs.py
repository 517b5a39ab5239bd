"""Audit logs as tests open them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.audit import AuditLog, FileAnchor
from core.model import FixedClock


def open_postgres(url: str, folder: Path, **options: Any) -> AuditLog:
    """A log on PostgreSQL with its key and anchor in a folder."""
    facts = {"clock": FixedClock(), "signing_key": folder / "audit.key", "anchor": FileAnchor(folder / "audit.head")} | options
    return AuditLog.open(url, **facts)
