"""Test that a Django project's statements are told with summary, values and place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.db import connection, connections, models
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor

import otel_nplusone.django
from nplusone.tests.live_service import Service
from otel_nplusone._core.semconv import statement_of


def configure() -> None:
    """Set Django up once in the process; each test has a database file of its own."""
    if not settings.configured:
        settings.configure()
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "unused.db"}}
    connections.settings = connections.configure_settings(settings.DATABASES)
    django.setup()


configure()


class Shelf(models.Model):  # type: ignore[misc]  # Django has no types
    class Meta:
        app_label = "shop"


class Book(models.Model):  # type: ignore[misc]  # Django has no types
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)

    class Meta:
        app_label = "shop"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Return a service whose sqlite3 is instrumented, with six shelves in Django's database."""
    service, instrumentor = Service(), SQLite3Instrumentor()
    instrumentor.instrument(tracer_provider=service.provider)
    connection.settings_dict["NAME"] = str(tmp_path / "shop.db")
    with connection.schema_editor() as editor:
        editor.create_model(Shelf)
        editor.create_model(Book)
    for _ in range(6):
        Book.objects.create(shelf=Shelf.objects.create())
    yield service
    otel_nplusone.django.uninstrument()
    instrumentor.uninstrument()
    connection.close()


def told(service: Service) -> list[dict[str, Any]]:
    """Return the attributes of the statements on shelves, in their order."""
    spans = (s for s in service.spans if "FROM" in (statement_of(s.attributes or {}) or ""))
    return [dict(s.attributes or {}, name=s.name) for s in spans]


def shelf_of(book: Book) -> Shelf:
    shelf: Shelf = book.shelf
    return shelf


def list_shelves() -> list[Shelf]:
    return [shelf_of(book) for book in Book.objects.all()]


@pytest.mark.parametrize("times", [1, 2])
def test_a_foreign_keys_statements_are_told(times: int, service: Service) -> None:
    for _ in range(times):
        otel_nplusone.django.instrument()

    with service.request():
        list_shelves()

    books, *shelves = told(service)
    assert books["name"] == "SELECT shop_book"
    assert [one["name"] for one in shelves] == ["SELECT shop_shelf"] * 6
    assert len({one["nplusone.values_hash"] for one in shelves}) == 6
    assert [("code.file.path" in one) for one in shelves] == [False] * 4 + [True] * 2
    assert shelves[-1]["code.file.path"] == str(Path(__file__))
    assert shelves[-1]["code.function.name"] == f"{__name__}.shelf_of"
    assert " list_shelves" in shelves[-1]["nplusone.code.path"]
    (mark,) = service.marks
    assert (mark["class"], mark["repeats"]) == ("n_plus_one", 6)


def test_equal_values_are_seen_to_be_equal(service: Service) -> None:
    otel_nplusone.django.instrument()

    with service.request():
        for _ in range(6):
            Shelf.objects.get(pk=1)

    (mark,) = service.marks
    assert mark["class"] == "redundant"


def test_a_batch_has_no_values(service: Service) -> None:
    otel_nplusone.django.instrument()

    with service.request(), connection.cursor() as cursor:
        cursor.executemany("INSERT INTO shop_shelf (id) VALUES (%s)", [(20,), (21,)])

    (span,) = [span for span in service.spans if span.name == "INSERT shop_shelf"][-1:]
    assert "nplusone.values_hash" not in (span.attributes or {})


def test_without_the_helper_the_processor_tells_the_place(service: Service) -> None:
    with service.request():
        list_shelves()

    _, *shelves = told(service)
    assert shelves[-1]["code.function.name"] == f"{__name__}.shelf_of"
    assert "nplusone.values_hash" not in shelves[-1]


def test_an_error_of_the_database_reaches_the_program(service: Service) -> None:
    otel_nplusone.django.instrument()

    with (
        service.request(),
        pytest.raises(django.db.OperationalError),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT nothing FROM nowhere WHERE id = %s", [1])


def test_a_fault_of_ours_does_not(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    otel_nplusone.django.instrument()

    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("otel_nplusone._live.described.summarize", fail)
    with service.request():
        assert len(list_shelves()) == 6


def test_the_processor_places_some_of_many_and_the_request_tells_it(service: Service) -> None:
    with service.request():
        for _ in range(40):
            Shelf.objects.filter(pk=1).first()

    placed = ["code.file.path" in one for one in told(service)]
    # Six from the fifth on, then of each seventeenth.
    assert [number for number, one in enumerate(placed) if one] == [4, 5, 6, 7, 8, 9, 21, 38]
    (mark,) = service.marks
    assert "many_and_the_request_tells_it" in mark["code"]
