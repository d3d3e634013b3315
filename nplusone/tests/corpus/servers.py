"""Start the databases that the programs talk to, for a recording."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.parts.postgres import running_postgres
from harness.ports import unused_port
from harness.waiting import wait_until
from nplusone.tests.corpus.clients import MONGO, POSTGRES, REDIS
from nplusone.tests.corpus.outside import FOLDER

_VARIABLE = {POSTGRES: "DATABASE_URL", REDIS: "REDIS_URL", MONGO: "MONGO_URL"}
_DEADLINE_S = 60


@contextmanager
def running_servers(wanted: set[str]) -> Iterator[dict[str, str]]:
    """Yield the variable of each server that this machine can run, with its address."""
    starts = {POSTGRES: _postgres, REDIS: _redis, MONGO: _mongo}
    with ExitStack() as stack:
        yield {_VARIABLE[name]: stack.enter_context(starts[name]()) for name in sorted(wanted)}


def missing_for(server: str) -> str | None:
    """Return what this machine lacks to run a server; None where it can."""
    if server == REDIS and shutil.which("redis-server") is None:
        return "redis-server (apt-get install redis-server)"
    if server == MONGO and not (FOLDER / "java" / "lib").is_dir():
        return "a MongoDB server (mongo-java-server, which comes with the Java programs)"
    if server == POSTGRES and not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return "PostgreSQL (apt-get install postgresql)"
    return None


def variable_of(server: str) -> str:
    """Return the environment variable that tells a program where the server is."""
    return _VARIABLE[server]


@contextmanager
def _postgres() -> Iterator[str]:
    with running_postgres() as cluster:
        yield cluster.create_database().replace("postgresql+psycopg://", "postgresql://")


@contextmanager
def _redis() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        port = unused_port()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        with _listening(command, port, folder):
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _mongo() -> Iterator[str]:
    port = unused_port()
    java = FOLDER / "java"
    command = [
        "java",
        "-Xmx128m",
        "-cp",
        f"{java}/target/classes:{java}/lib/*",
        "MongoMain",
        str(port),
    ]
    with _listening(command, port, "/"):
        yield f"mongodb://127.0.0.1:{port}/cats"


@contextmanager
def _listening(command: list[str], port: int, folder: str) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder) as process:
        try:
            wait_until(
                lambda: _is_listening(port),
                what=f"{command[0]} on port {port}",
                deadline_s=_DEADLINE_S,
            )
            yield
        finally:
            process.terminate()


def _is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
