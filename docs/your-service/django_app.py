"""Trace a Django project, here in one file: `gunicorn django_app:application`."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpRequest, JsonResponse
from django.urls import path
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from tracing import start

from otel_nplusone.django import instrument

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "books.db"}},
    ROOT_URLCONF=__name__,
)

# In a project of your own these four lines stand in wsgi.py, before the application is made.
provider = start()
DjangoInstrumentor().instrument(tracer_provider=provider)
SQLite3Instrumentor().instrument(tracer_provider=provider)  # or PsycopgInstrumentor
instrument()

application = get_wsgi_application()


class Author(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "books"


class Book(models.Model):
    title = models.TextField()
    author = models.ForeignKey(Author, on_delete=models.CASCADE)

    class Meta:
        app_label = "books"


def books(request: HttpRequest) -> JsonResponse:
    lines = [f"{book.title}, {book.author.name}" for book in Book.objects.all()]
    return JsonResponse(lines, safe=False)


urlpatterns = [path("books", books)]


def fill() -> None:
    """Write twelve books, each of another author."""
    with connection.schema_editor() as schema:
        for model in (Author, Book):
            schema.create_model(model)
    for number in range(12):
        author = Author.objects.create(name=f"Author {number}")
        Book.objects.create(title=f"Book {number}", author=author)


if __name__ == "__main__":
    fill()
