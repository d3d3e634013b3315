"""Test what a database server can do to the clinic: go away, come back, hold half a schema."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, inspect

from clinic.app import close_app, create_app
from clinic.errors import SeedError
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import holds_data, store
from clinic.seed.rows import Rows
from clinic.settings import Settings
from harness.parts.postgres import Postgres, running_postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def cluster() -> Iterator[Postgres]:
    with running_postgres() as cluster:
        yield cluster


def test_service_outlives_an_outage_of_the_database(
    cluster: Postgres, rows: Rows, settings: Settings
) -> None:
    url = cluster.create_database()
    store(url, rows)
    app = create_app(Settings(database_url=url, flags_file=settings.flags_file))
    client: FlaskClient = app.test_client()

    before = client.get("/").status_code
    cluster.stop()
    during = [client.get(path).status_code for path in ("/", "/readyz", "/healthz")]
    cluster.start()
    after = [client.get(path).status_code for path in ("/", "/readyz")]

    close_app(app)
    assert before == 200
    assert during == [503, 503, 200]
    assert after == [200, 200]


def test_outage_tells_the_caller_nothing_about_the_server(
    cluster: Postgres, settings: Settings
) -> None:
    url = cluster.create_database()
    cluster.stop()
    app = create_app(Settings(database_url=url, flags_file=settings.flags_file))

    response = app.test_client().get("/api/clinics")

    close_app(app)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert str(cluster.port) not in response.text


def test_database_that_nobody_has_seeded_is_a_503(postgres: Postgres, settings: Settings) -> None:
    url = postgres.create_database()
    app = create_app(Settings(database_url=url, flags_file=settings.flags_file))

    responses = [app.test_client().get(path) for path in ("/", "/readyz", "/api/clinics")]

    close_app(app)
    assert [response.status_code for response in responses] == [503, 503, 503]


def test_failed_seeding_leaves_the_old_data(postgres: Postgres, rows: Rows) -> None:
    url = postgres.create_database()
    store(url, rows)
    broken = generate(DATASETS["test"], seed=5)
    broken.visit_ids[-1] = broken.visit_ids[0]

    with pytest.raises(SeedError, match="could not be written"):
        store(url, broken)

    assert holds_data(url)


def test_failed_first_seeding_leaves_no_table(postgres: Postgres) -> None:
    url = postgres.create_database()
    broken = generate(DATASETS["test"], seed=5)
    broken.visit_ids[-1] = broken.visit_ids[0]

    with pytest.raises(SeedError):
        store(url, broken)

    engine = create_engine(url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_unreachable_server_is_one_sentence_for_the_seeder(free_port: int) -> None:
    with pytest.raises(SeedError, match="cannot be read"):
        holds_data(f"postgresql+psycopg://clinic@127.0.0.1:{free_port}/clinic")
