"""Test pytest --nplusone next to pytest-django, -asyncio and -xdist, and run with Celery."""

import json
import os
from pathlib import Path

import pytest

from tests.distribution.environments import make_environment, run

pytestmark = pytest.mark.distribution

DJANGO = {
    "settings.py": """
INSTALLED_APPS = ["shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
ROOT_URLCONF = "urls"
SECRET_KEY = "of a test"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
""",
    "urls.py": """
from django.http import JsonResponse
from django.urls import path
from shop.models import Book

def books(request):
    together = Book.objects.select_related("shelf") if "together" in request.GET else Book.objects
    return JsonResponse({book.id: book.shelf.name for book in together.all()})

urlpatterns = [path("books", books)]
""",
    "shop/__init__.py": "",
    "shop/models.py": """
from django.db import models

class Shelf(models.Model):
    name = models.TextField()

class Book(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)
""",
    "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = settings\npythonpath = .\n",
    "test_books.py": """
import pytest
from django.test import TestCase
from otel_nplusone.errors import TooManyQueriesError
from shop.models import Book, Shelf

def fill(rows=8):
    Book.objects.all().delete()
    for number in range(rows):
        Book.objects.create(shelf=Shelf.objects.create(name=str(number)))

@pytest.fixture
def books(db):
    fill()

def test_one_by_one(books, client):
    assert len(client.get("/books").json()) == 8

def test_together(books, client):
    assert len(client.get("/books?together").json()) == 8

def test_many_requests(books, client):
    for _ in range(8):
        client.get("/books?together")

class TestCases(TestCase):
    def test_one_by_one(self):
        fill()
        assert self.client.get("/books").status_code == 200

@pytest.mark.nplusone_allow
def test_growth(db, client, assert_constant_queries):
    assert_constant_queries(lambda: client.get("/books?together"), fill)
    with pytest.raises(TooManyQueriesError, match="21 for 20"):
        assert_constant_queries(lambda: client.get("/books"), fill)
""",
}
ASYNCIO = {
    "test_cats.py": """
import pytest
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload
from sqlalchemy.pool import StaticPool
from otel_nplusone.errors import TooManyQueriesError

class Base(DeclarativeBase):
    pass

class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)

class Cat(Base):
    __tablename__ = "cat"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))

async def fill(engine, rows):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        session.add_all(Owner(id=number) for number in range(1, rows + 1))
        session.add_all(Cat(id=number, owner_id=number) for number in range(1, rows + 1))
        await session.commit()

async def one_by_one(engine):
    async with AsyncSession(engine) as session:
        cats = (await session.scalars(select(Cat))).all()
        return [await session.get(Owner, cat.owner_id) for cat in cats]

async def together(engine):
    async with AsyncSession(engine) as session:
        return (await session.execute(select(Cat, Owner).join(Owner))).all()

async def made():
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    await fill(engine, 8)
    return engine

@pytest.mark.asyncio
async def test_one_by_one():
    engine = await made()
    assert len(await one_by_one(engine)) == 8
    await engine.dispose()

@pytest.mark.asyncio
async def test_together():
    engine = await made()
    assert len(await together(engine)) == 8
    await engine.dispose()

@pytest.mark.nplusone_allow
@pytest.mark.asyncio
async def test_growth(assert_constant_queries):
    engine = await made()
    await assert_constant_queries(lambda: together(engine), lambda rows: fill(engine, rows))
    with pytest.raises(TooManyQueriesError, match="3 for 2 rows, 21 for 20"):
        await assert_constant_queries(
            lambda: one_by_one(engine), lambda rows: fill(engine, rows), engine=engine
        )
    await engine.dispose()
""",
}
CELERY = """
import os
from celery import Celery
from sqlalchemy import create_engine, text

folder = os.environ["TASKS_FOLDER"]
app = Celery("tasks", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": folder, "data_folder_out": folder, "control_folder": folder,
}
engine = create_engine("sqlite://")

@app.task
def count():
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS cat (id INTEGER)"))
        for number in range(9):
            connection.execute(text("SELECT id FROM cat WHERE id = :number"), {"number": number})
    open(os.path.join(folder, "done"), "w").close()
"""


@pytest.fixture(scope="module")
def suites(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with the plugins that suites have most."""
    return make_environment(
        tmp_path_factory.mktemp("suites"),
        f"otel-nplusone[pytest] @ {wheel.as_uri()}",
        *("django<6.1", "pytest-django", "pytest-asyncio", "pytest-xdist", "aiosqlite", "greenlet"),
    )


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_django_suite_fails_where_its_pages_loop(
    suites: Path, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    folder = write(tmp_path, DJANGO)

    path = {"PYTHONPATH": str(folder)}
    said = run(suites / "pytest", "--nplusone", *workers, folder=folder, expect=1, variables=path)

    assert "2 failed, 3 passed" in said
    assert "test_one_by_one sends a query in a loop" in said
    assert "FROM shop_shelf WHERE shop_shelf.id = ?" in said
    assert "urls.py:8 in urls.books" in said


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_asyncio_suite_fails_where_its_coroutines_loop(
    suites: Path, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    folder = write(tmp_path, ASYNCIO)

    options = ("--nplusone", "-p", "no:django", *workers)
    said = run(suites / "pytest", *options, folder=folder, expect=1)

    assert "1 failed, 2 passed" in said
    assert "test_one_by_one sends a query in a loop" in said
    assert "test_cats.py:" in said


def test_tasks_of_celery_are_watched(wheel: Path, tmp_path: Path) -> None:
    environment = make_environment(
        tmp_path / "environment",
        f"otel-nplusone[run,sqlalchemy] @ {wheel.as_uri()}",
        *("celery", "opentelemetry-instrumentation-celery", "--prerelease=allow", "sqlalchemy"),
    )
    queue = tmp_path / "queue"
    queue.mkdir()
    (tmp_path / "tasks.py").write_text(CELERY)
    variables = {"TASKS_FOLDER": str(queue), "PYTHONPATH": str(tmp_path)}
    run(environment / "python", "-c", "import tasks; tasks.count.delay()", variables=variables)
    report = tmp_path / "report.json"
    stop = f"until test -e {queue}/done; do sleep 0.2; done; sleep 1; kill $worker; wait $worker"

    run(
        *("bash", "-c"),
        f"{environment}/otel-nplusone run --format json --output {report} --"
        f" {environment}/celery --app tasks worker --pool prefork --concurrency 2"
        f" --loglevel warning & worker=$!; {stop}",
        folder=tmp_path,
        variables={**variables, "PATH": f"{environment}:{os.environ['PATH']}"},
    )

    (finding,) = json.loads(report.read_text())["findings"]
    assert (finding["class"], finding["repeats"]["max"]) == ("n_plus_one", 9)
