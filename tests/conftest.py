"""Provide fixtures to every package's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.parts.postgres import Postgres, running_postgres
from harness.parts.start import Tracestore, start_tracestore
from harness.ports import unused_port
from harness.processes import Processes


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="which database the clinic's tests run on (postgresql: one is started for them)",
    )


@pytest.fixture(scope="session")
def database_kind(pytestconfig: pytest.Config) -> str:
    """Return the kind of database that this run is on: sqlite or postgresql."""
    kind: str = pytestconfig.getoption("database")
    return kind


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def new_database(
    request: pytest.FixtureRequest, database_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """Return a function that makes the URL of a new, empty database; SQLite's file has the name."""

    def make(name: str) -> str:
        if database_kind == "postgresql":
            cluster: Postgres = request.getfixturevalue("postgres")
            return cluster.create_database()
        folder: Path = tmp_path_factory.mktemp(name)
        return f"sqlite:///{folder}/{name}.db"

    return make


@pytest.fixture
def free_port() -> int:
    """Return a TCP port of the loopback interface that is free."""
    return unused_port()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Return what starts processes, and ends them after the test."""
    with Processes(tmp_path / "logs") as processes:
        yield processes


@pytest.fixture
def own_store(processes: Processes, tmp_path: Path) -> Tracestore:
    """Start a tracestore that holds nothing else."""
    return start_tracestore(processes, tmp_path / "traces.db")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracestore]:
    """Start a tracestore for all tests; each asks for its own spans."""
    folder = tmp_path_factory.mktemp("tracestore")
    with Processes(folder) as processes:
        yield start_tracestore(processes, folder / "traces.db")
