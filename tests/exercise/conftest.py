"""Lay out a folder of exercises that is not the user's, with data that is seeded once."""

from pathlib import Path

import pytest

from exercise.clinics import seed
from exercise.grade.repair import LARGE, SMALL
from exercise.places import Folder


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both datasets."""
    path = tmp_path_factory.mktemp("seeded")
    for dataset in (SMALL, LARGE):
        seed(Folder(path).seeded(dataset), dataset)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "exercise", tmp_path / "answer.py")


@pytest.fixture
def with_data(folder: Folder, seeded: Path) -> Folder:
    folder.path.mkdir()
    for dataset in (SMALL, LARGE):
        folder.seeded(dataset).symlink_to(Folder(seeded).seeded(dataset))
    return folder
