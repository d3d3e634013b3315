"""Run Django on PostgreSQL with psycopg's instrumentation, as a shop has it."""

import os
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.urls import path
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor

from nplusone.tests.corpus.recording import Recorder

_ORDERS = 12


def main() -> None:
    """Record all cases of this program, with the old semantic conventions."""
    recorder = Recorder("django-shop")
    _configure(urlsplit(os.environ["DATABASE_URL"]))
    models = _models()
    PsycopgInstrumentor().instrument(tracer_provider=recorder.provider)
    DjangoInstrumentor().instrument(tracer_provider=recorder.provider)
    _fill(models)
    _record(recorder, _views(models))


def _configure(url: Any) -> None:
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:]}
    where = {"HOST": url.hostname, "PORT": url.port, "USER": url.username}
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        DATABASES={"default": database | where},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[],
        ROOT_URLCONF=__name__,
    )
    django.setup()


def _models() -> Any:
    """Define the models; Django wants its settings first."""
    from django.db import models

    class Customer(models.Model):
        name = models.CharField(max_length=50)
        visits = models.IntegerField(default=0)

        class Meta:
            app_label = "shop"
            db_table = "customer"

    class Order(models.Model):
        customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")

        class Meta:
            app_label = "shop"
            db_table = "shop_order"

    class Line(models.Model):
        order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
        product = models.CharField(max_length=50)

        class Meta:
            app_label = "shop"
            db_table = "line"

    return (Customer, Order, Line)


def _fill(models: Any) -> None:
    from django.db import connection

    customer, order, line = models
    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)
    customer.objects.bulk_create([customer(name=f"customer {n}") for n in range(_ORDERS)])
    order.objects.bulk_create([order(customer_id=n + 1) for n in range(_ORDERS)])
    line.objects.bulk_create(
        [line(order_id=n % _ORDERS + 1, product=f"toy {n}") for n in range(_ORDERS * 200)]
    )


def _views(models: Any) -> dict[str, Callable[[], object]]:
    return _faults(*models) | _near_misses(*models)


def _faults(customer: Any, order: Any, line: Any) -> dict[str, Callable[[], object]]:
    def save_each() -> None:
        for c in customer.objects.all():
            c.visits += 1
            c.save()

    return {
        "pg_foreign_key": lambda: [o.customer.name for o in order.objects.all()],
        "pg_count_each": lambda: [o.lines.count() for o in order.objects.all()],
        "pg_exists_each": lambda: [c.orders.exists() for c in customer.objects.all()],
        "pg_first_each": lambda: [o.lines.order_by("-id").first() for o in order.objects.all()],
        "pg_get_each": lambda: [customer.objects.get(id=n) for n in range(1, 9)],
        "pg_filter_after_prefetch": lambda: [
            list(o.lines.filter(product="toy 1")) for o in order.objects.prefetch_related("lines")
        ],
        "pg_save_each": save_each,
        "pg_create_each": lambda: [line.objects.create(order_id=1, product="x") for _ in range(7)],
        "pg_delete_each": lambda: [x.delete() for x in line.objects.filter(product="x")],
        "pg_nested": lambda: [(o.customer.name, o.lines.count()) for o in order.objects.all()],
        "pg_count_again": lambda: [line.objects.count() for _ in range(6)],
    }


def _near_misses(customer: Any, order: Any, line: Any) -> dict[str, Callable[[], object]]:
    from django.db.models import Count, F

    def bulk_update() -> None:
        customers = list(customer.objects.all())
        for c in customers:
            c.visits += 1
        customer.objects.bulk_update(customers, ["visits"])

    return {
        "pg_select_related": lambda: [
            o.customer.name for o in order.objects.select_related("customer")
        ],
        "pg_annotate": lambda: list(
            line.objects.values("order_id").annotate(Count("id")).order_by("order_id")
        ),
        "pg_in_bulk": lambda: customer.objects.in_bulk(list(range(1, 9))),
        "pg_prefetch": lambda: [
            [x.product for x in o.lines.all()] for o in order.objects.prefetch_related("lines")
        ],
        "pg_bulk_update": bulk_update,
        "pg_update_all": lambda: customer.objects.update(visits=F("visits") + 1),
        "pg_bulk_create": lambda: line.objects.bulk_create(
            [line(order_id=1, product="y") for _ in range(7)]
        ),
        "pg_bulk_create_batches": lambda: line.objects.bulk_create(
            [line(order_id=1, product="y") for _ in range(700)], batch_size=100
        ),
        "pg_iterator": lambda: list(line.objects.iterator(chunk_size=200)),
        "pg_pages": lambda: [
            list(line.objects.order_by("id")[start : start + 300]) for start in range(0, 2100, 300)
        ],
        "pg_four": lambda: [o.customer.name for o in order.objects.all()[:4]],
        "pg_five_questions": lambda: [
            customer.objects.count(),
            order.objects.count(),
            line.objects.count(),
            customer.objects.filter(visits=0).count(),
            customer.objects.filter(name="x").exists(),
        ],
    }


def _record(recorder: Recorder, views: dict[str, Callable[[], object]]) -> None:
    from django.test import Client

    urls = sys.modules[__name__]
    urls.urlpatterns = [path(name, _view(view)) for name, view in views.items()]  # type: ignore[attr-defined]  # Django looks it up here
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
