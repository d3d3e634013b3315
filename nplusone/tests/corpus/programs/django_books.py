"""Run a Django application in one file, with the instrumentations of Django and of sqlite3."""

import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import chdir
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.urls import path
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor

from nplusone.tests.corpus.recording import Recorder

_BOOKS = 10


def main() -> None:
    """Record all cases of this program."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database,http"
    recorder = Recorder("books")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        _configure()
        models = _models()
        _fill(models)
        SQLite3Instrumentor().instrument(tracer_provider=recorder.provider)
        DjangoInstrumentor().instrument(tracer_provider=recorder.provider)
        _record(recorder, models)


def _configure() -> None:
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "books.db"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[],
        ROOT_URLCONF=__name__,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )
    django.setup()


def _models() -> Any:
    """Define the models; Django wants its settings first."""
    from django.db import models

    class Author(models.Model):
        name = models.CharField(max_length=50)

        class Meta:
            app_label = "books"
            db_table = "author"

    class Publisher(models.Model):
        name = models.CharField(max_length=50)

        class Meta:
            app_label = "books"
            db_table = "publisher"

    class Book(models.Model):
        title = models.CharField(max_length=50)
        author = models.ForeignKey(Author, models.CASCADE, related_name="books")
        publisher = models.ForeignKey(Publisher, models.CASCADE)

        class Meta:
            app_label = "books"
            db_table = "book"

    return (Author, Publisher, Book)


def _fill(models: Any) -> None:
    from django.db import connection

    author, publisher, book = models
    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)
    for number in range(1, _BOOKS + 1):
        author.objects.create(id=number, name=f"author {number}")
        publisher.objects.create(id=number, name=f"publisher {number}")
        book.objects.create(title=f"book {number}", author_id=number, publisher_id=number)


def _record(recorder: Recorder, models: Any) -> None:
    from django.db import connection
    from django.template import engines
    from django.test import Client

    author, _, book = models
    template = engines["django"].from_string("{% for b in books %}{{ b.author.name }}{% endfor %}")
    views: dict[str, Callable[[], object]] = {
        "django_foreign_key": lambda: template.render({"books": book.objects.all()}),
        "django_nested": lambda: [(b.author.name, b.publisher.name) for b in book.objects.all()],
        "django_create": lambda: [author.objects.create(name=f"new {n}") for n in range(6)],
        "django_select_related": lambda: template.render(
            {"books": book.objects.select_related("author")}
        ),
        "django_prefetch": lambda: [
            [b.title for b in a.books.all()] for a in author.objects.prefetch_related("books")
        ],
        "django_bulk_create": lambda: author.objects.bulk_create(
            [author(name=f"bulk {n}") for n in range(20)]
        ),
    }
    urls = sys.modules[__name__]
    urls.urlpatterns = [path(name, _view(view)) for name, view in views.items()]  # type: ignore[attr-defined]  # Django looks it up here
    connection.close()
    client = Client()
    for name in views:
        with recorder.case(name):
            assert client.get(f"/{name}").status_code == 200


def _view(work: Callable[[], object]) -> Callable[[WSGIRequest], HttpResponse]:
    def view(request: WSGIRequest) -> HttpResponse:
        work()
        return HttpResponse("done")

    return view


if __name__ == "__main__":
    main()
