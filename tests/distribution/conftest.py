"""Test the wheel and the sdist, built once."""

from pathlib import Path

import pytest

from harness.project import PROJECT
from tests.distribution.environments import only, run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run("make", "--silent", "dist", f"DIST={folder}", folder=PROJECT)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    return only(built, "*.whl")
