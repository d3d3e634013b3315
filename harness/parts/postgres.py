"""Run a new PostgreSQL cluster on a free port, and remove it when the `with` block is left."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from harness.ports import unused_port
from harness.waiting import wait_until

SUPERUSER = "postgres"
# PostgreSQL refuses to run as root.
UNPRIVILEGED = "nobody"
START_DEADLINE_S = 60
_numbers = count(1)


@dataclass(slots=True)
class Postgres:
    """Hold a cluster that can be stopped and started again."""

    programs: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = [f"-D{self.folder}/data", f"-p{self.port}", f"-k{self.folder}"]
        settings = [
            "-clisten_addresses=127.0.0.1",
            "-cfsync=off",
            "-cshared_preload_libraries=pg_stat_statements",
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", *arguments, *settings],
                stdout=log,
                stderr=log,
                user=_user(),
                cwd=self.folder,
            )
        wait_until(self._answers, what="PostgreSQL", deadline_s=START_DEADLINE_S)

    def stop(self) -> None:
        """Stop at once, as in a failure: clients lose their connections."""
        assert self.process is not None
        self.process.send_signal(2)  # SIGINT: fast shutdown
        self.process.wait(timeout=60)

    def create_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"clinic_{next(_numbers)}"
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{self.port}/{name}"

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            psycopg.connect(self._conninfo(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _conninfo(self) -> str:
        return f"host=127.0.0.1 port={self.port} user={SUPERUSER} dbname=postgres"


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Yield a running cluster in a folder that its unprivileged user can reach."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="clinic-postgres-"))
    cluster = Postgres(programs, folder, unused_port())
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        _run([programs / "initdb", f"-D{folder}/data", f"-U{SUPERUSER}", "-Atrust", "-EUTF8", "-N"])
        cluster.start()
        yield cluster
    finally:
        if cluster.process is not None and cluster.process.poll() is None:
            cluster.stop()
        shutil.rmtree(folder)


def _run(command: Sequence[str | Path]) -> None:
    subprocess.run(command, check=True, capture_output=True, user=_user(), cwd="/")


def _user() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _programs() -> Path:
    """Find PostgreSQL's server programs, newest first; Debian keeps them off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path is not None:
        folders.append(Path(on_path).parent)
    found = next((folder for folder in folders if (folder / "initdb").exists()), None)
    assert found is not None, "PostgreSQL's server is not installed: apt-get install postgresql"
    return found
