"""Tell more on the DB spans of a Django project: the statement's summary, its values, its place.

    otel_nplusone.django.instrument()      in settings or wsgi.py, before or after the driver's
                                           instrumentation, which makes the spans

NPlusOneSpanProcessor, or DbSpanProcessor of `otel_nplusone.live`, has to be among the provider's
processors: Django calls its wrappers outside of the driver's span.
"""

from collections.abc import Callable
from typing import Any

from django import conf
from django.db import connections
from django.db.backends.signals import connection_created

from otel_nplusone._live.db_spans import announced
from otel_nplusone._live.described import Parameters
from otel_nplusone._live.fence import fenced

_ID = "otel_nplusone"


def instrument() -> None:
    """Tell spans beforehand what all connections send, those to come as well; twice is once."""
    connection_created.connect(_add, dispatch_uid=_ID)
    if conf.settings.configured:  # before, there is no connection, and to ask for them is an error
        for connection in connections.all(initialized_only=True):
            _add(connection=connection)


def uninstrument() -> None:
    """Leave the connections of this thread, and all that are to come, as Django makes them."""
    connection_created.disconnect(dispatch_uid=_ID)
    for connection in connections.all(initialized_only=True):
        if _announce in connection.execute_wrappers:
            connection.execute_wrappers.remove(_announce)


@fenced
def _add(*, connection: Any, **_signal: object) -> None:
    if _announce not in connection.execute_wrappers:
        connection.execute_wrappers.append(_announce)


def _read(sql: str, params: Any, many: bool) -> tuple[str, Parameters | None]:
    # A batch has many values, and its repeats are not an N+1.
    return sql, None if many else params


def _announce(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    with announced(_read, sql, params, many):
        return execute(sql, params, many, context)
