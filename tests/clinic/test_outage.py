"""Test a database that is missing, that comes back, and a file that is not a database."""

from pathlib import Path

import pytest

from clinic.app import close_app, create_app
from clinic.seed.load import store
from clinic.seed.rows import Rows
from clinic.settings import Settings


@pytest.fixture
def missing(tmp_path: Path) -> Path:
    return tmp_path / "missing.db"


@pytest.fixture
def settings(missing: Path, tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{missing}", flags_file=tmp_path / "flags.json")


@pytest.mark.parametrize("path", ["/", "/api/clinics", "/readyz", "/success-stories?clinic=Any"])
def test_missing_database_is_a_503_and_makes_no_file(
    path: str, settings: Settings, missing: Path
) -> None:
    app = create_app(settings)
    response = app.test_client().get(path)
    close_app(app)

    assert response.status_code == 503
    assert "Please try again shortly" in response.text
    assert str(missing) not in response.text
    assert not missing.exists()


def test_service_recovers_when_the_database_is_back(settings: Settings, rows: Rows) -> None:
    app = create_app(settings)
    client = app.test_client()
    before = client.get("/readyz").status_code
    store(settings.database_url, rows)

    after = client.get("/readyz").status_code

    close_app(app)
    assert (before, after) == (503, 200)


def test_file_that_is_no_database_is_a_503(settings: Settings, missing: Path) -> None:
    missing.write_text("Dear diary, today I saw a cat.\n" * 40)
    app = create_app(settings)

    response = app.test_client().get("/")

    close_app(app)
    assert response.status_code == 503
    assert missing.read_text().startswith("Dear diary")


def test_liveness_does_not_depend_on_the_database(settings: Settings) -> None:
    app = create_app(settings)

    response = app.test_client().get("/healthz")

    close_app(app)
    assert response.status_code == 200
