"""PostgreSQL out of space: named, nothing acknowledged lost, and on again by itself when there is room."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.audit_logs import open_postgres
from support.postgres import Postgres

from core.audit import Entry, Event
from core.errors import AuditError

Make = Callable[..., Event]
FULL = "The disk that holds PostgreSQL's data is full. Free some space, then try again; nothing recorded so far is lost."
MOST = 10_000


def until_full(append: Callable[[Event], Entry], event: Make) -> list[Entry]:
    """Append until the store refuses, which it must do with the sentence for a full disk; what was acknowledged before."""
    told: list[Entry] = []

    def go_on() -> None:
        while len(told) < MOST:
            told.append(append(event(len(told))))

    with pytest.raises(AuditError) as refused:
        go_on()
    assert refused.value.user_message == FULL
    return told


def test_a_full_disk_is_named_and_survived(postgres: Postgres, postgres_url: str, event: Make, tmp_path: Path) -> None:
    """The server's own code for it, 53100, through the driver and the store; the next append goes on where the log was."""
    database = urlsplit(postgres_url).path[1:]
    log = open_postgres(postgres_url, tmp_path)
    log.append(event(0))
    postgres.sql(
        "CREATE FUNCTION casegate_audit.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$; "
        "CREATE TRIGGER full_disk AFTER INSERT ON casegate_audit.entry EXECUTE FUNCTION casegate_audit.full_disk()",
        database,
    )
    assert until_full(log.append, event) == []
    postgres.sql("DROP TRIGGER full_disk ON casegate_audit.entry", database)
    assert log.append(event(1)).sequence == 2
    assert log.verify().ok
    log.close()


@pytest.fixture
def small_disk(postgres: Postgres) -> Iterator[Path]:
    """A file system of four megabytes, half of it taken, that the server may use; skipped where none can be mounted."""
    with tempfile.TemporaryDirectory(prefix="cgfs-", dir="/tmp") as name:
        folder, options = Path(name), "size=4m,mode=0755"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", name], capture_output=True, check=False).returncode:
            pytest.skip("no file system can be mounted here")
        try:
            (folder / "ballast").write_bytes(os.urandom(2**21))
            (folder / "space").mkdir()
            os.chown(folder / "space", postgres.data.stat().st_uid, -1)
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def test_a_disk_that_really_fills_up(postgres: Postgres, postgres_url: str, event: Make, tmp_path: Path, small_disk: Path) -> None:
    """Every acknowledged entry is there, the tree verifies on the full disk, and with space again appending goes on."""
    database = urlsplit(postgres_url).path[1:]
    log = open_postgres(postgres_url, tmp_path)
    postgres.sql(f"CREATE TABLESPACE small LOCATION '{small_disk / 'space'}'")
    try:
        postgres.sql("ALTER TABLE casegate_audit.entry SET TABLESPACE small", database)
        told = until_full(log.append, event)
        assert len(told) > 100
        found = log.verify()
        assert (found.ok, found.head) == (True, told[-1].head)
        (small_disk / "ballast").unlink()
        assert log.append(event(1)).sequence == len(told) + 1
        assert log.verify().ok
        log.close()
    finally:
        postgres.sql("ALTER TABLE casegate_audit.entry SET TABLESPACE pg_default", database)
        postgres.sql("DROP TABLESPACE small")
